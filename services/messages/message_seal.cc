#include "services/messages/message_seal.h"

#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::messages {

absl::StatusOr<SealedText> SealText(const vault::Vault& vault, const Uuid& message,
                                    const v1::RenderedMessage& text) {
  SealedText sealed{.key = vault.NewDataKey(message.AsBytes())};
  ASSIGN_OR_RETURN(sealed.sealed,
                   vault.Seal(sealed.key, message.AsBytes(), text.SerializeAsString()));
  return sealed;
}

absl::StatusOr<v1::RenderedMessage> OpenText(const vault::Vault& vault, const Uuid& message,
                                             const SealedText& text) {
  ASSIGN_OR_RETURN(const std::string plain, vault.Open(text.key, message.AsBytes(), text.sealed));
  v1::RenderedMessage opened;
  if (!opened.ParseFromString(plain)) {
    return Error(Reason::kBooksDamaged, "a kept message cannot be read");
  }
  return opened;
}

}  // namespace gratis::messages
