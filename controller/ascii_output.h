#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace edgebench::controller {

// Whether the locale that the environment asks for (LC_ALL, LC_CTYPE, LANG) has UTF-8.
bool LocaleHasUtf8();

// Writes ASCII in place of UTF-8, for terminals that show nothing else: one character for each,
// so that tables stay aligned. "±" is "~", "×" is "x", "µ" is "u", blocks are " .:-=+*#"; what has
// no likeness is "?".
class AsciiBuffer : public std::streambuf {
 public:
  explicit AsciiBuffer(std::streambuf& sink) : sink_(sink) {}

 protected:
  int_type overflow(int_type byte) override;
  int sync() override;

 private:
  std::streambuf& sink_;
  std::string pending_;  // the beginning of a character
};

// A stream is written through an AsciiBuffer while this lives.
class AsciiOutput {
 public:
  explicit AsciiOutput(std::ostream& stream)
      : stream_(stream), buffer_(*stream.rdbuf()), before_(stream.rdbuf(&buffer_)) {}
  ~AsciiOutput() {
    stream_.flush();
    stream_.rdbuf(before_);
  }
  AsciiOutput(const AsciiOutput&) = delete;
  AsciiOutput& operator=(const AsciiOutput&) = delete;

 private:
  std::ostream& stream_;
  AsciiBuffer buffer_;
  std::streambuf* const before_;
};

}  // namespace edgebench::controller
