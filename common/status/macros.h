#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Names made here are numbered, so that one use may stand within the argument of another (in a
// lambda, say) and shadow nothing.
#define GRATIS_CONCAT_INNER(a, b) a##b
#define GRATIS_CONCAT(a, b) GRATIS_CONCAT_INNER(a, b)
#define GRATIS_NUMBERED(name) GRATIS_CONCAT(name, __COUNTER__)

// Returns from the function when `expr` is not OK.
#define RETURN_IF_ERROR(...) GRATIS_RETURN_IF_ERROR(GRATIS_NUMBERED(gratis_status_), (__VA_ARGS__))
#define GRATIS_RETURN_IF_ERROR(status, expr)                     \
  do {                                                           \
    if (absl::Status status = expr; !status.ok()) return status; \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): x is F's value, or the function returns F's error.
#define ASSIGN_OR_RETURN(lhs, ...) \
  GRATIS_ASSIGN_OR_RETURN(GRATIS_NUMBERED(gratis_or_), lhs, (__VA_ARGS__))
#define GRATIS_ASSIGN_OR_RETURN(result, lhs, expr)     \
  auto result = expr;                                  \
  if (!result.ok()) return std::move(result).status(); \
  lhs = *std::move(result)
