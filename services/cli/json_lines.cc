#include "services/cli/json_lines.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::cli {
namespace {

using google::protobuf::Value;

// What JSON keeps of a number for certain, such as of an id that is one.
constexpr size_t kSureDigits = 15;

absl::StatusOr<std::string> NumberText(const Value& value) {
  std::string text;
  const bool printed = google::protobuf::util::MessageToJsonString(value, &text).ok();
  if (printed && text.size() <= kSureDigits) return text;
  return Error(Reason::kFieldInvalid, "write a number of so many digits as a text, in quotes");
}

absl::Status AddValue(const Value& value, bool within_list, JsonLine::Held& held) {
  switch (value.kind_case()) {
    case Value::kNullValue:
      return absl::OkStatus();
    case Value::kStringValue:
      held.items.push_back(value.string_value());
      return absl::OkStatus();
    case Value::kBoolValue:
      held.items.push_back(value.bool_value() ? "yes" : "no");
      return absl::OkStatus();
    case Value::kNumberValue: {
      ASSIGN_OR_RETURN(held.items.emplace_back(), NumberText(value));
      return absl::OkStatus();
    }
    case Value::kListValue:
      if (within_list) break;
      held.is_list = true;
      for (const Value& item : value.list_value().values()) {
        RETURN_IF_ERROR(AddValue(item, true, held));
      }
      return absl::OkStatus();
    default:
      break;
  }
  return Error(Reason::kFieldInvalid, "a value is a text, a number, or a list of them");
}

absl::Status Parse(JsonLine& line) {
  if (!base::IsValidUtf8(line.text)) {
    return Error(Reason::kInvalidUtf8, "the line is not UTF-8, or holds a NUL; save the file so");
  }
  google::protobuf::Struct object;
  if (!google::protobuf::util::JsonStringToMessage(line.text, &object).ok()) {
    return Error(Reason::kFieldInvalid, "the line is no JSON object");
  }
  line.is_object = true;
  for (const auto& [key, value] : object.fields()) {
    const absl::Status added = AddValue(value, false, line.values[key]);
    if (!added.ok()) return InField(added, key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonLinesReader> JsonLinesReader::Open(const std::string& path) {
  JsonLinesReader reader;
  reader.file_.open(path, std::ios::binary);
  std::error_code error;
  reader.size_ = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (!reader.file_ || error) {
    return FieldError(Reason::kFieldInvalid, "FILE", absl::StrCat(path, " cannot be read"));
  }
  return reader;
}

bool JsonLinesReader::ReadLine(std::string& text, bool& whole) {
  text.clear();
  whole = true;
  std::streambuf& bytes = *file_.rdbuf();
  constexpr int kEnd = std::char_traits<char>::eof();
  int c = bytes.sbumpc();
  if (c == kEnd) return false;
  for (; c != kEnd && c != '\n'; c = bytes.sbumpc()) {
    ++position_;
    if (text.size() < kMaxLineBytes) {
      text += static_cast<char>(c);
    } else {
      whole = false;
    }
  }
  if (c == '\n') ++position_;
  ++line_;
  return true;
}

bool JsonLinesReader::Next(JsonLine& line) {
  bool whole = true;
  do {
    if (!ReadLine(line.text, whole)) return false;
    const absl::string_view stripped = absl::StripAsciiWhitespace(line.text);
    line.text = std::string(stripped);
  } while (line.text.empty());
  line.line = line_;
  line.values.clear();
  line.is_object = false;
  line.error = whole ? Parse(line) : Error(Reason::kFieldTooLong, "the line is longer than 64 kB");
  return true;
}

}  // namespace gratis::cli
