#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}

namespace gratis::cli {

// All of a file, or of standard input where `path` is "-". `option` names it on the command line.
// Errors: FIELD_INVALID (usage).
absl::StatusOr<std::string> ReadWhole(const std::string& path, std::string_view option);

// Reads one message of a contract from a file, as JSON with the contract's names. `option` names
// the file on the command line, `what` is what it should be: "a trigger". "-" is standard input.
// Errors: FIELD_INVALID (usage).
absl::Status ReadJsonFile(const std::string& path, std::string_view option, std::string_view what,
                          google::protobuf::Message& message);

}  // namespace gratis::cli
