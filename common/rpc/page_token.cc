#include "common/rpc/page_token.h"

#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/rpc/wire.h"
#include "common/status/reasons.h"

namespace gratis::rpc {
namespace {

constexpr size_t kSignatureBytes = 16;
constexpr size_t kMaxTokenLength = 1024;

}  // namespace

PageTokens::PageTokens(std::string key) : key_(std::move(key)) {}

std::string PageTokens::Sign(const google::protobuf::Message& request, int32_t program,
                             std::string_view cursor) const {
  base::Hmac hmac(key_);
  // Each part has its length before it, so that no two queries and cursors look the same.
  for (const std::string& part :
       {request.GetDescriptor()->full_name(), absl::StrCat(program), std::string(cursor),
        DeterministicBytes(request, {"page_token", "page_size"})}) {
    hmac.Update(absl::StrCat(part.size(), ":"));
    hmac.Update(part);
  }
  return std::string(base::AsBytes(hmac.Finish()).substr(0, kSignatureBytes));
}

std::string PageTokens::Make(const google::protobuf::Message& request, int32_t program,
                             std::string_view cursor) const {
  return absl::WebSafeBase64Escape(absl::StrCat(Sign(request, program, cursor), base::Abs(cursor)));
}

absl::StatusOr<std::string> PageTokens::Open(const google::protobuf::Message& request,
                                             int32_t program) const {
  const auto* field = request.GetDescriptor()->FindFieldByName("page_token");
  const std::string token = request.GetReflection()->GetString(request, field);
  if (token.empty()) return std::string();
  std::string bytes;
  if (token.size() <= kMaxTokenLength && absl::WebSafeBase64Unescape(token, &bytes) &&
      bytes.size() > kSignatureBytes) {
    const std::string cursor = bytes.substr(kSignatureBytes);
    if (base::ConstantTimeEqual(bytes.substr(0, kSignatureBytes), Sign(request, program, cursor))) {
      return cursor;
    }
  }
  return FieldError(Reason::kInvalidPageToken, "page_token",
                    "this page token is damaged or belongs to another query; start at the first "
                    "page by leaving it empty");
}

absl::StatusOr<int32_t> PageSize(int32_t page_size, int32_t fallback, int32_t most) {
  if (page_size < 0) {
    return FieldError(Reason::kFieldInvalid, "page_size", "a page size is not negative");
  }
  return page_size == 0 ? fallback : std::min(page_size, most);
}

}  // namespace gratis::rpc
