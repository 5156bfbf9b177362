#pragma once

#include <string>
#include <vector>

namespace edgebench::controller::plot {

// Where the marks of an axis are, and what is written beside them. Pure functions.

// What an axis shows decides by which units its numbers are told. Values are in the base unit.
enum class Quantity {
  kNumber,     // as it is: a batch, a factor, decibels
  kNanos,      // ns, µs, ms, s
  kBytes,      // B, kB, MB, GB, of 1000
  kJoules,     // µJ, mJ, J
  kPerSecond,  // FLOP/s: with k, M, G, T
};

// The multiples of 1, 2 or 5 times a power of ten within [low, high], in order; of the steps that
// give at most `most` (2 or more) the smallest. Empty unless low < high and both are finite.
std::vector<double> LinearTicks(double low, double high, int most);

// The powers of ten within [low, high], in order, with their doubles and fivefolds where that is
// at most `most`; every second, third ... power where they alone are more. Empty unless
// 0 < low < high and both are finite.
std::vector<double> LogTicks(double low, double high, int most);

// A unit and its factor to the base unit.
struct Unit {
  double factor = 1;
  std::string name;  // "ms"; empty: none
};

// The unit in which a value is at least 1, or else the smallest one.
Unit UnitFor(Quantity quantity, double value);

// "12.5", "0.002", "1e+12": up to four significant digits.
std::string NumberText(double value);

// "12.5 ms": in its own unit.
std::string QuantityText(Quantity quantity, double value);

}  // namespace edgebench::controller::plot
