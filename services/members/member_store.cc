#include "services/members/member_store.h"

#include "common/ledger/survivors.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "services/members/members_sql.h"

namespace gratis::members {
namespace {

MemberRow ReadMember(const pg::Row& row) {
  MemberRow member;
  member.id = row.Get<MemberId>(0);
  member.enrolled_at = row.Get<absl::Time>(1);
  if (auto key = row.Get<std::optional<pg::Bytes>>(2)) member.birthday_key = std::move(key->value);
  member.data_key.bytes = row.Get<pg::Bytes>(3).value;
  member.sealed_profile = row.Get<pg::Bytes>(4).value;
  member.birthday_changed_at = row.Get<std::optional<absl::Time>>(5);
  if (auto answer = row.Get<std::optional<pg::Bytes>>(6)) {
    member.sealed_leaving_answer = std::move(answer->value);
  }
  member.segments = row.Get<std::string>(7);
  return member;
}

std::vector<MemberRow> ReadMembers(const pg::Rows& rows) {
  std::vector<MemberRow> members;
  members.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) members.push_back(ReadMember(row));
  return members;
}

}  // namespace

void MemberStore::Insert(int32_t partition, absl::Span<const MemberRow* const> members) {
  std::vector<MemberId> ids;
  std::vector<absl::Time> enrolled;
  std::vector<std::optional<pg::BytesView>> birthday_keys;
  std::vector<pg::BytesView> data_keys;
  std::vector<pg::BytesView> profiles;
  for (const MemberRow* member : members) {
    ids.push_back(member->id);
    enrolled.push_back(member->enrolled_at);
    birthday_keys.push_back(
        member->birthday_key ? std::optional(pg::BytesView{*member->birthday_key}) : std::nullopt);
    data_keys.push_back({member->data_key.bytes});
    profiles.push_back({member->sealed_profile});
  }
  tx_.Send(sql::kInsertMembers, partition, ids, enrolled, birthday_keys, data_keys, profiles);
}

absl::StatusOr<std::optional<MemberRow>> MemberStore::Find(int32_t partition,
                                                           const MemberId& member) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kFindMember, partition, member));
  if (rows.empty()) return std::nullopt;
  return ReadMember(rows[0]);
}

absl::StatusOr<std::vector<MemberRow>> MemberStore::FindAll(int32_t partition,
                                                            const std::vector<MemberId>& members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kFindMembers, partition, members));
  return ReadMembers(rows);
}

pg::Tx::Asked MemberStore::AskAnywhere(const std::vector<int32_t>& partitions,
                                       const std::vector<MemberId>& members) {
  return tx_.Ask(sql::kFindMembersAnywhere, partitions, members);
}

absl::StatusOr<std::vector<MemberRow>> MemberStore::TakeAnywhere(pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Take(asked));
  return ReadMembers(rows);
}

pg::Tx::Asked MemberStore::AskMergedInto(const ledger::Program& program, const MemberId& survivor,
                                         int32_t limit) {
  return tx_.Ask(sql::kFindMergedInto, survivor, program.first_partition, program.last_partition(),
                 static_cast<int64_t>(ledger::kLongestChain), static_cast<int64_t>(limit));
}

void MemberStore::UpdateProfiles(int32_t partition, absl::Span<const MemberRow* const> members) {
  std::vector<MemberId> ids;
  std::vector<pg::BytesView> profiles;
  std::vector<std::optional<pg::BytesView>> birthday_keys;
  std::vector<std::optional<absl::Time>> changed;
  for (const MemberRow* member : members) {
    ids.push_back(member->id);
    profiles.push_back({member->sealed_profile});
    birthday_keys.push_back(
        member->birthday_key ? std::optional(pg::BytesView{*member->birthday_key}) : std::nullopt);
    changed.push_back(member->birthday_changed_at);
  }
  tx_.Send(sql::kUpdateProfiles, partition, ids, profiles, birthday_keys, changed);
}

void MemberStore::UpdateSegments(int32_t partition, absl::Span<const MemberSegments> segments) {
  std::vector<MemberId> ids;
  std::vector<std::string> texts;
  for (const MemberSegments& of_member : segments) {
    ids.push_back(of_member.member);
    texts.push_back(of_member.segments);
  }
  tx_.Send(sql::kUpdateSegments, partition, ids, texts);
}

void MemberStore::UpdateLeavingAnswers(int32_t partition, absl::Span<const SealedAnswer> answers) {
  std::vector<MemberId> ids;
  std::vector<pg::BytesView> sealed;
  for (const SealedAnswer& answer : answers) {
    ids.push_back(answer.member);
    sealed.push_back({answer.sealed});
  }
  tx_.Send(sql::kUpdateLeavingAnswers, partition, ids, sealed);
}

absl::StatusOr<MembersPolicy> MemberStore::ReadPolicy(int32_t program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kReadPolicy, program));
  if (rows.empty()) return MembersPolicy{};
  return MembersPolicy{.version = rows[0].Get<int32_t>(0),
                       .default_region = rows[0].Get<std::string>(1)};
}

void MemberStore::InsertPolicy(int32_t program, const MembersPolicy& policy, absl::Time set_at,
                               std::string_view set_by) {
  tx_.Send(sql::kInsertPolicy, program, policy.version, policy.default_region, set_at, set_by);
}

absl::StatusOr<std::vector<MemberRow>> MemberStore::List(int32_t partition, const MemberId& after,
                                                         int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx_.Run(sql::kListMembers, partition, after, static_cast<int64_t>(limit)));
  return ReadMembers(rows);
}

absl::StatusOr<std::vector<MemberRow>> MemberStore::ListBirthdays(
    int32_t partition, absl::Span<const std::string> birthday_keys, const MemberId& after,
    int32_t limit) {
  std::vector<pg::BytesView> keys;
  for (const std::string& key : birthday_keys) keys.push_back({key});
  ASSIGN_OR_RETURN(const pg::Rows rows, tx_.Run(sql::kListBirthdays, partition, keys, after,
                                                static_cast<int64_t>(limit)));
  return ReadMembers(rows);
}

}  // namespace gratis::members
