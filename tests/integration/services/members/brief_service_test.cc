#include "services/members/brief_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "gratis/members/v1/briefs.grpc.pb.h"
#include "tests/integration/services/members/till_house.h"

namespace gratis::members {
namespace {

using ::testing::UnorderedElementsAre;

class BriefServiceTest : public TillHouse {
 protected:
  BriefServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&brief_service_);
    briefs_server_ = builder.BuildAndStart();
  }
  ~BriefServiceTest() override { briefs_server_->Shutdown(); }

  template <class Req, class Resp>
  absl::StatusOr<Resp> Ask(grpc::Status (v1::BriefService::Stub::*method)(grpc::ClientContext*,
                                                                          const Req&, Resp*),
                           const Req& request, const std::string& key, const std::string& proof) {
    v1::BriefService::Stub stub(briefs_server_->InProcessChannel({}));
    grpc::ClientContext context;
    context.AddMetadata("authorization", rpc::KeyAuthorization(key));
    if (!proof.empty()) context.AddMetadata(rpc::kProofKey, proof);
    Resp response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }

  absl::StatusOr<v1::GetBriefResponse> ById(const std::string& member, const std::string& key,
                                            const std::string& proof = "") {
    v1::GetBriefRequest request;
    request.set_member_id(member);
    return Ask(&v1::BriefService::Stub::GetBrief, request, key, proof);
  }
  absl::StatusOr<v1::GetBriefResponse> ByEmail(const std::string& email, const std::string& key,
                                               const std::string& token = "",
                                               const std::string& proof = "") {
    v1::GetBriefRequest request;
    request.mutable_identify()->set_email(email);
    request.mutable_identify()->set_qr_token(token);
    return Ask(&v1::BriefService::Stub::GetBrief, request, key, proof);
  }
  absl::StatusOr<v1::ListTimelineResponse> Timeline(const std::string& member,
                                                    const std::string& key,
                                                    const std::string& proof = "", int size = 0,
                                                    const std::string& token = "") {
    v1::ListTimelineRequest request;
    request.set_member_id(member);
    request.set_page_size(size);
    request.set_page_token(token);
    return Ask(&v1::BriefService::Stub::ListTimeline, request, key, proof);
  }
  std::string Token(const std::string& member) {
    v1::IssueQrTokenRequest request;
    request.set_member_id(member);
    const auto issued = Call(&ProofStub::IssueQrToken, request);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? issued->qr_token() : "";
  }

  // Names of the fields that an answer has.
  static std::set<std::string> Told(const google::protobuf::Message& message) {
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    std::set<std::string> names;
    for (const auto* field : fields) names.insert(field->name());
    return names;
  }

  Briefs briefs_{members_, vault_, pool_, clock_};
  BriefService brief_service_{shell_, members_, proving_, briefs_, proposing_};
  std::unique_ptr<grpc::Server> briefs_server_;
};

TEST_F(BriefServiceTest, AShopIsToldAllOfItByWhateverFindsThem) {
  const std::string ann = NewMember("Ann");
  for (const auto& brief : {ById(ann, "gk_backend"), ByEmail("ann@example.com", "gk_support")}) {
    ASSERT_TRUE(brief.ok()) << brief.status();
    EXPECT_TRUE(brief->full());
    EXPECT_EQ(brief->member().member_id(), ann);
    EXPECT_EQ(brief->member().greeting_name(), "Ann");
    EXPECT_EQ(brief->member().proof(), "");
    EXPECT_EQ(brief->sentence().text(), "A member since today.");
    EXPECT_EQ(brief->balances_size(), 1);
    EXPECT_EQ(brief->suggestions(0).kind(), v1::SUGGESTION_KIND_WELCOME);
  }
  EXPECT_EQ(Refusal(ByEmail("nobody@example.com", "gk_backend").status()), Reason::kMemberNotFound);
  EXPECT_EQ(Refusal(ById("", "gk_backend").status()), Reason::kFieldMissing);
}

TEST_F(BriefServiceTest, IdentifiersOfTwoProposeThemToBeMerged) {
  const std::string ann = NewMember("Ann");
  v1::EnrollMemberRequest bob;
  bob.set_request_id(NextRequestId());
  bob.mutable_profile()->set_phone("+41446681800");
  ASSERT_TRUE(Call(&MemberStub::EnrollMember, bob).ok());
  v1::GetBriefRequest request;
  request.mutable_identify()->set_email("ann@example.com");
  request.mutable_identify()->set_phone("+41446681800");
  EXPECT_EQ(Refusal(Ask(&v1::BriefService::Stub::GetBrief, request, "gk_till1", "").status()),
            Reason::kMemberAmbiguous);
  EXPECT_EQ(Count("gratis_members.proposed_merge"), 1);
}

TEST_F(BriefServiceTest, ATillWithAWeakProofGreetsAndIsToldNoMore) {
  const std::string ann = NewMember("Ann");
  const auto said = ByEmail("ann@example.com", "gk_till1");
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_THAT(Told(*said), UnorderedElementsAre("member", "sentence", "as_of"));
  EXPECT_EQ(said->member().greeting_name(), "Ann");
  EXPECT_EQ(said->member().proof_strength(), v1::PROOF_STRENGTH_WEAK);
  EXPECT_EQ(said->sentence().text(), "A member since today.");

  const std::string weak = said->member().proof();
  const auto again = ById(ann, "gk_till1", weak);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(Told(*again), UnorderedElementsAre("member", "sentence", "as_of"));
  // It is another till's, or none at all, or over.
  EXPECT_EQ(Refusal(ById(ann, "gk_till2", weak).status()), Reason::kProofRequired);
  EXPECT_EQ(Refusal(ById(ann, "gk_till1").status()), Reason::kProofRequired);
  EXPECT_EQ(Refusal(Timeline(ann, "gk_till1", weak).status()), Reason::kProofRequired);
  gate_.now += absl::Minutes(11);
  EXPECT_EQ(Refusal(ById(ann, "gk_till1", weak).status()), Reason::kProofRequired);
}

TEST_F(BriefServiceTest, ATillThatIsShownTheQrCodeIsToldAllOfItOnce) {
  const std::string ann = NewMember("Ann");
  const std::string ben = NewMember("Ben");
  const std::string token = Token(ann);
  EXPECT_EQ(Refusal(ByEmail("ben@example.com", "gk_till1", token).status()),
            Reason::kMemberAmbiguous);
  EXPECT_EQ(Count("gratis_members.proposed_merge"), 1) << "they may be one";
  const auto shown = ByEmail("", "gk_till1", token);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_TRUE(shown->full());
  EXPECT_EQ(shown->member().member_id(), ann);
  EXPECT_EQ(shown->member().proof_strength(), v1::PROOF_STRENGTH_STRONG);
  EXPECT_EQ(Refusal(ByEmail("", "gk_till2", token).status()), Reason::kQrTokenUsed);

  const std::string strong = shown->member().proof();
  EXPECT_TRUE(ById(ann, "gk_till1", strong)->full());
  EXPECT_TRUE(ByEmail("ann@example.com", "gk_till1", "", strong)->full());
  EXPECT_TRUE(Timeline(ann, "gk_till1", strong).ok());
  // It proves nothing of anybody else.
  EXPECT_EQ(Refusal(ById(ben, "gk_till1", strong).status()), Reason::kProofRequired);
  EXPECT_FALSE(ByEmail("ben@example.com", "gk_till1", "", strong)->full());
}

TEST_F(BriefServiceTest, ATimelineGoesOnWhereThePageEnded) {
  const std::string ann = NewMember("Ann");
  v1::UpdateMemberRequest change;
  change.set_member_id(ann);
  change.mutable_update_mask()->add_paths("greeting_name");
  for (const char* name : {"Anna", "Annie", "Nan"}) {
    change.set_request_id(NextRequestId());
    change.mutable_profile()->set_greeting_name(name);
    ASSERT_TRUE(Call(&MemberStub::UpdateMember, change).ok());
  }
  const auto first = Timeline(ann, "gk_support", "", 3);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->entries_size(), 3);
  EXPECT_EQ(first->entries(0).text(), "Their profile was changed");
  EXPECT_EQ(first->entries(0).kind(), ledger::v1::ENTRY_KIND_MEMBER_UPDATED);
  const auto second = Timeline(ann, "gk_support", "", 3, first->next_page_token());
  ASSERT_TRUE(second.ok()) << second.status();
  ASSERT_EQ(second->entries_size(), 1);
  EXPECT_EQ(second->entries(0).text(), "Became a member");
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_EQ(
      Refusal(Timeline(NewMember("Ben"), "gk_support", "", 3, first->next_page_token()).status()),
      Reason::kInvalidPageToken);
}

}  // namespace
}  // namespace gratis::members
