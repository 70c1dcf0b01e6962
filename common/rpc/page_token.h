#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

// Where a list goes on, as text that callers pass back unread. A token is signed and bound to its
// query: the request without `page_token` and `page_size`, and the program. What it carries is
// not hidden, so a cursor holds no personal data. Thread-safe.
class PageTokens {
 public:
  // `key`: 32 bytes, the vault's "page-token".
  explicit PageTokens(std::string key);

  // The token that leads to what follows `cursor`.
  std::string Make(const google::protobuf::Message& request, int32_t program,
                   std::string_view cursor) const;

  // The cursor of the request's own `page_token`; empty for the first page.
  // Errors: INVALID_PAGE_TOKEN (field page_token).
  absl::StatusOr<std::string> Open(const google::protobuf::Message& request, int32_t program) const;

 private:
  std::string Sign(const google::protobuf::Message& request, int32_t program,
                   std::string_view cursor) const;

  std::string key_;
};

// How many items a page has: `fallback` when `page_size` is 0, never more than `most`.
// Errors: FIELD_INVALID (field page_size) when it is negative.
absl::StatusOr<int32_t> PageSize(int32_t page_size, int32_t fallback = 50, int32_t most = 1000);

}  // namespace gratis::rpc
