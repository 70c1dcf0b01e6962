#include "tests/integration/common/ledger/lively.h"

#include <utility>

#include "common/ledger/period.h"
#include "common/status/macros.h"

namespace gratis::ledger::testing {

TransactionId Lively::Do(const MemberId& member, Doing doing) {
  auto act = std::make_unique<Act>(
      [doing = std::move(doing)](Act& self, Books& books) -> absl::StatusOr<std::string> {
        const Posting posting{.kind = FactKind::kEarn,
                              .transaction = self.transaction,
                              .member = self.envelope.member,
                              .effective_at = self.envelope.now,
                              .source = "test"};
        RETURN_IF_ERROR(doing(posting, books));
        return std::string("done");
      });
  act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
  act->envelope = EnvelopeFor(member, NextRequestId(), act->transaction.ToString());
  const TransactionId transaction = act->transaction;
  const Outcome outcome = poster_->Post(kind_, std::move(act));
  EXPECT_EQ(outcome.answer.status(), absl::OkStatus());
  return transaction;
}

MemberId Lively::Newcomer(int32_t index, const std::string& name) {
  const MemberId member = MemberInPartition(index);
  const DirectoryKey key{DirectoryKind::kExternalId, name};
  auto act = std::make_unique<Act>([key](Act& self, Books& books) -> absl::StatusOr<std::string> {
    const MemberId& who = self.envelope.member;
    books.AddHolder(who, self.envelope.now);
    books.Claim(key, who, who.uuid);
    RETURN_IF_ERROR(books
                        .Post({.kind = FactKind::kMemberEnrolled,
                               .transaction = self.transaction,
                               .member = who,
                               .effective_at = self.envelope.now})
                        .status());
    return std::string("enrolled");
  });
  act->names = {key};
  act->transaction = {ids_.Next(now_)};
  act->envelope = EnvelopeFor(member, NextRequestId(), name);
  EXPECT_EQ(poster_->Post(kind_, std::move(act)).answer.status(), absl::OkStatus());
  return member;
}

Lively::Lively() {
  SetUnit({.number = kPointsUnit, .version = 1, .transferable = true});
  SetUnit({.number = 2,
           .version = 1,
           .code = "miles",
           .display_name = "Miles",
           .expiry = ExpiryKind::kRollingMonths,
           .expiry_months = 12});
  const BudgetId gifts = SetBudget("gifts", 1'000);
  const BudgetId sorry = SetBudget("sorry", 500);
  const MemberId ada = Newcomer(0, "sixteen bytes 01");
  const MemberId bob = Newcomer(0, "sixteen bytes 02");
  const MemberId cyd = Newcomer(3, "sixteen bytes 03");
  const MemberId dan = Newcomer(0, "sixteen bytes 04");
  Do(dan, [=](const Posting& posting, Books& books) -> absl::Status {
    RETURN_IF_ERROR(books.Release({DirectoryKind::kExternalId, "sixteen bytes 04"},
                                  {.kind = FactKind::kNameReleased,
                                   .transaction = posting.transaction,
                                   .member = posting.member,
                                   .effective_at = posting.effective_at}));
    return SetMemberState(books, posting, MemberState::kSuspended);
  });
  const auto earn = [&](const MemberId& member, int64_t points, BudgetId budget = {},
                        absl::Time available_at = absl::InfinitePast(), int16_t unit = 1) {
    return Do(member, [=](Posting posting, Books& books) {
      posting.unit = unit;
      return ledger::Earn(
          books,
          {.posting = posting, .points = points, .available_at = available_at, .budget = budget});
    });
  };
  const auto spend = [&](const MemberId& member, int64_t points) {
    return Do(member, [=](Posting posting, Books& books) {
      posting.kind = FactKind::kSpend;
      return ledger::Spend(books, posting, points);
    });
  };
  const auto reverse = [&](const MemberId& member, const TransactionId& undone) {
    Do(member, [=](const Posting& posting, Books& books) {
      return Reverse(books, {.posting = posting, .undone = undone}).status();
    });
  };
  const auto hold = [&](const MemberId& member, int64_t points) {
    const HoldId id = Beside(program_, member, HoldId{ids_.Next(now_)});
    Do(member, [=](Posting posting, Books& books) {
      posting.kind = FactKind::kHoldPlaced;
      return PlaceHold(books,
                       {.posting = posting, .hold = id, .points = points, .life = absl::Hours(1)})
          .status();
    });
    return id;
  };
  // Two that were taken back after they were spent: what others lent, and a debt.
  for (const MemberId& member : {ada, cyd}) {
    const TransactionId first = earn(member, 100);
    earn(member, 30);
    earn(member, 20);
    spend(member, 100);
    reverse(member, first);
  }
  earn(bob, 40, gifts);
  reverse(bob, earn(bob, 50, gifts));
  earn(bob, 60, sorry);
  earn(bob, 70, {}, now_ + absl::Hours(24));
  earn(bob, 80, {}, absl::InfinitePast(), 2);
  earn(cyd, 90, {}, now_ + absl::Hours(1), 2);
  reverse(bob, spend(bob, 10));
  hold(bob, 55);
  const HoldId captured = hold(bob, 5);
  Do(bob, [=](Posting posting, Books& books) {
    posting.kind = FactKind::kHoldCaptured;
    return CaptureHold(books, posting, captured, 3).status();
  });
  const HoldId voided = hold(bob, 7);
  Do(bob, [=](Posting posting, Books& books) {
    posting.kind = FactKind::kHoldReleased;
    return VoidHold(books, posting, voided).status();
  });
  Do(bob, [=](const Posting& posting, Books& books) { return Adjust(books, posting, -4); });
  for (const VoucherKind kind : {VoucherKind::kFixed, VoucherKind::kPercentage}) {
    const VoucherId id = Beside(program_, bob, VoucherId{ids_.Next(now_)});
    Do(bob, [=](Posting posting, Books& books) {
      posting.kind = FactKind::kVoucherIssued;
      return IssueVoucher(books,
                          {.posting = posting,
                           .voucher = id,
                           .terms = {.kind = kind,
                                     .basis_points = kind == VoucherKind::kPercentage ? 1'000 : 0,
                                     .origin = "birthday"},
                           .worth = kind == VoucherKind::kFixed ? 500 : 1});
    });
    if (kind == VoucherKind::kPercentage) continue;
    Do(bob, [=](Posting posting, Books& books) {
      posting.kind = FactKind::kVoucherRedeemed;
      return RedeemVoucher(books, posting, id, 200);
    });
  }
  for (int i = 1; i <= 3; ++i) {
    Adjusted(bob, i);
  }
  for (int i = 1; i <= 2; ++i) {
    const Rate rate{.version = i, .minor_units = i, .per_points = 100, .effective_from = now_};
    SetDown(FactKind::kRateSet, RateJson(rate),
            [&](pg::Tx& tx, int64_t seq) { InsertRate(tx, program_, rate, seq); });
    const Period period{
        .number = i, .ends_at = now_ - absl::Hours(24 * (3 - i)), .closed_at = now_};
    SetDown(FactKind::kPeriodClosed, PeriodJson(period),
            [&](pg::Tx& tx, int64_t seq) { InsertPeriod(tx, program_, period, seq); });
  }
}

void Lively::Adjusted(const MemberId& member, int turn) {
  const TransactionId asked = Do(member, [](const Posting& posting, Books& books) {
    return books
        .Post({.kind = FactKind::kAdjustmentRequested,
               .transaction = posting.transaction,
               .member = posting.member,
               .effective_at = posting.effective_at,
               .detail = "{\"points\":9}",
               .about = posting.transaction.uuid})
        .status();
  });
  if (turn == 1) return;
  Do(member, [=](Posting posting, Books& books) {
    posting.transaction = asked;
    posting.kind = FactKind::kAdjusted;
    if (turn == 2) return Adjust(books, posting, 9, {asked.uuid});
    return books
        .Post({.kind = FactKind::kAdjustmentRejected,
               .transaction = asked,
               .member = posting.member,
               .effective_at = posting.effective_at,
               .about = asked.uuid})
        .status();
  });
}

void Lively::SetDown(FactKind kind, const std::string& detail,
                     const std::function<void(pg::Tx&, int64_t)>& write) {
  PostFact(program_, {.kind = kind, .effective_at = now_, .detail = detail});
  const int64_t seq = Number("SELECT seq FROM ledger.head WHERE partition = 1");
  EXPECT_EQ(pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)},
                      [&](pg::Tx& tx) {
                        write(tx, seq);
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
}

}  // namespace gratis::ledger::testing
