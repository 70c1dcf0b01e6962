#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gratis::obs {

// Where a call stands in a distributed trace, as the header `traceparent` carries it.
// Source: W3C Trace Context, version 00.
struct Trace {
  std::string trace_id;  // 32 lower-case hexadecimal digits, not all zero
  std::string span_id;   // 16, not all zero
  bool sampled = false;

  // A trace that begins here.
  static Trace New();
  // Nothing when `traceparent` is not a well-formed one.
  static std::optional<Trace> Parse(std::string_view traceparent);

  // The next span of the same trace.
  Trace Child() const;
  std::string ToTraceparent() const;
};

}  // namespace gratis::obs
