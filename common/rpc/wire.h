#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

// The message as bytes that are the same for equal messages (in one version of protobuf), without
// its fields of the names given.
std::string DeterministicBytes(const google::protobuf::Message& message,
                               std::initializer_list<std::string_view> without);

}  // namespace gratis::rpc
