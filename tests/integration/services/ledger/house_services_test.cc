#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "tests/integration/services/ledger/ledger_house.h"

// Programs, keys and clocks.
namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;

class Programs : public LedgerHouse {
 protected:
  v1::CreateProgramRequest Wish(const std::string& code) {
    v1::CreateProgramRequest request;
    request.set_request_id(NextRequestId());
    request.set_code(code);
    return request;
  }
  auto Create(const v1::CreateProgramRequest& request) {
    return Call(&v1::ProgramService::Stub::CreateProgram, request, admin_);
  }
  auto Get(const std::string& code, const std::string& key) {
    v1::GetProgramRequest request;
    request.set_code(code);
    return Call(&v1::ProgramService::Stub::GetProgram, request, key);
  }
};

TEST_F(Programs, AreMadeWithTheirPartitions) {
  v1::CreateProgramRequest request = Wish("coffee");
  request.set_display_name("Café");
  request.set_currency_code("CHF");
  request.set_time_zone("Europe/Zurich");
  request.set_partition_count(3);
  const auto made = Create(request);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto found = Get("coffee", admin_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->program().SerializeAsString(), made->program().SerializeAsString());
  EXPECT_EQ(found->program().display_name(), "Café");
  EXPECT_EQ(found->program().partition_count(), 3);
  NewProgram("tea");
  const ledger::Program coffee = Find("coffee");
  const ledger::Program tea = Find("tea");
  EXPECT_EQ(tea.number, coffee.number + 1);
  EXPECT_EQ(tea.first_partition, coffee.last_partition() + 1);
}

TEST_F(Programs, ACodeIsTakenOnceHoweverManyWantIt) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  std::vector<v1::CreateProgramRequest> wishes;
  for (int i = 0; i < 12; ++i) wishes.push_back(Wish(i % 2 == 0 ? "coffee" : "tea"));
  for (const v1::CreateProgramRequest& wish : wishes) {
    threads.emplace_back([&] {
      v1::ProgramService::Stub stub(server_->InProcessChannel(rpc::KeyAuthorization(admin_)));
      grpc::ClientContext context;
      v1::CreateProgramResponse response;
      const grpc::Status status = stub.CreateProgram(&context, wish, &response);
      if (status.ok()) {
        ++made;
      } else {
        EXPECT_EQ(ReasonOf(rpc::FromGrpc(status)), Reason::kProgramExists);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 2);
  EXPECT_NE(Find("coffee").first_partition, Find("tea").first_partition);
  EXPECT_THAT(Create(Wish("coffee")), FailsWith(Reason::kProgramExists));
}

TEST_F(Programs, TheHouseIsNotOneOfThem) {
  EXPECT_THAT(Create(Wish("house")), FailsWith(Reason::kProgramExists));
  EXPECT_THAT(Get("house", admin_), FailsWith(Reason::kProgramNotFound));
  v1::ListProgramsRequest request;
  EXPECT_EQ(Call(&v1::ProgramService::Stub::ListPrograms, request, admin_)->programs_size(), 0);
}

TEST_F(Programs, ARetryMakesNoSecondOne) {
  const v1::CreateProgramRequest request = Wish("coffee");
  const auto first = Create(request);
  const auto again = Create(request);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
}

TEST_F(Programs, ValidateOnlyMakesNone) {
  v1::CreateProgramRequest request = Wish("coffee");
  request.set_validate_only(true);
  EXPECT_TRUE(Create(request).ok());
  EXPECT_THAT(Get("coffee", admin_), FailsWith(Reason::kProgramNotFound));
  request.set_currency_code("???");
  EXPECT_THAT(Create(request), FailsWith(Reason::kInvalidCurrency));
}

TEST_F(Programs, ABoundKeySeesItsOwnAndMakesNone) {
  NewProgram("coffee");
  NewProgram("tea");
  const std::string bound = NewKey(house::Role::kAdmin, Find("tea").number);
  EXPECT_TRUE(Get("tea", bound).ok());
  EXPECT_THAT(Get("coffee", bound), FailsWith(Reason::kProgramNotFound));
  const auto listed =
      Call(&v1::ProgramService::Stub::ListPrograms, v1::ListProgramsRequest(), bound);
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->programs_size(), 1);
  EXPECT_EQ(listed->programs(0).code(), "tea");
  EXPECT_THAT(Call(&v1::ProgramService::Stub::CreateProgram, Wish("wine"), bound),
              FailsWith(Reason::kRoleNotAllowed));
}

TEST_F(Programs, AreListedByCodeInPages) {
  for (const char* code : {"delta", "alpha", "echo", "charlie", "bravo"}) NewProgram(code);
  v1::ListProgramsRequest request;
  request.set_page_size(2);
  std::vector<std::string> codes;
  for (int page = 0; page < 3; ++page) {
    const auto listed = Call(&v1::ProgramService::Stub::ListPrograms, request, admin_);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::Program& program : listed->programs()) codes.push_back(program.code());
    EXPECT_EQ(listed->next_page_token().empty(), page == 2);
    request.set_page_token(listed->next_page_token());
  }
  EXPECT_THAT(codes, ElementsAre("alpha", "bravo", "charlie", "delta", "echo"));
}

class Keys : public LedgerHouse {
 protected:
  Keys() {
    NewProgram("coffee");
    NewProgram("tea");
  }

  v1::CreateKeyRequest Wish(type::v1::Role role, const std::string& program) {
    v1::CreateKeyRequest request;
    request.set_request_id(NextRequestId());
    request.set_role(role);
    request.set_program(program);
    request.set_label("till 7");
    return request;
  }
  auto Create(const v1::CreateKeyRequest& request, const std::string& with) {
    return Call(&v1::KeyService::Stub::CreateKey, request, with);
  }
  auto Revoke(const std::string& key_id, const std::string& with) {
    v1::RevokeKeyRequest request;
    request.set_request_id(NextRequestId());
    request.set_key_id(key_id);
    return Call(&v1::KeyService::Stub::RevokeKey, request, with);
  }
  absl::Status Try(const std::string& key, const std::string& code = "") {
    v1::GetProgramRequest request;
    request.set_code(code);
    return Call(&v1::ProgramService::Stub::GetProgram, request, key).status();
  }
  std::set<std::string> Listed(const std::string& with) {
    std::set<std::string> ids;
    v1::ListKeysRequest request;
    request.set_page_size(2);
    do {
      const auto listed = Call(&v1::KeyService::Stub::ListKeys, request, with);
      EXPECT_TRUE(listed.ok()) << listed.status();
      if (!listed.ok()) break;
      for (const v1::Key& key : listed->keys()) EXPECT_TRUE(ids.insert(key.key_id()).second);
      request.set_page_token(listed->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }
};

TEST_F(Keys, AKeyWorksAtOnceAndIsRefusedOnceRevoked) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->key().program(), "coffee");
  EXPECT_EQ(made->key().label(), "till 7");
  EXPECT_EQ(Try(made->secret(), "coffee"), absl::OkStatus());
  const auto revoked = Revoke(made->key().key_id(), admin_);
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->key().has_revoked_at());
  EXPECT_EQ(ReasonOf(Try(made->secret(), "coffee")), Reason::kKeyRevoked);
}

TEST_F(Keys, ARotatedKeyHasTwoSecretsForAsLongAsIsSaid) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  ASSERT_TRUE(made.ok()) << made.status();
  v1::RotateKeyRequest request;
  request.set_request_id(NextRequestId());
  request.set_key_id(made->key().key_id());
  request.set_overlap_seconds(3600);
  const auto rotated = Call(&v1::KeyService::Stub::RotateKey, request, admin_);
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_EQ(rotated->key().generation(), 2);
  EXPECT_EQ(rotated->key().previous_until().seconds() - rotated->key().rotated_at().seconds(),
            3600);
  EXPECT_EQ(Try(made->secret(), "coffee"), absl::OkStatus());
  EXPECT_EQ(Try(rotated->secret(), "coffee"), absl::OkStatus());

  const auto again = Call(&v1::KeyService::Stub::RotateKey, request, admin_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), rotated->SerializeAsString());

  v1::RotateKeyRequest at_once;
  at_once.set_request_id(NextRequestId());
  at_once.set_key_id(made->key().key_id());
  const auto third = Call(&v1::KeyService::Stub::RotateKey, at_once, admin_);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(ReasonOf(Try(made->secret(), "coffee")), Reason::kKeyInvalid);
  EXPECT_EQ(ReasonOf(Try(rotated->secret(), "coffee")), Reason::kKeyInvalid);
  EXPECT_EQ(Try(third->secret(), "coffee"), absl::OkStatus());
}

TEST_F(Keys, AnEndedKeyIsNeitherRotatedNorSet) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  ASSERT_TRUE(Revoke(made->key().key_id(), admin_).ok());
  v1::RotateKeyRequest rotate;
  rotate.set_request_id(NextRequestId());
  rotate.set_key_id(made->key().key_id());
  EXPECT_THAT(Call(&v1::KeyService::Stub::RotateKey, rotate, admin_), FailsWith(Reason::kKeyEnded));
  v1::SetKeyRequest set;
  set.set_request_id(NextRequestId());
  set.set_key_id(made->key().key_id());
  EXPECT_THAT(Call(&v1::KeyService::Stub::SetKey, set, admin_), FailsWith(Reason::kKeyEnded));
}

TEST_F(Keys, ALimitHoldsFromTheMomentItIsSet) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  ASSERT_TRUE(made.ok());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Try(made->secret(), "coffee"), absl::OkStatus());
  v1::SetKeyRequest request;
  request.set_request_id(NextRequestId());
  request.set_key_id(made->key().key_id());
  request.set_label("till 8");
  request.mutable_rate_limit()->set_calls_per_second(1);
  request.mutable_rate_limit()->set_burst_calls(3);
  const auto set = Call(&v1::KeyService::Stub::SetKey, request, admin_);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->key().label(), "till 8");
  EXPECT_EQ(set->key().rate_limit().burst_calls(), 3);
  absl::Status last;
  for (int i = 0; i < 6 && last.ok(); ++i) last = Try(made->secret(), "coffee");
  EXPECT_EQ(ReasonOf(last), Reason::kRateLimited);
  EXPECT_NE(RetryDelayOf(last), std::nullopt);
}

// What is said of keys in the journal names no person.
TEST_F(Keys, LabelsAreNotInTheJournal) {
  v1::CreateKeyRequest wish = Wish(type::v1::ROLE_POS, "coffee");
  wish.set_label("Bea Muster");
  const auto made = Create(wish, admin_);
  v1::SetKeyRequest request;
  request.set_request_id(NextRequestId());
  request.set_key_id(made->key().key_id());
  request.set_label("Carl Muster");
  ASSERT_TRUE(Call(&v1::KeyService::Stub::SetKey, request, admin_).ok());
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM ledger.journal WHERE kind = 7) = 1; "
      "ASSERT NOT EXISTS (SELECT FROM ledger.journal j WHERE position('Muster' IN j::text) > 0); "
      "END $$");
}

TEST_F(Keys, AreListedWithTheHourOfTheirLastUse) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  const auto last_used = [&] {
    const auto listed = Call(&v1::KeyService::Stub::ListKeys, v1::ListKeysRequest(), admin_);
    EXPECT_TRUE(listed.ok()) << listed.status();
    const v1::Key& newest = listed->keys(0);
    EXPECT_EQ(newest.key_id(), made->key().key_id());
    return newest.has_last_used_at() ? newest.last_used_at().seconds() : 0;
  };
  ASSERT_EQ(Try(made->secret(), "coffee"), absl::OkStatus());
  EXPECT_EQ(last_used(), 0);
  house::KeyUse use(keyring_, pool_, clock_);
  ASSERT_TRUE(use.Write(clock_.Now() + absl::Seconds(10)).ok());
  EXPECT_NE(last_used(), 0);
  EXPECT_EQ(last_used() % 3600, 0);
}

TEST_F(Keys, TheSecretIsInEveryReplayAndNowhereInTheDatabase) {
  const v1::CreateKeyRequest request = Wish(type::v1::ROLE_POS, "coffee");
  const auto first = Create(request, admin_);
  const auto again = Create(request, admin_);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  const std::string secret = first->secret().substr(30);  // after gk_, the id and _
  ASSERT_GE(secret.size(), 40u);
  for (const char* table : {"ledger.request", "ledger.journal", "house.api_key"}) {
    database_.Execute(absl::StrCat("DO $$ BEGIN IF EXISTS (SELECT FROM ", table,
                                   " t WHERE position('", secret,
                                   "' IN t::text) > 0"
                                   " OR position(encode('",
                                   secret,
                                   "', 'hex') IN t::text) > 0)"
                                   " THEN RAISE 'the secret is stored'; END IF; END $$"));
  }
}

TEST_F(Keys, RevokingARevokedKeyChangesNothing) {
  const auto made = Create(Wish(type::v1::ROLE_POS, "coffee"), admin_);
  ASSERT_TRUE(made.ok());
  const auto first = Revoke(made->key().key_id(), admin_);
  const auto again = Revoke(made->key().key_id(), admin_);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM ledger.journal WHERE kind = 3) = 1; END $$");
}

TEST_F(Keys, WhatIsAskedForMustBeAKey) {
  EXPECT_THAT(Create(Wish(type::v1::ROLE_SERVICE, "coffee"), admin_),
              FailsWith(Reason::kFieldInvalid));
  EXPECT_THAT(Create(Wish(type::v1::ROLE_UNSPECIFIED, "coffee"), admin_),
              FailsWith(Reason::kFieldInvalid));
  EXPECT_THAT(Create(Wish(static_cast<type::v1::Role>(65'537), "coffee"), admin_),
              FailsWith(Reason::kFieldInvalid));
  EXPECT_THAT(Create(Wish(type::v1::ROLE_POS, ""), admin_), FailsWith(Reason::kFieldMissing));
  EXPECT_THAT(Create(Wish(type::v1::ROLE_POS, "wine"), admin_),
              FailsWith(Reason::kProgramNotFound));
  EXPECT_THAT(Create(Wish(type::v1::ROLE_POS, "house"), admin_),
              FailsWith(Reason::kProgramNotFound));
  EXPECT_THAT(Revoke("key_01hz3v6q5s0000000000000000", admin_), FailsWith(Reason::kKeyNotFound));
  EXPECT_THAT(Revoke("till 7", admin_), FailsWith(Reason::kInvalidId));
}

TEST_F(Keys, ABoundAdminRulesOverItsOwnProgramOnly) {
  const std::string bound = NewKey(house::Role::kAdmin, Find("coffee").number);
  const auto own = Create(Wish(type::v1::ROLE_POS, "coffee"), bound);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT(Create(Wish(type::v1::ROLE_POS, "tea"), bound), FailsWith(Reason::kProgramNotFound));
  EXPECT_THAT(Create(Wish(type::v1::ROLE_ADMIN, ""), bound), FailsWith(Reason::kProgramNotFound));

  const auto foreign = Create(Wish(type::v1::ROLE_POS, "tea"), admin_);
  ASSERT_TRUE(foreign.ok());
  EXPECT_THAT(Revoke(foreign->key().key_id(), bound), FailsWith(Reason::kKeyNotFound));
  EXPECT_THAT(Revoke(house::KeyIdIn(admin_)->ToString(), bound), FailsWith(Reason::kKeyNotFound));
  EXPECT_EQ(Try(foreign->secret(), "tea"), absl::OkStatus());

  EXPECT_EQ(Listed(bound),
            (std::set<std::string>{house::KeyIdIn(bound)->ToString(), own->key().key_id()}));
  EXPECT_EQ(Listed(admin_).size(), 4u);
  EXPECT_TRUE(Revoke(own->key().key_id(), bound).ok());
}

class Clocks : public LedgerHouse {
 protected:
  Clocks() { NewProgram("coffee"); }

  absl::StatusOr<v1::SetClockResponse> Set(absl::Time now) {
    v1::SetClockRequest request;
    request.set_request_id(NextRequestId());
    rpc::SetTime(now, *request.mutable_now());
    return Call(&v1::ClockService::Stub::SetClock, request, admin_, "coffee");
  }
  v1::GetClockResponse Get() {
    const auto clock =
        Call(&v1::ClockService::Stub::GetClock, v1::GetClockRequest(), admin_, "coffee");
    EXPECT_TRUE(clock.ok()) << clock.status();
    return clock.value_or(v1::GetClockResponse());
  }
};

TEST_F(Clocks, AProgramMayLiveThroughItsPast) {
  EXPECT_FALSE(Get().manual());
  EXPECT_TRUE(Get().development());
  const absl::Time start = absl::FromUnixSeconds(852'076'800);  // 1997-01-01
  for (int day = 0; day < 5; ++day) {
    const absl::Time now = start + absl::Hours(24) * day;
    const auto moved = Set(now);
    ASSERT_TRUE(moved.ok()) << moved.status();
    EXPECT_TRUE(Get().manual());
    EXPECT_EQ(Get().now().seconds(), absl::ToUnixSeconds(now));
    const std::string member = NewMember("coffee");
    v1::EarnRequest request;
    request.set_request_id(NextRequestId());
    request.set_member_id(member);
    request.set_points(1);
    const auto earned = Call(&v1::LedgerService::Stub::Earn, request, admin_, "coffee");
    ASSERT_TRUE(earned.ok()) << earned.status();
    EXPECT_EQ(earned->recorded_at().seconds(), absl::ToUnixSeconds(now));
  }
}

TEST_F(Clocks, DoNotGoBackBehindWhatWasRecorded) {
  const absl::Time start = absl::FromUnixSeconds(852'076'800);
  ASSERT_TRUE(Set(start).ok());
  ASSERT_TRUE(Set(start + absl::Hours(48)).ok());
  EXPECT_THAT(Set(start + absl::Hours(47)), FailsWith(Reason::kClockBackwards));
  EXPECT_EQ(Get().now().seconds(), absl::ToUnixSeconds(start + absl::Hours(48)));
  ASSERT_TRUE(Set(start + absl::Hours(48)).ok()) << "to where it stands";
}

TEST_F(Clocks, OneProgramsClockIsNobodyElses) {
  NewProgram("tea");
  ASSERT_TRUE(Set(absl::FromUnixSeconds(852'076'800)).ok());
  const auto tea = Call(&v1::ClockService::Stub::GetClock, v1::GetClockRequest(), admin_, "tea");
  ASSERT_TRUE(tea.ok());
  EXPECT_FALSE(tea->manual());
}

TEST_F(Clocks, BadRequestsAreNamedWithTheirField) {
  v1::SetClockRequest request;
  request.set_request_id(NextRequestId());
  const auto missing = Call(&v1::ClockService::Stub::SetClock, request, admin_, "coffee");
  EXPECT_THAT(missing, FailsWith(Reason::kFieldMissing));
  EXPECT_EQ(FieldOf(missing.status()), "now");
  request.mutable_now()->set_seconds(INT64_MAX);
  EXPECT_THAT(Call(&v1::ClockService::Stub::SetClock, request, admin_, "coffee"),
              FailsWith(Reason::kFieldInvalid));
}

// An instance for real use: the clock is not to be moved.
class RealTime : public Clocks {
 protected:
  house::ProgramClock real_{clock_, pool_, /*development=*/false};
};

TEST_F(RealTime, IsNotMoved) {
  database_.Execute("INSERT INTO house.clock VALUES (2, '1997-01-01')");
  const auto reading = real_.Read(2, clock_.Now() + absl::Seconds(5));
  ASSERT_TRUE(reading.ok());
  EXPECT_FALSE(reading->manual);
  EXPECT_GT(reading->now, clock_.Now() - absl::Minutes(1));
}

}  // namespace
}  // namespace gratis::ledger_service
