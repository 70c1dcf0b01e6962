#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/obs/trace.h"

namespace gratis::obs {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kHuman, kJson };

// One named value of a line: an id, a figure, a code, a duration. Never personal data, never a
// secret. Keys are snake_case. Good for the one call it is written in: it does not own its text.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  template <std::integral Int>
  Field(std::string_view key, Int value) : key_(key), value_(static_cast<int64_t>(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  // Written in whole microseconds under `key` + "_us".
  Field(std::string_view key, absl::Duration value) : key_(key), value_(value) {}
  // Its code, reason and message, as one text.
  Field(std::string_view key, const absl::Status& value);

  std::string_view key() const { return key_; }
  using Value = std::variant<std::string_view, std::string, int64_t, bool, absl::Duration>;
  const Value& value() const { return value_; }

 private:
  std::string_view key_;
  Value value_;
};

using Fields = std::initializer_list<Field>;

// The process's log: one line per event.
//
//   log.Info("migrations applied", {{"schema", "members"}, {"count", 2}});
//
//   {"time":"2027-01-31T09:00:00.000001Z","level":"info","message":"migrations applied",
//    "request_id":"…","trace_id":"…","span_id":"…","schema":"members","count":2}
//
// The message is a constant of ours; what varies is in the fields. Text that is not UTF-8 or holds
// control characters is escaped, so that a line stays a line. Thread-safe.
class Log {
 public:
  struct Options {
    Format format = Format::kHuman;
    Level level = Level::kInfo;  // lines below it are not written
  };
  using Sink = std::function<void(std::string_view line)>;  // `line` ends with its newline

  // Writes to standard error.
  explicit Log(Options options);
  // Writes to `sink`, one call at a time.
  Log(Options options, Sink sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void Debug(std::string_view message, Fields fields = {}) {
    Write(Level::kDebug, message, fields);
  }
  void Info(std::string_view message, Fields fields = {}) { Write(Level::kInfo, message, fields); }
  void Warning(std::string_view message, Fields fields = {}) {
    Write(Level::kWarning, message, fields);
  }
  void Error(std::string_view message, Fields fields = {}) {
    Write(Level::kError, message, fields);
  }
  void Write(Level level, std::string_view message, Fields fields);
  // Whether lines of this level are written. To be asked where fields cost something to make.
  bool Writes(Level level) const { return level >= options_.level; }

 private:
  class Writer;
  const Options options_;
  std::unique_ptr<Writer> writer_;
};

// While one lives, the lines that its thread writes carry the call's id and trace. Scopes nest: the
// innermost counts. It keeps no copies: what it is given must outlive it.
class CallScope {
 public:
  CallScope(std::string_view request_id, const Trace& trace);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  friend class Log;
  const std::string_view request_id_;
  const Trace& trace_;
  const CallScope* const outer_;
};

}  // namespace gratis::obs
