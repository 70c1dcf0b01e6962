#include "tests/integration/common/ledger/history.h"

#include "common/ledger/reads.h"
#include "common/status/macros.h"

namespace gratis::ledger::testing {

Wallets Seen(const Wallets& wallets) {
  Wallets seen;
  for (const auto& [unit, wallet] : wallets) {
    const Wallet sums{.available = wallet.available,
                      .pending = wallet.pending,
                      .held = wallet.held,
                      .debt = wallet.debt};
    if (sums != Wallet{}) seen[unit] = sums;
  }
  return seen;
}

History::History() {
  const Unit points{.version = 1,
                    .expiry = ExpiryKind::kRollingMonths,
                    .expiry_months = 1,
                    .transferable = true,
                    .return_grace_days = 10};
  const Unit stamps{.number = kStamps,
                    .version = 1,
                    .code = "stamps",
                    .expiry = ExpiryKind::kInactivity,
                    .expiry_months = 1};
  SetUnit(points);
  SetUnit(stamps);
}

Outcome History::Do(const MemberId& member, const Deed& deed, std::vector<MemberId> also) {
  auto act = std::make_unique<Act>([deed](Act& self, Books& books) -> absl::StatusOr<std::string> {
    RETURN_IF_ERROR(deed(books, {.kind = FactKind::kEarn,
                                 .transaction = self.transaction,
                                 .member = self.envelope.member,
                                 .effective_at = self.envelope.now,
                                 .source = "test"}));
    return self.transaction.ToString();
  });
  act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
  const std::string request_id = NextRequestId();
  act->envelope = EnvelopeFor(member, request_id, request_id);
  act->envelope.also = std::move(also);
  return poster_->Post(kind_, std::move(act));
}

TransactionId History::Done(const MemberId& member, const Deed& deed) {
  const Outcome outcome = Do(member, deed);
  EXPECT_TRUE(outcome.answer.ok()) << outcome.answer.status();
  return outcome.answer.ok() ? *TransactionId::Parse(*outcome.answer) : TransactionId{};
}

TransactionId History::Earned(const MemberId& member, int64_t points, int16_t unit) {
  return Done(member, [&](Books& books, Posting posting) {
    posting.unit = unit;
    return ledger::Earn(books, {.posting = posting, .points = points});
  });
}

TransactionId History::Spent(const MemberId& member, int64_t points) {
  return Done(member, [&](Books& books, Posting posting) {
    posting.kind = FactKind::kSpend;
    return ledger::Spend(books, posting, points);
  });
}

void History::Happen(std::mt19937_64& random) {
  const auto below = [&](int64_t limit) { return static_cast<int64_t>(random() % limit); };
  const MemberId member = members_[below(static_cast<int64_t>(members_.size()))];
  const int16_t unit = below(3) == 0 ? kStamps : kPointsUnit;
  const int64_t points = 1 + below(100);
  const auto any = [&](const auto& of) { return of[below(static_cast<int64_t>(of.size()))]; };
  const int64_t what = below(12);
  if (what < 4 || transactions_.empty() || holds_.empty()) {
    transactions_.push_back(Done(member, [&](Books& books, Posting posting) {
      posting.unit = unit;
      Earning earning{.posting = posting, .points = points};
      if (what == 1) earning.available_at = now_ + absl::Hours(24 * below(60));
      if (what == 2) earning.origin = Origin::kPurchase;
      return ledger::Earn(books, earning);
    }));
    const HoldId hold{InPartition(program_, PartitionOf(program_, member), ids_.Next(now_))};
    if (what == 3 || holds_.empty()) {
      holds_.push_back(hold);
      Do(member, [&](Books& books, Posting posting) {
        posting.kind = FactKind::kHoldPlaced;
        posting.unit = unit;
        return ledger::PlaceHold(books, {.posting = posting,
                                         .hold = hold,
                                         .points = 1 + points / 2,
                                         .life = absl::Hours(1 + below(700))})
            .status();
      });
    }
    return;
  }
  const TransactionId undone = any(transactions_);
  const HoldId hold = any(holds_);
  const MemberId to = any(members_);
  const Outcome outcome =
      Do(member,
         [&](Books& books, Posting posting) -> absl::Status {
           posting.unit = unit;
           switch (what) {
             case 4:
             case 5:
               posting.kind = FactKind::kSpend;
               return ledger::Spend(books, posting, points);
             case 6:
             case 7: {
               // Whoever's it was.
               ASSIGN_OR_RETURN(const std::vector<PostedRow> rows, books.RowsOf(undone));
               if (rows.empty() || rows[0].row.fact.member != member) {
                 return absl::CancelledError("another member's");
               }
               return ledger::Reverse(books, {.posting = posting, .undone = undone}).status();
             }
             case 8:
               posting.kind = FactKind::kAdjusted;
               return ledger::Adjust(books, posting, points - 50 == 0 ? 1 : points - 50);
             case 9:
               posting.kind = FactKind::kTransferredOut;
               posting.unit = kPointsUnit;
               return TransferPoints(books, {.posting = posting, .to = to, .points = points});
             default: {
               ASSIGN_OR_RETURN(const Hold* held, books.FindHold(hold));
               if (held == nullptr || held->member != member) {
                 return absl::CancelledError("another member's");
               }
               posting.unit = held->unit;
               posting.kind = what == 10 ? FactKind::kHoldCaptured : FactKind::kHoldReleased;
               if (what == 11) return VoidHold(books, posting, hold).status();
               return CaptureHold(books, posting, hold, 1).status();
             }
           }
         },
         {to});
  if (outcome.answer.ok()) transactions_.push_back(*TransactionId::Parse(*outcome.answer));
}

Wallets History::Now(const MemberId& member) {
  Wallets wallets;
  EXPECT_EQ(pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)},
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(wallets, ReadBalances(tx, program_, member, now_));
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return Seen(wallets);
}

Wallets History::AsOf(const MemberId& member, absl::Time at, Basis basis) {
  Wallets wallets;
  EXPECT_EQ(pg::RunTx(pool_, {.deadline = clock_.Now() + absl::Seconds(20)},
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(wallets,
                                         ReadBalancesAsOf(tx, program_, member, at, basis, now_));
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return Seen(wallets);
}

absl::StatusOr<int64_t> History::Sweep(absl::Time now) {
  return SweepProgram(
      pool_, *poster_,
      {.program = program_, .now = now, .deadline = clock_.Now() + absl::Seconds(60)});
}

absl::Status History::ClosePeriod(absl::Time ends_at) {
  ASSIGN_OR_RETURN(ClosingDraft draft, DraftClosing(pool_, program_, ends_at, Report()));
  auto closing = std::make_unique<PeriodClosing>(TransactionId{ids_.Next(now_)}, std::move(draft),
                                                 [](const Period&) { return "closed"; });
  const std::string request_id = NextRequestId();
  const bool all = closing->envelope.all_partitions;
  closing->envelope = EnvelopeFor({}, request_id, request_id);
  closing->envelope.all_partitions = all;
  return poster_->Post(closings_, std::move(closing)).answer.status();
}

std::map<MemberId, Wallets> History::NowOfAll() {
  std::map<MemberId, Wallets> all;
  for (const MemberId& member : members_) all[member] = Now(member);
  return all;
}

History::Sums History::SumOf(const std::map<MemberId, Wallets>& all) const {
  Sums sums;
  for (const auto& [member, wallets] : all) {
    for (const auto& [unit, wallet] : wallets) {
      sums[unit].points += wallet.available + wallet.pending + wallet.held;
      sums[unit].debt += wallet.debt;
    }
  }
  std::erase_if(sums, [](const auto& sum) { return sum.second == Owed{}; });
  return sums;
}

}  // namespace gratis::ledger::testing
