#include "services/members/preference_store.h"

#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

std::vector<SealedPreference> PreferencesOf(const pg::Rows& rows) {
  std::vector<SealedPreference> preferences;
  preferences.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    preferences.push_back({.member = row.Get<MemberId>(0),
                           .lookup_key = row.Get<pg::Bytes>(1).value,
                           .sealed = row.Get<pg::Bytes>(2).value,
                           .set_at = row.Get<absl::Time>(3)});
  }
  return preferences;
}

}  // namespace

absl::StatusOr<absl::flat_hash_map<MemberId, vault::SealedKey>> ReadDataKeys(
    pg::Tx& tx, const ledger::Program& program, absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadDataKeys, ledger::PartitionsOf(program, members), members));
  absl::flat_hash_map<MemberId, vault::SealedKey> keys;
  for (const pg::Row row : rows) keys[row.Get<MemberId>(0)] = {row.Get<pg::Bytes>(1).value};
  return keys;
}

absl::StatusOr<std::vector<SealedPreference>> ReadPreferences(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const MemberId> members) {
  return TakePreferences(tx, AskPreferences(tx, program, members));
}

pg::Tx::Asked AskPreferences(pg::Tx& tx, const ledger::Program& program,
                             absl::Span<const MemberId> members) {
  return tx.Ask(sql::kReadPreferences, ledger::PartitionsOf(program, members), members);
}

absl::StatusOr<std::vector<SealedPreference>> TakePreferences(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  return PreferencesOf(rows);
}

absl::StatusOr<std::vector<SealedPreference>> FindPreferences(pg::Tx& tx,
                                                              const ledger::Program& program,
                                                              absl::Span<const MemberId> members,
                                                              std::string_view lookup_key) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindPreferences, ledger::PartitionsOf(program, members), members,
                          pg::BytesView{lookup_key}));
  return PreferencesOf(rows);
}

absl::StatusOr<absl::flat_hash_map<MemberId, std::set<std::string>>> ReadPreferenceKeys(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPreferenceKeys, partition, members));
  absl::flat_hash_map<MemberId, std::set<std::string>> keys;
  for (const pg::Row row : rows) {
    keys[row.Get<MemberId>(0)].insert(row.Get<pg::Bytes>(1).value);
  }
  return keys;
}

void WritePreferences(pg::Tx& tx, int32_t partition,
                      absl::Span<const SealedPreference* const> preferences) {
  std::vector<MemberId> members;
  std::vector<pg::BytesView> keys;
  std::vector<pg::BytesView> sealed;
  std::vector<absl::Time> set_at;
  for (const SealedPreference* preference : preferences) {
    members.push_back(preference->member);
    keys.push_back({preference->lookup_key});
    sealed.push_back({preference->sealed});
    set_at.push_back(preference->set_at);
  }
  tx.Send(sql::kWritePreferences, partition, members, keys, sealed, set_at);
}

void DeletePreferences(pg::Tx& tx, int32_t partition,
                       absl::Span<const std::pair<MemberId, std::string>> preferences) {
  std::vector<MemberId> members;
  std::vector<pg::BytesView> keys;
  for (const auto& [member, key] : preferences) {
    members.push_back(member);
    keys.push_back({key});
  }
  tx.Send(sql::kDeletePreferences, partition, members, keys);
}

}  // namespace gratis::members
