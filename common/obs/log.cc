#include "common/obs/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/status/reasons.h"

namespace gratis::obs {
namespace {

thread_local const CallScope* innermost_scope = nullptr;

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum SpdlogLevel(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// `text` with every byte that is no part of well-formed UTF-8 as a question mark.
std::string Utf8(std::string_view text) {
  if (base::IsValidUtf8(text)) return std::string(text);
  std::string ascii(text);
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return c == '\0' || (c & 0x80) != 0; }, '?');
  return ascii;
}

std::string Quoted(std::string_view text) { return base::JsonString(Utf8(text)); }

// As people read it: bare when nothing in it could be mistaken, else quoted.
std::string HumanText(std::string_view text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=';
  });
  return bare ? std::string(text) : Quoted(text);
}

std::string KeyOf(const Field& field) {
  const bool duration = std::holds_alternative<absl::Duration>(field.value());
  return absl::StrCat(base::Abs(field.key()), duration ? "_us" : "");
}

struct ValueText {
  Format format;
  std::string operator()(std::string_view text) const {
    return format == Format::kJson ? Quoted(text) : HumanText(text);
  }
  std::string operator()(const std::string& text) const { return (*this)(std::string_view(text)); }
  std::string operator()(int64_t number) const { return absl::StrCat(number); }
  std::string operator()(bool yes) const { return yes ? "true" : "false"; }
  std::string operator()(absl::Duration d) const {
    return absl::StrCat(absl::ToInt64Microseconds(d));
  }
};

// Our lines are whole when they reach spdlog.
class AsIs final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(message.payload.begin(), message.payload.end());
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<AsIs>(); }
};

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit CallbackSink(Log::Sink write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  Log::Sink write_;
};

}  // namespace

Field::Field(std::string_view key, const absl::Status& status) : key_(key) {
  std::string text = absl::StatusCodeToString(status.code());
  if (const auto reason = ReasonOf(status)) {
    absl::StrAppend(&text, " ", base::Abs(Describe(*reason).name));
  }
  if (!status.message().empty()) absl::StrAppend(&text, ": ", status.message());
  value_ = std::move(text);
}

class Log::Writer {
 public:
  explicit Writer(std::shared_ptr<spdlog::sinks::sink> sink) : logger_("gratis", std::move(sink)) {
    logger_.set_formatter(std::make_unique<AsIs>());
    logger_.set_level(spdlog::level::debug);
    logger_.flush_on(spdlog::level::info);
  }
  void Write(Level level, const std::string& line) { logger_.log(SpdlogLevel(level), line); }

 private:
  spdlog::logger logger_;
};

Log::Log(Options options)
    : options_(options),
      writer_(std::make_unique<Writer>(std::make_shared<spdlog::sinks::stderr_sink_mt>())) {}

Log::Log(Options options, Sink sink)
    : options_(options),
      writer_(std::make_unique<Writer>(std::make_shared<CallbackSink>(std::move(sink)))) {}

Log::~Log() = default;

void Log::Write(Level level, std::string_view message, Fields fields) {
  if (!Writes(level)) return;
  const std::string time = base::FormatTime(base::SystemClock().Now());
  const ValueText value{options_.format};
  const CallScope* scope = innermost_scope;
  std::string line;
  if (options_.format == Format::kJson) {
    absl::StrAppend(&line, "{\"time\":\"", time, "\",\"level\":\"", base::Abs(LevelName(level)),
                    "\",\"message\":", Quoted(message));
    const auto add = [&](const std::string& key, const std::string& text) {
      absl::StrAppend(&line, ",", Quoted(key), ":", text);
    };
    if (scope != nullptr) {
      add("request_id", Quoted(scope->request_id_));
      add("trace_id", Quoted(scope->trace_.trace_id));
      add("span_id", Quoted(scope->trace_.span_id));
    }
    for (const Field& field : fields) add(KeyOf(field), std::visit(value, field.value()));
    line += "}\n";
  } else {
    absl::StrAppend(&line, time, " ", base::Abs(LevelName(level)), ": ", base::Abs(Utf8(message)));
    for (const Field& field : fields) {
      absl::StrAppend(&line, " ", KeyOf(field), "=", std::visit(value, field.value()));
    }
    if (scope != nullptr) {
      absl::StrAppend(&line, " request_id=", HumanText(scope->request_id_),
                      " trace_id=", HumanText(scope->trace_.trace_id),
                      " span_id=", HumanText(scope->trace_.span_id));
    }
    line += "\n";
  }
  writer_->Write(level, line);
}

CallScope::CallScope(std::string_view request_id, const Trace& trace)
    : request_id_(request_id), trace_(trace), outer_(innermost_scope) {
  innermost_scope = this;
}

CallScope::~CallScope() { innermost_scope = outer_; }

}  // namespace gratis::obs
