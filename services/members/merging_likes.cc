#include "services/members/merging_likes.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/members/preference_contract.h"
#include "services/members/preference_rules.h"
#include "services/members/preferences.h"

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

// The preferences of some, by member and lookup key.
using LikesOfSome = std::map<MemberId, std::map<std::string, SealedPreference>>;

absl::StatusOr<LikesOfSome> ReadLikes(pg::Tx& tx, const ledger::Program& program,
                                      const std::vector<MemberId>& members) {
  ASSIGN_OR_RETURN(const std::vector<SealedPreference> all, ReadPreferences(tx, program, members));
  LikesOfSome likes;
  for (const SealedPreference& one : all) likes[one.member][one.lookup_key] = one;
  return likes;
}

// As the same preference of a survivor's, who came by it when `merge` was done.
absl::StatusOr<SealedPreference> ForSurvivor(const vault::Vault& vault,
                                             const Preferences::DataKeys& keys,
                                             const MergeRow& merge,
                                             const SealedPreference& theirs) {
  ASSIGN_OR_RETURN(
      const std::string bytes,
      vault.Open(keys.at(merge.duplicate), merge.duplicate.uuid.AsBytes(), theirs.sealed));
  ASSIGN_OR_RETURN(std::string sealed,
                   vault.Seal(keys.at(merge.survivor), merge.survivor.uuid.AsBytes(), bytes));
  return SealedPreference{.member = merge.survivor,
                          .lookup_key = theirs.lookup_key,
                          .sealed = std::move(sealed),
                          .set_at = merge.merged_at};
}

// Whether the survivor came by it since the merge, and not with another who became part of them.
bool SaidSince(const Parting& parting, absl::Time set_at) {
  if (set_at <= parting.merge.merged_at) return false;
  for (const MergeRow& other : parting.standing) {
    if (other.merged_at == set_at) return false;
  }
  return true;
}

absl::StatusOr<bool> WantsNoCelebrations(const vault::Vault& vault, const vault::SealedKey& key,
                                         const SealedPreference& sealed) {
  ASSIGN_OR_RETURN(const std::vector<KeptPreference> opened, OpenPreferences(vault, key, {sealed}));
  const bool* const wished = std::get_if<bool>(&opened.front().preference.value);
  return wished != nullptr && *wished;
}

// The first of the others who said something of the same; null if none did.
const MergeRow* WhoSaidSo(const Parting& parting, const Preferences::DataKeys& keys,
                          LikesOfSome& likes, const std::string& lookup_key) {
  for (const MergeRow& other : parting.standing) {
    if (keys.count(other.duplicate) == 0) continue;  // erased
    if (likes[other.duplicate].count(lookup_key) > 0) return &other;
  }
  return nullptr;
}

// The wish for no celebrations that the duplicate is to have as well; nothing if the survivor has
// none that is of both, or the duplicate one of their own.
absl::StatusOr<std::optional<SealedPreference>> NoOfBoth(const vault::Vault& vault,
                                                         const ledger::Program& program,
                                                         const Parting& parting,
                                                         const Preferences::DataKeys& keys,
                                                         LikesOfSome& likes) {
  const MemberId& duplicate = parting.merge.duplicate;
  const vault::SealedKey& key = keys.at(duplicate);
  const std::string lookup_key = PreferenceLookupKey(vault, program, kNoCelebrations);
  const auto wish = likes[parting.merge.survivor].find(lookup_key);
  if (wish == likes[parting.merge.survivor].end()) return std::nullopt;
  if (!SaidSince(parting, wish->second.set_at)) return std::nullopt;
  ASSIGN_OR_RETURN(const bool none,
                   WantsNoCelebrations(vault, keys.at(parting.merge.survivor), wish->second));
  if (!none) return std::nullopt;
  const auto own = likes[duplicate].find(lookup_key);
  if (own != likes[duplicate].end()) {
    ASSIGN_OR_RETURN(const bool said, WantsNoCelebrations(vault, key, own->second));
    if (said) return std::nullopt;
  }
  const Preference no{.key = std::string(kNoCelebrations), .value = PreferenceValue(true)};
  ASSIGN_OR_RETURN(std::string sealed,
                   vault.Seal(key, duplicate.uuid.AsBytes(), SerializePreference(no)));
  return SealedPreference{.member = duplicate,
                          .lookup_key = lookup_key,
                          .sealed = std::move(sealed),
                          .set_at = absl::InfinitePast()};
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

absl::Status LikesComeOver::Load(pg::Tx& tx, const vault::Vault& vault,
                                 const ledger::Program& program, const Parting& parting) {
  const MergeRow& merge = parting.merge;
  survivor_ = merge.survivor;
  go_.clear();
  anothers_.clear();
  duplicates_no_.reset();
  std::vector<MemberId> all = {merge.survivor, merge.duplicate};
  for (const MergeRow& other : parting.standing) all.push_back(other.duplicate);
  ASSIGN_OR_RETURN(LikesOfSome likes, ReadLikes(tx, program, all));
  ASSIGN_OR_RETURN(const auto keys, ReadDataKeys(tx, program, all));
  // Of who is not there any more nothing goes back; the undo is refused.
  if (keys.count(merge.survivor) == 0 || keys.count(merge.duplicate) == 0) return absl::OkStatus();
  for (const auto& [lookup_key, came] : likes[merge.survivor]) {
    if (came.set_at != merge.merged_at) continue;
    const MergeRow* const from = WhoSaidSo(parting, keys, likes, lookup_key);
    if (from == nullptr) {
      go_.emplace_back(survivor_, lookup_key);
      continue;
    }
    ASSIGN_OR_RETURN(SealedPreference anothers,
                     ForSurvivor(vault, keys, *from, likes[from->duplicate].at(lookup_key)));
    anothers_.push_back(std::move(anothers));
  }
  ASSIGN_OR_RETURN(duplicates_no_, NoOfBoth(vault, program, parting, keys, likes));
  return absl::OkStatus();
}

absl::StatusOr<size_t> LikesComeOver::GiveBack(ledger::Books& books,
                                               const ledger::MergePair& undo) {
  RETURN_IF_ERROR(
      Post(books, survivor_, undo.arriving, undo.effective_at, anothers_.size(), go_.size()));
  if (duplicates_no_) {
    duplicates_no_->set_at = books.recorded_at();
    RETURN_IF_ERROR(Post(books, undo.duplicate, undo.leaving, undo.effective_at, 1, 0));
  }
  return go_.size();
}

void LikesComeOver::Write(pg::Tx& tx, const ledger::Program& program) const {
  const int32_t partition = ledger::PartitionOf(program, survivor_);
  if (!go_.empty()) DeletePreferences(tx, partition, go_);
  std::vector<const SealedPreference*> kept;
  for (const SealedPreference& preference : anothers_) kept.push_back(&preference);
  if (!kept.empty()) WritePreferences(tx, partition, kept);
  if (!duplicates_no_) return;
  const SealedPreference* const no = &*duplicates_no_;
  WritePreferences(tx, ledger::PartitionOf(program, no->member), absl::MakeConstSpan(&no, 1));
}

}  // namespace gratis::members
