#include "common/rpc/let_in.h"

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>

#include "common/rpc/method.h"
#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::rpc {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
const absl::Time kDeadline = kNow + absl::Seconds(30);

ledger::Program MakeProgram(int32_t number, std::string code) {
  ledger::Program program;
  program.number = number;
  program.code = std::move(code);
  return program;
}

class KnownGate final : public Gate {
 public:
  absl::StatusOr<house::KeyRecord> FindKey(std::string_view presented, absl::Time) override {
    const auto found = keys.find(presented);
    if (found == keys.end()) return Error(Reason::kKeyInvalid, "unknown");
    return found->second;
  }
  absl::StatusOr<house::KeyRecord> FindIssuer(const KeyId& key_id, absl::Time) override {
    for (const auto& [text, key] : keys) {
      if (key.key_id == key_id) return key;
    }
    return Error(Reason::kKeyRevoked, "revoked");
  }
  absl::StatusOr<ledger::Program> FindProgram(std::string_view code, absl::Time) override {
    for (const auto& [number, program] : programs) {
      if (program.code == code) return program;
    }
    return Error(Reason::kProgramNotFound, "unknown");
  }
  absl::StatusOr<ledger::Program> FindProgram(int32_t number, absl::Time) override {
    return programs.at(number);
  }
  absl::StatusOr<absl::Time> Now(int32_t program, absl::Time) override {
    return kNow + absl::Hours(program);
  }
  bool AnyMerged() override { return !survivors.empty(); }
  MemberId SurvivorOf(const MemberId& member) override {
    const auto found = survivors.find(member);
    return found == survivors.end() ? member : found->second;
  }

  std::map<std::string, house::KeyRecord, std::less<>> keys;
  std::map<MemberId, MemberId> survivors;
  std::map<int32_t, ledger::Program> programs = {
      {1, MakeProgram(1, "house")}, {2, MakeProgram(2, "demo")}, {3, MakeProgram(3, "other")}};
};

class LetInTest : public ::testing::Test {
 protected:
  LetInTest() {
    AddKey("gk_till", Role::kPos, 2);
    AddKey("gk_auditor", Role::kAuditor, 2);
    AddKey("gk_admin", Role::kAdmin, std::nullopt);
    call_.deadline = kDeadline;
  }

  void AddKey(const std::string& text, Role role, std::optional<int32_t> program) {
    KeyId id;
    id.uuid.bytes[15] = static_cast<uint8_t>(gate_.keys.size() + 1);
    gate_.keys[text] = {.key_id = id, .role = role, .program = program, .label = "test"};
  }

  absl::Status Try(std::string_view key, std::string_view program, Scope scope = Scope::kProgram) {
    authorization_ = key.empty() ? "" : "Bearer " + std::string(key);
    return LetIn({.authorization = authorization_, .program = program, .service = {}}, earn_, scope,
                 gate_, kNow, call_);
  }

  KnownGate gate_;
  Call call_;
  std::string authorization_;
  const Method earn_ = ReadMethod(*ledger::v1::EarnRequest::descriptor()
                                       ->file()
                                       ->FindServiceByName("LedgerService")
                                       ->method(0));
};

TEST_F(LetInTest, AKeyOfAProgramNeedsToNameNone) {
  ASSERT_TRUE(Try("gk_till", "").ok());
  EXPECT_EQ(call_.program.code, "demo");
  EXPECT_EQ(call_.bound_to, 2);
  EXPECT_EQ(call_.role, Role::kPos);
  EXPECT_EQ(call_.actor, gate_.keys.at("gk_till").key_id.ToString());
  EXPECT_EQ(call_.now, kNow + absl::Hours(2));
}

TEST_F(LetInTest, AKeyOfAProgramMayNameItsOwn) { EXPECT_TRUE(Try("gk_till", "demo").ok()); }

TEST_F(LetInTest, AKeyOfAProgramSeesNoOther) {
  EXPECT_EQ(ReasonOf(Try("gk_till", "other")), Reason::kProgramNotFound);
  // One that does not exist cannot be told from one that is another's.
  EXPECT_EQ(Try("gk_till", "other").message(), Try("gk_till", "nowhere").message());
}

TEST_F(LetInTest, AKeyForAllProgramsMustNameOne) {
  EXPECT_EQ(ReasonOf(Try("gk_admin", "")), Reason::kProgramMissing);
  ASSERT_TRUE(Try("gk_admin", "other").ok());
  EXPECT_EQ(call_.program.number, 3);
  EXPECT_EQ(call_.bound_to, std::nullopt);
  EXPECT_EQ(ReasonOf(Try("gk_admin", "nowhere")), Reason::kProgramNotFound);
  EXPECT_EQ(ReasonOf(Try("gk_admin", "\xff")), Reason::kProgramNotFound);
}

TEST_F(LetInTest, CallsAboutTheHouseAreInItsOwnProgram) {
  ASSERT_TRUE(Try("gk_admin", "", Scope::kHouse).ok());
  EXPECT_EQ(call_.program.number, ledger::kHouseProgram);
  ASSERT_TRUE(Try("gk_till", "", Scope::kHouse).ok());
  EXPECT_EQ(call_.program.number, ledger::kHouseProgram);
  EXPECT_EQ(call_.bound_to, 2);
}

TEST_F(LetInTest, TheHouseIsNoProgramWhereItsOwnBooksAreNotMeant) {
  const absl::Status status = Try("gk_admin", "house");
  EXPECT_EQ(ReasonOf(status), Reason::kProgramNotFound);
  ASSERT_TRUE(Try("gk_admin", "house", Scope::kProgramOrHouse).ok());
  EXPECT_EQ(call_.program.number, ledger::kHouseProgram);
  // Where they are, programs are named as ever, and only a key for all programs names the house.
  EXPECT_EQ(ReasonOf(Try("gk_admin", "", Scope::kProgramOrHouse)), Reason::kProgramMissing);
  ASSERT_TRUE(Try("gk_till", "", Scope::kProgramOrHouse).ok());
  EXPECT_EQ(call_.program.code, "demo");
  EXPECT_EQ(ReasonOf(Try("gk_till", "house", Scope::kProgramOrHouse)), Reason::kProgramNotFound);
}

TEST_F(LetInTest, NoKeyAndAnUnknownKeyAreRefused) {
  EXPECT_EQ(ReasonOf(Try("", "demo")), Reason::kKeyMissing);
  EXPECT_EQ(ReasonOf(Try("gk_stranger", "demo")), Reason::kKeyInvalid);
}

TEST_F(LetInTest, ARoleThatTheContractDoesNotNameIsRefused) {
  const absl::Status status = Try("gk_auditor", "");
  EXPECT_EQ(ReasonOf(status), Reason::kRoleNotAllowed);
  EXPECT_EQ(MetadataOf(status), (Metadata{{"role", "auditor"}}));
}

TEST_F(LetInTest, AnAuthorizedServiceHasTheRoleOfAServiceAndNoOther) {
  const Presented presented{.authorization = "", .program = "demo", .service = "birthdays"};
  EXPECT_EQ(ReasonOf(LetIn(presented, earn_, Scope::kProgram, gate_, kNow, call_)),
            Reason::kRoleNotAllowed);
  Method open_to_services = earn_;
  open_to_services.roles = 1U << static_cast<int>(Role::kService);
  ASSERT_TRUE(LetIn(presented, open_to_services, Scope::kProgram, gate_, kNow, call_).ok());
  EXPECT_EQ(call_.actor, "service:birthdays");
  EXPECT_EQ(call_.role, Role::kService);
}

// A member's token that the till's program gave out, and what becomes of it.
class MemberTokenTest : public LetInTest {
 protected:
  MemberTokenTest() {
    AddKey("gk_backend", Role::kBackend, 2);
    token_.member.uuid.bytes[15] = 5;
    token_.program = 2;
    token_.issuer = gate_.keys.at("gk_backend").key_id;
    token_.expires_at = kNow + absl::Minutes(15);
  }

  absl::Status TryToken(std::string_view program = "", absl::Time now = kNow) {
    const Presented presented{
        .authorization = "", .program = program, .service = {}, .token = token_};
    return LetIn(presented, entries_, Scope::kProgram, gate_, now, call_);
  }
  MemberId Other(uint8_t which) const {
    MemberId other = token_.member;
    other.uuid.bytes[0] = which;
    return other;
  }
  absl::Status Names(const std::string& member) {
    ledger::v1::ListEntriesRequest request;
    request.set_member_id(member);
    return CheckMember(request, entries_, gate_, call_);
  }

  MemberToken token_;
  const Method entries_ = ReadMethod(*ledger::v1::EarnRequest::descriptor()
                                          ->file()
                                          ->FindServiceByName("LedgerService")
                                          ->FindMethodByName("ListEntries"));
};

TEST_F(MemberTokenTest, OpensItsProgramAndNoOther) {
  ASSERT_TRUE(TryToken().ok());
  EXPECT_EQ(call_.role, Role::kMember);
  EXPECT_EQ(call_.program.code, "demo");
  EXPECT_EQ(call_.member, token_.member);
  EXPECT_EQ(call_.actor, token_.member.ToString());
  EXPECT_GT(call_.limit.calls_per_second, 0);
  EXPECT_EQ(ReasonOf(TryToken("other")), Reason::kProgramNotFound);
}

TEST_F(MemberTokenTest, EndsAtItsTime) {
  EXPECT_TRUE(TryToken("", token_.expires_at - absl::Seconds(1)).ok());
  EXPECT_EQ(ReasonOf(TryToken("", token_.expires_at)), Reason::kTokenExpired);
}

TEST_F(MemberTokenTest, EndsWithTheKeyThatVouchesForIt) {
  gate_.keys.erase("gk_backend");
  EXPECT_EQ(ReasonOf(TryToken()), Reason::kKeyRevoked);
}

TEST_F(MemberTokenTest, OpensOnlyWhatTheContractOpensToMembers) {
  const Presented presented{.authorization = "", .program = "", .service = {}, .token = token_};
  EXPECT_EQ(ReasonOf(LetIn(presented, earn_, Scope::kProgram, gate_, kNow, call_)),
            Reason::kRoleNotAllowed);
}

TEST_F(MemberTokenTest, IsGoodForItsMemberAlone) {
  ASSERT_TRUE(TryToken().ok());
  EXPECT_EQ(ReasonOf(Names("")), Reason::kMemberNotAllowed);
  EXPECT_EQ(ReasonOf(Names(Other(1).ToString())), Reason::kMemberNotAllowed);
  EXPECT_EQ(Names(token_.member.ToString()), absl::OkStatus());
  Method nameless = entries_;
  nameless.member_id = nullptr;
  ledger::v1::ListEntriesRequest request;
  request.set_member_id(token_.member.ToString());
  EXPECT_EQ(ReasonOf(CheckMember(request, nameless, gate_, call_)), Reason::kMemberNotAllowed);
}

TEST_F(MemberTokenTest, IsGoodForEveryIdOfItsMemberAsLongAsTheyAreMerged) {
  ASSERT_TRUE(TryToken().ok());
  // Two became the token's member; somebody else became another.
  gate_.survivors = {{Other(1), token_.member}, {Other(2), token_.member}, {Other(3), Other(4)}};
  for (const uint8_t mine : {1, 2}) {
    EXPECT_EQ(Names(Other(mine).ToString()), absl::OkStatus()) << int{mine};
  }
  for (const uint8_t others : {3, 4, 5}) {
    EXPECT_EQ(ReasonOf(Names(Other(others).ToString())), Reason::kMemberNotAllowed) << int{others};
  }
  EXPECT_EQ(ReasonOf(Names("mem_x")), Reason::kMemberNotAllowed);
  EXPECT_EQ(ReasonOf(Names("")), Reason::kMemberNotAllowed);
  // The token is the duplicate's, from before the merge.
  gate_.survivors = {{token_.member, Other(1)}, {Other(2), Other(1)}};
  EXPECT_EQ(Names(token_.member.ToString()), absl::OkStatus());
  EXPECT_EQ(Names(Other(1).ToString()), absl::OkStatus());
  EXPECT_EQ(Names(Other(2).ToString()), absl::OkStatus());
  // It was undone.
  gate_.survivors = {{Other(2), Other(1)}};
  EXPECT_EQ(ReasonOf(Names(Other(1).ToString())), Reason::kMemberNotAllowed);
}

TEST(CheckRequest, AsksForARequestIdOnlyWhereTheMessageHasOne) {
  const auto& service =
      *ledger::v1::EarnRequest::descriptor()->file()->FindServiceByName("LedgerService");
  const Method earn = ReadMethod(*service.FindMethodByName("Earn"));
  const Method balance = ReadMethod(*service.FindMethodByName("GetBalance"));
  ledger::v1::EarnRequest request;
  EXPECT_EQ(ReasonOf(CheckRequest(request, earn)), Reason::kRequestIdMissing);
  EXPECT_EQ(RequestIdOf(request, earn), "");
  request.set_request_id("r1");
  EXPECT_TRUE(CheckRequest(request, earn).ok());
  EXPECT_EQ(RequestIdOf(request, earn), "r1");
  request.set_request_id("not\nprintable");
  EXPECT_EQ(RequestIdOf(request, earn), "");
  EXPECT_TRUE(CheckRequest(ledger::v1::GetBalanceRequest(), balance).ok());
}

}  // namespace
}  // namespace gratis::rpc
