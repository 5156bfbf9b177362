#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// EDGEBENCH_RETURN_IF_ERROR(expr): returns the status of expr unless it is OK.
// EDGEBENCH_ASSIGN_OR_RETURN(lhs, expr): assigns the value of a StatusOr, or
// returns its status. lhs may declare a variable.
// Both may be used inside a lambda that is part of another one's expr, hence
// __COUNTER__: within one expansion __LINE__ is the same everywhere.

#define EDGEBENCH_RETURN_IF_ERROR(expr) \
  EDGEBENCH_RETURN_IF_ERROR_(EDGEBENCH_CONCAT_(edgebench_status_, __COUNTER__), expr)

#define EDGEBENCH_RETURN_IF_ERROR_(status, expr)                     \
  do {                                                               \
    if (::absl::Status status = (expr); !status.ok()) return status; \
  } while (false)

#define EDGEBENCH_ASSIGN_OR_RETURN(lhs, expr) \
  EDGEBENCH_ASSIGN_OR_RETURN_(EDGEBENCH_CONCAT_(edgebench_statusor_, __COUNTER__), lhs, expr)

#define EDGEBENCH_ASSIGN_OR_RETURN_(statusor, lhs, expr)   \
  auto statusor = (expr);                                  \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = *std::move(statusor)

#define EDGEBENCH_CONCAT_(a, b) EDGEBENCH_CONCAT_INNER_(a, b)
#define EDGEBENCH_CONCAT_INNER_(a, b) a##b
