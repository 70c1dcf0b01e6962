#include "services/members/segment_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/ledger/fact.h"
#include "tests/integration/services/members/members_calls.h"

namespace gratis::members {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SegmentServiceTest : public MembersCalls {
 protected:
  using Stub = v1::SegmentService::Stub;

  static v1::SetMemberSegmentsRequest Wish(const std::string& request_id,
                                           const std::string& member) {
    v1::SetMemberSegmentsRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member);
    return request;
  }
  static v1::SetMemberSegmentsRequest Put(const std::string& request_id, const std::string& member,
                                          const std::string& segment) {
    v1::SetMemberSegmentsRequest request = Wish(request_id, member);
    request.add_add()->set_segment(segment);
    return request;
  }

  absl::StatusOr<v1::SetMemberSegmentsResponse> Set(const v1::SetMemberSegmentsRequest& request,
                                                    const std::string& role = "backend") {
    v1::SetMemberSegmentsResponse response;
    RETURN_IF_ERROR(Call(role, &Stub::SetMemberSegments, request, response));
    return response;
  }

  // As kept beside the member.
  std::vector<std::string> SegmentsOf(const std::string& member) {
    const auto found = members_.Get(program_, *MemberId::Parse(member), Soon());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> segments;
    if (!found.ok()) return segments;
    for (const SegmentMark& mark : found->segments) segments.push_back(mark.segment);
    return segments;
  }
  int64_t Journaled() {
    return Count(absl::StrCat("ledger.journal WHERE kind = ",
                              static_cast<int>(ledger::FactKind::kMemberUpdated)));
  }
};

TEST_F(SegmentServiceTest, MembersArePutIntoSegmentsAndTakenOut) {
  const std::string ann = Enrolled("ann");
  const v1::SetMemberSegmentsRequest first = Put("r1", ann, "press");
  const auto put = Set(first);
  ASSERT_TRUE(put.ok()) << put.status();
  ASSERT_THAT(put->segments(), SizeIs(1));
  EXPECT_EQ(put->segments(0).segment(), "press");
  EXPECT_TRUE(put->segments(0).has_since());
  EXPECT_FALSE(put->segments(0).has_until());
  EXPECT_NE(put->transaction_id(), "");
  v1::SetMemberSegmentsRequest second = Put("r2", ann, "student");
  second.add_remove("press");
  second.add_remove("vip");
  ASSERT_TRUE(Set(second, "marketing").ok());
  EXPECT_THAT(SegmentsOf(ann), ElementsAre("student"));

  const auto again = Set(first);  // a retry: the first answer, and nothing done
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), put->SerializeAsString());
  EXPECT_THAT(SegmentsOf(ann), ElementsAre("student"));
  EXPECT_EQ(Journaled(), 2);
  EXPECT_EQ(ReasonOf(Set(Put("r1", ann, "vip")).status()), Reason::kRequestIdReused);
}

TEST_F(SegmentServiceTest, WhatIsSoAlreadyOrOnlyAskedIsNotPosted) {
  const std::string ann = Enrolled("ann");
  v1::SetMemberSegmentsRequest asked = Put("r1", ann, "press");
  asked.set_validate_only(true);
  const auto preview = Set(asked);
  ASSERT_TRUE(preview.ok()) << preview.status();
  EXPECT_THAT(preview->segments(), SizeIs(1));
  EXPECT_EQ(preview->transaction_id(), "");
  EXPECT_THAT(SegmentsOf(ann), IsEmpty());
  ASSERT_TRUE(Set(Put("r2", ann, "press")).ok());
  const auto same = Set(Put("r3", ann, "press"));
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->transaction_id(), "");
  EXPECT_THAT(same->segments(), SizeIs(1));
  EXPECT_EQ(Journaled(), 1);
}

TEST_F(SegmentServiceTest, WhatIsWrongIsToldAndNothingDone) {
  const std::string ann = Enrolled("ann");
  v1::SetMemberSegmentsRequest wrong = Put("r1", ann, "press");
  *wrong.add_add() = wrong.add(0);
  EXPECT_EQ(FieldOf(Set(wrong).status()), "add[1].segment");
  wrong = Put("r1", ann, "press");
  wrong.mutable_add(0)->mutable_until()->set_seconds(1);
  EXPECT_EQ(FieldOf(Set(wrong).status()), "add[0].until");
  wrong.mutable_add(0)->mutable_until()->set_nanos(-1);
  EXPECT_EQ(ReasonOf(Set(wrong).status()), Reason::kFieldInvalid);
  EXPECT_EQ(ReasonOf(Set(Wish("r1", ann)).status()), Reason::kFieldMissing);
  EXPECT_EQ(ReasonOf(Set(Put("r1", "mem_00000000000000000000000001", "press")).status()),
            Reason::kMemberNotFound);
  EXPECT_EQ(ReasonOf(Set(Put("r1", ann, "press"), "pos").status()), Reason::kRoleNotAllowed);
  EXPECT_THAT(SegmentsOf(ann), IsEmpty());
  EXPECT_EQ(Journaled(), 0);
}

TEST_F(SegmentServiceTest, ChangesOfOneSetActInTheirOrder) {
  const std::string ann = Enrolled("ann");
  v1::BatchSetMemberSegmentsRequest batch;
  for (int i = 0; i < 10; ++i) {
    *batch.add_requests() = Put(absl::StrCat("r", i), ann, absl::StrCat("s", i));
    if (i > 0) batch.mutable_requests(i)->add_remove(absl::StrCat("s", i - 1));
  }
  *batch.add_requests() = Put("nobody", "mem_00000000000000000000000001", "press");
  v1::BatchSetMemberSegmentsResponse results;
  ASSERT_EQ(Call("import", &Stub::BatchSetMemberSegments, batch, results), absl::OkStatus());
  ASSERT_THAT(results.results(), SizeIs(11));
  for (int i = 0; i < 10; ++i) {
    ASSERT_THAT(results.results(i).response().segments(), SizeIs(1)) << i;
    EXPECT_EQ(results.results(i).response().segments(0).segment(), absl::StrCat("s", i));
  }
  EXPECT_EQ(ReasonOf(rpc::FromProto(results.results(10).status().error())),
            Reason::kMemberNotFound);
  EXPECT_THAT(SegmentsOf(ann), ElementsAre("s9"));
}

TEST_F(SegmentServiceTest, NothingIsLostOfWhatComesAtOnce) {
  const std::string ann = Enrolled("ann");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i, &ann] {
      grpc::ClientContext context;
      Sign(context, "backend");
      Stub stub(server_->InProcessChannel({}));
      v1::SetMemberSegmentsResponse response;
      const auto request = Put(absl::StrCat("r", i), ann, absl::StrCat("s", i));
      EXPECT_TRUE(stub.SetMemberSegments(&context, request, &response).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(SegmentsOf(ann), SizeIs(8));
  EXPECT_EQ(Journaled(), 8);
}

// All of a profile is written anew when it changes, and its segments stay.
TEST_F(SegmentServiceTest, StayWhenTheProfileChanges) {
  const std::string ann = Enrolled("ann");
  ASSERT_TRUE(Set(Put("r1", ann, "press")).ok());
  ProfileUpdates updates(vault_);
  ProfileChange change{.parts = {Part::kGreetingName}, .wanted = {}};
  change.wanted.greeting_name = "Annie";
  auto update =
      members_.PrepareUpdate(program_, *MemberId::Parse(ann), std::move(change), clock_.Now());
  update->envelope.program = program_;
  update->envelope.request_id = "update";
  update->envelope.fingerprint = std::string(32, 'f');
  update->envelope.actor = "key_test";
  update->envelope.now = clock_.Now();
  update->envelope.deadline = Soon();
  ASSERT_TRUE(poster_.Post(updates, std::move(update)).answer.ok());
  EXPECT_THAT(SegmentsOf(ann), ElementsAre("press"));
}

TEST_F(SegmentServiceTest, AreExportedUntilTheyEnd) {
  const std::string ann = Enrolled("ann");
  ASSERT_TRUE(Set(Put("r1", ann, "press")).ok());
  const auto exported = [&] {
    grpc::ClientContext context;
    Sign(context, "support");
    v1::ExportService::Stub stub(server_->InProcessChannel({}));
    const auto reader = stub.ExportMembers(&context, v1::ExportMembersRequest());
    std::vector<std::string> segments;
    for (v1::ExportMembersResponse message; reader->Read(&message);) {
      for (const v1::ExportedMember& member : message.members()) {
        for (const v1::SegmentMark& mark : member.member().segments()) {
          segments.push_back(mark.segment());
        }
      }
    }
    EXPECT_TRUE(reader->Finish().ok());
    return segments;
  };
  EXPECT_THAT(exported(), ElementsAre("press"));
  database_.Execute(
      "UPDATE gratis_members.member SET segments = "
      R"('[{"segment":"press","since":"2020-01-01T00:00:00Z","until":"2021-01-01T00:00:00Z"}]')");
  EXPECT_THAT(exported(), IsEmpty());
}

}  // namespace
}  // namespace gratis::members
