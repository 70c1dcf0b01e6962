#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/house/keyring/role.h"

// What a request to the ledger may say: pure values in, pure values out.
namespace gratis::ledger_service {

// How far back a caller may say that a fact took effect. Clocks differ, so anyone may be five
// minutes behind; who brings in history may go back as far as the books do.
absl::Duration StatablePast(house::Role role);

// At most 128 characters. Errors: FIELD_TOO_LONG.
absl::Status CheckSource(std::string_view source);

// A program that somebody wishes for.
struct ProgramDraft {
  std::string code;
  std::string display_name;
  std::string currency_code;
  std::string time_zone;
  int32_t partitions = 0;

  friend bool operator==(const ProgramDraft&, const ProgramDraft&) = default;
};

// The draft with what was left out filled in: its code as its name, USD, UTC, 8 partitions.
// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_CURRENCY, INVALID_TIME_ZONE.
absl::StatusOr<ProgramDraft> CompleteProgram(ProgramDraft draft);

// A key that somebody wishes for.
struct KeyDraft {
  house::Role role = house::Role::kUnspecified;
  std::optional<int32_t> program;  // its number; nothing: all programs
  std::string label;
};

// `maker_bound_to`: the program that the maker's own key is bound to; it makes keys of that one
// only. Errors: FIELD_INVALID (no role that a key can have), FIELD_TOO_LONG, FIELD_MISSING (only
// admins and auditors have keys of all programs), PROGRAM_NOT_FOUND (not one the maker may see).
absl::Status CheckKey(const KeyDraft& draft, std::optional<int32_t> maker_bound_to);

}  // namespace gratis::ledger_service
