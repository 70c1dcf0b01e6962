#include "tests/model/script.h"

#include <algorithm>
#include <limits>
#include <ostream>

#include "absl/strings/str_cat.h"

namespace gratis::model {

using ledger::ExpiryKind;
using ledger::FactKind;

namespace {

constexpr int kRange = 3'600;  // of each number of a step

// One of these, the first for 0, so that what is plain stands first.
template <class T, size_t n>
const T& Choose(const T (&from)[n], int number) {
  return from[static_cast<size_t>(number) % n];
}

// The latest for 0.
template <class T>
const T* Earlier(const std::vector<T>& things, int which) {
  if (things.empty()) return nullptr;
  return &things[things.size() - 1 - static_cast<size_t>(which) % things.size()];
}

absl::Time Micros(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

}  // namespace

std::ostream& operator<<(std::ostream& out, const Step& s) {
  static constexpr const char* kMoves[] = {
      "kEarn",        "kSpend",   "kHold",     "kCapture",      "kRelease",       "kReverse",
      "kActivate",    "kAdjust",  "kTransfer", "kIssueVoucher", "kRedeemVoucher", "kHoldVoucher",
      "kVoidVoucher", "kSetUnit", "kPassTime", "kRetry",        "kBatch",         "kCombined"};
  return out << absl::StrCat("{Move::", kMoves[static_cast<int>(s.move)], ", ", s.who, ", ", s.unit,
                             ", ", s.points, ", ", s.amount, ", ", s.which, ", ", s.twist, ", ",
                             s.when, "}");
}

Weights Everything() {
  return {{Move::kEarn, 22},        {Move::kSpend, 12},        {Move::kHold, 8},
          {Move::kCapture, 5},      {Move::kRelease, 4},       {Move::kReverse, 14},
          {Move::kActivate, 3},     {Move::kAdjust, 3},        {Move::kTransfer, 4},
          {Move::kIssueVoucher, 4}, {Move::kRedeemVoucher, 4}, {Move::kHoldVoucher, 2},
          {Move::kVoidVoucher, 1},  {Move::kSetUnit, 2},       {Move::kPassTime, 6},
          {Move::kRetry, 4},        {Move::kBatch, 1},         {Move::kCombined, 2}};
}

rc::Gen<Script> AnyScript(const Weights& weights, int steps) {
  std::vector<Move> moves;
  for (const auto& [move, weight] : weights) moves.insert(moves.end(), weight, move);
  const auto number = rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, kRange));
  return rc::gen::resize(
      steps,
      rc::gen::container<Script>(rc::gen::build<Step>(
          rc::gen::set(&Step::move, rc::gen::elementOf(moves)), rc::gen::set(&Step::who, number),
          rc::gen::set(&Step::unit, number), rc::gen::set(&Step::points, number),
          rc::gen::set(&Step::amount, number), rc::gen::set(&Step::which, number),
          rc::gen::set(&Step::twist, number), rc::gen::set(&Step::when, number))));
}

Script ScriptOf(const Weights& weights, int steps, base::SeededRandom& random) {
  std::vector<Move> moves;
  for (const auto& [move, weight] : weights) moves.insert(moves.end(), weight, move);
  const auto number = [&] { return static_cast<int>(random.Below(kRange)); };
  Script script;
  for (int i = 0; i < steps; ++i) {
    const Move move = moves[random.Below(moves.size())];
    script.push_back({.move = move,
                      .who = number(),
                      .unit = number(),
                      .points = number(),
                      .amount = number(),
                      .which = number(),
                      .twist = number(),
                      .when = number()});
  }
  return script;
}

Plot::Plot(const ledger::Program& program, std::vector<MemberId> members, absl::Time now,
           Reference& reference, base::IdSource& ids)
    : program_(program),
      members_(std::move(members)),
      stranger_{ids.Next(now)},
      now_(now),
      reference_(reference),
      ids_(ids) {}

// --- steps ---------------------------------------------------------------------------------------

Task Plot::Next(const Script& script, size_t* at) {
  const Step& step = script[(*at)++];
  switch (step.move) {
    case Move::kSetUnit:
      return SetUnit(step);
    case Move::kPassTime:
      return PassTime(step);
    case Move::kRetry:
      return Retry(step);
    case Move::kBatch: {
      Task batch{.alone = true};
      for (int i = 0; i < 2 + step.points % 4 && *at < script.size(); ++i) {
        if (auto operation = OperationOf(script[(*at)++])) {
          batch.requests.push_back(RequestFor({*operation}));
        }
      }
      return batch;
    }
    case Move::kCombined: {
      // One member's, so that one transaction lies in one partition.
      std::vector<Operation> operations;
      for (int i = 0; i < 2 + step.points % 3 && *at < script.size(); ++i) {
        Step part = script[(*at)++];
        part.who = step.who;
        const auto operation = OperationOf(part);
        if (!operation || operation->act == Act::kTransfer) continue;
        if (!operations.empty() && operation->member != operations.front().member) continue;
        operations.push_back(*operation);
        operations.back().transaction = operations.front().transaction;
      }
      if (operations.empty()) return {};
      Task task{.requests = {RequestFor(operations)}};
      task.alone = TakesTurns(task.requests.front());
      return task;
    }
    default:
      break;
  }
  const auto operation = OperationOf(step);
  if (!operation) return {};
  Task task{.requests = {RequestFor({*operation})}};
  task.alone = TakesTurns(task.requests.front());
  return task;
}

bool Plot::TakesTurns(const Request& request) const {
  if (request.partitions.size() > 1) return true;
  const auto foreign = [&](const BudgetId& budget) {
    const auto home = homes_.find(budget);
    return home != homes_.end() && home->second != *request.partitions.begin();
  };
  for (const Operation& operation : request.operations) {
    if (foreign(operation.budget)) return true;
    if (operation.act != Act::kReverse) continue;
    for (const Row& row : reference_.books().rows) {
      if (row.transaction == operation.earlier && foreign(row.budget)) return true;
    }
  }
  return false;
}

void Plot::AddBudget(const BudgetId& budget) {
  homes_[budget] = PartitionOf(program_, members_[budgets_.size() % members_.size()]);
  budgets_.push_back(budget);
}

Request Plot::RequestFor(std::vector<Operation> operations) {
  Request request{.id = absl::StrCat(stranger_.ToString(), "-", ++requests_), .now = now_};
  request.operations = std::move(operations);
  for (const Operation& operation : request.operations) {
    request.partitions.insert(PartitionOf(program_, operation.member));
    if (!operation.to.IsNil()) request.partitions.insert(PartitionOf(program_, operation.to));
  }
  asked_.push_back(request);
  return request;
}

Task Plot::Retry(const Step& step) {
  const Request* earlier = Earlier(asked_, step.which % 20);
  if (earlier == nullptr) return {};
  Request request = *earlier;
  request.now = now_;
  const TransactionId transaction{IdBeside(request.operations.front().member)};
  for (Operation& operation : request.operations) operation.transaction = transaction;
  if (step.twist % 4 == 3) {
    request.operations.front().points ^= 1;
  } else if (step.twist % 16 == 2) {
    request.operations = {{.act = Act::kEarn,
                           .transaction = {IdBeside(Someone(step.who))},
                           .member = Someone(step.who),
                           .effective_at = now_,
                           .points = 1}};
    request.partitions = {PartitionOf(program_, Someone(step.who))};
  }
  const bool elsewhere = request.partitions != earlier->partitions;
  Task task{.requests = {std::move(request)}};
  task.alone = elsewhere || TakesTurns(task.requests.front());
  return task;
}

Task Plot::SetUnit(const Step& step) const {
  static constexpr struct {
    ExpiryKind kind;
    int months, month, day;
  } kExpiries[] = {{ExpiryKind::kNever, 0, 0, 0},          {ExpiryKind::kRollingMonths, 1, 0, 0},
                   {ExpiryKind::kRollingMonths, 12, 0, 0}, {ExpiryKind::kCalendarDay, 3, 12, 31},
                   {ExpiryKind::kCalendarDay, 0, 2, 30},   {ExpiryKind::kInactivity, 1, 0, 0},
                   {ExpiryKind::kInactivity, 6, 0, 0}};
  static constexpr ledger::Clawback kClawbacks[] = {
      ledger::Clawback::kDebt, ledger::Clawback::kClamp, ledger::Clawback::kRefuse};
  static constexpr int32_t kHoldHours[] = {720, 30, 5'000};
  static constexpr int32_t kGraceDays[] = {0, 14, 1};
  const auto& expiry = Choose(kExpiries, step.twist);
  const int16_t number = step.unit % 4 == 2 ? 2 : 1;
  return {.unit = ledger::Unit{.number = number,
                               .code = number == 1 ? "points" : "stars",
                               .display_name = number == 1 ? "Points" : "Stars",
                               .expiry = expiry.kind,
                               .expiry_months = expiry.months,
                               .expiry_month = expiry.month,
                               .expiry_day = expiry.day,
                               .clawback = Choose(kClawbacks, step.which),
                               .transferable = step.points % 3 != 2,
                               .max_hold_hours = Choose(kHoldHours, step.when),
                               .return_grace_days = Choose(kGraceDays, step.amount)},
          .alone = true};
}

Task Plot::PassTime(const Step& step) {
  absl::Time due = absl::InfiniteFuture();
  for (const int16_t unit : {1, 2, 100, 101}) {
    const absl::Time next = reference_.NextDue(Someone(step.who), unit);
    if (next > now_) due = std::min(due, next);
  }
  if (due == absl::InfiniteFuture()) due = now_ + absl::Hours(24 * 30);
  switch (step.twist % 12) {
    case 0:
      now_ += absl::Hours(1);
      break;
    case 1:
    case 2:
      now_ = due;
      break;
    case 3:
    case 4:
      now_ = due - absl::Microseconds(1);
      break;
    case 5:
      now_ = due + absl::Microseconds(1);
      break;
    case 6:
      now_ += absl::Hours(24) * (1 + step.points % 40);
      break;
    case 7:
      now_ += absl::Hours(24) * (step.points % 4 == 0 ? 366 : 7);
      break;
    case 8:
      now_ -= absl::Hours(2);  // another machine's clock
      break;
    default:
      now_ += absl::Hours(1 + step.points % 30);
  }
  now_ = Micros(now_);
  return {.time_passed = true, .alone = true};
}

// --- operations ----------------------------------------------------------------------------------

MemberId Plot::Someone(int who) const {
  if (who % 60 == 59) return stranger_;
  return members_[static_cast<size_t>(who) % members_.size()];
}

int64_t Plot::Amount(const Step& step, int64_t limit) const {
  static constexpr int64_t kAbsurd[] = {0,
                                        -1,
                                        ledger::kMaxPoints,
                                        ledger::kMaxPoints + 1,
                                        std::numeric_limits<int64_t>::max(),
                                        std::numeric_limits<int64_t>::min()};
  switch (step.amount % 20) {
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
      return limit;
    case 14:
      return limit + 1;
    case 15:
    case 16:
    case 17:
      return limit / 2;
    case 18:
      return step.points % 5 == 0 ? Choose(kAbsurd, step.points / 5) : 1 + step.points % 5;
    default:
      return 1 + step.points % 50;
  }
}

absl::Time Plot::When(int when) const {
  switch (when % 10) {
    case 7:
      return now_ - absl::Hours(30);
    case 8:
      return now_ - absl::Hours(24 * 100);
    case 9:
      return now_ + absl::Minutes(3);
    default:
      return now_;
  }
}

std::optional<Operation> Plot::OperationOf(const Step& step) {
  Operation operation{.member = Someone(step.who), .effective_at = When(step.when)};
  operation.unit = step.unit % 60 == 59 ? 9 : step.unit % 4 == 2 ? 2 : 1;
  operation.transaction = {IdBeside(operation.member)};
  const int64_t available = reference_.BalancesOf(operation.member, operation.unit).available;
  switch (step.move) {
    case Move::kEarn:
      return Earn(step, operation);
    case Move::kSpend:
      operation.act = Act::kSpend;
      operation.kind = FactKind::kSpend;
      operation.points = Amount(step, available);
      return operation;
    case Move::kAdjust:
      operation.act = Act::kAdjust;
      operation.kind = FactKind::kAdjusted;
      operation.points = step.twist % 2 == 0 ? Amount(step, 40)
                                             : -std::max(Amount(step, available),
                                                         -std::numeric_limits<int64_t>::max());
      return operation;
    case Move::kTransfer:
      operation.act = Act::kTransfer;
      operation.kind = FactKind::kTransferredOut;
      operation.points = Amount(step, available);
      operation.to = Someone(step.who + step.twist % 6 + 1);
      return operation;
    case Move::kHold:
      operation.act = Act::kHold;
      operation.kind = FactKind::kHoldPlaced;
      operation.points = Amount(step, available);
      operation.hold = {IdBeside(operation.member)};
      operation.life = step.twist % 8 == 7 ? absl::Hours(800) : absl::Hours(1 + step.twist % 60);
      return operation;
    case Move::kCapture:
    case Move::kRelease:
      return OnHold(step, operation);
    case Move::kReverse:
    case Move::kActivate:
      return OnTransaction(step, operation);
    case Move::kIssueVoucher:
      return Issue(step, operation);
    case Move::kRedeemVoucher:
    case Move::kHoldVoucher:
    case Move::kVoidVoucher:
      return OnVoucher(step, operation);
    default:
      return std::nullopt;
  }
}

Operation Plot::Earn(const Step& step, Operation operation) {
  static constexpr FactKind kKinds[] = {FactKind::kEarn, FactKind::kPurchase, FactKind::kThankYou,
                                        FactKind::kBirthdayGift};
  operation.act = Act::kEarn;
  operation.kind = Choose(kKinds, step.which);
  operation.points = Amount(step, 60);
  operation.origin = step.which % 2 == 0 ? ledger::Origin::kGiven : ledger::Origin::kPurchase;
  switch (step.twist % 12) {
    case 5:
      operation.available_at = now_ + absl::Hours(1 + step.points % 100);
      break;
    case 6:
      operation.available_at = absl::InfiniteFuture();
      break;
    case 7:
      operation.available_at = now_ + absl::Hours(step.points % 3);  // now, too
      operation.expires_at = now_ + absl::Hours(1 + step.points % 3);
      break;
    case 8:
    case 9:
      operation.expires_at = now_ + absl::Hours(1 + step.points % 200);
      break;
    case 10:
    case 11:
      if (!budgets_.empty()) {
        operation.budget = BudgetFor(operation.member, step.points);
        operation.unit = ledger::kPointsUnit;
      }
      break;
    default:
      break;
  }
  return operation;
}

BudgetId Plot::BudgetFor(const MemberId& member, int which) {
  if (which % 30 == 29) return {ids_.Next(now_)};
  const size_t first = static_cast<size_t>(which);
  for (size_t i = 0; i < budgets_.size(); ++i) {
    const BudgetId& budget = budgets_[(first + i) % budgets_.size()];
    if (which % 8 == 7 || homes_[budget] == PartitionOf(program_, member)) return budget;
  }
  return {};
}

std::optional<Operation> Plot::OnHold(const Step& step, Operation operation) {
  operation.act = step.move == Move::kCapture ? Act::kCapture : Act::kRelease;
  operation.kind = step.move == Move::kCapture ? FactKind::kHoldCaptured : FactKind::kHoldReleased;
  std::vector<ledger::Hold> holds;  // open ones, or for once any
  for (const auto& [id, hold] : reference_.books().holds) {
    if (!hold.pins.empty() || step.which % 10 == 8) holds.push_back(hold);
  }
  const ledger::Hold* const hold = Earlier(holds, step.twist % 6);
  if (hold == nullptr || step.which % 25 == 24) {
    operation.hold = {IdBeside(operation.member)};
    return operation;
  }
  operation.hold = hold->id;
  operation.member = hold->member;
  operation.unit = hold->unit;
  operation.transaction = {IdBeside(operation.member)};
  if (operation.act == Act::kCapture && step.twist % 4 != 3) {
    operation.points = Amount(step, hold->held());
  }
  return operation;
}

std::optional<Operation> Plot::OnTransaction(const Step& step, Operation operation) {
  operation.act = step.move == Move::kReverse ? Act::kReverse : Act::kActivate;
  operation.kind = FactKind::kActivated;
  const Reference::Books& books = reference_.books();
  std::vector<Row> rows;  // such as there is something to do with, or for once any
  for (const Row& row : books.rows) {
    const bool fits = operation.act == Act::kReverse
                          ? IsUndoable(row) && row.undone < row.points
                          : row.lot != 0 && books.lots.at(row.lot).pending > 0;
    if (!row.transaction.IsNil() && (fits || step.which % 10 == 8)) rows.push_back(row);
  }
  const Row* const earlier = Earlier(rows, step.which / 10 % 12);
  if (earlier == nullptr || step.which % 25 == 24) {
    operation.earlier = {IdBeside(operation.member)};
    return operation;
  }
  operation.earlier = earlier->transaction;
  operation.member = earlier->member;
  operation.unit = earlier->unit;
  operation.transaction = {IdBeside(operation.member)};
  const int64_t left = earlier->points - earlier->undone;
  if (operation.act == Act::kReverse) {
    operation.kind = FactKind::kEarnReversed;
    operation.points = step.amount % 3 == 0 ? 0 : Amount(step, left);
    if (step.twist % 4 > 0) operation.clawback = static_cast<ledger::Clawback>(step.twist % 4);
  }
  return operation;
}

Operation Plot::Issue(const Step& step, Operation operation) {
  operation.act = Act::kIssueVoucher;
  operation.kind = FactKind::kVoucherIssued;
  operation.voucher = {IdBeside(operation.member)};
  switch (step.twist % 4) {
    case 2:
      operation.terms = {.kind = ledger::VoucherKind::kPercentage, .basis_points = 1'000};
      break;
    case 3:
      operation.terms = {.kind = ledger::VoucherKind::kItem, .item = "coffee"};
      break;
    default:
      break;
  }
  const bool money = operation.terms.kind == ledger::VoucherKind::kFixed;
  operation.unit = money ? ledger::kVoucherMoneyUnit : ledger::kVoucherUseUnit;
  operation.points = money ? Amount(step, 60) : 1;
  // Of birthdays one lives, of the others as many as like.
  operation.terms.one_live = step.which % 3 == 0;
  operation.terms.origin = operation.terms.one_live ? "birthday" : "gesture";
  if (step.points % 3 != 0) operation.expires_at = now_ + absl::Hours(1 + step.points);
  return operation;
}

std::optional<Operation> Plot::OnVoucher(const Step& step, Operation operation) {
  const Reference::Books& books = reference_.books();
  std::vector<ledger::Voucher> vouchers;  // live ones, or for once any
  for (const auto& [id, voucher] : books.vouchers) {
    if (books.lots.at(voucher.lot.seq).available > 0 || step.which % 6 == 4) {
      vouchers.push_back(voucher);
    }
  }
  const ledger::Voucher* const voucher = Earlier(vouchers, step.twist % 6);
  operation.unit = ledger::kVoucherMoneyUnit;
  int64_t worth = 0;
  if (voucher == nullptr || step.which % 25 == 24) {
    operation.voucher = {IdBeside(operation.member)};
  } else {
    const ledger::Lot& lot = books.lots.at(voucher->lot.seq);
    operation.voucher = voucher->id;
    operation.member = voucher->member;
    operation.transaction = {IdBeside(operation.member)};
    operation.unit = lot.unit;
    worth = lot.available;
  }
  if (step.move == Move::kRedeemVoucher) {
    operation.act = Act::kRedeemVoucher;
    operation.kind = FactKind::kVoucherRedeemed;
    operation.points = Amount(step, worth);
  } else if (step.move == Move::kVoidVoucher) {
    operation.act = Act::kVoidVoucher;
    operation.kind = FactKind::kVoucherVoided;
  } else {
    operation.act = Act::kHoldVoucher;
    operation.kind = FactKind::kHoldPlaced;
    operation.points = std::max<int64_t>(worth, 1);
    operation.hold = {IdBeside(operation.member)};
    operation.life = absl::Hours(1 + step.twist % 60);
  }
  return operation;
}

}  // namespace gratis::model
