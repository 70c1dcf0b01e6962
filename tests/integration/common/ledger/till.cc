#include "tests/integration/common/ledger/till.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/ledger/reads.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"

namespace gratis::ledger::testing {
namespace {

// One statement, so one snapshot.
constexpr pg::Query kContradictions{"kernel_test/contradictions", R"(
  WITH moved AS (
    SELECT partition, member, unit, side.account, sum(side.points) AS points
    FROM ledger.journal
    CROSS JOIN LATERAL (VALUES (debit, -points), (credit, points)) AS side (account, points)
    WHERE side.account <> 0
    GROUP BY 1, 2, 3, 4
  ), in_lots AS (
    SELECT partition, member, unit, sum(available) AS available, sum(pending) AS pending,
           sum(held) AS held, sum(debt) AS debt
    FROM ledger.lot GROUP BY 1, 2, 3
  ), stored AS (
    SELECT w.partition, w.member, w.unit, side.account, side.points
    FROM ledger.wallet w
    CROSS JOIN LATERAL (VALUES (1, available), (2, pending), (3, held), (4, debt)) AS side (account, points)
    UNION ALL
    SELECT partition, NULL, unit, account, points FROM ledger.account
  ), drawn AS (
    SELECT budget, sum(spent) AS spent FROM ledger.budget_draw GROUP BY 1
  ), gave AS (
    SELECT budget, sum(CASE WHEN debit = 10 THEN points WHEN credit = 10 THEN -points ELSE 0 END) AS spent
    FROM ledger.journal WHERE budget IS NOT NULL GROUP BY 1
  ), pinned AS (
    SELECT partition, lot AS seq, sum(points) AS points FROM ledger.pin GROUP BY 1, 2
  ), pinned_by AS (
    SELECT partition, hold, sum(points) AS points FROM ledger.pin GROUP BY 1, 2
  ), lent AS (
    SELECT partition, lender AS seq, sum(points) AS points FROM ledger.cover GROUP BY 1, 2
  ), borrowed AS (
    SELECT partition, borrower AS seq, sum(points) AS points FROM ledger.cover GROUP BY 1, 2
  )
  SELECT coalesce(string_agg(what, E'\n'), '') FROM (
    SELECT format('a wallet is not its lots: %s, unit %s', member, unit) AS what
    FROM ledger.wallet w FULL JOIN in_lots l USING (partition, member, unit)
    WHERE (coalesce(w.available, 0), coalesce(w.pending, 0), coalesce(w.held, 0), coalesce(w.debt, 0)) IS DISTINCT FROM
          (coalesce(l.available, 0), coalesce(l.pending, 0), coalesce(l.held, 0), coalesce(l.debt, 0))
    UNION ALL
    SELECT format('debits and credits differ by %s in unit %s', sum(points), unit)
    FROM stored GROUP BY unit HAVING sum(points) <> 0
    UNION ALL
    SELECT format('%s points of unit %s are on their way', sum(points), unit)
    FROM stored WHERE account = 13 GROUP BY unit HAVING sum(points) <> 0
    UNION ALL
    SELECT format('a balance is not its journal: account %s of %s, unit %s', x.account, x.member, x.unit)
    FROM stored s FULL JOIN (SELECT partition, CASE WHEN account < 10 THEN member END AS member, unit, account,
                                    sum(points) AS points FROM moved GROUP BY 1, 2, 3, 4) m
      ON (s.partition, s.unit, s.account) = (m.partition, m.unit, m.account)
         AND coalesce(s.member, '00000000-0000-0000-0000-000000000000')
             = coalesce(m.member, '00000000-0000-0000-0000-000000000000')
      CROSS JOIN LATERAL (SELECT coalesce(s.account, m.account), coalesce(s.member, m.member),
                                 coalesce(s.unit, m.unit)) AS x (account, member, unit)
    WHERE coalesce(s.points, 0) <> coalesce(m.points, 0)
    UNION ALL
    SELECT format('points beside a debt: %s', member) FROM ledger.wallet WHERE available > 0 AND debt < 0
    UNION ALL
    SELECT format('below zero: the wallet of %s', member) FROM ledger.wallet
    WHERE least(available, pending, held, -debt) < 0
    UNION ALL
    SELECT format('below zero: lot %s of %s', seq, partition) FROM ledger.lot
    WHERE least(available, pending, held, -debt, spent, expired, taken, lent, borrowed) < 0
    UNION ALL
    SELECT format('lot %s of %s does not add up', seq, partition) FROM ledger.lot
    WHERE points <> available + pending + held + debt + spent + expired + taken + lent - borrowed
    UNION ALL
    SELECT format('lot %s of %s is not what pins it', seq, partition)
    FROM ledger.lot FULL JOIN pinned p USING (partition, seq)
    WHERE coalesce(held, 0) <> coalesce(p.points, 0)
    UNION ALL
    SELECT format('a hold is open without pins, or closed with them: %s', h.hold)
    FROM ledger.hold h LEFT JOIN pinned_by p USING (partition, hold)
    WHERE h.open <> (coalesce(p.points, 0) > 0) OR coalesce(p.points, 0) NOT BETWEEN 0 AND h.points
    UNION ALL
    SELECT format('lot %s of %s has lent or borrowed what no cover knows', seq, l.partition)
    FROM ledger.lot l LEFT JOIN lent USING (partition, seq) LEFT JOIN borrowed b USING (partition, seq)
    WHERE (l.lent, l.borrowed) IS DISTINCT FROM (coalesce(lent.points, 0), coalesce(b.points, 0))
    UNION ALL
    SELECT format('budget %s: %s spent of %s, %s drawn, %s given', code, b.spent, limit_points, d.spent, g.spent)
    FROM ledger.budget b LEFT JOIN drawn d USING (budget) LEFT JOIN gave g USING (budget)
    WHERE b.spent NOT BETWEEN 0 AND limit_points OR b.spent <> coalesce(d.spent, 0)
       OR b.spent <> coalesce(g.spent, 0)
    UNION ALL
    SELECT format('partition %s: head %s, %s rows to %s, blocks to %s', h.partition, h.seq, j.count, j.last, b.last)
    FROM ledger.head h
    CROSS JOIN LATERAL (SELECT count(*), coalesce(max(seq), 0) AS last FROM ledger.journal
                        WHERE partition = h.partition) j
    CROSS JOIN LATERAL (SELECT coalesce(max(last_seq), 0) AS last FROM ledger.block
                        WHERE partition = h.partition) b
    WHERE (h.seq, h.seq, h.seq) IS DISTINCT FROM (j.count, j.last, b.last)
  ) AS found)"};

}  // namespace

BudgetId Till::AddBudget(int64_t limit) {
  return SetBudget("budget-" + std::to_string(++budgets_), limit);
}

std::unique_ptr<Act> Till::ActOf(FactKind kind, const MemberId& member, Deed deed,
                                 const std::string& request_id, const std::string& content) {
  auto act = std::make_unique<Act>(
      [kind, deed = std::move(deed)](Act& self, Books& books) -> absl::StatusOr<std::string> {
        const ledger::Posting posting{.kind = kind,
                                      .transaction = self.transaction,
                                      .member = self.envelope.member,
                                      .effective_at = self.envelope.now,
                                      .source = "test"};
        const size_t before = books.rows().size();
        RETURN_IF_ERROR(deed(books, posting));
        int64_t rows = 0;
        for (size_t i = before; i < books.rows().size(); ++i) {
          rows += books.rows()[i].fact.transaction == self.transaction;
        }
        return absl::StrCat(self.transaction.ToString(), " ", rows);
      });
  act->transaction = Beside(program_, member, TransactionId{ids_.Next(now_)});
  act->envelope = EnvelopeFor(member, request_id, content);
  return act;
}

Till::Done Till::Do(FactKind kind, const MemberId& member, Deed deed) {
  const std::string request_id = NextRequestId();
  auto act = ActOf(kind, member, std::move(deed), request_id, request_id);
  const TransactionId transaction = act->transaction;
  return {transaction, poster_->Post(kind_, std::move(act))};
}

Till::Done Till::Earns(const MemberId& member, int64_t points, absl::Time expires_at) {
  return Do(FactKind::kEarn, member, [=](Books& books, const ledger::Posting& posting) {
    return ledger::Earn(books, {.posting = posting, .points = points, .expires_at = expires_at});
  });
}

Till::Done Till::Spends(const MemberId& member, int64_t points) {
  return Do(FactKind::kSpend, member, [=](Books& books, const ledger::Posting& posting) {
    return ledger::Spend(books, posting, points);
  });
}

Till::Done Till::Reverses(const MemberId& member, const TransactionId& undone, int64_t points) {
  return Do(FactKind::kEarnReversed, member, [=](Books& books, const ledger::Posting& posting) {
    return Reverse(books, {.posting = posting, .undone = undone, .points = points}).status();
  });
}

HoldId Till::Holds(const MemberId& member, int64_t points) {
  const HoldId hold = Beside(program_, member, HoldId{ids_.Next(now_)});
  const Done done =
      Do(FactKind::kHoldPlaced, member, [=](Books& books, const ledger::Posting& posting) {
        return PlaceHold(
                   books,
                   {.posting = posting, .hold = hold, .points = points, .life = absl::Hours(1)})
            .status();
      });
  EXPECT_EQ(done.outcome.answer.status(), absl::OkStatus());
  return hold;
}

Till::Done Till::Captures(const MemberId& member, const HoldId& hold, int64_t points) {
  return Do(FactKind::kHoldCaptured, member, [=](Books& books, const ledger::Posting& posting) {
    return CaptureHold(books, posting, hold, points).status();
  });
}

VoucherId Till::Gets(const MemberId& member, int64_t worth) {
  const VoucherId voucher = Beside(program_, member, VoucherId{ids_.Next(now_)});
  const Done done =
      Do(FactKind::kVoucherIssued, member, [=](Books& books, const ledger::Posting& posting) {
        ledger::Posting of_money = posting;
        of_money.unit = kVoucherMoneyUnit;
        return IssueVoucher(books, {.posting = of_money,
                                    .voucher = voucher,
                                    .terms = {.origin = "reward"},
                                    .worth = worth});
      });
  EXPECT_EQ(done.outcome.answer.status(), absl::OkStatus());
  return voucher;
}

Till::Done Till::Redeems(const MemberId& member, const VoucherId& voucher, int64_t worth) {
  return Do(FactKind::kVoucherRedeemed, member, [=](Books& books, const ledger::Posting& posting) {
    return RedeemVoucher(books, posting, voucher, worth);
  });
}

Wallet Till::WalletOf(const MemberId& member, int16_t unit) {
  Wallet wallet;
  EXPECT_EQ(pg::RunTx(pool_,
                      {.deadline = pg::RealNow() + absl::Seconds(20),
                       .read_only = true,
                       .isolation = pg::Isolation::kRepeatableRead},
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(auto wallets, ReadBalances(tx, program_, member, now_));
                        wallet = wallets[unit];
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return wallet;
}

std::string Till::Contradictions() {
  std::string found;
  EXPECT_EQ(pg::RunTx(admin_, {.deadline = pg::RealNow() + absl::Seconds(60)},
                      [&](pg::Tx& tx) {
                        ASSIGN_OR_RETURN(found, ContradictionsIn(tx));
                        return absl::OkStatus();
                      }),
            absl::OkStatus());
  return found;
}

absl::StatusOr<std::string> Till::ContradictionsIn(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(kContradictions));
  return rows[0].Get<std::string>(0);
}

}  // namespace gratis::ledger::testing
