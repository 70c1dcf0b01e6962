#include "services/cli/import_request_id.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"

namespace gratis::cli {
namespace {

constexpr size_t kMaxRequestId = 128;
constexpr size_t kHashBytes = 20;

}  // namespace

std::string ImportRequestId(std::string_view source, std::string_view kind, std::string_view id) {
  const std::string prefix = absl::StrCat("import:", base::Abs(source), ":", base::Abs(kind), ":");
  const bool printable =
      std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (printable && prefix.size() + id.size() <= kMaxRequestId) {
    return absl::StrCat(prefix, base::Abs(id));
  }
  const base::Digest digest = base::Sha256(id);
  return absl::StrCat(prefix, "sha256:", base::Hex(base::AsBytes(digest).substr(0, kHashBytes)));
}

}  // namespace gratis::cli
