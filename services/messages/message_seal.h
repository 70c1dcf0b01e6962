#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/ids.h"
#include "common/vault/vault.h"
#include "gratis/messages/v1/templates.pb.h"

namespace gratis::messages {

// A message's text as it is kept: under a key of its own, wrapped by the master key. Whoever
// deletes the key has erased the text.
struct SealedText {
  vault::SealedKey key;
  std::string sealed;
};

// `message` is bound into it. Errors: MASTER_KEY_INVALID.
absl::StatusOr<SealedText> SealText(const vault::Vault& vault, const Uuid& message,
                                    const v1::RenderedMessage& text);
// Errors: MASTER_KEY_INVALID, BOOKS_DAMAGED.
absl::StatusOr<v1::RenderedMessage> OpenText(const vault::Vault& vault, const Uuid& message,
                                             const SealedText& text);

}  // namespace gratis::messages
