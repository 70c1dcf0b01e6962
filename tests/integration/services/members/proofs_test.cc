#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <thread>

#include "common/pg/tx.h"
#include "tests/integration/services/members/till_house.h"

namespace gratis::members {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class ProofsTest : public TillHouse {
 protected:
  std::string Token(const std::string& member, int life_seconds = 0) {
    v1::IssueQrTokenRequest request;
    request.set_member_id(member);
    request.set_life_seconds(life_seconds);
    const auto issued = Call(&ProofStub::IssueQrToken, request);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return issued.ok() ? issued->qr_token() : "";
  }
  absl::StatusOr<std::string> Code(const std::string& member) {
    v1::IssueOneTimeCodeRequest request;
    request.set_member_id(member);
    const auto issued = Call(&ProofStub::IssueOneTimeCode, request);
    if (!issued.ok()) return issued.status();
    return issued->code();
  }
  absl::StatusOr<v1::VerifyOneTimeCodeResponse> Verify(const std::string& member,
                                                       const std::string& code,
                                                       const std::string& key = "gk_till1") {
    v1::VerifyOneTimeCodeRequest request;
    request.set_member_id(member);
    request.set_code(code);
    return Call(&ProofStub::VerifyOneTimeCode, request, key);
  }
  static std::string Other(const std::string& code) {
    return absl::StrCat(code.substr(0, 5), code[5] == '9' ? "0" : std::string(1, code[5] + 1));
  }
  // Whether a till with this proof may see all of a member.
  absl::Status See(const std::string& member, const std::string& proof,
                   const std::string& key = "gk_till1") {
    v1::GetMemberRequest request;
    request.set_member_id(member);
    return Call(&MemberStub::GetMember, request, key, proof).status();
  }
};

TEST_F(ProofsTest, WhatIsSaidOrPrintedIsWeakAndWhatTheAppShowsIsStrong) {
  const std::string ann = NewMember("Ann");
  v1::IdentifyMemberRequest request;
  request.set_email("ann@example.com");
  const auto said = Call(&MemberStub::IdentifyMember, request, "gk_till1");
  ASSERT_TRUE(said.ok()) << said.status();
  EXPECT_EQ(said->proof_strength(), v1::PROOF_STRENGTH_WEAK);
  EXPECT_EQ(Refusal(See(ann, said->proof())), Reason::kProofRequired);

  const auto shown = ByQr(Token(ann));
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->member_id(), ann);
  EXPECT_EQ(shown->greeting_name(), "Ann");
  EXPECT_EQ(shown->proof_strength(), v1::PROOF_STRENGTH_STRONG);
  EXPECT_EQ(See(ann, shown->proof()), absl::OkStatus());

  const auto back_end = Call(&MemberStub::IdentifyMember, request);
  EXPECT_EQ(back_end->proof(), "");
  EXPECT_EQ(See(ann, "", "gk_backend"), absl::OkStatus());
}

TEST_F(ProofsTest, AProofIsOfOneMemberForOneTillAndForTenMinutes) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  const std::string proof = ByQr(Token(ann))->proof();
  EXPECT_EQ(Refusal(See(bob, proof)), Reason::kProofRequired);
  EXPECT_EQ(Refusal(See(ann, proof, "gk_till2")), Reason::kProofRequired);
  EXPECT_EQ(Refusal(See(ann, proof.substr(0, proof.size() - 2))), Reason::kProofRequired);
  EXPECT_EQ(Refusal(See(ann, "")), Reason::kProofRequired);
  gate_.now += absl::Minutes(10) - absl::Seconds(1);
  EXPECT_EQ(See(ann, proof), absl::OkStatus());
  gate_.now += absl::Seconds(1);
  const absl::Status over = See(ann, proof);
  EXPECT_EQ(Refusal(over), Reason::kProofRequired);
  EXPECT_THAT(MetadataOf(over), Contains(Pair("why", "over")));
}

TEST_F(ProofsTest, AQrTokenServesOneTransactionOfOneTill) {
  const std::string ann = NewMember("Ann");
  const std::string token = Token(ann);
  ASSERT_TRUE(ByQr(token, "receipt 1").ok());
  EXPECT_TRUE(ByQr(token, "receipt 1").ok());  // a retry
  EXPECT_EQ(Refusal(ByQr(token, "receipt 2").status()), Reason::kQrTokenUsed);
  EXPECT_EQ(Refusal(ByQr(token, "receipt 1", "gk_till2").status()), Reason::kQrTokenUsed);
  std::string lower = token;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(Refusal(ByQr(lower, "receipt 2").status()), Reason::kQrTokenUsed);
}

TEST_F(ProofsTest, OfTillsThatAreShownOneTokenAtOnceOneTakesIt) {
  const std::string ann = NewMember("Ann");
  for (int round = 0; round < 10; ++round) {
    const std::string token = Token(ann);
    std::atomic<int> taken = 0;
    std::vector<std::thread> tills;
    for (int till = 0; till < 4; ++till) {
      tills.emplace_back([&, till] {
        v1::IdentifyMemberRequest request;
        request.set_qr_token(token);
        request.set_till_transaction(absl::StrCat("receipt ", till));
        MemberStub stub(server_->InProcessChannel({}));
        grpc::ClientContext context;
        context.AddMetadata("authorization", rpc::KeyAuthorization("gk_till1"));
        v1::IdentifyMemberResponse response;
        if (stub.IdentifyMember(&context, request, &response).ok()) ++taken;
      });
    }
    for (std::thread& till : tills) till.join();
    EXPECT_EQ(taken, 1);
  }
}

TEST_F(ProofsTest, AQrTokenIsOverToTheSecondAndLivesAtMostAMinute) {
  const std::string ann = NewMember("Ann");
  gate_.now = absl::FromUnixSeconds(absl::ToUnixSeconds(gate_.now));
  const std::string token = Token(ann, 60);
  gate_.now += absl::Seconds(59);
  EXPECT_TRUE(ByQr(token).ok());
  gate_.now += absl::Seconds(1);
  EXPECT_EQ(Refusal(ByQr(token).status()), Reason::kQrTokenInvalid);
  for (const int life : {29, 61, -1}) {
    v1::IssueQrTokenRequest request;
    request.set_member_id(ann);
    request.set_life_seconds(life);
    EXPECT_EQ(Refusal(Call(&ProofStub::IssueQrToken, request).status()), Reason::kFieldInvalid);
  }
}

TEST_F(ProofsTest, AQrTokenAndAnIdentifierOfAnotherAgreeOnNobody) {
  const std::string ann = NewMember("Ann");
  NewMember("Bob");
  const std::string token = Token(ann);
  v1::IdentifyMemberRequest request;
  request.set_qr_token(token);
  request.set_email("bob@example.com");
  EXPECT_EQ(Refusal(Call(&MemberStub::IdentifyMember, request, "gk_till1").status()),
            Reason::kMemberAmbiguous);
  request.set_email("ann@example.com");  // and the token was not used up
  EXPECT_EQ(Call(&MemberStub::IdentifyMember, request, "gk_till1")->proof_strength(),
            v1::PROOF_STRENGTH_STRONG);
  EXPECT_EQ(Refusal(ByQr("GQ00").status()), Reason::kQrTokenInvalid);
}

TEST_F(ProofsTest, AnIdIsAsGoodAsANameAndAgreesWithWhateverElseIsSaid) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  v1::IdentifyMemberRequest request;
  request.set_member_id(ann);
  const auto named = Call(&MemberStub::IdentifyMember, request, "gk_till1");
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->member_id(), ann);
  EXPECT_EQ(named->proof_strength(), v1::PROOF_STRENGTH_WEAK);
  EXPECT_EQ(Refusal(See(ann, named->proof())), Reason::kProofRequired);
  request.set_email("bob@example.com");
  EXPECT_EQ(Refusal(Call(&MemberStub::IdentifyMember, request, "gk_till1").status()),
            Reason::kMemberAmbiguous);
  request.set_member_id(bob);
  EXPECT_EQ(Call(&MemberStub::IdentifyMember, request, "gk_till1")->member_id(), bob);
  request.set_qr_token(Token(ann));
  EXPECT_EQ(Refusal(Call(&MemberStub::IdentifyMember, request, "gk_till1").status()),
            Reason::kMemberAmbiguous);
  request.Clear();
  request.set_member_id("mem_nobody");
  EXPECT_EQ(Refusal(Call(&MemberStub::IdentifyMember, request, "gk_till1").status()),
            Reason::kInvalidId);
}

TEST_F(ProofsTest, TheRightCodeIsStrongProof) {
  const std::string ann = NewMember("Ann");
  const std::string code = *Code(ann);
  const auto verified = Verify(ann, code);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(See(ann, verified->proof()), absl::OkStatus());
  // Again, if the answer was lost: the proof ends when the first would have.
  gate_.now += absl::Minutes(5);
  const auto again = Verify(ann, code);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->proof_expires_at().seconds(), verified->proof_expires_at().seconds());
  EXPECT_EQ(Refusal(Verify(ann, code, "gk_till2").status()), Reason::kCodeExpired);
}

TEST_F(ProofsTest, FiveTriesAndNotOneMore) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  const std::string code = *Code(ann);
  ASSERT_TRUE(Code(bob).ok());
  for (const char* left : {"4", "3", "2", "1"}) {
    const absl::Status wrong = Verify(ann, Other(code)).status();
    EXPECT_EQ(Refusal(wrong), Reason::kCodeWrong);
    EXPECT_THAT(MetadataOf(wrong), Contains(Pair("tries_left", left)));
  }
  EXPECT_EQ(Refusal(Verify(ann, Other(code)).status()), Reason::kCodeExpired);
  EXPECT_EQ(Refusal(Verify(ann, code).status()), Reason::kCodeExpired);
  EXPECT_EQ(Refusal(Verify(bob, code == "000000" ? "000001" : code).status()), Reason::kCodeWrong);
}

TEST_F(ProofsTest, TriesThatComeAtOnceAreCountedOneByOne) {
  const std::string ann = NewMember("Ann");
  const std::string code = *Code(ann);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> tills;
  for (int till = 0; till < 12; ++till) {
    tills.emplace_back([&] {
      v1::VerifyOneTimeCodeRequest request;
      request.set_member_id(ann);
      request.set_code(Other(code));
      ProofStub stub(server_->InProcessChannel({}));
      grpc::ClientContext context;
      context.AddMetadata("authorization", rpc::KeyAuthorization("gk_till1"));
      v1::VerifyOneTimeCodeResponse response;
      const grpc::Status status = stub.VerifyOneTimeCode(&context, request, &response);
      if (ReasonOf(rpc::FromGrpc(status)) == Reason::kCodeWrong) ++wrong;
    });
  }
  for (std::thread& till : tills) till.join();
  EXPECT_EQ(wrong, 4);
}

TEST_F(ProofsTest, ACodeLivesForTenMinutesAndANewOneTakesItsPlace) {
  const std::string ann = NewMember("Ann");
  const std::string first = *Code(ann);
  std::string second = *Code(ann);
  while (second == first) second = *Code(ann);
  EXPECT_EQ(Refusal(Verify(ann, first).status()), Reason::kCodeWrong);
  gate_.now += absl::Minutes(10) - absl::Seconds(1);
  EXPECT_TRUE(Verify(ann, second).ok());
  gate_.now += absl::Seconds(1);
  EXPECT_EQ(Refusal(Verify(ann, second).status()), Reason::kCodeExpired);
  EXPECT_EQ(Refusal(Verify(ann, "12345").status()), Reason::kFieldInvalid);
}

TEST_F(ProofsTest, FiveCodesAnHourForEachMember) {
  const std::string ann = NewMember("Ann");
  const std::string bob = NewMember("Bob");
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Code(ann).ok());
  EXPECT_EQ(Refusal(Code(ann).status()), Reason::kTooManyCodes);
  EXPECT_TRUE(Code(bob).ok());
  gate_.now += absl::Hours(1);
  EXPECT_TRUE(Code(ann).ok());
}

TEST_F(ProofsTest, OnlyWhoKnowsTheMemberIssues) {
  const std::string ann = NewMember("Ann");
  v1::IssueQrTokenRequest token;
  token.set_member_id(ann);
  v1::IssueOneTimeCodeRequest code;
  code.set_member_id(ann);
  EXPECT_EQ(Refusal(Call(&ProofStub::IssueQrToken, token, "gk_till1").status()),
            Reason::kRoleNotAllowed);
  EXPECT_EQ(Refusal(Call(&ProofStub::IssueOneTimeCode, code, "gk_till1").status()),
            Reason::kRoleNotAllowed);
  token.set_member_id(MemberId{ids_.Next(clock_.Now())}.ToString());
  code.set_member_id(token.member_id());
  EXPECT_EQ(Refusal(Call(&ProofStub::IssueQrToken, token).status()), Reason::kMemberNotFound);
  EXPECT_EQ(Refusal(Call(&ProofStub::IssueOneTimeCode, code).status()), Reason::kMemberNotFound);
}

TEST_F(ProofsTest, NeitherCodesNorTokensAreInTheDatabase) {
  const std::string ann = NewMember("Ann");
  const std::string code = *Code(ann);
  const std::string token = Token(ann);
  ASSERT_TRUE(ByQr(token).ok());
  EXPECT_EQ(Count("gratis_members.one_time_code WHERE position('" + code + "'::bytea in code) > 0"),
            0);
  EXPECT_EQ(Count("gratis_members.used_qr_token AS t WHERE t::text ILIKE '%" + token.substr(2, 16) +
                  "%'"),
            0);
}

TEST_F(ProofsTest, WhatIsOverIsForgotten) {
  const std::string ann = NewMember("Ann");
  ASSERT_TRUE(Code(ann).ok());
  ASSERT_TRUE(ByQr(Token(ann)).ok());
  const auto forget = [&] {
    EXPECT_EQ(proving_.ForgetOver(program_, {gate_.now, Soon()}), absl::OkStatus());
  };
  forget();
  EXPECT_EQ(Count("gratis_members.used_qr_token"), 1);
  EXPECT_EQ(Count("gratis_members.one_time_code"), 1);
  gate_.now += absl::Minutes(11);
  forget();
  EXPECT_EQ(Count("gratis_members.used_qr_token"), 0);
  EXPECT_EQ(Count("gratis_members.one_time_code"), 1);  // it still counts
  gate_.now += absl::Hours(1);
  forget();
  EXPECT_EQ(Count("gratis_members.one_time_code"), 0);
}

TEST_F(ProofsTest, ThePolicyHasVersionsAndIsInTheJournal) {
  EXPECT_EQ(Call(&ProofStub::GetProofPolicy, v1::GetProofPolicyRequest())->policy().version(), 0);
  v1::SetProofPolicyRequest request;
  request.set_request_id("p1");
  request.mutable_policy()->set_weak_limit_points(50);
  const auto first = Call(&ProofStub::SetProofPolicy, request, "gk_admin");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->policy().version(), 1);
  request.set_request_id("p2");
  request.mutable_policy()->set_weak_limit_points(60);
  EXPECT_EQ(Call(&ProofStub::SetProofPolicy, request, "gk_admin")->policy().version(), 2);
  const auto now = Call(&ProofStub::GetProofPolicy, v1::GetProofPolicyRequest(), "gk_till1");
  EXPECT_EQ(now->policy().version(), 2);
  EXPECT_EQ(now->policy().weak_limit_points(), 60);
  EXPECT_EQ(Count("ledger.journal WHERE kind = 17"), 2);

  request.set_request_id("p3");
  EXPECT_EQ(Refusal(Call(&ProofStub::SetProofPolicy, request).status()), Reason::kRoleNotAllowed);
  request.mutable_policy()->set_weak_limit_points(-1);
  EXPECT_EQ(Refusal(Call(&ProofStub::SetProofPolicy, request, "gk_admin").status()),
            Reason::kFieldInvalid);
  request.clear_policy();
  EXPECT_EQ(Refusal(Call(&ProofStub::SetProofPolicy, request, "gk_admin").status()),
            Reason::kFieldMissing);
}

}  // namespace
}  // namespace gratis::members
