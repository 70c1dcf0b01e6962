#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::cli {

// "birthday-gift" for ENTRY_KIND_BIRTHDAY_GIFT.
std::string WordOf(ledger::v1::EntryKind kind);

// The kind of entry that people call "birthday-gift". Errors: FIELD_INVALID (usage), with all there
// are.
absl::StatusOr<ledger::v1::EntryKind> EntryKindOf(const std::string& word);

// Has a request ask for entries of these kinds only. Errors: as EntryKindOf.
template <class Request>
absl::Status AddKinds(const std::vector<std::string>& words, Request& request) {
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(const ledger::v1::EntryKind kind, EntryKindOf(word));
    request.add_kinds(kind);
  }
  return absl::OkStatus();
}

}  // namespace gratis::cli
