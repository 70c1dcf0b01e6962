#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/ledger/merging.h"
#include "common/ledger/ops.h"
#include "common/ledger/reads.h"
#include "common/ledger/standing.h"
#include "common/ledger/verify.h"
#include "common/status/reasons.h"
#include "gratis/members/v1/groups.pb.h"
#include "services/members/groups.h"
#include "tests/integration/services/members/members_house.h"

namespace gratis::members {

// Something that the ledger does with a member's points, of the test's making.
class Act final : public ledger::Mutation {
 public:
  using What = std::function<absl::Status(ledger::Books&)>;
  Act(const MemberId& member, What what) : what_(std::move(what)) { envelope.member = member; }
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(what_(books));
    return std::string("done");
  }

 private:
  const What what_;
};

// Members, their points, and groups of them.
class GroupsHouse : public MembersHouse {
 protected:
  template <class Mutation>
  ledger::Outcome Post(ledger::MutationKind& kind, std::unique_ptr<Mutation> mutation,
                       const std::string& request_id = "", bool validate_only = false) {
    ledger::Envelope& envelope = mutation->envelope;
    envelope.program = program_;
    envelope.request_id = request_id.empty() ? absl::StrCat("r", ++requests_) : request_id;
    envelope.fingerprint = std::string(32, 'e');
    envelope.actor = "key_test";
    envelope.now = Now();
    envelope.deadline = Soon();
    envelope.validate_only = validate_only;
    return poster_.Post(kind, std::move(mutation));
  }

  absl::Time Now() const { return clock_.Now() + later_; }

  template <class Response>
  static absl::StatusOr<Response> Parsed(const ledger::Outcome& outcome) {
    if (!outcome.answer.ok()) return outcome.answer.status();
    Response response;
    EXPECT_TRUE(response.ParseFromString(*outcome.answer));
    return response;
  }
  static Reason Refusal(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    return ReasonOf(status).value_or(Reason::kInternal);
  }

  MemberId NewMember(const std::string& name) {
    return IdIn(Enroll("enroll " + name, {.email = name + "@example.com", .greeting_name = name}));
  }

  MemberId NewGroup(GroupKind kind, const std::string& name) {
    auto created = Parsed<v1::CreateGroupResponse>(
        Post(changes_, *groups_.Create(program_, kind, name, Now())));
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *MemberId::Parse(created->group_id()) : MemberId();
  }

  absl::Status Join(const MemberId& group, const MemberId& member, bool by_themselves = false) {
    auto joining = groups_.Add(program_, group, member, by_themselves, Now(), Soon());
    RETURN_IF_ERROR(joining.status());
    return Post(changes_, *std::move(joining)).answer.status();
  }
  absl::Status Invite(const MemberId& group, const MemberId& member) {
    auto inviting = groups_.Invite(program_, group, member, Now(), Soon());
    RETURN_IF_ERROR(inviting.status());
    return Post(changes_, *std::move(inviting)).answer.status();
  }

  // What came back, in points; of the unit of points alone.
  absl::StatusOr<int64_t> Leave(const MemberId& group, const MemberId& member,
                                const std::string& request_id = "", bool validate_only = false) {
    const ledger::Outcome outcome =
        Post(changes_, *groups_.Remove(program_, group, member, Now()), request_id, validate_only);
    replayed_ = outcome.replayed;
    ASSIGN_OR_RETURN(const auto left, Parsed<v1::RemoveGroupMemberResponse>(outcome));
    EXPECT_LE(left.returned_size(), 1);
    return left.returned_size() == 0 ? 0 : left.returned(0).points();
  }

  absl::StatusOr<v1::ContributeToGroupResponse> Contribute(const MemberId& group,
                                                           const MemberId& member, int64_t points,
                                                           const std::string& request_id = "") {
    const ledger::Outcome outcome = Post(
        changes_,
        *groups_.Contribute(program_, group, member, {.unit = "points", .points = points}, Now()),
        request_id);
    replayed_ = outcome.replayed;
    return Parsed<v1::ContributeToGroupResponse>(outcome);
  }

  absl::StatusOr<v1::CloseGroupResponse> Close(const MemberId& group, bool validate_only = false) {
    return Parsed<v1::CloseGroupResponse>(
        Post(changes_, *groups_.Close(program_, group, Now(), Soon()), "", validate_only));
  }

  ledger::Posting PostingOf(ledger::FactKind kind, const MemberId& member,
                            const TransactionId& transaction) const {
    return {.kind = kind,
            .transaction = transaction,
            .member = member,
            .effective_at = Now(),
            .source = "test"};
  }
  TransactionId NewTransaction(const MemberId& member) {
    return ledger::Beside(program_, member, TransactionId{ids_.Next(Now())});
  }

  absl::Status Earn(const MemberId& member, int64_t points,
                    std::optional<absl::Time> expires_at = std::nullopt) {
    const ledger::Earning earning{
        .posting = PostingOf(ledger::FactKind::kEarn, member, NewTransaction(member)),
        .points = points,
        .expires_at = expires_at};
    return Post(plain_, std::make_unique<Act>(member,
                                              [earning](ledger::Books& books) {
                                                return ledger::Earn(books, earning);
                                              }))
        .answer.status();
  }

  // The transaction that spent.
  absl::StatusOr<TransactionId> Spend(const MemberId& member, int64_t points) {
    const TransactionId transaction = NewTransaction(member);
    const ledger::Posting posting = PostingOf(ledger::FactKind::kSpend, member, transaction);
    RETURN_IF_ERROR(Post(plain_, std::make_unique<Act>(member,
                                                       [=](ledger::Books& books) {
                                                         return ledger::Spend(books, posting,
                                                                              points);
                                                       }))
                        .answer.status());
    return transaction;
  }

  absl::Status BringBack(const MemberId& member, const TransactionId& spent, int64_t points) {
    const ledger::Reversal reversal{
        .posting = PostingOf(ledger::FactKind::kSpendReversed, member, NewTransaction(member)),
        .undone = spent,
        .points = points};
    return Post(plain_, std::make_unique<Act>(member,
                                              [reversal](ledger::Books& books) {
                                                return ledger::Reverse(books, reversal).status();
                                              }))
        .answer.status();
  }

  HoldId Pin(const MemberId& member, int64_t points) {
    const HoldId hold{
        ledger::InPartition(program_, ledger::PartitionOf(program_, member), ids_.Next(Now()))};
    const ledger::Holding holding{
        .posting = PostingOf(ledger::FactKind::kHoldPlaced, member, NewTransaction(member)),
        .hold = hold,
        .points = points,
        .life = absl::Hours(1)};
    EXPECT_TRUE(
        Post(plain_, std::make_unique<Act>(member,
                                           [holding](ledger::Books& books) {
                                             return ledger::PlaceHold(books, holding).status();
                                           }))
            .answer.ok());
    return hold;
  }
  void Release(const MemberId& member, const HoldId& hold) {
    const ledger::Posting posting =
        PostingOf(ledger::FactKind::kHoldReleased, member, NewTransaction(member));
    EXPECT_TRUE(
        Post(plain_, std::make_unique<Act>(member,
                                           [=](ledger::Books& books) {
                                             return ledger::VoidHold(books, posting, hold).status();
                                           }))
            .answer.ok());
  }

  void SetState(const MemberId& member, ledger::MemberState state) {
    const ledger::Posting posting =
        PostingOf(ledger::FactKind::kMemberStateSet, member, NewTransaction(member));
    EXPECT_TRUE(Post(plain_, std::make_unique<Act>(member,
                                                   [=](ledger::Books& books) {
                                                     return ledger::SetMemberState(books, posting,
                                                                                   state);
                                                   }))
                    .answer.ok());
  }

  void Merge(const MemberId& duplicate, const MemberId& survivor) {
    const ledger::MergePair pair{.duplicate = duplicate,
                                 .survivor = survivor,
                                 .leaving = NewTransaction(duplicate),
                                 .arriving = NewTransaction(survivor),
                                 .effective_at = Now(),
                                 .source = "test"};
    auto merge = std::make_unique<Act>(duplicate, [pair](ledger::Books& books) {
      return ledger::MergeMembers(books, pair).status();
    });
    merge->envelope.also.push_back(survivor);
    const ledger::Outcome merged = Post(plain_, std::move(merge));
    EXPECT_TRUE(merged.answer.ok()) << merged.answer.status();
  }

  int64_t Available(const MemberId& member) {
    int64_t available = -1;
    const absl::Status read = pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) {
      ASSIGN_OR_RETURN(auto wallets, ledger::ReadBalances(tx, program_, member, Now()));
      available = wallets[ledger::kPointsUnit].available;
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return available;
  }

  // Who is in a group, and what is left of what they contributed.
  std::map<MemberId, int64_t> Contributed(const MemberId& group) {
    std::map<MemberId, int64_t> contributed;
    const auto page = groups_.ListMembers(program_, group, {}, 1000, Now(), Soon());
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) return contributed;
    for (const GroupMember& member : page->members) {
      const auto points = member.contributed.find("points");
      contributed[member.row.member] = points == member.contributed.end() ? 0 : points->second;
    }
    return contributed;
  }

  void ExpectSound() {
    pg::PoolOptions owner = PoolOptions(database_.conninfo());
    owner.role.clear();
    pg::Pool pool(owner);
    for (int32_t p = program_.first_partition; p <= program_.last_partition(); ++p) {
      const auto found = ledger::VerifyPartition(
          pool, program_, p, {.chain_key = std::string(32, 'c'), .deadline = Soon()});
      ASSERT_TRUE(found.ok()) << found.status();
      for (const ledger::Damage& damage : found->damages) {
        ADD_FAILURE() << damage.check << ": " << damage.description;
      }
    }
  }

  Groups groups_{vault_, ids_, pool_};
  GroupChanges changes_{vault_};
  ledger::MutationKind plain_;
  std::atomic<bool> replayed_ = false;
  absl::Duration later_ = absl::ZeroDuration();  // by which the program's time is ahead

 private:
  int requests_ = 0;
};

}  // namespace gratis::members
