#include "common/rpc/merged.h"

#include <gtest/gtest.h>

#include <map>

#include "common/rpc/posting.h"
#include "gratis/ledger/v1/feed.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"

namespace gratis::rpc {
namespace {

MemberId Named(uint8_t number) {
  MemberId member;
  member.uuid.bytes[0] = number;
  return member;
}

const MemberId kAda = Named(1), kBob = Named(2), kCyd = Named(3);

MemberId Find(const MemberId& member) { return member == kAda ? kBob : member; }

TEST(NameSurvivors, LeavesOthersAlone) {
  ledger::v1::EarnRequest request;
  request.set_member_id(kCyd.ToString());
  AsSent sent;
  EXPECT_EQ(NameSurvivors(request, Find, sent), nullptr);
  request.set_member_id("nobody's id");
  EXPECT_EQ(NameSurvivors(request, Find, sent), nullptr);
  request.clear_member_id();
  request.set_source(kAda.ToString());
  EXPECT_EQ(NameSurvivors(request, Find, sent), nullptr) << "what is no member's place is text";
  EXPECT_TRUE(sent.empty());
}

TEST(NameSurvivors, PutsThemWhereMembersAreNamedAtAnyDepth) {
  ledger::v1::PostBatchRequest batch;
  batch.add_postings()->mutable_earn()->set_member_id(kAda.ToString());
  batch.add_postings()->mutable_earn()->set_member_id(kCyd.ToString());
  batch.add_postings()->mutable_transfer()->set_member_id(kCyd.ToString());
  batch.mutable_postings(2)->mutable_transfer()->set_to_member_id(kAda.ToString());
  AsSent sent;
  const auto understood = NameSurvivors(batch, Find, sent);
  ASSERT_NE(understood, nullptr);
  const auto& named = static_cast<const ledger::v1::PostBatchRequest&>(*understood);
  EXPECT_EQ(named.postings(0).earn().member_id(), kBob.ToString());
  EXPECT_EQ(named.postings(1).earn().member_id(), kCyd.ToString());
  EXPECT_EQ(named.postings(2).transfer().to_member_id(), kBob.ToString());
  EXPECT_EQ(sent.at(&named.postings(0).earn()), &batch.postings(0).earn());
  EXPECT_EQ(sent.count(&named.postings(1).earn()), 0U);
  EXPECT_EQ(sent.at(&named), &batch);
}

TEST(NameSurvivors, KnowsListsOfMembers) {
  ledger::v1::WatchRequest request;
  request.add_member_ids(kCyd.ToString());
  request.add_member_ids(kAda.ToString());
  AsSent sent;
  const auto understood = NameSurvivors(request, Find, sent);
  ASSERT_NE(understood, nullptr);
  const auto& named = static_cast<const ledger::v1::WatchRequest&>(*understood);
  EXPECT_EQ(named.member_ids(0), kCyd.ToString());
  EXPECT_EQ(named.member_ids(1), kBob.ToString());
}

TEST(NameSurvivors, KnowsStaffWhoAreMembers) {
  thanks::v1::RecordPurchaseRequest request;
  request.set_member_id(kBob.ToString());
  request.set_staff_member_id(kAda.ToString());
  AsSent sent;
  const auto understood = NameSurvivors(request, Find, sent);
  ASSERT_NE(understood, nullptr);
  const auto& named = static_cast<const thanks::v1::RecordPurchaseRequest&>(*understood);
  EXPECT_EQ(named.staff_member_id(), kBob.ToString());
}

TEST(NameSurvivors, ARequestIsKnownAgainByWhatWasSent) {
  const Fingerprints fingerprints(std::string(32, 'k'));
  ledger::v1::EarnRequest request;
  request.set_request_id("r1");
  request.set_member_id(kAda.ToString());
  auto sent = std::make_shared<AsSent>();
  const auto understood = NameSurvivors(request, Find, *sent);
  ASSERT_NE(understood, nullptr);
  Call call;
  call.as_sent = sent;
  ledger::Envelope before, after;
  ASSERT_TRUE(FillEnvelope(Call(), request, fingerprints, before).ok());
  ASSERT_TRUE(FillEnvelope(call, *understood, fingerprints, after).ok());
  EXPECT_EQ(after.fingerprint, before.fingerprint);
}

}  // namespace
}  // namespace gratis::rpc
