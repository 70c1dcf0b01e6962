#include "services/members/members.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/card_rules.h"
#include "services/members/card_store.h"
#include "services/members/member_contract.h"
#include "services/members/member_store.h"

namespace gratis::members {
namespace {

// Stored as keyed hashes: these names may never change.
std::string_view LookupKind(ledger::DirectoryKind kind) {
  switch (kind) {
    case ledger::DirectoryKind::kExternalId:
      return "external_id";
    case ledger::DirectoryKind::kEmail:
      return "email";
    case ledger::DirectoryKind::kPhone:
      return "phone";
    case ledger::DirectoryKind::kCard:
      return "card";
    default:
      std::abort();  // no other kind leads to a member
  }
}
constexpr std::string_view kBirthdayLookup = "birthday";

pg::TxOptions Reading(absl::Time deadline) { return {.deadline = deadline, .read_only = true}; }

absl::Status NotFound(std::string_view message) { return Error(Reason::kMemberNotFound, message); }

using Found = std::vector<std::pair<ledger::DirectoryKey, ledger::DirectoryEntry>>;

// Goes on from cards to those who have them. Errors: CARD_NOT_FOUND (of `names`, one that was not
// found), CARD_NOT_LINKED, CARD_LOST, CARD_REPLACED.
absl::Status FollowCards(pg::Tx& tx, const ledger::Program& program,
                         absl::Span<const ledger::DirectoryKey> names, Found& found) {
  for (const ledger::DirectoryKey& name : names) {
    if (name.kind != ledger::DirectoryKind::kCard) continue;
    const auto card = std::find_if(found.begin(), found.end(),
                                   [&](const auto& entry) { return entry.first == name; });
    if (card == found.end()) {
      return FieldError(Reason::kCardNotFound, "card", "no card of the program has this number");
    }
    ledger::DirectoryEntry& entry = card->second;
    ASSIGN_OR_RETURN(const std::vector<CardRow> rows,
                     CardStore(tx).Read(entry.partition, {CardId{entry.id}}));
    if (rows.empty()) {
      return Error(Reason::kBooksDamaged, "the directory leads to a card that is not there");
    }
    const absl::StatusOr<MemberId> holder = HolderOf(rows.front());
    if (!holder.ok()) return InField(holder.status(), "card");
    entry = {ledger::PartitionOf(program, *holder), holder->uuid};
  }
  return absl::OkStatus();
}

// The one entry that all names lead to.
absl::StatusOr<ledger::DirectoryEntry> OnlyEntry(
    absl::Span<const std::pair<ledger::DirectoryKey, ledger::DirectoryEntry>> found,
    size_t wanted) {
  if (found.empty()) return NotFound("no member of the program has this identifier");
  const ledger::DirectoryEntry& first = found.front().second;
  for (const auto& [name, entry] : found) {
    if (entry.id != first.id) {
      return Error(Reason::kMemberAmbiguous,
                   "the identifiers belong to different members; identify with one of them");
    }
  }
  if (found.size() < wanted) {
    return NotFound("no member of the program has all of these identifiers");
  }
  return first;
}

}  // namespace

std::string BirthdayCursor::ToString() const {
  return absl::StrCat(partition, "/", member.IsNil() ? "" : member.ToString());
}

std::optional<BirthdayCursor> BirthdayCursor::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  BirthdayCursor cursor;
  if (slash == std::string_view::npos ||
      !absl::SimpleAtoi(base::Abs(text.substr(0, slash)), &cursor.partition)) {
    return std::nullopt;
  }
  text.remove_prefix(slash + 1);
  if (text.empty()) return cursor;
  const absl::StatusOr<MemberId> member = MemberId::Parse(text);
  if (!member.ok()) return std::nullopt;
  cursor.member = *member;
  return cursor;
}

ledger::DirectoryKey Members::NameOf(int32_t program, const Identifier& identifier) const {
  return {identifier.kind,
          vault_.LookupKey(program, LookupKind(identifier.kind), identifier.key_text)};
}

std::string Members::BirthdayKey(int32_t program, const MonthDay& day) const {
  return vault_.LookupKey(program, kBirthdayLookup, MonthDayText(day));
}

absl::StatusOr<Member> Members::Unseal(const MemberRow& row) const {
  ASSIGN_OR_RETURN(const std::string bytes,
                   vault_.Open(row.data_key, row.id.uuid.AsBytes(), row.sealed_profile));
  ASSIGN_OR_RETURN(Profile profile, ParseProfile(bytes));
  return Member{row.id, row.enrolled_at, std::move(profile)};
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
  for (Identifier& identifier : IdentifiersOf(profile)) {
    newcomer.claims.push_back({NameOf(program.number, identifier), std::move(identifier.field)});
  }

  MemberRow& row = newcomer.row;
  row.id = {ids_.Next(now)};
  newcomer.transaction = ledger::Beside(program, row.id, TransactionId{ids_.Next(now)});
  if (profile.birthday) row.birthday_key = BirthdayKey(program.number, profile.birthday->on);
  const std::string_view owner = row.id.uuid.AsBytes();
  row.data_key = vault_.NewDataKey(owner);
  ASSIGN_OR_RETURN(row.sealed_profile, vault_.Seal(row.data_key, owner, SerializeProfile(profile)));
  return std::make_unique<Enrollment>(std::move(newcomer));
}

absl::StatusOr<Member> Members::Get(const ledger::Program& program, const MemberId& member,
                                    absl::Time deadline) const {
  std::optional<MemberRow> row;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) {
    ASSIGN_OR_RETURN(row, MemberStore(tx).Find(ledger::PartitionOf(program, member), member));
    return absl::OkStatus();
  }));
  if (!row) return NotFound("no member of the program has this id");
  return Unseal(*row);
}

absl::StatusOr<Member> Members::Identify(const ledger::Program& program,
                                         absl::Span<const Identifier> identifiers,
                                         absl::Time deadline) const {
  std::vector<ledger::DirectoryKey> names;
  for (const Identifier& identifier : identifiers) {
    names.push_back(NameOf(program.number, identifier));
  }
  std::optional<MemberRow> row;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, ledger::FindNames(tx, program, names));
    RETURN_IF_ERROR(FollowCards(tx, program, names, found));
    ASSIGN_OR_RETURN(const ledger::DirectoryEntry entry, OnlyEntry(found, names.size()));
    ASSIGN_OR_RETURN(row, MemberStore(tx).Find(entry.partition, {entry.id}));
    return absl::OkStatus();
  }));
  if (!row) return Error(Reason::kBooksDamaged, "the directory leads to a member who is not there");
  return Unseal(*row);
}

absl::StatusOr<BirthdayPage> Members::ListBirthdays(const ledger::Program& program,
                                                    absl::Span<const MonthDay> days,
                                                    std::optional<BirthdayCursor> after,
                                                    int32_t limit, absl::Time deadline) const {
  std::vector<std::string> keys;
  for (const MonthDay& day : days) keys.push_back(BirthdayKey(program.number, day));
  const BirthdayCursor start = after.value_or(BirthdayCursor{program.first_partition, {}});

  std::vector<MemberRow> rows;
  std::optional<BirthdayCursor> next;
  RETURN_IF_ERROR(pg::RunTx(pool_, Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    rows.clear();
    next.reset();
    MemberId behind = start.member;
    for (int32_t partition = start.partition; partition <= program.last_partition(); ++partition) {
      const int32_t room = limit - static_cast<int32_t>(rows.size());
      // One more than fits tells whether there is a next page.
      ASSIGN_OR_RETURN(std::vector<MemberRow> more,
                       MemberStore(tx).ListBirthdays(partition, keys, behind, room + 1));
      const bool overfull = static_cast<int32_t>(more.size()) > room;
      if (overfull) more.pop_back();
      for (MemberRow& row : more) {
        behind = row.id;
        rows.push_back(std::move(row));
      }
      if (overfull) {
        next = BirthdayCursor{partition, behind};
        break;
      }
      behind = {};
    }
    return absl::OkStatus();
  }));

  BirthdayPage page{.members = {}, .next = next};
  page.members.reserve(rows.size());
  for (const MemberRow& row : rows) {
    ASSIGN_OR_RETURN(Member member, Unseal(row));
    page.members.push_back(std::move(member));
  }
  return page;
}

}  // namespace gratis::members
