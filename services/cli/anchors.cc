#include "services/cli/anchors.h"

#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"

namespace gratis::cli {

absl::StatusOr<std::vector<ledger::v1::Anchor>> ReadAnchors(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    return UsageError("--anchor", absl::StrCat(path, " cannot be read"));
  }
  std::vector<ledger::v1::Anchor> anchors;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (!google::protobuf::util::JsonStringToMessage(line, &anchors.emplace_back()).ok()) {
      return UsageError("--anchor", absl::StrCat("line ", number, " of ", path, " is no anchor"));
    }
  }
  if (anchors.empty()) return UsageError("--anchor", absl::StrCat(path, " holds no anchor"));
  return anchors;
}

absl::Status WriteAnchors(const std::string& path, const std::vector<ledger::v1::Anchor>& anchors) {
  const std::string next = absl::StrCat(path, ".next");
  std::ofstream file(next, std::ios::binary | std::ios::trunc);
  for (const ledger::v1::Anchor& anchor : anchors) file << ToJson(anchor) << "\n";
  file.close();
  if (file && std::rename(next.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return UsageError("--write-anchor", absl::StrCat(path, " cannot be written"));
}

}  // namespace gratis::cli
