#include "services/cli/json_file.h"

#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/cli/failure.h"

namespace gratis::cli {

absl::StatusOr<std::string> ReadWhole(const std::string& path, std::string_view option) {
  const auto all_of = [](std::istream& stream) {
    return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  };
  if (path == "-") return all_of(std::cin);
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    return AsUsage(Error(Reason::kFieldInvalid, absl::StrCat("cannot read ", path)), option);
  }
  return all_of(file);
}

absl::Status ReadJsonFile(const std::string& path, std::string_view option, std::string_view what,
                          google::protobuf::Message& message) {
  ASSIGN_OR_RETURN(const std::string text, ReadWhole(path, option));
  const auto parsed = google::protobuf::util::JsonStringToMessage(text, &message);
  if (parsed.ok()) return absl::OkStatus();
  return AsUsage(Error(Reason::kFieldInvalid, absl::StrCat(path, " is not ", base::Abs(what), ": ",
                                                           parsed.message().ToString())),
                 option);
}

}  // namespace gratis::cli
