#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/ids.h"
#include "common/ledger/fact.h"
#include "common/ledger/state.h"
#include "common/ledger/unit.h"

// What the kernel should do, said a second time and as plainly as possible: everything in memory,
// nothing remembered that can be added up. It shares no code with the kernel, only its words.
namespace gratis::model {

// What can be asked for; see common/ledger/ops.h.
enum class Act {
  kEarn,
  kActivate,
  kSpend,
  kHold,
  kCapture,
  kRelease,
  kReverse,
  kAdjust,
  kTransfer,
  kIssueVoucher,
  kRedeemVoucher,
  kHoldVoucher,
  kVoidVoucher,
};

// One operation with all that it says; each act reads what concerns it.
struct Operation {
  Act act = Act::kEarn;
  ledger::FactKind kind = ledger::FactKind::kEarn;
  TransactionId transaction;
  MemberId member;
  int16_t unit = ledger::kPointsUnit;
  absl::Time effective_at;
  int64_t points = 0;
  ledger::Origin origin = ledger::Origin::kGiven;
  absl::Time available_at = absl::InfinitePast();
  std::optional<absl::Time> expires_at;
  BudgetId budget;
  TransactionId earlier;  // kActivate, kReverse
  std::optional<ledger::Clawback> clawback;
  HoldId hold;
  absl::Duration life;
  MemberId to;
  VoucherId voucher;
  ledger::VoucherTerms terms;
};

// The operation in one line, without the ids that a retry makes anew.
std::string Describe(const Operation& operation);

// What one call asks for: all of it or nothing, as one transaction.
struct Request {
  std::string id;
  std::vector<Operation> operations;
  absl::Time now;
  std::set<int32_t> partitions;  // whose heads it locks
};
std::string Describe(const Request& request);

// "REASON key=value" when refused, and otherwise figures that the kernel's answer must equal.
struct Answer {
  bool ok = false;
  bool replayed = false;
  std::string text;
};

struct Balances {
  int64_t available = 0;
  int64_t pending = 0;
  int64_t held = 0;
  int64_t debt = 0;

  std::string ToString() const;
  friend bool operator==(const Balances&, const Balances&) = default;
};

// A row of the journal, as far as later operations look at it.
struct Row {
  struct Part {
    int64_t lot;
    int64_t points;
    int64_t undone = 0;
  };

  TransactionId transaction;
  ledger::FactKind kind;
  MemberId member;
  int16_t unit;
  int64_t points;
  ledger::Account debit;
  ledger::Account credit;
  BudgetId budget;
  int64_t lot = 0;          // what it made
  std::vector<Part> parts;  // what it took from
  int64_t undone = 0;
};

// Whether Reverse undoes rows of this kind.
bool IsUndoable(const Row& row);

class Reference {
 public:
  using WalletKey = std::pair<MemberId, int16_t>;

  // Everything that a refused request must leave alone. A lot is known by its number, in the order
  // of making.
  struct Books {
    std::set<MemberId> members;
    std::map<int16_t, ledger::Unit> units;
    std::map<int64_t, ledger::Lot> lots;
    std::map<std::pair<int64_t, int64_t>, int64_t> covers;  // borrower, lender -> points
    std::map<HoldId, ledger::Hold> holds;
    std::map<VoucherId, ledger::Voucher> vouchers;
    std::map<BudgetId, ledger::Budget> budgets;
    std::map<WalletKey, absl::Time> active_at;
    std::vector<Row> rows;
    // Credits less debits, by the rows alone: a member's, and the program's with no member.
    std::map<std::tuple<MemberId, int16_t, ledger::Account>, int64_t> sides;
  };

  explicit Reference(absl::TimeZone zone);

  void Enroll(const MemberId& member) { books_.members.insert(member); }
  void SetUnit(const ledger::Unit& unit) { books_.units[unit.number] = unit; }
  void SetBudget(const ledger::Budget& budget) { books_.budgets[budget.id] = budget; }
  // A fact without points was posted there.
  void Recorded(int32_t partition, absl::Time at);

  Answer Do(const Request& request) { return DoTogether({request}).front(); }
  // All of them in this order, or none: those that could not be done say why, and the others
  // BATCH_ABORTED.
  std::vector<Answer> DoTogether(const std::vector<Request>& requests);

  const Books& books() const { return books_; }
  Balances BalancesOf(const MemberId& member, int16_t unit) const;
  // The next instant at which something falls due by itself in the wallet; inactivity aside.
  absl::Time NextDue(const MemberId& member, int16_t unit) const;
  // When what was earned at `earned_at` ends by the unit's rule.
  static absl::Time EndOf(const ledger::Unit& unit, absl::Time earned_at,
                          const absl::TimeZone& zone);

  // What does not add up; empty, or the reference itself is wrong.
  std::vector<std::string> Faults() const;

 private:
  struct Due;
  // Who posts a row.
  struct By {
    TransactionId transaction;
    absl::Time effective_at;
    bool engine = false;
  };
  struct Reversed {
    int64_t taken = 0;
    int64_t expired = 0;
    int64_t debt = 0;
    int64_t forgiven = 0;
    int64_t restored = 0;
    int64_t repaid = 0;
  };

  Answer DoOne(const Request& request);
  absl::StatusOr<std::string> Apply(const Operation& operation);
  absl::StatusOr<std::string> Earn(const Operation& operation);
  absl::StatusOr<std::string> Activate(const Operation& operation);
  absl::StatusOr<std::string> Spend(const Operation& operation);
  absl::StatusOr<std::string> PlaceHold(const Operation& operation);
  absl::StatusOr<std::string> Resolve(const Operation& operation);
  absl::StatusOr<std::string> Reverse(const Operation& operation);
  absl::StatusOr<std::string> Adjust(const Operation& operation);
  absl::StatusOr<std::string> Transfer(const Operation& operation);
  absl::StatusOr<std::string> IssueVoucher(const Operation& operation);
  absl::StatusOr<std::string> UseVoucher(const Operation& operation);

  absl::Status Require(const MemberId& member, int16_t unit) const;
  absl::Time LotEnd(const Operation& earning) const;
  bool HasTransaction(const MemberId& member, const TransactionId& transaction) const;
  // Whether no other voucher of its origin lives, if it has to be the only one.
  absl::Status CheckOneLives(const ledger::Voucher& wanted);
  absl::StatusOr<ledger::Lot*> LiveVoucher(const VoucherId& id, int64_t worth);
  absl::Status Draw(const BudgetId& budget, int64_t points);

  void Settle(const MemberId& member);
  std::optional<Due> FirstDue(const MemberId& member, int16_t unit) const;
  void Happen(const Due& due, const MemberId& member);

  // The row's points change sides, and its lots follow.
  Row& Post(const By& by, ledger::FactKind kind, const MemberId& member, int16_t unit,
            ledger::Account debit, ledger::Account credit, int64_t points);
  ledger::Lot& MakeLot(Row& row, ledger::Lot lot);
  std::vector<int64_t> SpendableLots(const MemberId& member, int16_t unit) const;
  // `points` leave the wallet's lots in the order of spending.
  std::vector<Row::Part> TakeInOrder(const MemberId& member, int16_t unit, int64_t points);
  // Points went from one lot's possession to another's needs.
  void Lend(ledger::Lot& from, ledger::Lot& to, int64_t points);

  // What became available in the lot repays the wallet's debts first. Returns how much.
  int64_t RepayDebts(const By& by, ledger::Lot& lot);
  // What came back to a lot: repays debts, then lenders, and ends when its time is over.
  int64_t Receive(const By& by, ledger::Lot& lot, int32_t grace_days);
  void Expire(ledger::Lot& lot);
  void Release(const By& by, ledger::Hold& hold, ledger::FactKind kind);

  absl::Status UndoEarn(const By& by, size_t row, int64_t points, ledger::Clawback clawback,
                        Reversed& reversed);
  absl::Status UndoSpend(const By& by, size_t row, int64_t points, Reversed& reversed);

  const absl::TimeZone zone_;
  Books books_;
  std::map<int32_t, absl::Time> heads_;
  std::map<std::string, std::pair<std::string, std::string>> answered_;  // id -> content, answer
  absl::Time recorded_at_;
};

}  // namespace gratis::model
