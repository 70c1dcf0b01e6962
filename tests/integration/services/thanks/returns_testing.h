#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/budgets.h"
#include "tests/integration/services/thanks/thanks_house.h"

namespace gratis::thanks {

// Spends points, or puts them on hold, as the ledger's service does at a checkout.
class SpendPoints final : public ledger::Mutation {
 public:
  SpendPoints(int64_t points, TransactionId transaction, HoldId hold = {})
      : points_(points), transaction_(transaction), hold_(hold) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const ledger::Posting posting{.kind = ledger::FactKind::kSpend,
                                  .transaction = transaction_,
                                  .member = envelope.member,
                                  .effective_at = envelope.now};
    if (hold_.IsNil()) {
      RETURN_IF_ERROR(ledger::Spend(books, posting, points_));
    } else {
      ledger::Posting holding = posting;
      holding.kind = ledger::FactKind::kHoldPlaced;
      RETURN_IF_ERROR(
          ledger::PlaceHold(
              books, {.posting = holding, .hold = hold_, .points = points_, .life = absl::Hours(1)})
              .status());
    }
    return std::string("spent");
  }

 private:
  const int64_t points_;
  const TransactionId transaction_;
  const HoldId hold_;
};

// Gives a voucher, or uses one, as the ledger's service does: a percentage, or one of so much
// money.
class UseVoucher final : public ledger::Mutation {
 public:
  // `ends`: of one that is given.
  UseVoucher(VoucherId voucher, TransactionId transaction, bool issue, int64_t minor = 0,
             absl::Time ends = absl::InfiniteFuture())
      : voucher_(voucher), transaction_(transaction), issue_(issue), minor_(minor), ends_(ends) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    const ledger::Posting posting{.kind = ledger::FactKind::kVoucherIssued,
                                  .transaction = transaction_,
                                  .member = envelope.member,
                                  .effective_at = envelope.now};
    if (issue_) {
      const ledger::VoucherTerms percentage{.kind = ledger::VoucherKind::kPercentage,
                                            .basis_points = 2'000,
                                            .origin = "thank-you",
                                            .one_live = true};
      RETURN_IF_ERROR(ledger::IssueVoucher(
          books, {.posting = posting,
                  .voucher = voucher_,
                  .terms = minor_ > 0 ? ledger::VoucherTerms{.origin = "gift"} : percentage,
                  .worth = Worth(),
                  .expires_at = ends_}));
    } else {
      ledger::Posting redeeming = posting;
      redeeming.kind = ledger::FactKind::kVoucherRedeemed;
      RETURN_IF_ERROR(ledger::RedeemVoucher(books, redeeming, voucher_, Worth()));
    }
    return std::string("done");
  }

 private:
  int64_t Worth() const { return minor_ > 0 ? minor_ : 1; }

  const VoucherId voucher_;
  const TransactionId transaction_;
  const bool issue_;
  const int64_t minor_;
  const absl::Time ends_;
};

// Sets a budget of points, as the ledger's service does.
class MakeBudget final : public ledger::Mutation {
 public:
  MakeBudget(BudgetId budget, int64_t limit) : budget_(budget), limit_(limit) {}
  absl::StatusOr<std::string> Decide(ledger::Books& books) override {
    RETURN_IF_ERROR(ledger::SetBudget(
        books,
        {.kind = ledger::FactKind::kBudgetSet,
         .transaction = ledger::TransactionOfProgram(books.program(), budget_.uuid),
         .effective_at = envelope.now},
        {.budget = {.id = budget_, .unit = ledger::kPointsUnit, .limit = limit_},
         .code = budget_.ToString()}));
    return std::string("set");
  }

 private:
  const BudgetId budget_;
  const int64_t limit_;
};

inline OrderKey Web(const std::string& order_id) {
  return {.source = "webshop", .order_id = order_id};
}
inline Returning Pieces(int32_t line, int64_t quantity) { return {.lines = {{line, quantity, 0}}}; }
inline Returning Amount(int64_t minor) { return {.amount_minor = minor, .currency_code = "USD"}; }
inline Returning Everything() { return {.everything = true}; }

class ReturnsTest : public ThanksHouse {
 protected:
  // Three lines: 10 points each piece, 8 pieces of the first.
  PurchaseOrder Coats(const std::string& order_id) {
    return {
        .member = member_,
        .order = Web(order_id),
        .total = {"USD", 0},
        .purchased_at = kNow,
        .lines = {{.sku = "coat", .category = "coats", .quantity = 8, .unit_price_minor = 1'000},
                  {.sku = "hat", .category = "hats", .quantity = 3, .unit_price_minor = 300},
                  {.sku = "parcel",
                   .kind = LineKind::kShipping,
                   .quantity = 1,
                   .unit_price_minor = 500}}};
  }

  v1::RecordReturnResponse Return(const std::string& order_id, const std::string& return_id,
                                  Returning returning) {
    return Parsed<v1::RecordReturnResponse>(
        Do(Back(Web(order_id), return_id, std::move(returning))));
  }

  void Post(std::unique_ptr<ledger::Mutation> mutation, const MemberId& member) {
    mutation->envelope = EnvelopeFor(absl::StrCat("post ", ++posts_), member);
    const ledger::Outcome outcome = poster_.Post(plain_, std::move(mutation));
    EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  }

  TransactionId NewTransaction(const MemberId& member) {
    return ledger::Beside(program_, member, TransactionId{ids_.Next(kNow)});
  }

  // How much of a budget of points is spent.
  int64_t SpentOf(const BudgetId& budget) {
    int64_t spent = -1;
    EXPECT_TRUE(pg::RunTx(pool_, {.deadline = Soon()}, [&](pg::Tx& tx) -> absl::Status {
                  ASSIGN_OR_RETURN(const auto named, ledger::ReadBudget(tx, program_, budget));
                  if (named.has_value()) spent = named->budget.spent;
                  return absl::OkStatus();
                }).ok());
    return spent;
  }

  int posts_ = 0;
};

}  // namespace gratis::thanks
