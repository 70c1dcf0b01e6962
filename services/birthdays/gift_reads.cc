#include "services/birthdays/gift_reads.h"

#include <map>

#include "common/ledger/reads.h"
#include "common/ledger/survivors.h"
#include "common/status/macros.h"

namespace gratis::birthdays {
namespace {

// Of one member; nobody complains more often than that without anything being settled.
constexpr int32_t kMaxComplaintFacts = 200;

const std::vector<ledger::FactKind>& ComplaintKinds() {
  static const auto& kinds = *new std::vector<ledger::FactKind>{
      ledger::FactKind::kComplaintOpened, ledger::FactKind::kComplaintResolved};
  return kinds;
}

// `rows`: newest first.
bool HasOpenOne(absl::Span<const ledger::JournalRow> rows) {
  std::set<Uuid> resolved;
  for (const ledger::JournalRow& row : rows) {
    if (row.fact.kind == ledger::FactKind::kComplaintResolved) {
      resolved.insert(row.fact.about);
    } else if (resolved.count(row.fact.about) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<ReadGifts> ReadGiftsOf(pg::Tx& tx, const ledger::Program& program,
                                      absl::Span<const BirthdayKey> asked) {
  ReadGifts read;
  const pg::Tx::Asked own = AskGifts(tx, program, asked);
  std::vector<MemberId> members;
  for (const BirthdayKey& key : asked) members.push_back(key.member);
  ASSIGN_OR_RETURN(read.duplicates, ledger::ReadDuplicates(tx, members));
  ASSIGN_OR_RETURN(std::vector<MemberGift> found, TakeGifts(tx, program, own));
  for (MemberGift& gift : found) read.gifts[gift.member].push_back(std::move(gift.gift));
  if (read.duplicates.empty()) return read;

  std::map<MemberId, std::vector<int32_t>> years;
  for (const BirthdayKey& key : asked) years[key.member].push_back(key.year);
  std::map<MemberId, MemberId> survivors;
  std::set<BirthdayKey> of_duplicates;
  for (const auto& [survivor, duplicate] : read.duplicates) {
    survivors[duplicate] = survivor;
    for (const int32_t year : years[survivor]) of_duplicates.insert({duplicate, year});
  }
  const std::vector<BirthdayKey> more(of_duplicates.begin(), of_duplicates.end());
  ASSIGN_OR_RETURN(found, TakeGifts(tx, program, AskGifts(tx, program, more)));
  for (MemberGift& gift : found) {
    read.gifts[survivors.at(gift.member)].push_back(std::move(gift.gift));
  }
  return read;
}

OpenComplaints::OpenComplaints(pg::Tx& tx, const ledger::Program& program,
                               absl::Span<const MemberId> members)
    : tx_(tx),
      program_(program),
      asked_(ledger::AskLastEntries(tx, program, members, ComplaintKinds(), kMaxComplaintFacts)) {}

absl::Status OpenComplaints::TakeInto(std::set<MemberId>& open, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const auto rows, ledger::TakeLastEntries(tx_, asked));
  for (const auto& [member, facts] : rows) {
    if (HasOpenOne(facts)) open.insert(member);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<MemberId>> OpenComplaints::Take(
    absl::Span<const std::pair<MemberId, MemberId>> duplicates) {
  std::set<MemberId> open;
  RETURN_IF_ERROR(TakeInto(open, asked_));
  if (duplicates.empty()) return open;
  std::vector<MemberId> merged;
  for (const auto& [survivor, duplicate] : duplicates) merged.push_back(duplicate);
  RETURN_IF_ERROR(TakeInto(
      open, ledger::AskLastEntries(tx_, program_, merged, ComplaintKinds(), kMaxComplaintFacts)));
  for (const auto& [survivor, duplicate] : duplicates) {
    if (open.count(duplicate) > 0) open.insert(survivor);
  }
  return open;
}

}  // namespace gratis::birthdays
