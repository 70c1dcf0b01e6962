#include "services/members/merging_likes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/preference_rules.h"

namespace gratis::members {
namespace {

absl::Status Post(ledger::Books& books, const MemberId& member, const TransactionId& transaction,
                  absl::Time effective_at, size_t set, size_t cleared) {
  if (set + cleared == 0) return absl::OkStatus();
  return books
      .Post({.kind = ledger::FactKind::kPreferencesSet,
             .transaction = transaction,
             .member = member,
             .effective_at = effective_at,
             .source = "merge",
             .detail = absl::StrCat("{\"set\":", set, ",\"cleared\":", cleared, "}")})
      .status();
}

}  // namespace

absl::Status LikesOfBoth::Load(pg::Tx& tx, const vault::Vault& vault,
                               const ledger::Program& program, const MemberId& survivor,
                               const MemberId& duplicate) {
  survivor_ = survivor;
  come_.clear();
  ASSIGN_OR_RETURN(const std::vector<SealedPreference> all,
                   ReadPreferences(tx, program, {survivor, duplicate}));
  std::set<std::string> own;
  for (const SealedPreference& preference : all) {
    if (preference.member == survivor) own.insert(preference.lookup_key);
  }
  if (own.size() == all.size()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto keys, ReadDataKeys(tx, program, {survivor, duplicate}));
  const auto opens = keys.find(duplicate), seals = keys.find(survivor);
  // Of who is no member nothing comes over; the merge is refused.
  if (opens == keys.end() || seals == keys.end()) return absl::OkStatus();
  for (const SealedPreference& preference : all) {
    if (preference.member != duplicate || own.count(preference.lookup_key) > 0) continue;
    if (own.size() + come_.size() == kMaxPreferences) break;
    ASSIGN_OR_RETURN(const std::string bytes,
                     vault.Open(opens->second, duplicate.uuid.AsBytes(), preference.sealed));
    ASSIGN_OR_RETURN(std::string sealed, vault.Seal(seals->second, survivor.uuid.AsBytes(), bytes));
    come_.push_back({.member = survivor,
                     .lookup_key = preference.lookup_key,
                     .sealed = std::move(sealed),
                     .set_at = absl::InfinitePast()});
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> LikesOfBoth::Take(ledger::Books& books, const TransactionId& transaction,
                                         absl::Time effective_at) {
  for (SealedPreference& preference : come_) preference.set_at = books.recorded_at();
  RETURN_IF_ERROR(Post(books, survivor_, transaction, effective_at, come_.size(), 0));
  return come_.size();
}

void LikesOfBoth::Write(pg::Tx& tx, const ledger::Program& program) const {
  if (come_.empty()) return;
  std::vector<const SealedPreference*> all;
  for (const SealedPreference& preference : come_) all.push_back(&preference);
  WritePreferences(tx, ledger::PartitionOf(program, survivor_), all);
}

absl::Status LikesComeOver::Load(pg::Tx& tx, const ledger::Program& program,
                                 const MemberId& survivor, absl::Time merged_at) {
  survivor_ = survivor;
  go_.clear();
  ASSIGN_OR_RETURN(const std::vector<SealedPreference> all,
                   ReadPreferences(tx, program, {survivor}));
  for (const SealedPreference& preference : all) {
    if (preference.set_at == merged_at) go_.emplace_back(survivor, preference.lookup_key);
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> LikesComeOver::GiveBack(ledger::Books& books,
                                               const TransactionId& transaction,
                                               absl::Time effective_at) const {
  RETURN_IF_ERROR(Post(books, survivor_, transaction, effective_at, 0, go_.size()));
  return go_.size();
}

void LikesComeOver::Write(pg::Tx& tx, const ledger::Program& program) const {
  if (!go_.empty()) DeletePreferences(tx, ledger::PartitionOf(program, survivor_), go_);
}

}  // namespace gratis::members
