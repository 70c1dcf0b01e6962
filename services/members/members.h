#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/vault/vault.h"
#include "services/members/enrollment.h"
#include "services/members/member_rules.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

// A member, readable.
struct Member {
  MemberId id;
  absl::Time enrolled_at;
  Profile profile;
};

// Where a list of birthdays stands; the next page begins behind it.
struct BirthdayCursor {
  int32_t partition = 0;
  MemberId member;  // nil: before the partition's first

  // As a page token carries it.
  std::string ToString() const;
  static std::optional<BirthdayCursor> Parse(std::string_view text);
};

struct BirthdayPage {
  std::vector<Member> members;  // by partition and id
  std::optional<BirthdayCursor> next;
};

// The people of the programs: the use cases. Thread-safe.
class Members {
 public:
  // All arguments outlive this.
  Members(const vault::Vault& vault, base::IdSource& ids, pg::Pool& pool)
      : vault_(vault), ids_(ids), pool_(pool) {}

  // A newcomer's enrollment, ready to be posted; `profile` is checked. `enrolled_at`: now if
  // absent.
  absl::StatusOr<std::unique_ptr<Enrollment>> Prepare(const ledger::Program& program,
                                                      const Profile& profile,
                                                      std::optional<absl::Time> enrolled_at,
                                                      bool may_state_past, absl::Time now) const;

  // Errors of these three: MEMBER_NOT_FOUND, BOOKS_DAMAGED, and those of the database. `deadline`
  // is real time.
  absl::StatusOr<Member> Get(const ledger::Program& program, const MemberId& member,
                             absl::Time deadline) const;

  // The one member that all `identifiers` (at least one) lead to. Errors: MEMBER_AMBIGUOUS,
  // CARD_NOT_FOUND, CARD_NOT_LINKED, CARD_LOST, CARD_REPLACED.
  absl::StatusOr<Member> Identify(const ledger::Program& program,
                                  absl::Span<const Identifier> identifiers,
                                  absl::Time deadline) const;

  // At most `limit` members after `after` (absent: from the first) whose birthday is one of `days`.
  absl::StatusOr<BirthdayPage> ListBirthdays(const ledger::Program& program,
                                             absl::Span<const MonthDay> days,
                                             std::optional<BirthdayCursor> after, int32_t limit,
                                             absl::Time deadline) const;

 private:
  ledger::DirectoryKey NameOf(int32_t program, const Identifier& identifier) const;
  std::string BirthdayKey(int32_t program, const MonthDay& day) const;
  absl::StatusOr<Member> Unseal(const MemberRow& row) const;

  const vault::Vault& vault_;
  base::IdSource& ids_;
  pg::Pool& pool_;
};

}  // namespace gratis::members
