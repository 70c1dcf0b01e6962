#include "services/members/preferences.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/books.h"
#include "common/ledger/reads.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/preferences.pb.h"
#include "services/members/preference_contract.h"

namespace gratis::members {
namespace {

// Stored as a keyed hash: it may never change.
constexpr std::string_view kLookup = "preference";

absl::StatusOr<KeptPreference> Open(const vault::Vault& vault, const vault::SealedKey& key,
                                    const SealedPreference& sealed) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   vault.Open(key, sealed.member.uuid.AsBytes(), sealed.sealed));
  ASSIGN_OR_RETURN(Preference preference, ParsePreference(bytes));
  return KeptPreference{std::move(preference), sealed.set_at};
}

void SortByKey(std::vector<KeptPreference>& preferences) {
  std::sort(preferences.begin(), preferences.end(),
            [](const KeptPreference& a, const KeptPreference& b) {
              return a.preference.key < b.preference.key;
            });
}

}  // namespace

std::string PreferenceLookupKey(const vault::Vault& vault, const ledger::Program& program,
                                std::string_view key) {
  return vault.LookupKey(program.number, kLookup, key);
}

SetPreferences::SetPreferences(const ledger::Program& program, SealedChange change,
                               base::IdSource& ids, absl::Time now)
    : change_(std::move(change)),
      transaction_(ledger::Beside(program, change_.member, TransactionId{ids.Next(now)})) {
  envelope.member = change_.member;
}

absl::StatusOr<std::string> SetPreferences::Decide(ledger::Books& books) {
  RETURN_IF_ERROR(books.Permit(change_.member, ledger::Deed::kCorrect));
  if (!change_.known) {
    return Error(Reason::kMemberNotFound, "no member of the program has this id");
  }
  std::set<std::string> keys = (*kept_)[change_.member];
  size_t cleared = 0;
  for (const std::string& key : change_.clear) cleared += keys.erase(key);
  for (SealedPreference& preference : change_.set) {
    keys.insert(preference.lookup_key);
    preference.set_at = books.recorded_at();
  }
  if (keys.size() > kMaxPreferences) {
    return FieldError(Reason::kFieldInvalid, "set",
                      "a member has at most 50 preferences; clear some first");
  }
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kPreferencesSet,
                             .transaction = transaction_,
                             .member = change_.member,
                             .effective_at = envelope.now,
                             .source = "preferences",
                             .detail = absl::StrCat("{\"set\":", change_.set.size(),
                                                    ",\"cleared\":", cleared, "}")})
                      .status());
  v1::SetPreferencesResponse response;
  response.set_preferences(static_cast<int32_t>(keys.size()));
  if (!envelope.validate_only) {
    response.set_transaction_id(transaction_.ToString());
    (*kept_)[change_.member] = std::move(keys);
  }
  return response.SerializeAsString();
}

absl::Status PreferenceSets::LoadAll(pg::Tx& tx, absl::Span<SetPreferences* const> set) {
  std::vector<MemberId> members;
  for (const SetPreferences* change : set) members.push_back(change->envelope.member);
  ASSIGN_OR_RETURN(auto found, ReadPreferenceKeys(tx, set.front()->envelope.home(), members));
  const auto kept = std::make_shared<SetPreferences::Keys>(std::move(found));
  for (SetPreferences* change : set) change->kept_ = kept;
  return absl::OkStatus();
}

absl::Status PreferenceSets::WriteAll(pg::Tx& tx, absl::Span<SetPreferences* const> set) {
  // What the set comes to for each key: of several changes, the last.
  std::map<std::pair<MemberId, std::string>, const SealedPreference*> ends;
  for (const SetPreferences* change : set) {
    const SealedChange& done = change->change_;
    for (const std::string& key : done.clear) ends[{done.member, key}] = nullptr;
    for (const SealedPreference& preference : done.set) {
      ends[{done.member, preference.lookup_key}] = &preference;
    }
  }
  std::vector<const SealedPreference*> kept;
  std::vector<std::pair<MemberId, std::string>> gone;
  for (const auto& [key, preference] : ends) {
    if (preference) {
      kept.push_back(preference);
    } else {
      gone.push_back(key);
    }
  }
  const int32_t partition = set.front()->envelope.home();
  if (!gone.empty()) DeletePreferences(tx, partition, gone);
  if (!kept.empty()) WritePreferences(tx, partition, kept);
  return absl::OkStatus();
}

absl::StatusOr<Preferences::DataKeys> Preferences::ReadKeys(const ledger::Program& program,
                                                            absl::Span<const MemberId> members,
                                                            absl::Time deadline) const {
  DataKeys keys;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(keys, ReadDataKeys(tx, program, members));
    return absl::OkStatus();
  }));
  return keys;
}

absl::StatusOr<std::unique_ptr<SetPreferences>> Preferences::Prepare(const ledger::Program& program,
                                                                     const MemberId& member,
                                                                     const PreferenceChange& change,
                                                                     const DataKeys& keys,
                                                                     absl::Time now) const {
  SealedChange sealed{.member = member, .known = false, .set = {}, .clear = {}};
  // Somebody unknown is refused later, so that a retry gets its first answer whatever became of the
  // member since.
  if (const auto key = keys.find(member); key != keys.end()) {
    sealed.known = true;
    for (const Preference& preference : change.set) {
      ASSIGN_OR_RETURN(std::string bytes, vault_.Seal(key->second, member.uuid.AsBytes(),
                                                      SerializePreference(preference)));
      sealed.set.push_back({.member = member,
                            .lookup_key = PreferenceLookupKey(vault_, program, preference.key),
                            .sealed = std::move(bytes),
                            .set_at = {}});
    }
    for (const std::string& gone : change.clear) {
      sealed.clear.push_back(PreferenceLookupKey(vault_, program, gone));
    }
  }
  return std::make_unique<SetPreferences>(program, std::move(sealed), ids_, now);
}

absl::StatusOr<std::vector<KeptPreference>> Preferences::Get(const ledger::Program& program,
                                                             const MemberId& member,
                                                             absl::Time deadline) const {
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) {
    return ledger::RequireMember(tx, program, member);
  }));
  ASSIGN_OR_RETURN(auto found, GetMany(program, {member}, deadline));
  return std::move(found[member]);
}

absl::StatusOr<absl::flat_hash_map<MemberId, std::vector<KeptPreference>>> Preferences::GetMany(
    const ledger::Program& program, absl::Span<const MemberId> members, absl::Time deadline) const {
  DataKeys keys;
  std::vector<SealedPreference> sealed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(keys, ReadDataKeys(tx, program, members));
    ASSIGN_OR_RETURN(sealed, ReadPreferences(tx, program, members));
    return absl::OkStatus();
  }));
  absl::flat_hash_map<MemberId, std::vector<KeptPreference>> preferences;
  for (const SealedPreference& one : sealed) {
    const auto key = keys.find(one.member);
    if (key == keys.end()) continue;  // erased
    ASSIGN_OR_RETURN(KeptPreference kept, Open(vault_, key->second, one));
    preferences[one.member].push_back(std::move(kept));
  }
  for (auto& [member, kept] : preferences) SortByKey(kept);
  return preferences;
}

absl::StatusOr<std::vector<KeptPreference>> OpenPreferences(
    const vault::Vault& vault, const vault::SealedKey& key,
    absl::Span<const SealedPreference> sealed) {
  std::vector<KeptPreference> preferences;
  for (const SealedPreference& one : sealed) {
    ASSIGN_OR_RETURN(KeptPreference kept, Open(vault, key, one));
    preferences.push_back(std::move(kept));
  }
  SortByKey(preferences);
  return preferences;
}

absl::StatusOr<std::set<MemberId>> ReadUncelebrated(pg::Tx& tx, const vault::Vault& vault,
                                                    const ledger::Program& program,
                                                    absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(
      const std::vector<SealedPreference> sealed,
      FindPreferences(tx, program, members, PreferenceLookupKey(vault, program, kNoCelebrations)));
  std::set<MemberId> uncelebrated;
  if (sealed.empty()) return uncelebrated;
  std::vector<MemberId> owners;
  for (const SealedPreference& one : sealed) owners.push_back(one.member);
  ASSIGN_OR_RETURN(const Preferences::DataKeys keys, ReadDataKeys(tx, program, owners));
  for (const SealedPreference& one : sealed) {
    const auto key = keys.find(one.member);
    if (key == keys.end()) continue;  // erased
    ASSIGN_OR_RETURN(const KeptPreference kept, Open(vault, key->second, one));
    const bool* const wished = std::get_if<bool>(&kept.preference.value);
    if (wished && *wished) uncelebrated.insert(one.member);
  }
  return uncelebrated;
}

}  // namespace gratis::members
