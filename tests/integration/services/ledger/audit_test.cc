#include <optional>
#include <set>

#include "common/ledger/acts.h"
#include "common/status/macros.h"
#include "gratis/ledger/v1/audit.grpc.pb.h"
#include "tests/integration/services/ledger/ledger_house.h"

// Who did what, and how it was before.
namespace gratis::ledger_service {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Something that another service sets.
class SetElsewhere final : public ledger::Mutation {
 public:
  explicit SetElsewhere(ledger::Fact fact) : fact_(std::move(fact)) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    ledger::Fact fact = fact_;
    fact.effective_at = books.recorded_at();
    RETURN_IF_ERROR(books.Post(std::move(fact)).status());
    return std::string("set");
  }

 private:
  const ledger::Fact fact_;
};

class Audit : public LedgerHouse {
 protected:
  Audit() {
    NewProgram("coffee");
    NewProgram("tea");
  }

  absl::StatusOr<v1::ListActsResponse> List(const v1::ListActsRequest& request,
                                            const std::string& key, const std::string& code = "") {
    return Call(&v1::AuditService::Stub::ListActs, request, key, code);
  }
  std::vector<v1::Act> Acts(const v1::ListActsRequest& request, const std::string& key,
                            const std::string& code = "") {
    const auto listed = List(request, key, code);
    EXPECT_TRUE(listed.ok()) << listed.status();
    if (!listed.ok()) return {};
    return {listed->acts().begin(), listed->acts().end()};
  }

  void SetUnit(const std::string& name, const std::string& code, const std::string& key) {
    v1::SetUnitRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_unit()->set_code("stamps");
    request.mutable_unit()->set_display_name(name);
    const auto set = Call(&v1::UnitService::Stub::SetUnit, request, key, code);
    EXPECT_TRUE(set.ok()) << set.status();
  }
  void Set(ledger::FactKind kind, const std::string& source, const std::string& detail) {
    const ledger::Program coffee = Find("coffee");
    auto setting = std::make_unique<SetElsewhere>(
        ledger::Fact{.kind = kind,
                     .transaction = ledger::TransactionOfProgram(coffee, ids_.Next(clock_.Now())),
                     .member = {},
                     .effective_at = {},
                     .source = source,
                     .detail = detail});
    ledger::Envelope& envelope = setting->envelope;
    envelope.program = coffee;
    envelope.request_id = NextRequestId();
    envelope.fingerprint = "setting";
    envelope.actor = "key_test";
    envelope.now = program_clock_.Now(coffee.number);
    envelope.deadline = clock_.Now() + absl::Seconds(30);
    EXPECT_EQ(poster_->Post(plain_, std::move(setting)).answer.status(), absl::OkStatus());
  }
  void Earn(const std::string& member) {
    v1::EarnRequest request;
    request.set_request_id(NextRequestId());
    request.set_member_id(member);
    request.set_points(10);
    EXPECT_TRUE(Call(&v1::LedgerService::Stub::Earn, request, admin_, "coffee").ok());
  }
  std::string MakeKey(const std::string& program) {
    v1::CreateKeyRequest request;
    request.set_request_id(NextRequestId());
    request.set_role(type::v1::ROLE_AUDITOR);
    request.set_program(program);
    request.set_label("Bea, office");
    const auto made = Call(&v1::KeyService::Stub::CreateKey, request, admin_);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->key().key_id() : "";
  }
};

TEST_F(Audit, ASettingIsShownWithWhoSetItAndHowItWas) {
  const std::string key = NewKey(house::Role::kAdmin, Find("coffee").number);
  SetUnit("Stamp", "coffee", admin_);
  SetUnit("Sticker", "", key);
  const std::vector<v1::Act> acts = Acts({}, key);
  ASSERT_EQ(acts.size(), 2U);
  const v1::Act& newest = acts[0];
  EXPECT_EQ(newest.entry().kind(), v1::ENTRY_KIND_UNIT_SET);
  EXPECT_EQ(newest.entry().actor(), house::KeyIdIn(key)->ToString());
  EXPECT_EQ(newest.actor_label(), "test");
  EXPECT_EQ(newest.actor_role(), type::v1::ROLE_ADMIN);
  EXPECT_THAT(newest.before(), HasSubstr("\"Stamp\""));
  EXPECT_THAT(newest.entry().detail(), HasSubstr("\"Sticker\""));
  EXPECT_EQ(acts[1].before(), "");
  EXPECT_EQ(newest.network(), "here");
}

TEST_F(Audit, EachThingThatIsSetIsShownAsItWasItselfAndNotAsAnotherOfItsKind) {
  struct Step {
    ledger::FactKind kind;
    std::string source;
    std::string detail;
    std::string before;
  };
  using Kind = ledger::FactKind;
  const std::vector<Step> steps = {
      {Kind::kTriggerSet, "lucky", R"({"template":"note","points":1})", ""},
      {Kind::kTriggerSet, "trigger limits", R"({"most":1})", ""},
      {Kind::kTriggerSet, "other", R"({"template":"note","points":2})", ""},
      {Kind::kTriggerSet, "lucky", R"({"template":"card","points":3})",
       R"({"template":"note","points":1})"},
      {Kind::kTriggerSet, "trigger limits", R"({"most":2})", R"({"most":1})"},
      {Kind::kTemplateSet, "template", R"({"template":"note","template_version":1})", ""},
      {Kind::kTemplateSet, "template", R"({"template":"card","template_version":1})", ""},
      {Kind::kTemplateSet, "template", R"({"template":"note","template_version":2})",
       R"({"template":"note","template_version":1})"},
      {Kind::kSubscriptionSet, "whk_1", R"({"paused":false})", ""},
      {Kind::kSubscriptionSet, "whk_2", R"({"paused":false})", ""},
      {Kind::kSubscriptionSet, "whk_1", R"({"paused":true})", R"({"paused":false})"},
      {Kind::kSuppressionSet, "sup_1", R"({"on":true})", ""},
      {Kind::kSuppressionSet, "sup_2", R"({"on":true})", ""},
      {Kind::kSuppressionSet, "sup_1", R"({"on":false})", R"({"on":true})"},
  };
  for (const Step& step : steps) Set(step.kind, step.source, step.detail);

  v1::ListActsRequest request;
  request.add_kinds(v1::ENTRY_KIND_TRIGGER_SET);
  request.add_kinds(v1::ENTRY_KIND_TEMPLATE_SET);
  request.add_kinds(v1::ENTRY_KIND_SUBSCRIPTION_SET);
  request.add_kinds(v1::ENTRY_KIND_SUPPRESSION_SET);
  const std::vector<v1::Act> acts = Acts(request, admin_, "coffee");
  ASSERT_EQ(acts.size(), steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    const v1::Act& act = acts[steps.size() - 1 - i];
    EXPECT_EQ(act.entry().source(), steps[i].source);
    EXPECT_EQ(act.entry().detail(), steps[i].detail);
    EXPECT_EQ(act.before(), steps[i].before) << steps[i].source << steps[i].detail;
  }
}

TEST_F(Audit, OfWhatHappensEveryDayOnlyWhatStaffDidIsShownWithHowItWas) {
  using Kind = ledger::FactKind;
  struct Step {
    Kind kind;
    std::string source;
    std::string detail;
    std::optional<std::string> before;  // nothing: it is no act
  };
  const std::vector<Step> steps = {
      {Kind::kMemberUpdated, "", R"({"changed":["phone"]})", std::nullopt},
      {Kind::kMemberUpdated, ledger::kStaffSource,
       R"({"changed":["phone"],"before":{"phone":"set"},"after":{"phone":"changed"}})",
       R"({"phone": "set"})"},
      {Kind::kMemberUpdated, ledger::kStaffSource, R"({"changed":["segments"]})", ""},
      {Kind::kGroupMembershipChanged, "groups", R"({"change":"joined"})", std::nullopt},
      {Kind::kGroupMembershipChanged, ledger::kStaffSource,
       R"({"change":"joined","before":{"change":"invited"}})", R"({"change": "invited"})"},
      {Kind::kGroupChanged, "groups", R"({"change":"created"})", ""},
      {Kind::kGroupChanged, "groups", "", ""},
      {Kind::kGroupChanged, "groups", R"({"change":"perks","perks":3,"before":{"perks":2}})",
       R"({"perks": 2})"},
      {Kind::kMembersExported, "export", R"({"of":"all"})", ""},
      {Kind::kDeliveriesReplayed, "dlv_1", R"({"deliveries":1})", ""},
  };
  std::vector<const Step*> shown;
  for (const Step& step : steps) {
    Set(step.kind, step.source, step.detail);
    if (step.before) shown.insert(shown.begin(), &step);
  }
  const std::vector<v1::Act> acts = Acts({}, NewKey(house::Role::kAuditor, Find("coffee").number));
  ASSERT_EQ(acts.size(), shown.size());
  for (size_t i = 0; i < shown.size(); ++i) {
    EXPECT_EQ(acts[i].entry().kind(), static_cast<int>(shown[i]->kind));
    EXPECT_EQ(acts[i].entry().detail(), shown[i]->detail);
    EXPECT_EQ(acts[i].before(), *shown[i]->before) << shown[i]->detail;
  }
}

TEST_F(Audit, AKeysLimitIsShownAsItWas) {
  v1::SetKeyRequest request;
  request.set_key_id(MakeKey("coffee"));
  request.set_request_id(NextRequestId());
  request.set_label("Bea, office");
  request.mutable_rate_limit()->set_calls_per_second(5);
  ASSERT_TRUE(Call(&v1::KeyService::Stub::SetKey, request, admin_).ok());
  v1::ListActsRequest of_keys;
  of_keys.add_kinds(v1::ENTRY_KIND_KEY_SET);
  const std::vector<v1::Act> acts = Acts(of_keys, admin_, "coffee");
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_THAT(acts[0].before(), HasSubstr("\"calls_per_second\": 0"));
}

TEST_F(Audit, AClockThatIsMovedIsShownWithWhereItStood) {
  const absl::Time there = clock_.Now() + absl::Hours(24);
  for (const absl::Duration ahead : {absl::Hours(0), absl::Hours(24)}) {
    v1::SetClockRequest request;
    request.set_request_id(NextRequestId());
    request.mutable_now()->set_seconds(absl::ToUnixSeconds(there + ahead));
    const auto set = Call(&v1::ClockService::Stub::SetClock, request, admin_, "coffee");
    ASSERT_TRUE(set.ok()) << set.status();
  }
  v1::ListActsRequest clocks;
  clocks.add_kinds(v1::ENTRY_KIND_CLOCK_SET);
  const std::vector<v1::Act> acts = Acts(clocks, admin_, "coffee");
  ASSERT_EQ(acts.size(), 2U);
  const auto day = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
  };
  EXPECT_THAT(acts[0].entry().detail(), HasSubstr(day(there + absl::Hours(24))));
  EXPECT_THAT(acts[0].before(), HasSubstr(day(there)));
  EXPECT_EQ(acts[0].before(), acts[1].entry().detail());
  EXPECT_EQ(acts[1].before(), "");
}

TEST_F(Audit, WhatStaffDoByHandIsShownAndWhatHappensEveryDayIsNot) {
  const std::string member = NewMember("coffee");
  Earn(member);
  v1::AdjustRequest adjust;
  adjust.set_request_id(NextRequestId());
  adjust.set_member_id(member);
  adjust.set_points(5);
  adjust.set_reason("sorry");
  ASSERT_TRUE(Call(&v1::LedgerService::Stub::Adjust, adjust, admin_, "coffee").ok());

  const std::string auditor = NewKey(house::Role::kAuditor, Find("coffee").number);
  v1::ListActsRequest request;
  request.set_member_id(member);
  const std::vector<v1::Act> acts = Acts(request, auditor);
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_EQ(acts[0].entry().kind(), v1::ENTRY_KIND_ADJUSTED);
  EXPECT_EQ(acts[0].entry().source(), "sorry");
  EXPECT_EQ(acts[0].entry().points(), 5);
  EXPECT_EQ(Acts({}, auditor).size(), 1U);
}

TEST_F(Audit, KeysAreAmongTheActsOfTheirProgramAlone) {
  const std::string of_coffee = MakeKey("coffee");
  const std::string of_tea = MakeKey("tea");
  const std::string of_all = MakeKey("");
  const auto subjects = [this](const std::string& key, const std::string& code) {
    std::set<std::string> found;
    for (const v1::Act& act : Acts({}, key, code)) {
      if (act.entry().kind() == v1::ENTRY_KIND_KEY_CREATED) found.insert(act.entry().source());
    }
    return found;
  };
  const std::string bound = NewKey(house::Role::kAuditor, Find("coffee").number);
  EXPECT_EQ(subjects(bound, ""), (std::set<std::string>{of_coffee}));
  EXPECT_EQ(subjects(admin_, "coffee"), (std::set<std::string>{of_coffee, of_all}));
  EXPECT_EQ(subjects(admin_, "tea"), (std::set<std::string>{of_tea, of_all}));
  // So are programs, for whoever is over all of them.
  v1::ListActsRequest programs;
  programs.add_kinds(v1::ENTRY_KIND_PROGRAM_CREATED);
  EXPECT_THAT(Acts(programs, bound), IsEmpty());
  EXPECT_EQ(Acts(programs, admin_, "tea").size(), 2U);
}

TEST_F(Audit, TheHousesOwnActsAreAskedForByItsNameAndPointsAreNot) {
  MakeKey("coffee");
  const std::string of_all = MakeKey("");
  v1::ListActsRequest keys;
  keys.add_kinds(v1::ENTRY_KIND_KEY_CREATED);
  const std::vector<v1::Act> acts = Acts(keys, admin_, "house");
  ASSERT_EQ(acts.size(), 1U);
  EXPECT_EQ(acts[0].entry().source(), of_all);
  EXPECT_THAT(Call(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest(), admin_,
                   "house"),
              FailsWith(Reason::kProgramNotFound));
  v1::SetUnitRequest unit;
  unit.set_request_id(NextRequestId());
  unit.mutable_unit()->set_code("stamps");
  unit.mutable_unit()->set_display_name("Stamp");
  EXPECT_THAT(Call(&v1::UnitService::Stub::SetUnit, unit, admin_, "house"),
              FailsWith(Reason::kProgramNotFound));
}

TEST_F(Audit, FiltersAndPagesLeaveNothingOut) {
  const std::string key = NewKey(house::Role::kAdmin, Find("coffee").number);
  for (int i = 0; i < 7; ++i) SetUnit("Stamp " + std::to_string(i), "coffee", i < 3 ? admin_ : key);
  v1::ListActsRequest request;
  request.set_page_size(2);
  std::vector<std::string> seen;
  do {
    const auto listed = List(request, key);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::Act& act : listed->acts()) seen.push_back(act.entry().transaction_id());
    request.set_page_token(listed->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 7U);

  v1::ListActsRequest by_key;
  by_key.set_actor(house::KeyIdIn(key)->ToString());
  EXPECT_EQ(Acts(by_key, key).size(), 4U);
  const std::vector<v1::Act> all = Acts({}, key);
  v1::ListActsRequest late;
  *late.mutable_recorded_from() = all[2].entry().recorded_at();
  EXPECT_EQ(Acts(late, key).size(), 3U);
  v1::ListActsRequest early;
  *early.mutable_recorded_until() = all[2].entry().recorded_at();
  EXPECT_EQ(Acts(early, key).size(), 4U);
  v1::ListActsRequest kinds;
  kinds.add_kinds(v1::ENTRY_KIND_BUDGET_SET);
  EXPECT_THAT(Acts(kinds, key), IsEmpty());
  kinds.add_kinds(v1::ENTRY_KIND_EARN);
  EXPECT_THAT(List(kinds, key), FailsWith(Reason::kFieldInvalid));
}

TEST_F(Audit, FromWhereIsKeptForActsAloneAndMissedByNoProof) {
  Earn(NewMember("coffee"));
  SetUnit("Stamp", "coffee", admin_);
  database_.Execute(
      "DO $$ BEGIN "
      "ASSERT (SELECT count(*) FROM ledger.act_network JOIN ledger.journal USING (partition, seq) "
      "WHERE kind = 71) = 1; "
      "ASSERT NOT EXISTS (SELECT FROM ledger.act_network JOIN ledger.journal USING (partition, "
      "seq) "
      "WHERE points <> 0); "
      "DELETE FROM ledger.act_network; END $$");
  const std::vector<v1::Act> acts = Acts({}, admin_, "coffee");
  ASSERT_FALSE(acts.empty());
  EXPECT_EQ(acts[0].entry().kind(), v1::ENTRY_KIND_UNIT_SET);
  EXPECT_EQ(acts[0].network(), "");
  v1::VerifyPartitionRequest verify;
  verify.set_partition(Find("coffee").first_partition);
  const auto found = Call(&v1::LedgerService::Stub::VerifyPartition, verify, admin_, "coffee");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->damages(), IsEmpty());
}

// An act outside the index would never be found.
TEST_F(Audit, TheIndexHoldsEveryKindOfAct) {
  std::string kinds;
  for (const ledger::FactKind kind : ledger::ActKinds()) {
    kinds += (kinds.empty() ? "" : ",") + std::to_string(static_cast<int>(kind));
  }
  database_.Execute(
      "DO $$ DECLARE n int; BEGIN "
      "CREATE TEMP TABLE kinds AS SELECT unnest(ARRAY[" +
      kinds +
      "]) AS kind, 'staff'::text AS source; "
      "EXECUTE (SELECT 'SELECT count(*) FROM kinds WHERE NOT (' || "
      "pg_get_expr(indpred, indrelid) || ')' FROM pg_index "
      "WHERE indexrelid = 'ledger.journal_by_act'::regclass) INTO n; "
      "ASSERT n = 0; END $$");
}

}  // namespace
}  // namespace gratis::ledger_service
