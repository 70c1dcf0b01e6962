#include "services/members/consent_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/services/members/members_calls.h"

namespace gratis::members {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr v1::ConsentPurpose kMarketing = v1::CONSENT_PURPOSE_MARKETING;
constexpr v1::ConsentPurpose kProfiling = v1::CONSENT_PURPOSE_PROFILING;
constexpr v1::ConsentChannel kEmail = v1::CONSENT_CHANNEL_EMAIL;
constexpr v1::ConsentChannel kSms = v1::CONSENT_CHANNEL_SMS;
constexpr v1::ConsentChannel kNoChannel = v1::CONSENT_CHANNEL_UNSPECIFIED;
constexpr v1::ConsentState kGranted = v1::CONSENT_STATE_GRANTED;
constexpr v1::ConsentState kWithdrawn = v1::CONSENT_STATE_WITHDRAWN;

class ConsentServiceTest : public MembersCalls {
 protected:
  v1::RecordConsentRequest Said(const std::string& request_id, const std::string& member,
                                v1::ConsentPurpose purpose, v1::ConsentChannel channel,
                                v1::ConsentState state) {
    v1::RecordConsentRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member);
    request.set_source(v1::CONSENT_SOURCE_WEB_FORM);
    request.set_wording_version("2026-05");
    v1::ConsentDecision& decision = *request.add_decisions();
    decision.set_purpose(purpose);
    decision.set_channel(channel);
    decision.set_state(state);
    return request;
  }

  absl::StatusOr<std::string> Record(const v1::RecordConsentRequest& request,
                                     const std::string& role = "backend") {
    v1::RecordConsentResponse response;
    RETURN_IF_ERROR(Call(role, &Consent::RecordConsent, request, response));
    return response.transaction_id();
  }

  absl::StatusOr<std::string> Object(const std::string& request_id, const std::string& member) {
    v1::RecordObjectionRequest request;
    request.set_request_id(request_id);
    request.set_member_id(member);
    request.set_source(v1::CONSENT_SOURCE_MESSAGE);
    v1::RecordObjectionResponse response;
    RETURN_IF_ERROR(Call("support", &Consent::RecordObjection, request, response));
    return response.transaction_id();
  }

  v1::MemberConsents Get(const std::string& member) {
    v1::GetConsentsRequest request;
    request.set_member_id(member);
    v1::GetConsentsResponse response;
    const absl::Status read = Call("support", &Consent::GetConsents, request, response);
    EXPECT_TRUE(read.ok()) << read;
    return response.consents();
  }

  // What is in force; unspecified when never asked.
  v1::ConsentState InForce(const std::string& member, v1::ConsentPurpose purpose,
                           v1::ConsentChannel channel) {
    const v1::MemberConsents now = Get(member);
    for (const v1::Consent& consent : now.consents()) {
      if (consent.purpose() == purpose && consent.channel() == channel) return consent.state();
    }
    return v1::CONSENT_STATE_UNSPECIFIED;
  }

  void At(absl::Time time, v1::RecordConsentRequest& request) {
    request.mutable_decided_at()->set_seconds(absl::ToUnixSeconds(time));
  }
};

TEST_F(ConsentServiceTest, NobodyIsTakenToHaveAgreedToWhatTheyWereNeverAsked) {
  const std::string ann = Enrolled("ann");
  EXPECT_THAT(Get(ann).consents(), IsEmpty());
  ASSERT_TRUE(Record(Said("r1", ann, kMarketing, kEmail, kGranted)).ok());
  EXPECT_EQ(InForce(ann, kMarketing, kEmail), kGranted);
  EXPECT_EQ(InForce(ann, kMarketing, kSms), v1::CONSENT_STATE_UNSPECIFIED);
  EXPECT_EQ(InForce(ann, kProfiling, kNoChannel), v1::CONSENT_STATE_UNSPECIFIED);
  const v1::Consent consent = Get(ann).consents(0);
  EXPECT_EQ(consent.source(), v1::CONSENT_SOURCE_WEB_FORM);
  EXPECT_EQ(consent.wording_version(), "2026-05");
  EXPECT_GT(consent.decided_at().seconds(), 0);
  EXPECT_FALSE(consent.objection());
}

TEST_F(ConsentServiceTest, WhatWasDecidedLastIsInForceWheneverItWasRecorded) {
  const std::string ann = Enrolled("ann");
  const absl::Time now = clock_.Now();
  v1::RecordConsentRequest no = Said("r1", ann, kMarketing, kEmail, kWithdrawn);
  At(now - absl::Hours(2), no);
  ASSERT_TRUE(Record(no).ok());
  v1::RecordConsentRequest yes = Said("r2", ann, kMarketing, kEmail, kGranted);
  At(now - absl::Hours(3), yes);
  ASSERT_TRUE(Record(yes).ok());
  EXPECT_EQ(InForce(ann, kMarketing, kEmail), kWithdrawn);

  yes.set_request_id("r3");
  At(now - absl::Hours(2), yes);  // at the same instant, recorded later
  ASSERT_TRUE(Record(yes).ok());
  EXPECT_EQ(InForce(ann, kMarketing, kEmail), kGranted);
}

TEST_F(ConsentServiceTest, AnObjectionEndsEverythingAtOnceUntilTheyAgreeAnew) {
  const std::string ann = Enrolled("ann");
  v1::RecordConsentRequest form = Said("r1", ann, kMarketing, kEmail, kGranted);
  *form.add_decisions() = form.decisions(0);
  form.mutable_decisions(1)->set_purpose(kProfiling);
  form.mutable_decisions(1)->set_channel(kNoChannel);
  ASSERT_TRUE(Record(form).ok());
  ASSERT_TRUE(Object("r2", ann).ok());

  const v1::MemberConsents after = Get(ann);
  EXPECT_THAT(after.consents(), SizeIs(14));
  for (const v1::Consent& consent : after.consents()) {
    EXPECT_EQ(consent.state(), kWithdrawn) << consent.ShortDebugString();
    EXPECT_TRUE(consent.objection());
  }
  ASSERT_TRUE(Record(Said("r3", ann, kMarketing, kSms, kGranted)).ok());
  EXPECT_EQ(InForce(ann, kMarketing, kSms), kGranted);
  EXPECT_EQ(InForce(ann, kMarketing, kEmail), kWithdrawn);
  EXPECT_EQ(InForce(ann, kProfiling, kNoChannel), kWithdrawn);
}

TEST_F(ConsentServiceTest, TheWholeHistoryIsKeptInPages) {
  const std::string ann = Enrolled("ann");
  std::vector<std::string> transactions;
  for (int i = 0; i < 5; ++i) {
    const auto id = Record(
        Said(absl::StrCat("r", i), ann, kMarketing, kEmail, i % 2 == 0 ? kGranted : kWithdrawn));
    ASSERT_TRUE(id.ok()) << id.status();
    transactions.push_back(*id);
  }
  v1::ListConsentHistoryRequest list;
  list.set_member_id(ann);
  list.set_page_size(2);
  std::vector<std::string> listed;
  do {
    v1::ListConsentHistoryResponse page;
    ASSERT_EQ(Call("auditor", &Consent::ListConsentHistory, list, page), absl::OkStatus());
    for (const v1::ConsentRecord& record : page.records()) {
      listed.push_back(record.transaction_id());
      EXPECT_THAT(record.actor(), ::testing::StartsWith("key_"));
      EXPECT_GT(record.recorded_at().seconds(), 0);
    }
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(listed, std::vector<std::string>(transactions.rbegin(), transactions.rend()));

  for (const char* text :
       {"UPDATE gratis_members.consent SET state = 1", "DELETE FROM gratis_members.consent"}) {
    EXPECT_FALSE(
        pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) { return tx.RunScript(text); }).ok())
        << text;
  }
}

TEST_F(ConsentServiceTest, ARetryIsAnsweredAsBeforeAndKeptOnce) {
  const std::string ann = Enrolled("ann");
  const auto first = Record(Said("r1", ann, kMarketing, kEmail, kGranted));
  EXPECT_FALSE(replayed_);
  const auto again = Record(Said("r1", ann, kMarketing, kEmail, kGranted));
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(*first, *again);
  EXPECT_EQ(ReasonOf(Record(Said("r1", ann, kMarketing, kEmail, kWithdrawn)).status()),
            Reason::kRequestIdReused);
  EXPECT_EQ(Count("gratis_members.consent"), 1);

  v1::RecordConsentRequest only_asked = Said("r2", ann, kMarketing, kEmail, kWithdrawn);
  only_asked.set_validate_only(true);
  EXPECT_EQ(*Record(only_asked), "");
  EXPECT_EQ(Count("gratis_members.consent"), 1);
  EXPECT_EQ(InForce(ann, kMarketing, kEmail), kGranted);
}

TEST_F(ConsentServiceTest, HowLongAgoTheySaidItIsForAnImportToState) {
  const std::string ann = Enrolled("ann");
  v1::RecordConsentRequest old = Said("r1", ann, kMarketing, kEmail, kGranted);
  At(clock_.Now() - absl::Hours(24 * 31), old);
  const absl::Status refused = Record(old).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kEffectiveTimeInvalid);
  EXPECT_EQ(FieldOf(refused), "decided_at");
  EXPECT_TRUE(Record(old, "import").ok());
  v1::RecordConsentRequest early = Said("r2", ann, kMarketing, kEmail, kGranted);
  At(clock_.Now() + absl::Minutes(6), early);
  EXPECT_EQ(ReasonOf(Record(early, "import").status()), Reason::kEffectiveTimeInvalid);
}

TEST_F(ConsentServiceTest, BadInputChangesNothing) {
  const std::string ann = Enrolled("ann");
  const int64_t requests = Count("ledger.request");
  const auto refused = [&](auto change, Reason reason, const std::string& field) {
    v1::RecordConsentRequest request = Said("r1", ann, kMarketing, kEmail, kGranted);
    change(request);
    const absl::Status status = Record(request).status();
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_EQ(FieldOf(status).value_or(""), field) << status;
  };
  refused([](auto& r) { r.clear_member_id(); }, Reason::kFieldMissing, "member_id");
  refused([](auto& r) { r.set_member_id("mem_x"); }, Reason::kInvalidId, "member_id");
  refused([](auto& r) { r.set_member_id("mem_00000000000000000000000001"); },
          Reason::kMemberNotFound, "member_id");
  refused([](auto& r) { r.clear_decisions(); }, Reason::kFieldMissing, "decisions");
  refused([](auto& r) { r.clear_source(); }, Reason::kFieldMissing, "source");
  refused([](auto& r) { r.set_source(static_cast<v1::ConsentSource>(65'537)); },
          Reason::kFieldInvalid, "source");
  refused([](auto& r) { r.clear_wording_version(); }, Reason::kFieldMissing, "wording_version");
  refused([](auto& r) { r.mutable_decisions(0)->clear_channel(); }, Reason::kFieldMissing,
          "decisions[0].channel");
  EXPECT_EQ(Count("ledger.request"), requests);
  EXPECT_EQ(Count("gratis_members.consent"), 0);
}

TEST_F(ConsentServiceTest, TheEnginesOwnServicesAskForManyAtOnce) {
  const std::string ann = Enrolled("ann");
  const std::string bob = Enrolled("bob");
  v1::BatchRecordConsentsRequest batch;
  *batch.add_requests() = Said("r1", ann, kMarketing, kEmail, kGranted);
  *batch.add_requests() = Said("r2", bob, kMarketing, kEmail, kGranted);
  *batch.add_requests() = Said("r3", bob, kMarketing, kNoChannel, kWithdrawn);
  *batch.add_requests() = Said("r4", "mem_x", kMarketing, kEmail, kGranted);
  v1::BatchRecordConsentsResponse results;
  ASSERT_EQ(Call("import", &Consent::BatchRecordConsents, batch, results), absl::OkStatus());
  ASSERT_THAT(results.results(), SizeIs(4));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(results.results(i).has_response()) << i;
  EXPECT_EQ(ReasonOf(rpc::FromProto(results.results(3).status().error())), Reason::kInvalidId);

  v1::BatchGetConsentsRequest many;
  const std::string stranger = "mem_00000000000000000000000001";
  for (const std::string& id : {bob, stranger, ann, ann}) many.add_member_ids(id);
  v1::BatchGetConsentsResponse answer;
  ASSERT_EQ(Call("service", &Consent::BatchGetConsents, many, answer), absl::OkStatus());
  ASSERT_THAT(answer.members(), SizeIs(4));
  EXPECT_EQ(answer.members(0).member_id(), bob);
  EXPECT_THAT(answer.members(0).consents(), SizeIs(6));
  for (const auto& consent : answer.members(0).consents()) EXPECT_EQ(consent.state(), kWithdrawn);
  EXPECT_EQ(answer.members(1).member_id(), stranger);
  EXPECT_THAT(answer.members(1).consents(), IsEmpty());
  EXPECT_THAT(answer.members(2).consents(), SizeIs(1));
  EXPECT_EQ(answer.members(2).consents(0).state(), kGranted);
  EXPECT_THAT(answer.members(3).consents(), SizeIs(1));

  while (many.member_ids_size() <= 1000) many.add_member_ids(ann);
  EXPECT_EQ(ReasonOf(Call("service", &Consent::BatchGetConsents, many, answer)),
            Reason::kBatchTooLarge);
  EXPECT_EQ(ReasonOf(Call("marketing", &Consent::BatchGetConsents, many, answer)),
            Reason::kRoleNotAllowed);
}

}  // namespace
}  // namespace gratis::members
