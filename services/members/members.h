#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/random.h"
#include "common/ledger/program.h"
#include "common/ledger/standing.h"
#include "common/vault/vault.h"
#include "services/members/enrollment.h"
#include "services/members/identities.h"
#include "services/members/member_cursor.h"
#include "services/members/member_names.h"
#include "services/members/member_rules.h"
#include "services/members/members_policy.h"
#include "services/members/profile_update.h"
#include "services/members/segment_rules.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::members {

// A member, readable.
struct Member {
  MemberId id;
  absl::Time enrolled_at;
  Profile profile;
  std::optional<absl::Time> birthday_changed_at = std::nullopt;
  std::string leaving_answer = "";
  SegmentMarks segments = {};  // some may be over, see DropOver
  // How they stand; not told of those who are listed by their birthday.
  ledger::MemberState state = ledger::MemberState::kNone;
};

// A member, and where they can be reached: their own address and number, or, without one, that of
// whoever was merged into them, the newest merge first; but none, if theirs was removed. And the
// birthday that they are given something for: their own, or else found in the same way.
struct ReachableMember {
  Member member;
  std::string email;
  std::string phone;
  std::optional<Birthday> birthday = std::nullopt;
  std::optional<absl::Time> birthday_changed_at = std::nullopt;
};

struct BirthdayPage {
  // By partition and id; whoever has the birthday of one who was merged into them, in their place.
  std::vector<Member> members;
  std::set<MemberId> uncelebrated;  // those of them who want no celebrations
  std::set<MemberId> guarded;       // minors whose guardians agree to gifts
  std::optional<MemberCursor> next;
};

struct MemberPage {
  std::vector<Member> members;  // by partition and id
  std::optional<MemberCursor> next;
  // Of those who are merged, who they became; not told of those who are listed by their birthday.
  std::map<MemberId, MemberId> survivors = {};
};

// The people of the programs: the use cases. Thread-safe.
class Members {
 public:
  // All arguments outlive this.
  Members(const vault::Vault& vault, base::IdSource& ids, pg::Pool& pool)
      : vault_(vault), ids_(ids), pool_(pool), names_(vault) {}

  absl::StatusOr<MembersPolicy> CurrentPolicy(const ledger::Program& program,
                                              absl::Time deadline) const;
  // The region that a phone number without a country code is of; empty, unread, for others.
  absl::StatusOr<std::string> RegionFor(const ledger::Program& program, std::string_view phone,
                                        absl::Time deadline) const;

  // A newcomer's enrollment, ready to be posted; `profile` is checked. `enrolled_at`: now if
  // absent.
  absl::StatusOr<std::unique_ptr<Enrollment>> Prepare(const ledger::Program& program,
                                                      const Profile& profile,
                                                      std::optional<absl::Time> enrolled_at,
                                                      bool may_state_past, absl::Time now) const;

  // A change of a profile, ready to be posted; `change` is checked.
  std::unique_ptr<ProfileUpdate> PrepareUpdate(const ledger::Program& program,
                                               const MemberId& member, ProfileChange change,
                                               absl::Time now) const;
  // A transaction's id in the partition of a member.
  TransactionId NewTransaction(const ledger::Program& program, const MemberId& member,
                               absl::Time now) const;

  // A stored member, readable. Errors: BOOKS_DAMAGED.
  absl::StatusOr<Member> Unseal(const MemberRow& row) const;

  // Errors of these four: MEMBER_NOT_FOUND, MEMBER_ERASED, BOOKS_DAMAGED, and those of the
  // database. `deadline` is real time.
  absl::StatusOr<Member> Get(const ledger::Program& program, const MemberId& member,
                             absl::Time deadline) const;

  // Whom a member is part of by now, to the end of the chain; themselves if they are not merged.
  absl::StatusOr<MemberId> SurvivorOf(const ledger::Program& program, const MemberId& member,
                                      absl::Time deadline) const;

  // As Get, with where they can be reached.
  absl::StatusOr<ReachableMember> GetReachable(const ledger::Program& program,
                                               const MemberId& member, absl::Time deadline) const;
  // Those of `members` who have no e-mail address that GetReachable would tell; whoever is not
  // stored is not among them. Read in one transaction, however many they are. Errors:
  // BOOKS_DAMAGED, and those of the database.
  absl::StatusOr<std::set<MemberId>> FindWithoutEmail(const ledger::Program& program,
                                                      absl::Span<const MemberId> members,
                                                      absl::Time deadline) const;

  // The one member that all `identifiers` (at least one) lead to. Errors: MEMBER_AMBIGUOUS
  // (metadata: member_ids, fields), CARD_NOT_FOUND, CARD_NOT_LINKED, CARD_LOST,
  // CARD_REPLACED.
  absl::StatusOr<Member> Identify(const ledger::Program& program,
                                  absl::Span<const Identifier> identifiers,
                                  absl::Time deadline) const;

  // Under what they are looked up.
  KnownBy NamesOf(const ledger::Program& program, absl::Span<const Identifier> identifiers) const;

  // The id of that member, of whom nothing is read. Errors: as Identify, without MEMBER_ERASED.
  absl::StatusOr<MemberId> Locate(const ledger::Program& program,
                                  absl::Span<const Identifier> identifiers,
                                  absl::Time deadline) const;

  // At most `limit` members after `after` (absent: from the first). Errors: BOOKS_DAMAGED.
  absl::StatusOr<MemberPage> List(const ledger::Program& program, std::optional<MemberCursor> after,
                                  int32_t limit, absl::Time deadline) const;

  // At most `limit` members after `after` (absent: from the first) whose birthday is one of `days`.
  // Who is merged is not among them; a survivor without a birthday of their own has that of whoever
  // was merged into them and has one, the newest merge first.
  absl::StatusOr<BirthdayPage> ListBirthdays(const ledger::Program& program,
                                             absl::Span<const MonthDay> days,
                                             std::optional<MemberCursor> after, int32_t limit,
                                             absl::Time deadline) const;
  // The same of one day, without what they said of celebrations: for who looks for people.
  absl::StatusOr<MemberPage> ListBornOn(const ledger::Program& program, const MonthDay& day,
                                        std::optional<MemberCursor> after, int32_t limit,
                                        absl::Time deadline) const;

 private:
  // Whether the first of a member and of those who became part of them, the newest merge first, who
  // has an address or had it taken away, has one.
  absl::StatusOr<bool> HasEmail(absl::Span<const MemberRow> rows) const;

  const vault::Vault& vault_;
  base::IdSource& ids_;
  pg::Pool& pool_;
  const MemberNames names_;
};

}  // namespace gratis::members
