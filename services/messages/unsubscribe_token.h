#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/vault/sealed_token.h"
#include "services/messages/message_ids.h"

namespace gratis::messages {

struct Unsubscription {
  MemberId member;
  MessageId message;  // that it was pressed in
};

// What the unsubscribe address of a message ends with: whom it takes off the list, readable to
// nobody else, good in its program alone, and for ever. Characters are those of an address's query.
// Thread-safe.
class UnsubscribeTokens {
 public:
  // `key`: 32 bytes, the vault's "unsubscribe".
  explicit UnsubscribeTokens(std::string key) : sealer_(std::move(key)) {}

  std::string Make(int32_t program, const Unsubscription& unsubscription) const;
  // Errors: UNSUBSCRIBE_TOKEN_INVALID.
  absl::StatusOr<Unsubscription> Open(int32_t program, std::string_view token) const;

 private:
  const vault::TokenSealer sealer_;
};

}  // namespace gratis::messages
