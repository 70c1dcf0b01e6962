#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace gratis::cli {

// One JSON document, written from left to right on one line. Numbers are int64 as numbers, unlike
// in protobuf's own JSON. Keys and values must be valid UTF-8. Calls must nest properly.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);
  JsonWriter& Text(std::string_view value);
  JsonWriter& Number(int64_t value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // A message of a contract: keys are the field names of the contract, and every plain field is
  // there, also when it is 0 or empty; messages and optional fields that are not set are left out.
  // Enums are their names without the type's prefix ("TOO_LATE"), timestamps RFC 3339 in UTC, days
  // "YYYY-MM-DD".
  JsonWriter& Message(const google::protobuf::Message& message);

  // Key and value in one.
  JsonWriter& Field(std::string_view key, std::string_view value) { return Key(key).Text(value); }
  JsonWriter& Field(std::string_view key, const char* value) { return Key(key).Text(value); }
  JsonWriter& Field(std::string_view key, int64_t value) { return Key(key).Number(value); }
  JsonWriter& Field(std::string_view key, int value) { return Key(key).Number(value); }
  JsonWriter& Field(std::string_view key, bool value) { return Key(key).Bool(value); }

  const std::string& text() const { return text_; }

 private:
  void Separate();

  std::string text_;
  bool needs_comma_ = false;
};

// `message` as JsonWriter::Message writes it.
std::string ToJson(const google::protobuf::Message& message);

// An enum value's name without its type's prefix and in small letters, for people: "too late".
std::string EnumWords(const google::protobuf::Message& message, std::string_view field);

}  // namespace gratis::cli
