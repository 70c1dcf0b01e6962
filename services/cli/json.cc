#include "services/cli/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "gratis/type/v1/civil.pb.h"

namespace gratis::cli {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

// THANK_YOU_OUTCOME_GIVEN of ThankYouOutcome is GIVEN.
std::string ShortName(const EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  prefix += '_';
  const std::string& name = value.name();
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

bool WriteWellKnown(const google::protobuf::Message& message, JsonWriter& json) {
  const std::string& type = message.GetDescriptor()->full_name();
  if (type == "google.protobuf.Timestamp") {
    const auto& time = static_cast<const google::protobuf::Timestamp&>(message);
    json.Text(
        base::FormatTime(absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos())));
    return true;
  }
  if (type == "gratis.type.v1.CivilDay") {
    const auto& day = static_cast<const type::v1::CivilDay&>(message);
    json.Text(absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day()));
    return true;
  }
  return false;
}

void WriteValue(const google::protobuf::Message& message, const FieldDescriptor* field, int index,
                JsonWriter& json) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      json.Number(repeated ? reflection.GetRepeatedInt32(message, field, index)
                           : reflection.GetInt32(message, field));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      json.Number(repeated ? reflection.GetRepeatedInt64(message, field, index)
                           : reflection.GetInt64(message, field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      json.Bool(repeated ? reflection.GetRepeatedBool(message, field, index)
                         : reflection.GetBool(message, field));
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      json.Text(ShortName(*(repeated ? reflection.GetRepeatedEnum(message, field, index)
                                     : reflection.GetEnum(message, field))));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      json.Text(repeated ? reflection.GetRepeatedString(message, field, index)
                         : reflection.GetString(message, field));
      return;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      json.Message(repeated ? reflection.GetRepeatedMessage(message, field, index)
                            : reflection.GetMessage(message, field));
      return;
    default:
      // The contracts have no floating point and no unsigned integers.
      json.Null();
  }
}

}  // namespace

void JsonWriter::Separate() {
  if (needs_comma_) text_ += ',';
  needs_comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  text_ += '{';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  text_ += '}';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  text_ += '[';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  text_ += ']';
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  absl::StrAppend(&text_, base::JsonString(key), ":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Text(std::string_view value) {
  Separate();
  text_ += base::JsonString(value);
  return *this;
}

JsonWriter& JsonWriter::Number(int64_t value) {
  Separate();
  absl::StrAppend(&text_, value);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Separate();
  text_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  text_ += "null";
  return *this;
}

JsonWriter& JsonWriter::Message(const google::protobuf::Message& message) {
  if (WriteWellKnown(message, *this)) return *this;
  const Reflection& reflection = *message.GetReflection();
  const auto* descriptor = message.GetDescriptor();
  BeginObject();
  for (int f = 0; f < descriptor->field_count(); ++f) {
    const FieldDescriptor* field = descriptor->field(f);
    if (field->is_repeated()) {
      Key(field->name()).BeginArray();
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        WriteValue(message, field, i, *this);
      }
      EndArray();
    } else if (!field->has_presence() || reflection.HasField(message, field)) {
      Key(field->name());
      WriteValue(message, field, 0, *this);
    }
  }
  return EndObject();
}

std::string ToJson(const google::protobuf::Message& message) {
  return JsonWriter().Message(message).text();
}

std::string EnumWords(const google::protobuf::Message& message, std::string_view field) {
  const FieldDescriptor* descriptor = message.GetDescriptor()->FindFieldByName(std::string(field));
  std::string words = ShortName(*message.GetReflection()->GetEnum(message, descriptor));
  std::replace(words.begin(), words.end(), '_', ' ');
  return absl::AsciiStrToLower(words);
}

}  // namespace gratis::cli
