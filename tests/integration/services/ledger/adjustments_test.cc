#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/house/keyring/key.h"
#include "common/rpc/member_token.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/points_house.h"

// Adjustments that wait for a second person: found, and rejected.
namespace gratis::ledger_service {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

class Adjustments : public Points {
 protected:
  Adjustments() {
    v1::Unit unit = PointsUnit();
    unit.set_adjust_limit_points(500);
    SetUnit(unit);
  }

  // Asks for an adjustment of this member's that waits, and returns its id.
  std::string Asked(int64_t points, const std::string& member = "", const std::string& key = "") {
    v1::AdjustRequest request = AdjustOf(points);
    if (!member.empty()) request.set_member_id(member);
    const auto asked = Send(request, key);
    EXPECT_TRUE(asked.ok()) << asked.status();
    return asked.ok() ? asked->adjustment_id() : "";
  }

  absl::StatusOr<v1::ListAdjustmentsResponse> List(v1::ListAdjustmentsRequest request,
                                                   const std::string& key = "") {
    return Call(&Stub::ListAdjustments, request, key.empty() ? finance_ : key);
  }
  // The whole list, by pages of `page_size`.
  std::vector<v1::Adjustment> All(bool resolved = false, int page_size = 0) {
    std::vector<v1::Adjustment> all;
    v1::ListAdjustmentsRequest request;
    request.set_include_resolved(resolved);
    request.set_page_size(page_size);
    do {
      const auto page = List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return all;
      if (page_size != 0) {
        EXPECT_LE(page->adjustments_size(), page_size);
      }
      all.insert(all.end(), page->adjustments().begin(), page->adjustments().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  std::vector<std::string> Ids(bool resolved = false, int page_size = 0) {
    std::vector<std::string> ids;
    for (const v1::Adjustment& one : All(resolved, page_size)) ids.push_back(one.adjustment_id());
    return ids;
  }
};

TEST_F(Adjustments, ThatWaitAreListedAsTheyWereAskedForWhicheverPartitionTheyAreIn) {
  EXPECT_THAT(All(), IsEmpty());
  std::vector<std::string> asked;
  for (int i = 0; i < 7; ++i) asked.push_back(Asked(501 + i, NewMember("demo")));
  ASSERT_TRUE(Send(AdjustOf(500)).ok());  // waits for nobody
  EXPECT_THAT(Ids(), ElementsAreArray(asked));
  for (const int page_size : {1, 2, 7, 8}) {
    EXPECT_THAT(Ids(false, page_size), ElementsAreArray(asked)) << page_size;
    EXPECT_THAT(Ids(true, page_size), ElementsAreArray(asked)) << page_size;
  }
}

TEST_F(Adjustments, SayWhoAskedWhenWhyForWhomAndHowMuch) {
  const absl::Time before = clock_.Now();
  const std::string id = Asked(-700);
  const std::vector<v1::Adjustment> all = All();
  ASSERT_THAT(all, SizeIs(1));
  const v1::Adjustment& one = all[0];
  EXPECT_EQ(one.adjustment_id(), id);
  EXPECT_EQ(one.member_id(), member_);
  EXPECT_EQ(one.points(), -700);
  EXPECT_EQ(one.unit(), "points");
  EXPECT_EQ(one.reason(), "mended by hand");
  EXPECT_TRUE(one.requested_by().starts_with("key_")) << one.requested_by();
  EXPECT_GE(rpc::ParseTime(one.requested_at(), "").value(), before - absl::Seconds(1));
  EXPECT_LE(rpc::ParseTime(one.requested_at(), "").value(), clock_.Now());
  EXPECT_EQ(one.state(), v1::ADJUSTMENT_STATE_PENDING_APPROVAL);
  EXPECT_EQ(one.resolved_by(), "");
  EXPECT_FALSE(one.has_resolved_at());
  EXPECT_EQ(one.rejection_reason(), "");
}

TEST_F(Adjustments, LeaveTheListWhenTheyAreResolvedAndAreFoundAmongAll) {
  const std::string done = Asked(600);
  const std::string waits = Asked(601);
  const std::string rejected = Asked(602);
  ASSERT_TRUE(Send(ApproveOf(done)).ok());
  ASSERT_TRUE(Send(RejectOf(rejected)).ok());
  EXPECT_THAT(Ids(), ElementsAre(waits));
  const std::vector<v1::Adjustment> all = All(true);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].adjustment_id(), done);
  EXPECT_EQ(all[0].state(), v1::ADJUSTMENT_STATE_POSTED);
  EXPECT_TRUE(all[0].has_resolved_at());
  EXPECT_NE(all[0].resolved_by(), all[0].requested_by());
  EXPECT_EQ(all[1].state(), v1::ADJUSTMENT_STATE_PENDING_APPROVAL);
  EXPECT_EQ(all[2].adjustment_id(), rejected);
  EXPECT_EQ(all[2].state(), v1::ADJUSTMENT_STATE_REJECTED);
  EXPECT_EQ(all[2].rejection_reason(), "found again");
  ExpectSoundBooks();
}

TEST_F(Adjustments, AreRejectedOnceAndMoveNothing) {
  const std::string id = Asked(600);
  v1::RejectAdjustmentRequest request = RejectOf(id);
  request.set_validate_only(true);
  const int64_t before = Trial().entries();
  const auto validated = Send(request);
  ASSERT_TRUE(validated.ok()) << validated.status();
  EXPECT_EQ(validated->adjustment().state(), v1::ADJUSTMENT_STATE_REJECTED);
  EXPECT_FALSE(validated->adjustment().has_resolved_at());
  EXPECT_EQ(Trial().entries(), before);
  EXPECT_THAT(Ids(), ElementsAre(id));

  request.set_validate_only(false);
  const auto rejected = Send(request);
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_FALSE(replayed_);
  EXPECT_EQ(Trial().entries(), before + 1);
  EXPECT_EQ(rejected->adjustment().rejection_reason(), "found again");
  EXPECT_EQ(All(true)[0].SerializeAsString(), rejected->adjustment().SerializeAsString());
  EXPECT_EQ(Balance(), 0);

  const auto again = Send(request);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), rejected->SerializeAsString());
  EXPECT_EQ(Trial().entries(), before + 1);
  request.set_reason("another");
  Refuses(request, Reason::kRequestIdReused, "request_id");
  ExpectSoundBooks();
}

TEST_F(Adjustments, ThatAreResolvedAreNeitherApprovedNorRejectedAgain) {
  const std::string done = Asked(600);
  const std::string rejected = Asked(601);
  ASSERT_TRUE(Send(ApproveOf(done)).ok());
  ASSERT_TRUE(Send(RejectOf(rejected)).ok());
  for (const auto& [id, state] : {std::pair(done, "POSTED"), std::pair(rejected, "REJECTED")}) {
    Refuses(ApproveOf(id), Reason::kAdjustmentResolved);
    Refuses(RejectOf(id), Reason::kAdjustmentResolved);
    EXPECT_THAT(MetadataOf(Send(RejectOf(id)).status()), Contains(Pair("state", state)));
  }
  Refuses(ReverseOf(TransactionId{AdjustmentId::Parse(rejected)->uuid}.ToString()),
          Reason::kNothingToReverse);
  EXPECT_EQ(Balance(), 600);
}

TEST_F(Adjustments, ThatCannotBeDoneGoOnWaitingAndCanBeRejected) {
  const std::string id = Asked(-600);
  Refuses(ApproveOf(id), Reason::kInsufficientPoints);
  EXPECT_THAT(Ids(), ElementsAre(id));
  EXPECT_TRUE(Send(RejectOf(id)).ok());
  EXPECT_THAT(Ids(), IsEmpty());
}

TEST_F(Adjustments, AreWithdrawnByWhoAskedAndRejectedByFinanceAndAdmin) {
  const std::string other = NewKey(house::Role::kSupport, program_.number);
  const std::string id = Asked(600);
  Refuses(RejectOf(id), Reason::kRoleNotAllowed, "", other);
  Refuses(RejectOf(id), Reason::kRoleNotAllowed, "", backend_);
  const auto withdrawn = Send(RejectOf(id), support_);
  ASSERT_TRUE(withdrawn.ok()) << withdrawn.status();
  EXPECT_EQ(withdrawn->adjustment().resolved_by(), withdrawn->adjustment().requested_by());
  const std::string boss = NewKey(house::Role::kAdmin, program_.number);
  EXPECT_TRUE(Send(RejectOf(Asked(601)), boss).ok());
  EXPECT_TRUE(Send(RejectOf(Asked(602, "", boss)), boss).ok());
}

TEST_F(Adjustments, OfAnotherProgramAreNeitherSeenNorRejected) {
  const std::string id = Asked(600);
  NewProgram("other");
  const std::string stranger = NewKey(house::Role::kFinance, Find("other").number);
  const auto list = List({}, stranger);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_THAT(list->adjustments(), IsEmpty());
  EXPECT_THAT(Send(RejectOf(id), stranger), FailsWith(Reason::kAdjustmentNotFound));
  EXPECT_THAT(Ids(), ElementsAre(id));
}

TEST_F(Adjustments, AreRejectedWithAReasonAndByTheirId) {
  v1::RejectAdjustmentRequest request = RejectOf(Asked(600));
  request.set_reason("");
  Refuses(request, Reason::kFieldMissing, "reason");
  request.set_reason(std::string(129, 'x'));
  Refuses(request, Reason::kFieldTooLong, "reason");
  Refuses(RejectOf("adj_x"), Reason::kInvalidId, "adjustment_id");
  Refuses(RejectOf(AdjustmentId{ids_.Next(clock_.Now())}.ToString()), Reason::kAdjustmentNotFound,
          "adjustment_id");
  // What was done at once has waited for nobody.
  const auto done = Send(AdjustOf(5));
  ASSERT_TRUE(done.ok());
  Refuses(RejectOf(AdjustmentId{TransactionId::Parse(done->transaction_id())->uuid}.ToString()),
          Reason::kAdjustmentNotFound, "adjustment_id");
  v1::ApproveAdjustmentRequest approval = ApproveOf(Asked(601));
  approval.set_source(std::string(129, 'x'));
  Refuses(approval, Reason::kFieldTooLong, "source");
}

TEST_F(Adjustments, TakeEffectWhenTheApprovalSays) {
  const absl::Time then = absl::FromUnixSeconds(absl::ToUnixSeconds(clock_.Now()) - 3600);
  const std::string boss = NewKey(house::Role::kAdmin, program_.number);
  v1::ApproveAdjustmentRequest approval = ApproveOf(Asked(600));
  rpc::SetTime(then, *approval.mutable_effective_at());
  Refuses(approval, Reason::kEffectiveTimeInvalid, "effective_at");
  ASSERT_TRUE(Send(approval, boss).ok());
  v1::RejectAdjustmentRequest rejection = RejectOf(Asked(601));
  rpc::SetTime(then, *rejection.mutable_effective_at());
  Refuses(rejection, Reason::kEffectiveTimeInvalid, "effective_at");
  ASSERT_TRUE(Send(rejection, boss).ok());

  v1::ListEntriesRequest request;
  request.set_member_id(member_);
  request.add_kinds(v1::ENTRY_KIND_ADJUSTED);
  request.add_kinds(v1::ENTRY_KIND_ADJUSTMENT_REJECTED);
  const auto entries = Call(&Stub::ListEntries, request, backend_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_THAT(entries->entries(), SizeIs(2));
  for (const v1::Entry& entry : entries->entries()) {
    EXPECT_EQ(entry.effective_at().seconds(), absl::ToUnixSeconds(then)) << entry.DebugString();
    EXPECT_GT(entry.recorded_at().seconds(), entry.effective_at().seconds());
  }
  ExpectSoundBooks();
}

TEST_F(Adjustments, APageTokenIsGoodForItsListOnly) {
  for (int i = 0; i < 3; ++i) Asked(501 + i);
  v1::ListAdjustmentsRequest request;
  request.set_page_size(2);
  const auto page = List(request);
  ASSERT_TRUE(page.ok());
  request.set_page_token(page->next_page_token());
  request.set_include_resolved(true);
  EXPECT_THAT(List(request), FailsWith(Reason::kInvalidPageToken));
  EXPECT_THAT(List({}, till_), FailsWith(Reason::kRoleNotAllowed));
  EXPECT_TRUE(List({}, support_).ok());
}

TEST_F(Adjustments, ARaceOfApprovalAndRejectionHasOneWinner) {
  for (int i = 0; i < 5; ++i) {
    const std::string id = Asked(600);
    const int64_t before = Balance();
    const v1::ApproveAdjustmentRequest approval = ApproveOf(id);
    const v1::RejectAdjustmentRequest rejection = RejectOf(id);
    bool approved = false;
    bool rejected = false;
    std::thread one([&] { approved = Send(approval).ok(); });
    std::thread other([&] { rejected = Send(rejection).ok(); });
    one.join();
    other.join();
    EXPECT_NE(approved, rejected);
    EXPECT_EQ(Balance(), before + (approved ? 600 : 0));
  }
  EXPECT_THAT(Ids(), IsEmpty());
  ExpectSoundBooks();
}

TEST_F(Adjustments, AreToldToTheMembersOwnPageWhenTheyAreDone) {
  const std::string done = Asked(600);
  const std::string rejected = Asked(602);
  ASSERT_TRUE(Send(ApproveOf(done)).ok());
  ASSERT_TRUE(Send(RejectOf(rejected)).ok());
  const std::string page =
      shell_->member_tokens().Make({.member = *MemberId::Parse(member_),
                                    .program = program_.number,
                                    .issuer = *house::KeyIdIn(backend_),
                                    .expires_at = clock_.Now() + absl::Minutes(5)});
  const auto told = [&](const std::string& key, const std::vector<v1::EntryKind>& kinds = {}) {
    v1::ListEntriesRequest request;
    request.set_member_id(member_);
    for (const v1::EntryKind kind : kinds) request.add_kinds(kind);
    const auto listed = Call(&Stub::ListEntries, request, key);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<v1::EntryKind> entries;
    if (!listed.ok()) return entries;
    for (const v1::Entry& entry : listed->entries()) entries.push_back(entry.kind());
    return entries;
  };
  EXPECT_THAT(told(support_),
              ElementsAre(v1::ENTRY_KIND_ADJUSTMENT_REJECTED, v1::ENTRY_KIND_ADJUSTED,
                          v1::ENTRY_KIND_ADJUSTMENT_REQUESTED, v1::ENTRY_KIND_ADJUSTMENT_REQUESTED,
                          v1::ENTRY_KIND_MEMBER_ENROLLED));
  EXPECT_THAT(told(page), ElementsAre(v1::ENTRY_KIND_ADJUSTED, v1::ENTRY_KIND_MEMBER_ENROLLED));
  EXPECT_THAT(told(page, {v1::ENTRY_KIND_ADJUSTED, v1::ENTRY_KIND_ADJUSTMENT_REJECTED}),
              ElementsAre(v1::ENTRY_KIND_ADJUSTED));
  EXPECT_THAT(told(page, {v1::ENTRY_KIND_ADJUSTMENT_REJECTED}), IsEmpty());
}

}  // namespace
}  // namespace gratis::ledger_service
