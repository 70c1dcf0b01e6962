#pragma once

#include <optional>
#include <vector>

#include "common/vault/vault.h"
#include "services/messages/letter.h"

namespace gratis::messages {

// Letters, as the messages' texts are kept. Thread-safe.
class KeptLetters final : public Letters {
 public:
  // `vault` outlives this.
  explicit KeptLetters(const vault::Vault& vault) : vault_(vault) {}

  absl::StatusOr<std::vector<std::optional<Email>>> Open(
      pg::Tx& tx, absl::Span<const LetterKey> asked) override;

 private:
  const vault::Vault& vault_;
};

}  // namespace gratis::messages
