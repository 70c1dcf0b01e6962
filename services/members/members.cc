#include "services/members/members.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/consent_store.h"
#include "services/members/identities.h"
#include "services/members/member_contract.h"
#include "services/members/member_store.h"
#include "services/members/phone_number.h"
#include "services/members/preferences.h"
#include "services/members/segment_text.h"

namespace gratis::members {
namespace {

absl::Status NoSuchMember(std::string_view message) {
  return Error(Reason::kMemberNotFound, message);
}

absl::StatusOr<MemberId> LocateOne(pg::Tx& tx, const ledger::Program& program,
                                   const KnownBy& known_by) {
  ASSIGN_OR_RETURN(const auto located, LocateAll(tx, program, {known_by}));
  if (!located.front().ok()) return located.front();
  const MemberId& member = *located.front();
  ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, {member}));
  return survivors.empty() ? member : survivors.at(member);
}

// Of those who are merged into a member, how many are looked at for an address or a birthday.
constexpr int32_t kMostMerged = 20;

struct StoredMember {
  std::optional<MemberRow> row;
  ledger::MemberState state = ledger::MemberState::kNone;
};

// Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
absl::StatusOr<StoredMember> ReadStored(pg::Tx& tx, const ledger::Program& program,
                                        const MemberId& member) {
  StoredMember stored;
  ASSIGN_OR_RETURN(stored.row, MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
  ASSIGN_OR_RETURN(const auto states, ledger::ReadStates(tx, program, {member}));
  // Nothing is stored of who was erased.
  if (!stored.row) RETURN_IF_ERROR(ledger::RequireMember(tx, program, member));
  if (!states.empty()) stored.state = states.begin()->second;
  return stored;
}

// Nobody comes of age later than at 21.
constexpr int kMaxMinorYears = 21;

// Those who were born on days of these keys.
struct BornRows {
  std::vector<MemberRow> rows;
  std::optional<MemberCursor> next;
};

absl::StatusOr<BornRows> ReadBorn(pg::Tx& tx, const ledger::Program& program,
                                  absl::Span<const std::string> keys,
                                  const std::optional<MemberCursor>& after, int32_t limit) {
  const MemberCursor start = after.value_or(MemberCursor{program.first_partition, {}});
  BornRows born;
  MemberId behind = start.member;
  for (int32_t partition = start.partition; partition <= program.last_partition(); ++partition) {
    const int32_t room = limit - static_cast<int32_t>(born.rows.size());
    // One more than fits tells whether there is a next page.
    ASSIGN_OR_RETURN(std::vector<MemberRow> more,
                     MemberStore(tx).ListBirthdays(partition, keys, behind, room + 1));
    const bool overfull = static_cast<int32_t>(more.size()) > room;
    if (overfull) more.pop_back();
    for (MemberRow& row : more) {
      behind = row.id;
      born.rows.push_back(std::move(row));
    }
    if (overfull) {
      born.next = MemberCursor{partition, behind};
      break;
    }
    behind = {};
  }
  return born;
}

// Takes those who are merged out of `rows`, but for those whose birthday is their survivor's by
// now. Returns these survivors, by whose birthday it was.
absl::StatusOr<std::map<MemberId, MemberRow>> ReplaceMerged(pg::Tx& tx,
                                                            const ledger::Program& program,
                                                            std::vector<MemberRow>& rows) {
  std::vector<MemberId> ids;
  ids.reserve(rows.size());
  for (const MemberRow& row : rows) ids.push_back(row.id);
  ASSIGN_OR_RETURN(const auto survivors, ledger::ReadSurvivors(tx, program, ids));
  std::map<MemberId, MemberRow> heirs;
  if (survivors.empty()) return heirs;
  std::set<MemberId> distinct;
  for (const auto& [merged, survivor] : survivors) distinct.insert(survivor);
  const std::vector<MemberId> members(distinct.begin(), distinct.end());
  std::vector<int32_t> partitions;
  partitions.reserve(members.size());
  for (const MemberId& member : members) {
    partitions.push_back(ledger::PartitionOf(program, member));
  }
  MemberStore store(tx);
  ASSIGN_OR_RETURN(std::vector<MemberRow> found,
                   store.TakeAnywhere(store.AskAnywhere(partitions, members)));
  std::erase_if(found, [](const MemberRow& row) { return row.birthday_key.has_value(); });
  std::vector<pg::Tx::Asked> asked;
  asked.reserve(found.size());
  for (const MemberRow& row : found) {
    asked.push_back(store.AskMergedInto(program, row.id, kMostMerged));
  }
  for (size_t i = 0; i < found.size(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<MemberRow> merged, store.TakeMergedInto(asked[i]));
    const auto newest = std::find_if(merged.begin(), merged.end(), [](const MemberRow& row) {
      return row.birthday_key.has_value();
    });
    if (newest != merged.end()) heirs.emplace(newest->id, std::move(found[i]));
  }
  std::erase_if(rows, [&](const MemberRow& row) {
    return survivors.count(row.id) > 0 && heirs.count(row.id) == 0;
  });
  return heirs;
}

// Whoever was of age as they enrolled is no minor, and whose age is not known has not said so.
bool MayBeMinor(const Member& member) {
  const std::optional<Birthday>& birthday = member.profile.birthday;
  if (!birthday || !birthday->year) return false;
  return *birthday->year + kMaxMinorYears >=
         absl::ToCivilYear(member.enrolled_at, absl::UTCTimeZone()).year() - 1;
}

}  // namespace

absl::StatusOr<Member> Members::Unseal(const MemberRow& row) const {
  ASSIGN_OR_RETURN(const std::string bytes,
                   vault_.Open(row.data_key, row.id.uuid.AsBytes(), row.sealed_profile));
  Member member{.id = row.id, .enrolled_at = row.enrolled_at, .profile = {}};
  ASSIGN_OR_RETURN(member.profile, ParseProfile(bytes));
  member.birthday_changed_at = row.birthday_changed_at;
  if (row.sealed_leaving_answer) {
    ASSIGN_OR_RETURN(member.leaving_answer,
                     vault_.Open(row.data_key, row.id.uuid.AsBytes(), *row.sealed_leaving_answer));
  }
  ASSIGN_OR_RETURN(member.segments, ParseSegments(row.segments));
  return member;
}

absl::StatusOr<MembersPolicy> Members::CurrentPolicy(const ledger::Program& program,
                                                     absl::Time deadline) const {
  MembersPolicy policy;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(policy, MemberStore(tx).ReadPolicy(program.number));
    return absl::OkStatus();
  }));
  return policy;
}

absl::StatusOr<std::string> Members::RegionFor(const ledger::Program& program,
                                               std::string_view phone, absl::Time deadline) const {
  if (phone.empty() || IsInternational(phone)) return "";
  ASSIGN_OR_RETURN(MembersPolicy policy, CurrentPolicy(program, deadline));
  return std::move(policy.default_region);
}

TransactionId Members::NewTransaction(const ledger::Program& program, const MemberId& member,
                                      absl::Time now) const {
  return ledger::Beside(program, member, TransactionId{ids_.Next(now)});
}

std::unique_ptr<ProfileUpdate> Members::PrepareUpdate(const ledger::Program& program,
                                                      const MemberId& member, ProfileChange change,
                                                      absl::Time now) const {
  return std::make_unique<ProfileUpdate>(names_, member, std::move(change),
                                         NewTransaction(program, member, now));
}

absl::StatusOr<std::unique_ptr<Enrollment>> Members::Prepare(const ledger::Program& program,
                                                             const Profile& profile,
                                                             std::optional<absl::Time> enrolled_at,
                                                             bool may_state_past,
                                                             absl::Time now) const {
  Newcomer newcomer;
  newcomer.stated_enrolled_at = enrolled_at;
  newcomer.may_state_past = may_state_past;
  newcomer.birthday = profile.birthday;
  newcomer.claims = names_.NamesOf(program.number, profile);

  MemberRow& row = newcomer.row;
  row.id = {ids_.Next(now)};
  newcomer.transaction = NewTransaction(program, row.id, now);
  if (profile.birthday) row.birthday_key = names_.BirthdayKey(program.number, profile.birthday->on);
  const std::string_view owner = row.id.uuid.AsBytes();
  row.data_key = vault_.NewDataKey(owner);
  ASSIGN_OR_RETURN(row.sealed_profile, vault_.Seal(row.data_key, owner, SerializeProfile(profile)));
  return std::make_unique<Enrollment>(std::move(newcomer));
}

absl::StatusOr<Member> Members::Get(const ledger::Program& program, const MemberId& member,
                                    absl::Time deadline) const {
  StoredMember stored;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(stored, ReadStored(tx, program, member));
    return absl::OkStatus();
  }));
  if (!stored.row) return NoSuchMember("no member of the program has this id");
  ASSIGN_OR_RETURN(Member found, Unseal(*stored.row));
  found.state = stored.state;
  return found;
}

absl::StatusOr<MemberId> Members::SurvivorOf(const ledger::Program& program, const MemberId& member,
                                             absl::Time deadline) const {
  std::map<MemberId, MemberId> survivors;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(survivors, ledger::ReadSurvivors(tx, program, {member}));
    return absl::OkStatus();
  }));
  return survivors.empty() ? member : survivors.begin()->second;
}

absl::StatusOr<ReachableMember> Members::GetReachable(const ledger::Program& program,
                                                      const MemberId& member,
                                                      absl::Time deadline) const {
  StoredMember stored;
  std::vector<MemberRow> merged;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    MemberStore store(tx);
    const pg::Tx::Asked asked = store.AskMergedInto(program, member, kMostMerged);
    ASSIGN_OR_RETURN(stored, ReadStored(tx, program, member));
    ASSIGN_OR_RETURN(merged, store.TakeMergedInto(asked));
    return absl::OkStatus();
  }));
  if (!stored.row) return NoSuchMember("no member of the program has this id");
  ReachableMember found;
  ASSIGN_OR_RETURN(found.member, Unseal(*stored.row));
  found.member.state = stored.state;
  found.email = found.member.profile.email;
  found.phone = found.member.profile.phone;
  found.birthday = found.member.profile.birthday;
  found.birthday_changed_at = found.member.birthday_changed_at;
  // What somebody had taken away is not looked for any further.
  bool no_email = found.member.profile.email_removed;
  bool no_phone = found.member.profile.phone_removed;
  for (const MemberRow& row : merged) {
    const bool reached = (no_email || !found.email.empty()) && (no_phone || !found.phone.empty());
    if (reached && found.birthday) break;
    ASSIGN_OR_RETURN(const Member duplicate, Unseal(row));
    if (!found.birthday && duplicate.profile.birthday) {
      found.birthday = duplicate.profile.birthday;
      found.birthday_changed_at = duplicate.birthday_changed_at;
    }
    if (found.email.empty() && !no_email) {
      found.email = duplicate.profile.email;
      no_email = duplicate.profile.email_removed;
    }
    if (found.phone.empty() && !no_phone) {
      found.phone = duplicate.profile.phone;
      no_phone = duplicate.profile.phone_removed;
    }
  }
  return found;
}

absl::StatusOr<bool> Members::HasEmail(absl::Span<const MemberRow> rows) const {
  for (const MemberRow& row : rows) {
    ASSIGN_OR_RETURN(const Member member, Unseal(row));
    if (!member.profile.email.empty()) return true;
    if (member.profile.email_removed) return false;
  }
  return false;
}

absl::StatusOr<std::set<MemberId>> Members::FindWithoutEmail(const ledger::Program& program,
                                                             absl::Span<const MemberId> members,
                                                             absl::Time deadline) const {
  std::vector<int32_t> partitions;
  for (const MemberId& member : members) {
    partitions.push_back(ledger::PartitionOf(program, member));
  }
  const std::vector<MemberId> ids(members.begin(), members.end());
  std::map<MemberId, std::vector<MemberRow>> rows;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    rows.clear();
    MemberStore store(tx);
    const pg::Tx::Asked asked = store.AskAnywhere(partitions, ids);
    ASSIGN_OR_RETURN(const auto pairs, ledger::ReadDuplicates(tx, members));
    ASSIGN_OR_RETURN(std::vector<MemberRow> own, store.TakeAnywhere(asked));
    for (MemberRow& row : own) rows[row.id].push_back(std::move(row));
    std::map<MemberId, pg::Tx::Asked> merged;
    for (const auto& [survivor, duplicate] : pairs) {
      if (rows.count(survivor) == 0 || merged.count(survivor) > 0) continue;
      merged.emplace(survivor, store.AskMergedInto(program, survivor, kMostMerged));
    }
    for (const auto& [survivor, theirs] : merged) {
      ASSIGN_OR_RETURN(std::vector<MemberRow> duplicates, store.TakeMergedInto(theirs));
      for (MemberRow& row : duplicates) rows[survivor].push_back(std::move(row));
    }
    return absl::OkStatus();
  }));
  std::set<MemberId> without;
  for (const auto& [member, theirs] : rows) {
    ASSIGN_OR_RETURN(const bool has_email, HasEmail(theirs));
    if (!has_email) without.insert(member);
  }
  return without;
}

absl::StatusOr<Member> Members::Identify(const ledger::Program& program,
                                         absl::Span<const Identifier> identifiers,
                                         absl::Time deadline) const {
  const KnownBy names = NamesOf(program, identifiers);
  std::optional<MemberRow> row;
  std::map<MemberId, ledger::MemberState> states;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const MemberId member, LocateOne(tx, program, names));
    ASSIGN_OR_RETURN(row, MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, {member}));
    // Erased since the name was looked up.
    return row ? absl::OkStatus() : ledger::RequireMember(tx, program, member);
  }));
  if (!row) return Error(Reason::kBooksDamaged, "the directory leads to a member who is not there");
  ASSIGN_OR_RETURN(Member found, Unseal(*row));
  found.state = states[found.id];
  return found;
}

KnownBy Members::NamesOf(const ledger::Program& program,
                         absl::Span<const Identifier> identifiers) const {
  KnownBy names;
  for (const Identifier& identifier : identifiers) {
    names.push_back({.name = names_.NameOf(program.number, identifier),
                     .older = names_.OlderNameOf(program.number, identifier)});
  }
  return names;
}

absl::StatusOr<MemberId> Members::Locate(const ledger::Program& program,
                                         absl::Span<const Identifier> identifiers,
                                         absl::Time deadline) const {
  const KnownBy names = NamesOf(program, identifiers);
  MemberId member;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(member, LocateOne(tx, program, names));
    return absl::OkStatus();
  }));
  return member;
}

absl::StatusOr<MemberPage> Members::List(const ledger::Program& program,
                                         std::optional<MemberCursor> after, int32_t limit,
                                         absl::Time deadline) const {
  std::vector<MemberRow> rows;
  std::map<MemberId, ledger::MemberState> states;
  std::map<MemberId, MemberId> survivors;
  std::optional<MemberCursor> next;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    rows.clear();
    MemberCursor at = after.value_or(MemberCursor{program.first_partition, {}});
    while (static_cast<int32_t>(rows.size()) < limit && at.partition <= program.last_partition()) {
      const int32_t room = limit - static_cast<int32_t>(rows.size());
      ASSIGN_OR_RETURN(std::vector<MemberRow> more,
                       MemberStore(tx).List(at.partition, at.member, room));
      const bool full = static_cast<int32_t>(more.size()) == room;
      at = full ? MemberCursor{at.partition, more.back().id} : MemberCursor{at.partition + 1, {}};
      std::move(more.begin(), more.end(), std::back_inserter(rows));
    }
    next = at;
    if (at.partition > program.last_partition()) next.reset();
    std::vector<MemberId> ids;
    for (const MemberRow& row : rows) ids.push_back(row.id);
    ASSIGN_OR_RETURN(states, ledger::ReadStates(tx, program, ids));
    ASSIGN_OR_RETURN(survivors, ledger::ReadSurvivors(tx, program, ids));
    return absl::OkStatus();
  }));
  MemberPage page{.members = {}, .next = next, .survivors = std::move(survivors)};
  page.members.reserve(rows.size());
  for (const MemberRow& row : rows) {
    ASSIGN_OR_RETURN(Member member, Unseal(row));
    member.state = states[member.id];
    page.members.push_back(std::move(member));
  }
  return page;
}

absl::StatusOr<BirthdayPage> Members::ListBirthdays(const ledger::Program& program,
                                                    absl::Span<const MonthDay> days,
                                                    std::optional<MemberCursor> after,
                                                    int32_t limit, absl::Time deadline) const {
  std::vector<std::string> keys;
  for (const MonthDay& day : days) keys.push_back(names_.BirthdayKey(program.number, day));
  BornRows born;
  std::map<MemberId, MemberRow> heirs;
  std::set<MemberId> uncelebrated;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(born, ReadBorn(tx, program, keys, after, limit));
    ASSIGN_OR_RETURN(heirs, ReplaceMerged(tx, program, born.rows));
    std::vector<MemberId> ids;
    for (const MemberRow& row : born.rows) {
      const auto heir = heirs.find(row.id);
      ids.push_back(heir == heirs.end() ? row.id : heir->second.id);
    }
    ASSIGN_OR_RETURN(uncelebrated, ReadUncelebrated(tx, vault_, program, ids));
    return absl::OkStatus();
  }));

  BirthdayPage page{
      .members = {}, .uncelebrated = std::move(uncelebrated), .guarded = {}, .next = born.next};
  page.members.reserve(born.rows.size());
  std::vector<MemberId> maybe_minors;
  for (const MemberRow& row : born.rows) {
    ASSIGN_OR_RETURN(Member member, Unseal(row));
    if (const auto heir = heirs.find(row.id); heir != heirs.end()) {
      const Member merged = std::exchange(member, Member{});
      ASSIGN_OR_RETURN(member, Unseal(heir->second));
      member.profile.birthday = merged.profile.birthday;
      member.birthday_changed_at = merged.birthday_changed_at;
    }
    if (MayBeMinor(member)) maybe_minors.push_back(member.id);
    page.members.push_back(std::move(member));
  }
  if (maybe_minors.empty()) return page;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(page.guarded, ReadGuarded(tx, program, maybe_minors));
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<MemberPage> Members::ListBornOn(const ledger::Program& program, const MonthDay& day,
                                               std::optional<MemberCursor> after, int32_t limit,
                                               absl::Time deadline) const {
  const std::vector<std::string> keys = {names_.BirthdayKey(program.number, day)};
  BornRows born;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(born, ReadBorn(tx, program, keys, after, limit));
    return absl::OkStatus();
  }));
  MemberPage page{.members = {}, .next = born.next};
  page.members.reserve(born.rows.size());
  for (const MemberRow& row : born.rows) {
    ASSIGN_OR_RETURN(Member member, Unseal(row));
    page.members.push_back(std::move(member));
  }
  return page;
}

}  // namespace gratis::members
