#include "tests/model/reference.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"

namespace gratis::model {

using ledger::Account;
using ledger::Clawback;
using ledger::ExpiryKind;
using ledger::FactKind;
using ledger::Hold;
using ledger::Lot;
using ledger::Origin;
using ledger::Unit;
using ledger::Voucher;

namespace {

absl::Status Refuse(std::string reason) { return absl::FailedPreconditionError(reason); }

absl::Status RequirePoints(int64_t points) {
  if (points <= 0) return Refuse("POINTS_NOT_POSITIVE");
  if (points > ledger::kMaxPoints) return Refuse("POINTS_OVERFLOW");
  return absl::OkStatus();
}

bool IsEarning(const Row& row) {
  switch (row.kind) {
    case FactKind::kEarn:
    case FactKind::kPurchase:
    case FactKind::kThankYou:
    case FactKind::kBirthdayGift:
      return true;
    default:
      return row.kind == FactKind::kAdjusted && row.lot != 0;
  }
}

bool IsSpending(const Row& row) {
  return row.kind == FactKind::kSpend || row.kind == FactKind::kHoldCaptured ||
         row.kind == FactKind::kVoucherRedeemed ||
         (row.kind == FactKind::kAdjusted && row.lot == 0);
}

absl::CivilDay AddMonths(absl::CivilDay day, int months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + months;
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

}  // namespace

bool IsUndoable(const Row& row) { return IsEarning(row) || IsSpending(row); }

std::string Balances::ToString() const {
  return absl::StrCat("available=", available, " pending=", pending, " held=", held,
                      " debt=", debt);
}

absl::Time Reference::EndOf(const Unit& unit, absl::Time earned_at, const absl::TimeZone& zone) {
  if (unit.expiry == ExpiryKind::kNever) return absl::InfiniteFuture();
  absl::CivilDay day = AddMonths(absl::ToCivilDay(earned_at, zone), unit.expiry_months);
  if (unit.expiry == ExpiryKind::kCalendarDay) {
    const auto is_the_day = [&] {
      const absl::CivilDay last = absl::CivilDay(absl::CivilMonth(day) + 1) - 1;
      return day.month() == unit.expiry_month &&
             day.day() == std::min<int>(unit.expiry_day, last.day());
    };
    while (!is_the_day()) ++day;
  }
  return absl::FromCivil(day + 1, zone);
}

// --- requests ------------------------------------------------------------------------------------

Reference::Reference(absl::TimeZone zone) : zone_(zone) {
  for (const int16_t number :
       {ledger::kPointsUnit, ledger::kVoucherMoneyUnit, ledger::kVoucherUseUnit}) {
    Unit unit;
    unit.number = number;
    SetUnit(unit);
  }
}

void Reference::Recorded(int32_t partition, absl::Time at) {
  absl::Time& head = heads_.try_emplace(partition, absl::InfinitePast()).first->second;
  head = std::max(head, at);
}

std::vector<Answer> Reference::DoTogether(const std::vector<Request>& requests) {
  recorded_at_ = absl::InfinitePast();
  for (const Request& request : requests) {
    recorded_at_ = std::max(recorded_at_, request.now);
    for (const int32_t partition : request.partitions) {
      if (heads_.contains(partition)) recorded_at_ = std::max(recorded_at_, heads_[partition]);
    }
  }
  const Books books = books_;
  const auto heads = heads_;
  const auto answered = answered_;
  std::vector<Answer> answers;
  for (const Request& request : requests) answers.push_back(DoOne(request));
  const auto failed =
      std::find_if(answers.begin(), answers.end(), [](const Answer& answer) { return !answer.ok; });
  if (failed == answers.end()) return answers;
  const std::string aborted = absl::StrCat("BATCH_ABORTED failed_item=", failed - answers.begin());
  books_ = books;
  heads_ = heads;
  answered_ = answered;
  for (Answer& answer : answers) {
    if (answer.ok) answer = {.text = aborted};
  }
  return answers;
}

Answer Reference::DoOne(const Request& request) {
  const std::string content = Describe(request);
  if (const auto earlier = answered_.find(request.id); earlier != answered_.end()) {
    const auto& [first_content, answer] = earlier->second;
    if (first_content == content) return {.ok = true, .replayed = true, .text = answer};
    return {.text = "REQUEST_ID_REUSED"};
  }
  const Books before = books_;
  std::string answer = request.operations.front().transaction.ToString();
  for (const Operation& operation : request.operations) {
    const absl::StatusOr<std::string> figures = Apply(operation);
    if (!figures.ok()) {
      books_ = before;
      return {.text = std::string(figures.status().message())};
    }
    absl::StrAppend(&answer, "; ", *figures);
  }
  for (const int32_t partition : request.partitions) Recorded(partition, recorded_at_);
  answered_[request.id] = {content, answer};
  return {.ok = true, .text = answer};
}

absl::StatusOr<std::string> Reference::Apply(const Operation& operation) {
  switch (operation.act) {
    case Act::kEarn:
      return Earn(operation);
    case Act::kActivate:
      return Activate(operation);
    case Act::kSpend:
      return Spend(operation);
    case Act::kHold:
    case Act::kHoldVoucher:
      return PlaceHold(operation);
    case Act::kCapture:
    case Act::kRelease:
      return Resolve(operation);
    case Act::kReverse:
      return Reverse(operation);
    case Act::kAdjust:
      return Adjust(operation);
    case Act::kTransfer:
      return Transfer(operation);
    case Act::kIssueVoucher:
      return IssueVoucher(operation);
    case Act::kRedeemVoucher:
    case Act::kVoidVoucher:
      return UseVoucher(operation);
  }
  return Refuse("no such act");
}

absl::Status Reference::Require(const MemberId& member, int16_t unit) const {
  if (!books_.members.contains(member)) return Refuse("MEMBER_NOT_FOUND");
  if (!books_.units.contains(unit)) return Refuse("UNIT_NOT_FOUND");
  return absl::OkStatus();
}

// --- what is where -------------------------------------------------------------------------------

Balances Reference::BalancesOf(const MemberId& member, int16_t unit) const {
  Balances sum;
  for (const auto& [number, lot] : books_.lots) {
    if (lot.member != member || lot.unit != unit) continue;
    sum.available += lot.available;
    sum.pending += lot.pending;
    sum.held += lot.held;
    sum.debt += lot.debt;
  }
  return sum;
}

std::vector<int64_t> Reference::SpendableLots(const MemberId& member, int16_t unit) const {
  std::vector<Lot> lots;
  for (const auto& [number, lot] : books_.lots) {
    if (lot.member == member && lot.unit == unit && lot.available > 0) lots.push_back(lot);
  }
  std::sort(lots.begin(), lots.end(), [](const Lot& a, const Lot& b) {
    if (a.expires_at != b.expires_at) return a.expires_at < b.expires_at;
    if (a.earned_at != b.earned_at) return a.earned_at < b.earned_at;
    return a.key.seq < b.key.seq;
  });
  std::vector<int64_t> numbers;
  for (const Lot& lot : lots) numbers.push_back(lot.key.seq);
  return numbers;
}

std::vector<Row::Part> Reference::TakeInOrder(const MemberId& member, int16_t unit,
                                              int64_t points) {
  std::vector<Row::Part> parts;
  for (const int64_t number : SpendableLots(member, unit)) {
    Lot& lot = books_.lots[number];
    const int64_t part = std::min(points, lot.available);
    if (part == 0) break;
    lot.available -= part;
    points -= part;
    parts.push_back({number, part});
  }
  return parts;
}

Row& Reference::Post(const By& by, FactKind kind, const MemberId& member, int16_t unit,
                     Account debit, Account credit, int64_t points) {
  const auto side = [&](Account account) -> int64_t& {
    return books_.sides[{ledger::IsMembers(account) ? member : MemberId{}, unit, account}];
  };
  side(debit) -= points;
  side(credit) += points;
  if (!by.engine) {
    absl::Time& active =
        books_.active_at.try_emplace({member, unit}, absl::InfinitePast()).first->second;
    active = std::max(active, by.effective_at);
  }
  return books_.rows.emplace_back(Row{.transaction = by.transaction,
                                      .kind = kind,
                                      .member = member,
                                      .unit = unit,
                                      .points = points,
                                      .debit = debit,
                                      .credit = credit});
}

Lot& Reference::MakeLot(Row& row, Lot lot) {
  lot.key.seq = static_cast<int64_t>(books_.lots.size()) + 1;
  lot.member = row.member;
  lot.unit = row.unit;
  lot.points = row.points;
  (row.credit == Account::kPending ? lot.pending : lot.available) = row.points;
  row.lot = lot.key.seq;
  return books_.lots.emplace(lot.key.seq, lot).first->second;
}

void Reference::Lend(Lot& from, Lot& to, int64_t points) {
  // What `from` owes to `to` is paid before `to` begins to owe.
  const auto owed = books_.covers.find({from.key.seq, to.key.seq});
  if (owed != books_.covers.end()) {
    const int64_t back = std::min(points, owed->second);
    owed->second -= back;
    if (owed->second == 0) books_.covers.erase(owed);
    from.borrowed -= back;
    to.lent -= back;
    points -= back;
  }
  if (points == 0) return;
  books_.covers[{to.key.seq, from.key.seq}] += points;
  from.lent += points;
  to.borrowed += points;
}

int64_t Reference::RepayDebts(const By& by, Lot& lot) {
  int64_t repaid = 0;
  const auto repay = [&](Lot& indebted) {
    const int64_t part = std::min(lot.available, -indebted.debt);
    if (part == 0) return;
    Post(by, FactKind::kDebtRepaid, lot.member, lot.unit, Account::kAvailable, Account::kDebt,
         part);
    lot.available -= part;
    indebted.debt += part;
    if (indebted.key != lot.key) Lend(lot, indebted, part);
    repaid += part;
  };
  repay(lot);
  for (auto& [number, other] : books_.lots) {
    if (other.member == lot.member && other.unit == lot.unit) repay(other);
  }
  return repaid;
}

int64_t Reference::Receive(const By& by, Lot& lot, int32_t grace_days) {
  const int64_t repaid = RepayDebts(by, lot);
  std::vector<int64_t> lenders;
  for (const auto& [who, points] : books_.covers) {
    if (who.first == lot.key.seq) lenders.push_back(who.second);
  }
  std::sort(lenders.begin(), lenders.end(), std::greater<>());
  for (const int64_t number : lenders) {
    // Lenders of lenders may have come round to this lot, and paid for it.
    const auto cover = books_.covers.find({lot.key.seq, number});
    const int64_t part = cover == books_.covers.end() ? 0 : std::min(lot.available, cover->second);
    if (part == 0) continue;
    Lot& lender = books_.lots[number];
    Post(by, FactKind::kCoverReturned, lot.member, lot.unit, Account::kAvailable,
         Account::kAvailable, part);
    lot.available -= part;
    lender.available += part;
    Lend(lot, lender, part);
    Receive(by, lender, grace_days);
  }
  if (lot.available == 0 || lot.expires_at > recorded_at_) return repaid;
  if (grace_days == 0) {
    Expire(lot);
    return repaid;
  }
  Row& moved = Post(by, FactKind::kGraceGiven, lot.member, lot.unit, Account::kAvailable,
                    Account::kAvailable, lot.available);
  lot.spent += lot.available;
  lot.available = 0;
  MakeLot(moved, {.origin = lot.origin,
                  .earned_at = lot.earned_at,
                  .expires_at = recorded_at_ + absl::Hours(24) * grace_days});
  return repaid;
}

// --- what happens by itself ----------------------------------------------------------------------

struct Reference::Due {
  absl::Time at;
  int order;  // at one instant
  int64_t lot = 0;
  HoldId hold;
  int16_t unit = 0;

  auto Place() const { return std::tie(at, order, lot, hold); }
};

std::optional<Reference::Due> Reference::FirstDue(const MemberId& member, int16_t unit) const {
  std::optional<Due> first;
  const auto consider = [&](const Due& due) {
    if (due.at == absl::InfiniteFuture()) return;
    if (!first || due.Place() < first->Place()) first = due;
  };
  for (const auto& [number, lot] : books_.lots) {
    if (lot.member != member || lot.unit != unit) continue;
    if (lot.pending > 0) consider({.at = lot.available_at, .order = 1, .lot = number});
    if (lot.available > 0 || lot.pending > 0) {
      consider({.at = lot.expires_at, .order = 3, .lot = number});
    }
  }
  for (const auto& [id, hold] : books_.holds) {
    if (hold.member != member || hold.unit != unit || hold.pins.empty()) continue;
    consider({.at = hold.expires_at, .order = 2, .hold = id});
  }
  return first;
}

absl::Time Reference::NextDue(const MemberId& member, int16_t unit) const {
  const std::optional<Due> due = FirstDue(member, unit);
  return due ? due->at : absl::InfiniteFuture();
}

void Reference::Settle(const MemberId& member) {
  for (const auto& [number, unit] : std::map(books_.units)) {
    while (true) {
      std::optional<Due> due = FirstDue(member, number);
      const auto active = books_.active_at.find({member, number});
      if (unit.expiry == ExpiryKind::kInactivity && active != books_.active_at.end() &&
          BalancesOf(member, number).available > 0) {
        const absl::Time idle_at = EndOf(unit, active->second, zone_);
        if (!due || idle_at < due->at) due = Due{.at = idle_at, .order = 3, .unit = number};
      }
      if (!due || due->at > recorded_at_) break;
      Happen(*due, member);
    }
  }
}

void Reference::Happen(const Due& due, const MemberId& member) {
  const By engine{.effective_at = due.at, .engine = true};
  if (!due.hold.IsNil()) {
    Release(engine, books_.holds[due.hold], FactKind::kHoldExpired);
  } else if (due.unit != 0) {
    for (const int64_t number : SpendableLots(member, due.unit)) Expire(books_.lots[number]);
  } else if (Lot& lot = books_.lots[due.lot]; due.order == 1) {
    Post(engine, FactKind::kActivated, member, lot.unit, Account::kPending, Account::kAvailable,
         lot.pending);
    lot.available += lot.pending;
    lot.pending = 0;
    RepayDebts(engine, lot);
  } else {
    Expire(lot);
  }
}

void Reference::Expire(Lot& lot) {
  for (const auto& [part, account] : {std::pair(&lot.pending, Account::kPending),
                                      std::pair(&lot.available, Account::kAvailable)}) {
    if (*part == 0) continue;
    Post({.engine = true}, FactKind::kExpired, lot.member, lot.unit, account, Account::kExpired,
         *part);
    lot.expired += *part;
    *part = 0;
  }
}

// --- earning and spending ------------------------------------------------------------------------

absl::Status Reference::Draw(const BudgetId& id, int64_t points) {
  if (id.IsNil()) return absl::OkStatus();
  const auto budget = books_.budgets.find(id);
  if (budget == books_.budgets.end()) return Refuse("BUDGET_NOT_FOUND");
  const int64_t remaining = budget->second.limit - budget->second.spent;
  if (points > remaining) return Refuse(absl::StrCat("BUDGET_EXHAUSTED remaining=", remaining));
  budget->second.spent += points;
  return absl::OkStatus();
}

absl::Time Reference::LotEnd(const Operation& earning) const {
  const Unit& unit = books_.units.at(earning.unit);
  // Under inactivity the wallet ends, not the lot.
  if (unit.expiry == ExpiryKind::kInactivity) return absl::InfiniteFuture();
  return EndOf(unit, earning.effective_at, zone_);
}

absl::StatusOr<std::string> Reference::Earn(const Operation& operation) {
  if (absl::Status status = Require(operation.member, operation.unit); !status.ok()) return status;
  if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
  Settle(operation.member);
  if (absl::Status status = Draw(operation.budget, operation.points); !status.ok()) return status;
  const bool pending = operation.available_at > recorded_at_;
  const By by{operation.transaction, operation.effective_at};
  Row& row = Post(by, operation.kind, operation.member, operation.unit, Account::kIssued,
                  pending ? Account::kPending : Account::kAvailable, operation.points);
  row.budget = operation.budget;
  Lot& lot = MakeLot(row, {.origin = operation.origin,
                           .earned_at = operation.effective_at,
                           .available_at = operation.available_at,
                           .expires_at = operation.expires_at.value_or(LotEnd(operation))});
  RepayDebts(by, lot);
  return BalancesOf(operation.member, operation.unit).ToString();
}

bool Reference::HasTransaction(const MemberId& member, const TransactionId& transaction) const {
  for (const Row& row : books_.rows) {
    if (row.transaction == transaction) return row.member == member;  // the giver's, of a transfer
  }
  return false;
}

absl::StatusOr<std::string> Reference::Activate(const Operation& operation) {
  if (!books_.members.contains(operation.member)) return Refuse("MEMBER_NOT_FOUND");
  Settle(operation.member);
  const By by{operation.transaction, operation.effective_at};
  if (!HasTransaction(operation.member, operation.earlier)) return Refuse("TRANSACTION_NOT_FOUND");
  int64_t activated = 0;
  for (size_t i = 0, rows = books_.rows.size(); i < rows; ++i) {
    const Row row = books_.rows[i];
    if (row.transaction != operation.earlier) continue;
    if (row.lot == 0 || books_.lots[row.lot].pending == 0) continue;
    Lot& lot = books_.lots[row.lot];
    Post(by, FactKind::kActivated, row.member, row.unit, Account::kPending, Account::kAvailable,
         lot.pending);
    activated += lot.pending;
    lot.available += lot.pending;
    lot.pending = 0;
    RepayDebts(by, lot);
  }
  if (activated == 0) return Refuse("NOTHING_PENDING");
  return absl::StrCat("activated=", activated, " ",
                      BalancesOf(operation.member, operation.unit).ToString());
}

absl::StatusOr<std::string> Reference::Spend(const Operation& operation) {
  if (absl::Status status = Require(operation.member, operation.unit); !status.ok()) return status;
  if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
  Settle(operation.member);
  const int64_t available = BalancesOf(operation.member, operation.unit).available;
  if (available < operation.points) {
    return Refuse(absl::StrCat("INSUFFICIENT_POINTS available_points=", available));
  }
  Row& row = Post({operation.transaction, operation.effective_at}, operation.kind, operation.member,
                  operation.unit, Account::kAvailable, Account::kRedeemed, operation.points);
  row.parts = TakeInOrder(operation.member, operation.unit, operation.points);
  for (const Row::Part& part : row.parts) books_.lots[part.lot].spent += part.points;
  return BalancesOf(operation.member, operation.unit).ToString();
}

absl::StatusOr<std::string> Reference::Adjust(const Operation& operation) {
  if (operation.points > 0) {
    if (absl::Status status = Require(operation.member, operation.unit); !status.ok()) {
      return status;
    }
    if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
    Settle(operation.member);
    const By by{operation.transaction, operation.effective_at};
    Row& row = Post(by, FactKind::kAdjusted, operation.member, operation.unit, Account::kAdjusted,
                    Account::kAvailable, operation.points);
    Lot& lot = MakeLot(row, {.origin = Origin::kGiven,
                             .earned_at = operation.effective_at,
                             .expires_at = LotEnd(operation)});
    RepayDebts(by, lot);
    return BalancesOf(operation.member, operation.unit).ToString();
  }
  Operation taking = operation;
  taking.kind = FactKind::kAdjusted;
  // The smallest number has no positive counterpart, and is too large either way.
  taking.points = -std::max(operation.points, -ledger::kMaxPoints - 1);
  absl::StatusOr<std::string> figures = Spend(taking);
  if (!figures.ok()) return figures;
  Row& row = books_.rows.back();
  row.credit = Account::kAdjusted;
  books_.sides[{MemberId{}, row.unit, Account::kRedeemed}] -= row.points;
  books_.sides[{MemberId{}, row.unit, Account::kAdjusted}] += row.points;
  return figures;
}

absl::StatusOr<std::string> Reference::Transfer(const Operation& operation) {
  if (!books_.members.contains(operation.member)) return Refuse("MEMBER_NOT_FOUND");
  if (absl::Status status = Require(operation.to, operation.unit); !status.ok()) return status;
  if (!books_.units[operation.unit].transferable || operation.to == operation.member) {
    return Refuse("TRANSFER_NOT_ALLOWED");
  }
  if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
  Settle(operation.member);
  Settle(operation.to);
  const int64_t available = BalancesOf(operation.member, operation.unit).available;
  if (available < operation.points) {
    return Refuse(absl::StrCat("INSUFFICIENT_POINTS available_points=", available));
  }
  const By by{operation.transaction, operation.effective_at};
  const std::vector<Row::Part> parts =
      TakeInOrder(operation.member, operation.unit, operation.points);
  Post(by, FactKind::kTransferredOut, operation.member, operation.unit, Account::kAvailable,
       Account::kTransferred, operation.points)
      .parts = parts;
  for (const Row::Part& part : parts) {
    Lot& given = books_.lots[part.lot];
    given.spent += part.points;
    Row& row = Post(by, FactKind::kTransferredIn, operation.to, operation.unit,
                    Account::kTransferred, Account::kAvailable, part.points);
    Lot& lot = MakeLot(
        row,
        {.origin = given.origin, .earned_at = given.earned_at, .expires_at = given.expires_at});
    RepayDebts(by, lot);
  }
  return absl::StrCat(BalancesOf(operation.member, operation.unit).ToString(), " -> ",
                      BalancesOf(operation.to, operation.unit).ToString());
}

// --- holds ---------------------------------------------------------------------------------------

absl::StatusOr<std::string> Reference::PlaceHold(const Operation& operation) {
  int16_t unit = operation.unit;
  std::vector<Row::Part> parts;
  const auto check_life = [&] {
    return operation.life > absl::Hours(books_.units[unit].max_hold_hours) ? Refuse("HOLD_TOO_LONG")
                                                                           : absl::OkStatus();
  };
  if (operation.act == Act::kHoldVoucher) {
    absl::StatusOr<Lot*> lot = LiveVoucher(operation.voucher, operation.points);
    if (!lot.ok()) return lot.status();
    unit = (*lot)->unit;
    if (absl::Status status = check_life(); !status.ok()) return status;
    (*lot)->available -= operation.points;
    parts.push_back({(*lot)->key.seq, operation.points});
  } else {
    if (absl::Status status = Require(operation.member, unit); !status.ok()) return status;
    if (absl::Status status = check_life(); !status.ok()) return status;
    if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
    Settle(operation.member);
    const int64_t available = BalancesOf(operation.member, unit).available;
    if (operation.points > available) {
      return Refuse(absl::StrCat("INSUFFICIENT_POINTS available_points=", available));
    }
    parts = TakeInOrder(operation.member, unit, operation.points);
  }
  Post({operation.transaction, operation.effective_at}, FactKind::kHoldPlaced, operation.member,
       unit, Account::kAvailable, Account::kHeld, operation.points)
      .parts = parts;
  Hold& hold = books_.holds[operation.hold];
  hold = {.id = operation.hold,
          .member = operation.member,
          .unit = unit,
          .points = operation.points,
          .placed_at = recorded_at_,
          .expires_at = recorded_at_ + operation.life};
  for (const Row::Part& part : parts) {
    books_.lots[part.lot].held += part.points;
    hold.pins[part.lot] = part.points;
  }
  return absl::StrCat("until=", absl::FormatTime(hold.expires_at, absl::UTCTimeZone()), " ",
                      BalancesOf(operation.member, unit).ToString());
}

void Reference::Release(const By& by, Hold& hold, FactKind kind) {
  std::vector<Lot> pinned;
  for (const auto& [number, points] : hold.pins) pinned.push_back(books_.lots[number]);
  std::sort(pinned.begin(), pinned.end(), ledger::SpendOrder());
  for (const Lot& then : pinned) {
    Lot& lot = books_.lots[then.key.seq];
    const int64_t points = hold.pins[lot.key.seq];
    hold.pins.erase(lot.key.seq);
    Post(by, kind, lot.member, lot.unit, Account::kHeld, Account::kAvailable, points);
    lot.held -= points;
    lot.available += points;
    Receive(by, lot, 0);
  }
}

absl::StatusOr<std::string> Reference::Resolve(const Operation& operation) {
  if (!books_.members.contains(operation.member)) return Refuse("MEMBER_NOT_FOUND");
  const auto found = books_.holds.find(operation.hold);
  if (found == books_.holds.end()) return Refuse("HOLD_NOT_FOUND");
  Hold& hold = found->second;
  Settle(hold.member);
  if (hold.pins.empty()) return Refuse("HOLD_RESOLVED");
  const By by{operation.transaction, operation.effective_at};
  int64_t done = hold.held();
  if (operation.act == Act::kCapture) {
    if (operation.points != 0) {
      if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
      if (operation.points > done) {
        return Refuse(absl::StrCat("INSUFFICIENT_POINTS available_points=", done));
      }
      done = operation.points;
    }
    std::vector<Lot> pinned;
    for (const auto& [number, points] : hold.pins) pinned.push_back(books_.lots[number]);
    std::sort(pinned.begin(), pinned.end(), ledger::SpendOrder());
    Row& row = Post(by, FactKind::kHoldCaptured, hold.member, hold.unit, Account::kHeld,
                    Account::kRedeemed, done);
    int64_t left = done;
    for (const Lot& then : pinned) {
      Lot& lot = books_.lots[then.key.seq];
      int64_t& pin = hold.pins[lot.key.seq];
      const int64_t part = std::min(left, pin);
      if (part == 0) break;
      left -= part;
      lot.held -= part;
      lot.spent += part;
      row.parts.push_back({lot.key.seq, part});
      pin -= part;
      if (pin == 0) hold.pins.erase(lot.key.seq);
    }
  }
  Release(by, hold, FactKind::kHoldReleased);
  return absl::StrCat(operation.act == Act::kCapture ? "captured=" : "released=", done, " ",
                      BalancesOf(hold.member, hold.unit).ToString());
}

// --- undoing -------------------------------------------------------------------------------------

absl::StatusOr<std::string> Reference::Reverse(const Operation& operation) {
  if (!books_.members.contains(operation.member)) return Refuse("MEMBER_NOT_FOUND");
  Settle(operation.member);
  if (!HasTransaction(operation.member, operation.earlier)) return Refuse("TRANSACTION_NOT_FOUND");
  if (operation.points < 0) return Refuse("POINTS_NOT_POSITIVE");

  std::vector<size_t> undoable;  // the latest first
  int64_t left = 0;
  for (size_t i = books_.rows.size(); i-- > 0;) {
    const Row& row = books_.rows[i];
    if (row.transaction != operation.earlier || !IsUndoable(row)) continue;
    undoable.push_back(i);
    left += row.points - row.undone;
  }
  if (left == 0) return Refuse("NOTHING_TO_REVERSE");
  if (operation.points > left) return Refuse(absl::StrCat("REVERSAL_TOO_LARGE left=", left));

  int64_t wanted = operation.points == 0 ? left : operation.points;
  Reversed reversed;
  const By by{operation.transaction, operation.effective_at};
  for (const size_t i : undoable) {
    const int64_t part = std::min(wanted, books_.rows[i].points - books_.rows[i].undone);
    if (part == 0) continue;
    wanted -= part;
    if (IsEarning(books_.rows[i])) {
      const Clawback clawback =
          operation.clawback.value_or(books_.units[books_.rows[i].unit].clawback);
      absl::Status status = UndoEarn(by, i, part, clawback, reversed);
      if (!status.ok()) return status;
    } else {
      absl::Status status = UndoSpend(by, i, part, reversed);
      if (!status.ok()) return status;
    }
  }
  if (reversed.taken == 0 && reversed.restored == 0) return Refuse("NOTHING_TO_REVERSE");
  return absl::StrCat("taken=", reversed.taken, " expired=", reversed.expired,
                      " debt=", reversed.debt, " forgiven=", reversed.forgiven,
                      " restored=", reversed.restored, " repaid=", reversed.repaid, " ",
                      BalancesOf(operation.member, operation.unit).ToString());
}

absl::Status Reference::UndoEarn(const By& by, size_t row, int64_t points, Clawback clawback,
                                 Reversed& reversed) {
  const Row earned = books_.rows[row];
  Lot& lot = books_.lots[earned.lot];
  const int64_t available = BalancesOf(lot.member, lot.unit).available;
  const Account home = earned.debit;  // kIssued, or kAdjusted
  int64_t left = points;
  const auto take = [&](int64_t part, Account from) {
    if (part == 0) return int64_t{0};
    Post(by, FactKind::kEarnReversed, lot.member, lot.unit, from, home, part);
    books_.rows[row].undone += part;
    if (!earned.budget.IsNil()) books_.budgets[earned.budget].spent -= part;
    lot.taken += part;
    reversed.taken += part;
    left -= part;
    return part;
  };
  const auto take_own = [&](int64_t& own, Account from) {
    const int64_t part = take(std::min(left, own), from);
    own -= part;
    return part;
  };
  reversed.expired += take_own(lot.expired, Account::kExpired);
  take_own(lot.pending, Account::kPending);
  take_own(lot.available, Account::kAvailable);
  for (const int64_t number : SpendableLots(lot.member, lot.unit)) {
    Lot& lender = books_.lots[number];
    const int64_t part = take(std::min(left, lender.available), Account::kAvailable);
    if (part == 0) break;
    lender.available -= part;
    Lend(lender, lot, part);
  }
  switch (clawback) {
    case Clawback::kDebt: {
      const int64_t part = take(left, Account::kDebt);
      lot.debt -= part;
      reversed.debt += part;
      break;
    }
    case Clawback::kClamp:
      reversed.forgiven += take_own(lot.spent, Account::kRedeemed);
      break;
    case Clawback::kRefuse:
      if (left > 0) return Refuse(absl::StrCat("CLAWBACK_REFUSED available_points=", available));
      break;
  }
  return absl::OkStatus();
}

absl::Status Reference::UndoSpend(const By& by, size_t row, int64_t points, Reversed& reversed) {
  const FactKind kind = books_.rows[row].kind == FactKind::kVoucherRedeemed
                            ? FactKind::kVoucherReinstated
                            : FactKind::kSpendReversed;
  for (size_t i = books_.rows[row].parts.size(); i-- > 0;) {
    Row::Part& part = books_.rows[row].parts[i];
    Lot& lot = books_.lots[part.lot];
    const int64_t back = std::min({points, part.points - part.undone, lot.spent});
    if (back == 0) continue;
    for (const auto& [id, voucher] : books_.vouchers) {
      if (voucher.lot != lot.key) continue;
      absl::Status status = CheckOneLives(voucher);
      if (!status.ok()) return status;
    }
    if (ledger::IsVoucherUnit(lot.unit) && lot.expires_at <= recorded_at_) {
      lot.expires_at = recorded_at_ + absl::Hours(24) * ledger::kVoucherGraceDays;
    }
    points -= back;
    part.undone += back;
    books_.rows[row].undone += back;
    const Account from = books_.rows[row].credit;  // kRedeemed, or kAdjusted
    Post(by, kind, lot.member, lot.unit, from, Account::kAvailable, back);
    lot.spent -= back;
    lot.available += back;
    reversed.restored += back;
    reversed.repaid += Receive(by, lot, books_.units[lot.unit].return_grace_days);
  }
  return absl::OkStatus();
}

// --- vouchers ------------------------------------------------------------------------------------

absl::Status Reference::CheckOneLives(const Voucher& wanted) {
  for (const auto& [id, voucher] : books_.vouchers) {
    const Lot& lot = books_.lots[voucher.lot.seq];
    if (wanted.terms.one_live && id != wanted.id && voucher.member == wanted.member &&
        voucher.terms.origin == wanted.terms.origin && lot.available + lot.held > 0) {
      return Refuse(absl::StrCat("VOUCHER_LIVE voucher_id=", id.ToString()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Reference::IssueVoucher(const Operation& operation) {
  if (absl::Status status = Require(operation.member, operation.unit); !status.ok()) return status;
  Settle(operation.member);
  const Voucher wanted{
      .id = operation.voucher, .member = operation.member, .lot = {}, .terms = operation.terms};
  if (absl::Status status = CheckOneLives(wanted); !status.ok()) return status;
  if (absl::Status status = RequirePoints(operation.points); !status.ok()) return status;
  if (absl::Status status = Draw(operation.budget, operation.points); !status.ok()) return status;
  Row& row = Post({operation.transaction, operation.effective_at}, FactKind::kVoucherIssued,
                  operation.member, operation.unit, Account::kIssued, Account::kAvailable,
                  operation.points);
  row.budget = operation.budget;
  const Lot& lot =
      MakeLot(row, {.origin = Origin::kGiven,
                    .earned_at = operation.effective_at,
                    .expires_at = operation.expires_at.value_or(absl::InfiniteFuture())});
  books_.vouchers[operation.voucher] = {.id = operation.voucher,
                                        .member = operation.member,
                                        .lot = lot.key,
                                        .terms = operation.terms};
  return BalancesOf(operation.member, operation.unit).ToString();
}

absl::StatusOr<Lot*> Reference::LiveVoucher(const VoucherId& id, int64_t worth) {
  if (absl::Status status = RequirePoints(worth); !status.ok()) return status;
  const auto voucher = books_.vouchers.find(id);
  if (voucher == books_.vouchers.end()) return Refuse("VOUCHER_NOT_FOUND");
  Settle(voucher->second.member);
  Lot& lot = books_.lots[voucher->second.lot.seq];
  if (lot.available == 0) return Refuse("VOUCHER_NOT_LIVE");
  if (worth > lot.available) {
    return Refuse(absl::StrCat("INSUFFICIENT_WORTH remaining=", lot.available));
  }
  return &lot;
}

absl::StatusOr<std::string> Reference::UseVoucher(const Operation& operation) {
  const bool redeem = operation.act == Act::kRedeemVoucher;
  absl::StatusOr<Lot*> live = LiveVoucher(operation.voucher, redeem ? operation.points : 1);
  if (!live.ok()) return live.status();
  Lot& lot = **live;
  if (!redeem && lot.held > 0) return Refuse("VOUCHER_NOT_LIVE");
  const int64_t worth = redeem ? operation.points : lot.available;
  Post({operation.transaction, operation.effective_at},
       redeem ? FactKind::kVoucherRedeemed : FactKind::kVoucherVoided, lot.member, lot.unit,
       Account::kAvailable, redeem ? Account::kRedeemed : Account::kVoided, worth)
      .parts = {{lot.key.seq, worth}};
  lot.available -= worth;
  lot.spent += worth;
  return absl::StrCat("worth=", worth, " ", BalancesOf(lot.member, lot.unit).ToString());
}

// --- its own soundness ---------------------------------------------------------------------------

std::vector<std::string> Reference::Faults() const {
  std::vector<std::string> faults;
  const auto check = [&](bool holds, const auto&... what) {
    if (!holds) faults.push_back(absl::StrCat(what...));
  };
  std::map<std::tuple<MemberId, int16_t, Account>, int64_t> wallets;
  std::map<int64_t, int64_t> borrowed;
  std::map<int64_t, int64_t> lent;
  std::map<int64_t, int64_t> pinned;
  for (const auto& [who, points] : books_.covers) {
    check(points > 0, "cover of ", who.first, " by ", who.second, ": ", points);
    borrowed[who.first] += points;
    lent[who.second] += points;
  }
  for (const auto& [id, hold] : books_.holds) {
    for (const auto& [lot, points] : hold.pins) pinned[lot] += points;
  }
  for (const auto& [number, lot] : books_.lots) {
    check(lot.points == lot.available + lot.pending + lot.held + lot.debt + lot.spent +
                            lot.expired + lot.taken + lot.lent - lot.borrowed,
          "lot ", number, " does not add up");
    check(std::min({lot.available, lot.pending, lot.held, -lot.debt, lot.spent, lot.expired,
                    lot.taken, lot.lent, lot.borrowed}) >= 0 &&
              lot.taken <= lot.points,
          "lot ", number, " is out of bounds");
    check(lot.available == 0 || (lot.borrowed == 0 && lot.debt == 0), "lot ", number,
          " keeps what it owes");
    check(borrowed[number] == lot.borrowed && lent[number] == lot.lent, "covers of lot ", number);
    check(pinned[number] == lot.held, "pins of lot ", number);
    wallets[{lot.member, lot.unit, Account::kAvailable}] += lot.available;
    wallets[{lot.member, lot.unit, Account::kPending}] += lot.pending;
    wallets[{lot.member, lot.unit, Account::kHeld}] += lot.held;
    wallets[{lot.member, lot.unit, Account::kDebt}] += lot.debt;
  }
  std::map<int16_t, int64_t> totals;
  for (const auto& [side, points] : books_.sides) {
    const auto& [member, unit, account] = side;
    totals[unit] += points;
    check(account != Account::kTransferred || points == 0, "points are under way: ", points);
    if (!ledger::IsMembers(account)) continue;
    check(wallets[side] == points, "rows say ", points, ", lots ", wallets[side], " of account ",
          static_cast<int>(account), " in unit ", unit);
  }
  for (const auto& [unit, points] : totals) check(points == 0, "unit ", unit, " sums to ", points);
  for (const auto& [side, points] : wallets) {
    const auto& [member, unit, account] = side;
    check(account != Account::kAvailable || points == 0 ||
              wallets[{member, unit, Account::kDebt}] == 0,
          "points to spend beside a debt in unit ", unit);
  }
  for (const auto& [id, budget] : books_.budgets) {
    check(budget.spent >= 0 && budget.spent <= budget.limit, "budget at ", budget.spent, " of ",
          budget.limit);
  }
  return faults;
}

// --- for people ----------------------------------------------------------------------------------

std::string Describe(const Operation& o) {
  static constexpr const char* kActs[] = {
      "earn",           "activate",     "spend",       "hold",     "capture",
      "release",        "reverse",      "adjust",      "transfer", "issue voucher",
      "redeem voucher", "hold voucher", "void voucher"};
  std::string text = absl::StrCat(
      kActs[static_cast<int>(o.act)], " points=", o.points, " member=", o.member.ToString(),
      " unit=", o.unit, " kind=", static_cast<int>(o.kind),
      " effective=", absl::FormatTime(o.effective_at, absl::UTCTimeZone()));
  const auto add = [&](bool said, const char* name, const auto& value) {
    if (said) absl::StrAppend(&text, " ", name, "=", value);
  };
  add(o.available_at != absl::InfinitePast(), "available",
      absl::FormatTime(o.available_at, absl::UTCTimeZone()));
  if (o.expires_at) add(true, "expires", absl::FormatTime(*o.expires_at, absl::UTCTimeZone()));
  add(!o.budget.IsNil(), "budget", o.budget.ToString());
  add(!o.earlier.IsNil(), "of", o.earlier.ToString());
  if (o.clawback) add(true, "clawback", static_cast<int>(*o.clawback));
  add(!o.hold.IsNil(), "hold", o.hold.ToString());
  add(o.life != absl::ZeroDuration(), "life", absl::FormatDuration(o.life));
  add(!o.to.IsNil(), "to", o.to.ToString());
  add(!o.voucher.IsNil(), "voucher", o.voucher.ToString());
  add(!o.terms.origin.empty(), "origin", o.terms.origin);
  return text;
}

std::string Describe(const Request& request) {
  std::string text;
  for (const Operation& operation : request.operations) {
    absl::StrAppend(&text, text.empty() ? "" : " + ", Describe(operation));
  }
  return text;
}

}  // namespace gratis::model
