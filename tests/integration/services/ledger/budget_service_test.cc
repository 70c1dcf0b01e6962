#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/services/ledger/gift_house.h"

namespace gratis::ledger_service {
namespace {

using ::testing::ElementsAre;

class Budgets : public GiftHouse {
 protected:
  // Gives the member points from a budget, as any service's gift does.
  absl::Status Give(const std::string& member, const BudgetId& budget, int64_t points,
                    TransactionId transaction) {
    return Do(
        [&](ledger::Books& books) {
          const MemberId id = *MemberId::Parse(member);
          return ledger::Earn(books, {.posting = {.kind = ledger::FactKind::kEarn,
                                                  .transaction = transaction,
                                                  .member = id,
                                                  .unit = ledger::kPointsUnit,
                                                  .effective_at = Now(),
                                                  .source = "",
                                                  .detail = ""},
                                      .points = points,
                                      .origin = ledger::Origin::kGiven,
                                      .available_at = absl::InfinitePast(),
                                      .expires_at = {},
                                      .budget = budget,
                                      .about = {}});
        },
        member);
  }
  TransactionId NewTransaction(const std::string& member) {
    return ledger::Beside(program_, *MemberId::Parse(member), TransactionId{ids_.Next(Now())});
  }
};

TEST_F(Budgets, AreMadeAndChangedByCode) {
  const auto made = SetBudget("summer-2027", 500, "");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(BudgetId::Parse(made->budget().budget_id()).ok());
  EXPECT_EQ(made->budget().unit(), "points");
  EXPECT_EQ(made->budget().limit(), 500);
  EXPECT_EQ(made->budget().spent(), 0);
  EXPECT_EQ(made->budget().remaining(), 500);
  EXPECT_TRUE(made->has_recorded_at());
  const auto changed = SetBudget("summer-2027", 700, "");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->budget().budget_id(), made->budget().budget_id());
  EXPECT_EQ(Budget("summer-2027").SerializeAsString(), changed->budget().SerializeAsString());
  v1::GetBudgetRequest by_id;
  by_id.set_budget_id(made->budget().budget_id());
  const auto found = Call(&v1::BudgetService::Stub::GetBudget, by_id, marketing_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->budget().limit(), 700);
  database_.Execute(
      "DO $$ BEGIN ASSERT (SELECT count(*) FROM ledger.journal WHERE kind = 70) = 2; END $$");
  ExpectSoundBooks();
}

TEST_F(Budgets, KeepTheirUnit) {
  ASSERT_TRUE(SetBudget("mugs", 5, "voucher-uses").ok());
  EXPECT_THAT(SetBudget("mugs", 6, "points"), FailsWith(Reason::kBudgetExists));
  EXPECT_THAT(SetBudget("cups", 6, "thanks"), FailsWith(Reason::kUnitNotFound));
  ASSERT_TRUE(SetBudget("mugs", 6, "").ok());
  EXPECT_EQ(Budget("mugs").unit(), "voucher-uses");
  // A voucher of money is not paid for by a budget of uses.
  v1::IssueVoucherRequest request = MoneyOf(1);
  request.set_budget_id(Budget("mugs").budget_id());
  EXPECT_THAT(Issue(request), FailsWith(Reason::kBudgetNotFound));
}

TEST_F(Budgets, TheLimitIsNeverBelowWhatWasGiven) {
  ASSERT_TRUE(SetBudget("gestures", 1000, "voucher-money").ok());
  v1::IssueVoucherRequest request = MoneyOf(600);
  request.set_budget_id(Budget("gestures").budget_id());
  ASSERT_TRUE(Issue(request).ok());
  const auto lower = SetBudget("gestures", 599, "");
  EXPECT_THAT(lower, FailsWith(Reason::kBudgetBelowSpent));
  EXPECT_EQ(MetadataOf(lower.status()), (Metadata{{"spent", "600"}}));
  EXPECT_EQ(FieldOf(lower.status()), "limit");
  const auto exact = SetBudget("gestures", 600, "");
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ(exact->budget().remaining(), 0);
  request.set_request_id(NextRequestId());
  *request.mutable_fixed() = Usd(1);
  const auto refused = Issue(request);
  EXPECT_THAT(refused, FailsWith(Reason::kBudgetExhausted));
  EXPECT_EQ(MetadataOf(refused.status()), (Metadata{{"remaining", "0"}}));
  ASSERT_TRUE(SetBudget("gestures", 601, "").ok());
  EXPECT_TRUE(Issue(request).ok());
  EXPECT_EQ(Budget("gestures").spent(), 601);
  ExpectSoundBooks();
}

TEST_F(Budgets, ARetryMakesNoSecondChange) {
  v1::SetBudgetRequest request;
  request.set_request_id(NextRequestId());
  request.set_code("mugs");
  request.set_limit(5);
  const auto first = Call(&v1::BudgetService::Stub::SetBudget, request, marketing_);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(SetBudget("mugs", 9, "").ok());
  const auto again = Call(&v1::BudgetService::Stub::SetBudget, request, marketing_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(replayed_);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Budget("mugs").limit(), 9);
  request.set_limit(6);
  EXPECT_THAT(Call(&v1::BudgetService::Stub::SetBudget, request, marketing_),
              FailsWith(Reason::kRequestIdReused));
}

TEST_F(Budgets, ValidateOnlyMakesNone) {
  v1::SetBudgetRequest request;
  request.set_request_id(NextRequestId());
  request.set_code("mugs");
  request.set_limit(5);
  request.set_validate_only(true);
  const auto would = Call(&v1::BudgetService::Stub::SetBudget, request, marketing_);
  ASSERT_TRUE(would.ok()) << would.status();
  EXPECT_EQ(would->budget().budget_id(), "");
  EXPECT_EQ(would->budget().limit(), 5);
  EXPECT_FALSE(would->has_recorded_at());
  v1::GetBudgetRequest by_code;
  by_code.set_code("mugs");
  EXPECT_THAT(Call(&v1::BudgetService::Stub::GetBudget, by_code, marketing_),
              FailsWith(Reason::kBudgetNotFound));
  ASSERT_TRUE(SetBudget("mugs", 5, "").ok());
  request.set_limit(3);
  const auto lower = Call(&v1::BudgetService::Stub::SetBudget, request, marketing_);
  ASSERT_TRUE(lower.ok()) << lower.status();
  EXPECT_EQ(lower->budget().limit(), 3);
  EXPECT_EQ(Budget("mugs").limit(), 5);
}

TEST_F(Budgets, BadRequestsAreNamedWithTheirField) {
  EXPECT_EQ(FieldOf(SetBudget("", 1, "").status()), "code");
  EXPECT_EQ(FieldOf(SetBudget("Mugs", 1, "").status()), "code");
  EXPECT_EQ(FieldOf(SetBudget("mugs", -1, "").status()), "limit");
  v1::GetBudgetRequest request;
  EXPECT_THAT(Call(&v1::BudgetService::Stub::GetBudget, request, marketing_),
              FailsWith(Reason::kFieldMissing));
  request.set_budget_id("bgt_x");
  EXPECT_THAT(Call(&v1::BudgetService::Stub::GetBudget, request, marketing_),
              FailsWith(Reason::kInvalidId));
  request.set_budget_id(BudgetId{ids_.Next(Now())}.ToString());
  EXPECT_THAT(Call(&v1::BudgetService::Stub::GetBudget, request, marketing_),
              FailsWith(Reason::kBudgetNotFound));
}

TEST_F(Budgets, AreListedByCodeInPagesAndForTheirProgramOnly) {
  for (const char* code : {"delta", "alpha", "echo", "charlie", "bravo"}) {
    ASSERT_TRUE(SetBudget(code, 1, "").ok());
  }
  v1::ListBudgetsRequest request;
  request.set_page_size(2);
  std::vector<std::string> codes;
  for (int page = 0; page < 3; ++page) {
    const auto listed = Call(&v1::BudgetService::Stub::ListBudgets, request, marketing_);
    ASSERT_TRUE(listed.ok()) << listed.status();
    for (const v1::Budget& budget : listed->budgets()) codes.push_back(budget.code());
    EXPECT_EQ(listed->next_page_token().empty(), page == 2);
    request.set_page_token(listed->next_page_token());
  }
  EXPECT_THAT(codes, ElementsAre("alpha", "bravo", "charlie", "delta", "echo"));
  NewProgram("other");
  const auto foreign =
      Call(&v1::BudgetService::Stub::ListBudgets, v1::ListBudgetsRequest(), admin_, "other");
  ASSERT_TRUE(foreign.ok()) << foreign.status();
  EXPECT_EQ(foreign->budgets_size(), 0);
}

TEST_F(Budgets, OneIsMadeHoweverManyWantIt) {
  std::vector<std::thread> threads;
  std::vector<std::string> ids(12);
  std::vector<v1::SetBudgetRequest> wishes(12);
  for (size_t i = 0; i < wishes.size(); ++i) {
    wishes[i].set_request_id(NextRequestId());
    wishes[i].set_code("mugs");
    wishes[i].set_limit(static_cast<int64_t>(100 + i));
  }
  for (size_t i = 0; i < wishes.size(); ++i) {
    threads.emplace_back([&, i] {
      v1::BudgetService::Stub stub(server_->InProcessChannel(rpc::KeyAuthorization(marketing_)));
      grpc::ClientContext context;
      v1::SetBudgetResponse response;
      const grpc::Status status = stub.SetBudget(&context, wishes[i], &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      ids[i] = response.budget().budget_id();
    });
  }
  for (std::thread& thread : threads) thread.join();
  const v1::Budget last = Budget("mugs");
  for (const std::string& id : ids) EXPECT_EQ(id, last.budget_id());
  ExpectSoundBooks();
}

TEST_F(Budgets, WhatIsChangedBehindTheBooksIsFound) {
  ASSERT_TRUE(SetBudget("mugs", 5, "voucher-uses").ok());
  ASSERT_TRUE(SetBudget("mugs", 7, "").ok());
  ExpectSoundBooks();
  const std::pair<std::string, std::string> kChanges[] = {
      {"UPDATE ledger.budget SET limit_points = 8", "UPDATE ledger.budget SET limit_points = 7"},
      {"UPDATE ledger.budget SET unit = 1", "UPDATE ledger.budget SET unit = 101"},
      {"UPDATE ledger.budget SET code = 'cups'", "UPDATE ledger.budget SET code = 'mugs'"},
      {"UPDATE ledger.budget SET spent = 1", "UPDATE ledger.budget SET spent = 0"},
      {"INSERT INTO ledger.budget SELECT program, gen_random_uuid(), 'cups', unit, 7, 0 FROM "
       "ledger.budget",
       "DELETE FROM ledger.budget WHERE code = 'cups'"},
      {"DELETE FROM ledger.budget", ""},
  };
  for (const auto& [change, back] : kChanges) {
    database_.Execute(change);
    EXPECT_THAT(Damages(), ElementsAre(::testing::HasSubstr("budget"))) << change;
    if (back.empty()) break;
    database_.Execute(back);
    ExpectSoundBooks();
  }
}

// Twenty gifts are left, and twice as many are given at once, to members of all partitions: twenty
// are, and not one more.
TEST_F(Budgets, TheLastGiftThatFitsIsGivenAndTheNextIsNot) {
  ASSERT_TRUE(SetBudget("mugs", 20, "voucher-uses").ok());
  std::vector<v1::IssueVoucherRequest> requests;
  for (int i = 0; i < 40; ++i) {
    v1::IssueVoucherRequest request;
    request.set_request_id(NextRequestId());
    request.set_member_id(i % 4 == 0 ? NewMember("demo") : member_);
    request.set_item("mug");
    request.set_budget_id(Budget("mugs").budget_id());
    requests.push_back(request);
  }
  const auto outcomes = IssueAtOnce(requests);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), std::nullopt), 20);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Reason::kBudgetExhausted), 20);
  EXPECT_EQ(Budget("mugs").spent(), 20);
  EXPECT_EQ(Budget("mugs").remaining(), 0);
  requests.front().set_request_id(NextRequestId());
  EXPECT_THAT(Issue(requests.front()), FailsWith(Reason::kBudgetExhausted));
  ExpectSoundBooks();
}

TEST_F(Budgets, PointsAreGivenToTheLastOneAndWhatIsReversedComesBack) {
  ASSERT_TRUE(SetBudget("welcome", 200, "points").ok());
  const BudgetId budget = *BudgetId::Parse(Budget("welcome").budget_id());
  std::vector<std::string> members;
  for (int i = 0; i < 8; ++i) members.push_back(NewMember("demo"));
  std::vector<std::vector<TransactionId>> given(members.size());
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (size_t i = 0; i < members.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n) {
        const TransactionId transaction = NewTransaction(members[i]);
        const absl::Status status = Give(members[i], budget, 10, transaction);
        if (status.ok()) {
          given[i].push_back(transaction);
        } else {
          EXPECT_EQ(ReasonOf(status), Reason::kBudgetExhausted);
          ++refused;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 20);
  EXPECT_EQ(Budget("welcome").spent(), 200);

  const size_t one = static_cast<size_t>(
      std::find_if(given.begin(), given.end(), [](const auto& mine) { return !mine.empty(); }) -
      given.begin());
  ASSERT_EQ(Do(
                [&](ledger::Books& books) {
                  return ledger::Reverse(books,
                                         {.posting = {.kind = ledger::FactKind::kEarnReversed,
                                                      .transaction = NewTransaction(members[one]),
                                                      .member = *MemberId::Parse(members[one]),
                                                      .unit = ledger::kPointsUnit,
                                                      .effective_at = Now(),
                                                      .source = "",
                                                      .detail = ""},
                                          .undone = given[one].front(),
                                          .points = 7,
                                          .clawback = {}})
                      .status();
                },
                members[one]),
            absl::OkStatus());
  EXPECT_EQ(Budget("welcome").spent(), 193);
  EXPECT_EQ(ReasonOf(Give(member_, budget, 8, NewTransaction(member_))), Reason::kBudgetExhausted);
  EXPECT_EQ(Give(member_, budget, 7, NewTransaction(member_)), absl::OkStatus());
  EXPECT_EQ(Budget("welcome").remaining(), 0);
  ExpectSoundBooks();
}

}  // namespace
}  // namespace gratis::ledger_service
