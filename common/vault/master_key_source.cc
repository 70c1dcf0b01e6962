#include "common/vault/master_key_source.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/cipher.h"
#include "common/vault/master_key.h"

namespace gratis::vault {
namespace {

namespace fs = std::filesystem;

constexpr char kSetting[] = "master-keys";

absl::Status Invalid(std::string_view message) {
  return Error(Reason::kMasterKeyInvalid, std::string(message));
}

// "2" and no other way to write it.
std::optional<int> VersionIn(const std::string& text) {
  int version = 0;
  const bool plain = !text.empty() && text.front() != '0' && text.front() != '+' &&
                     absl::SimpleAtoi(text, &version) && version >= 1 &&
                     version <= kMaxMasterKeyVersion;
  return plain ? std::optional(version) : std::nullopt;
}

bool IsHex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

}  // namespace

std::string MasterKeySource::PathOf(int version) const {
  return version == 1 ? path_ : absl::StrCat(path_, ".", version);
}

absl::StatusOr<std::vector<MasterKey>> MasterKeySource::ReadText() const {
  std::vector<MasterKey> keys;
  std::set<int> versions;
  const std::vector<std::string> items = absl::StrSplit(text_, ',');
  for (const std::string& item : items) {
    const size_t colon = item.find(':');
    const std::optional<int> version = VersionIn(item.substr(0, colon));
    const std::string hex = colon == std::string::npos ? "" : item.substr(colon + 1);
    if (!version || hex.size() != 2 * kKeyBytes || !IsHex(hex)) {
      return Invalid(
          "master-keys: each is VERSION:64 hexadecimal digits, with commas between them.");
    }
    if (!versions.insert(*version).second) {
      return Invalid(absl::StrCat("master-keys: version ", *version, " is given twice."));
    }
    keys.push_back({*version, Secret(absl::HexStringToBytes(hex)), kSetting});
  }
  std::sort(keys.begin(), keys.end(),
            [](const MasterKey& a, const MasterKey& b) { return a.version < b.version; });
  return keys;
}

absl::StatusOr<std::vector<MasterKey>> MasterKeySource::Read() const {
  if (!text_.empty()) return ReadText();
  const fs::path first(path_);
  const std::string prefix = first.filename().string() + ".";
  std::set<int> versions{1};
  std::error_code error;
  const fs::path folder = first.has_parent_path() ? first.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    // Drafts and copies beside the keys have other endings.
    const std::optional<int> version = VersionIn(name.substr(prefix.size()));
    if (version && *version > 1) versions.insert(*version);
  }
  std::vector<MasterKey> keys;
  for (const int version : versions) {
    ASSIGN_OR_RETURN(std::optional<std::string> bytes, LoadMasterKey(PathOf(version)));
    if (bytes) keys.push_back({version, Secret(*std::move(bytes)), PathOf(version)});
  }
  return keys;
}

absl::Status MasterKeySource::CheckMakes(int version) const {
  if (text_.empty()) return absl::OkStatus();
  return Invalid(absl::StrCat("Version ", version,
                              " of the master key is not given; add it to the setting "
                              "master-keys of every process, and start them again."));
}

absl::Status MasterKeySource::Make(int version) const {
  RETURN_IF_ERROR(CheckMakes(version));
  return LoadOrCreateMasterKey(PathOf(version)).status();
}

}  // namespace gratis::vault
