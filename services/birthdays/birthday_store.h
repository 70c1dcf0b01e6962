#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/birthdays/birthday_rules.h"

// The tables of schema gratis_birthdays, one function per query.
namespace gratis::birthdays {

// The policy in force; the default one when none was set.
absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program);

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at, std::string_view set_by);

// A member's birthday year.
struct BirthdayKey {
  MemberId member;
  int32_t year;
};

// A gift and whose it is.
struct MemberGift {
  MemberId member;
  Gift gift;
  int32_t policy_version = 0;  // that it was given by; not read back
};

// All gifts to these members in the years asked for and in those before and after; in no order.
absl::StatusOr<std::vector<MemberGift>> FindGifts(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const BirthdayKey> asked);

// At most `limit` gifts to a member for years after `after`, by year.
absl::StatusOr<std::vector<Gift>> ListGifts(pg::Tx& tx, const ledger::Program& program,
                                            const MemberId& member, int32_t after, int32_t limit);

// All gifts of one partition's set at once.
void InsertGifts(pg::Tx& tx, int32_t partition, absl::Span<const MemberGift* const> gifts);

// As of when everything due was last given; nothing: never.
absl::StatusOr<std::optional<absl::Time>> ReadProgress(pg::Tx& tx, const ledger::Program& program);
void WriteProgress(pg::Tx& tx, const ledger::Program& program, absl::Time ran_through);

}  // namespace gratis::birthdays
