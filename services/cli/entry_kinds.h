#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::cli {

// "birthday-gift" for ENTRY_KIND_BIRTHDAY_GIFT.
std::string WordOf(ledger::v1::EntryKind kind);

// The kind of a word of --kind. Errors: FIELD_INVALID, with all there are.
absl::StatusOr<ledger::v1::EntryKind> KindOf(const std::string& word);

}  // namespace gratis::cli
