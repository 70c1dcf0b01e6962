#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

// Looks through a message to any depth. Errors, naming the field: FIELD_UNKNOWN (a field that its
// type does not have); INVALID_UTF8 (a text that is not UTF-8, or holds a NUL).
absl::Status CheckMessage(const google::protobuf::Message& message);

// 1 to 128 printable ASCII characters.
// Errors, for the field request_id: REQUEST_ID_MISSING, REQUEST_ID_INVALID.
absl::Status CheckRequestId(std::string_view request_id);

}  // namespace gratis::rpc
