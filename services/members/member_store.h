#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "common/vault/vault.h"
#include "services/members/members_policy.h"

namespace gratis::members {

// A member as stored: sealed, except for when they came and the segments they are in.
struct MemberRow {
  MemberId id;
  absl::Time enrolled_at;
  std::optional<std::string> birthday_key;  // 16 bytes of a keyed hash of "MM-DD"
  vault::SealedKey data_key;
  std::string sealed_profile;
  std::optional<absl::Time> birthday_changed_at;  // when its day was first corrected
  std::optional<std::string> sealed_leaving_answer;
  std::string segments;  // see SegmentsText
};

// The segments that somebody is in from now on.
struct MemberSegments {
  MemberId member;
  std::string segments;
};

// Why somebody left, sealed with their data key.
struct SealedAnswer {
  MemberId member;
  std::string sealed;
};

// The queries of this service, one method each. Lives inside one transaction.
class MemberStore {
 public:
  explicit MemberStore(pg::Tx& tx) : tx_(tx) {}

  // Queued; its error surfaces with the transaction's next answer.
  void Insert(int32_t partition, absl::Span<const MemberRow* const> members);

  absl::StatusOr<std::optional<MemberRow>> Find(int32_t partition, const MemberId& member);
  // Those that there are, in no order.
  absl::StatusOr<std::vector<MemberRow>> FindAll(int32_t partition,
                                                 const std::vector<MemberId>& members);
  // Those of several partitions, each member with theirs; in two steps, to travel
  // with whatever else is asked.
  pg::Tx::Asked AskAnywhere(const std::vector<int32_t>& partitions,
                            const std::vector<MemberId>& members);
  absl::StatusOr<std::vector<MemberRow>> TakeAnywhere(pg::Tx::Asked asked);
  // At most `limit` of those who became part of a member, by however many steps, the newest merge
  // first; in two steps, too.
  pg::Tx::Asked AskMergedInto(const ledger::Program& program, const MemberId& survivor,
                              int32_t limit);
  absl::StatusOr<std::vector<MemberRow>> TakeMergedInto(pg::Tx::Asked asked) {
    return TakeAnywhere(asked);
  }

  // Queued, as Insert: what belongs to a profile, of rows that are there.
  void UpdateProfiles(int32_t partition, absl::Span<const MemberRow* const> members);
  void UpdateSegments(int32_t partition, absl::Span<const MemberSegments> segments);
  void UpdateLeavingAnswers(int32_t partition, absl::Span<const SealedAnswer> answers);

  // The policy in force; the default one when none was set.
  absl::StatusOr<MembersPolicy> ReadPolicy(int32_t program);
  void InsertPolicy(int32_t program, const MembersPolicy& policy, absl::Time set_at,
                    std::string_view set_by);

  // At most `limit` members after `after`, by id.
  absl::StatusOr<std::vector<MemberRow>> List(int32_t partition, const MemberId& after,
                                              int32_t limit);

  // At most `limit` members after `after` whose birthday has one of `birthday_keys`, by id.
  absl::StatusOr<std::vector<MemberRow>> ListBirthdays(int32_t partition,
                                                       absl::Span<const std::string> birthday_keys,
                                                       const MemberId& after, int32_t limit);

 private:
  pg::Tx& tx_;
};

}  // namespace gratis::members
