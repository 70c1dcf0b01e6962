#include "common/rpc/check.h"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

namespace pb = google::protobuf;

constexpr size_t kMaxRequestId = 128;

std::string Join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : absl::StrCat(base::Abs(path), ".", base::Abs(name));
}

// How an element of a repeated field is named: "requests[3]".
std::string Element(const std::string& path, int index) {
  return absl::StrCat(path, "[", index, "]");
}

absl::Status CheckText(const std::string& text, std::string_view path,
                       const pb::FieldDescriptor& field) {
  if (base::IsValidUtf8(text)) return absl::OkStatus();
  return FieldError(Reason::kInvalidUtf8, Join(path, field.name()),
                    "the text is not UTF-8, or holds a NUL");
}

absl::Status CheckBelow(const pb::Message& message, std::string_view path);

absl::Status CheckField(const pb::Message& message, const pb::FieldDescriptor& field,
                        std::string_view path) {
  const pb::Reflection& reflection = *message.GetReflection();
  const bool is_text = field.type() == pb::FieldDescriptor::TYPE_STRING;
  const bool is_message = field.cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
  if (!is_text && !is_message) return absl::OkStatus();
  std::string scratch;
  if (!field.is_repeated()) {
    if (is_text) {
      return CheckText(reflection.GetStringReference(message, &field, &scratch), path, field);
    }
    return CheckBelow(reflection.GetMessage(message, &field), Join(path, field.name()));
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (is_text) {
      RETURN_IF_ERROR(CheckText(reflection.GetRepeatedStringReference(message, &field, i, &scratch),
                                path, field));
    } else {
      RETURN_IF_ERROR(CheckBelow(reflection.GetRepeatedMessage(message, &field, i),
                                 Element(Join(path, field.name()), i)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckBelow(const pb::Message& message, std::string_view path) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return FieldError(Reason::kFieldUnknown, Join(path, absl::StrCat(unknown.field(0).number())),
                      absl::StrCat("this version knows no field ", unknown.field(0).number(),
                                   " of ", message.GetDescriptor()->full_name(),
                                   "; it might have mattered, so nothing was done"));
  }
  std::vector<const pb::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const pb::FieldDescriptor* field : fields) {
    RETURN_IF_ERROR(CheckField(message, *field, path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckMessage(const pb::Message& message) { return CheckBelow(message, ""); }

absl::Status CheckRequestId(std::string_view request_id) {
  if (request_id.empty()) {
    return FieldError(Reason::kRequestIdMissing, "request_id",
                      "a call that changes something needs a request_id: choose one before the "
                      "first attempt and keep it for every retry");
  }
  const bool printable = std::all_of(request_id.begin(), request_id.end(),
                                     [](char c) { return c >= ' ' && c <= '~'; });
  if (!printable || request_id.size() > kMaxRequestId) {
    return FieldError(Reason::kRequestIdInvalid, "request_id",
                      "a request_id is 1 to 128 printable ASCII characters");
  }
  return absl::OkStatus();
}

}  // namespace gratis::rpc
