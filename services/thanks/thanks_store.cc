#include "services/thanks/thanks_store.h"

#include "common/status/macros.h"
#include "services/thanks/purchase_json.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

absl::StatusOr<Purchase> PurchaseOf(const pg::Row& row) {
  Purchase purchase{.id = row.Get<PurchaseId>(0),
                    .member = row.Get<MemberId>(1),
                    .order = {.source = row.Get<std::string>(2),
                              .order_id = row.Get<std::string>(3),
                              .store = row.Get<std::string>(18),
                              .till = row.Get<std::string>(19),
                              .receipt = row.Get<std::string>(21)},
                    .total = {row.Get<std::string>(4), row.Get<int64_t>(5)},
                    .item_count = row.Get<int32_t>(6),
                    .purchased_at = row.Get<absl::Time>(7),
                    .recorded_at = row.Get<absl::Time>(8),
                    .transaction = row.Get<TransactionId>(9),
                    .earning = {.points = row.Get<int64_t>(11),
                                .policy_version = row.Get<int32_t>(10),
                                .points_per_unit = row.Get<int64_t>(12),
                                .rounding = static_cast<Rounding>(row.Get<int16_t>(13)),
                                .note = row.Get<std::string>(14)},
                    .thank_you = {.outcome = static_cast<ThanksOutcome>(row.Get<int16_t>(15)),
                                  .why = static_cast<Withheld>(row.Get<int16_t>(16)),
                                  .bonus_points = row.Get<int64_t>(17)},
                    .position = row.Get<int64_t>(22)};
  if (const auto day = row.Get<std::optional<absl::CivilDay>>(20)) {
    purchase.order.business_date = *day;
  }
  if (const auto delivered = row.Get<std::optional<absl::Time>>(24)) {
    purchase.delivered_at = *delivered;
  }
  RETURN_IF_ERROR(ReadMore(row.Get<std::optional<std::string_view>>(23), purchase));
  return purchase;
}

using ReturnsByPurchase = std::map<PurchaseId, std::vector<Return>>;

absl::StatusOr<ReturnsByPurchase> ReturnsOf(const pg::Rows& rows) {
  ReturnsByPurchase returns;
  for (const pg::Row row : rows) {
    Return came{.return_id = row.Get<std::string>(1),
                .transaction = row.Get<TransactionId>(2),
                .returned_at = row.Get<absl::Time>(3),
                .recorded_at = row.Get<absl::Time>(4),
                .points_taken = row.Get<int64_t>(5)};
    RETURN_IF_ERROR(ReadBody(row.Get<std::string_view>(6), came));
    returns[row.Get<PurchaseId>(0)].push_back(std::move(came));
  }
  return returns;
}

StoredPurchase WithReturns(Purchase purchase, ReturnsByPurchase& returns) {
  StoredPurchase stored{std::move(purchase), {}};
  if (const auto found = returns.find(stored.purchase.id); found != returns.end()) {
    stored.returns = std::move(found->second);
  }
  stored.purchase.returned = SumOf(stored.purchase, stored.returns);
  return stored;
}

}  // namespace

void InsertPurchases(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases) {
  if (purchases.empty()) return;
  std::vector<PurchaseId> ids;
  std::vector<MemberId> members;
  std::vector<TransactionId> transactions;
  std::vector<std::string_view> sources, order_ids, currencies, notes, stores, tills, receipts;
  std::vector<int64_t> totals, points, points_per_unit, bonus_points, positions;
  std::vector<int32_t> item_counts, versions;
  std::vector<int16_t> roundings, outcomes, whys;
  std::vector<absl::Time> purchased, recorded;
  std::vector<std::optional<absl::CivilDay>> business_dates;
  std::vector<std::optional<std::string>> mores;
  for (const Purchase* purchase : purchases) {
    const OrderKey& order = purchase->order;
    ids.push_back(purchase->id);
    members.push_back(purchase->member);
    sources.push_back(order.source);
    order_ids.push_back(order.order_id);
    currencies.push_back(purchase->total.currency_code);
    totals.push_back(purchase->total.minor_units);
    item_counts.push_back(purchase->item_count);
    purchased.push_back(purchase->purchased_at);
    recorded.push_back(purchase->recorded_at);
    transactions.push_back(purchase->transaction);
    versions.push_back(purchase->earning.policy_version);
    points.push_back(purchase->earning.points);
    points_per_unit.push_back(purchase->earning.points_per_unit);
    roundings.push_back(static_cast<int16_t>(purchase->earning.rounding));
    notes.push_back(purchase->earning.note);
    outcomes.push_back(static_cast<int16_t>(purchase->thank_you.outcome));
    whys.push_back(static_cast<int16_t>(purchase->thank_you.why));
    bonus_points.push_back(purchase->thank_you.bonus_points);
    stores.push_back(order.store);
    tills.push_back(order.till);
    business_dates.push_back(order.is_receipt() ? std::optional(order.business_date)
                                                : std::nullopt);
    receipts.push_back(order.receipt);
    positions.push_back(purchase->position);
    mores.push_back(MoreOf(*purchase));
  }
  tx.Send(sql::kInsertPurchases, partition, ids, members, sources, order_ids, currencies, totals,
          item_counts, purchased, recorded, transactions, versions, points, points_per_unit,
          roundings, notes, outcomes, whys, bonus_points, stores, tills, business_dates, receipts,
          positions, mores);
}

absl::StatusOr<std::optional<Purchase>> ReadPurchase(pg::Tx& tx, int32_t partition,
                                                     const PurchaseId& id) {
  ASSIGN_OR_RETURN(auto found, TakePurchases(tx, AskPurchases(tx, partition, {id})));
  if (found.empty()) return std::nullopt;
  return std::move(found.begin()->second.purchase);
}

absl::StatusOr<std::vector<Purchase>> ReadPurchases(pg::Tx& tx, int32_t partition,
                                                    const std::vector<PurchaseId>& ids) {
  ASSIGN_OR_RETURN(auto found, TakePurchases(tx, AskPurchases(tx, partition, ids)));
  std::vector<Purchase> purchases;
  for (auto& [id, stored] : found) purchases.push_back(std::move(stored.purchase));
  return purchases;
}

absl::StatusOr<std::vector<Purchase>> ListPurchases(pg::Tx& tx, int32_t partition,
                                                    const MemberId& member, const PurchaseId& after,
                                                    int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListPurchases, partition, member, after,
                                               static_cast<int64_t>(limit)));
  std::vector<Purchase> purchases;
  std::vector<PurchaseId> ids;
  purchases.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Purchase purchase, PurchaseOf(row));
    ids.push_back(purchase.id);
    purchases.push_back(std::move(purchase));
  }
  ASSIGN_OR_RETURN(const pg::Rows return_rows, tx.Run(sql::kReadReturns, partition, ids));
  ASSIGN_OR_RETURN(const ReturnsByPurchase returns, ReturnsOf(return_rows));
  for (Purchase& purchase : purchases) {
    const auto found = returns.find(purchase.id);
    purchase.returned =
        SumOf(purchase, found == returns.end() ? std::vector<Return>{} : found->second);
  }
  return purchases;
}

AskedPurchases AskPurchases(pg::Tx& tx, int32_t partition, const std::vector<PurchaseId>& ids) {
  return {tx.Ask(sql::kReadPurchases, partition, ids), tx.Ask(sql::kReadReturns, partition, ids)};
}

absl::StatusOr<std::map<PurchaseId, StoredPurchase>> TakePurchases(pg::Tx& tx,
                                                                   const AskedPurchases& asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked.purchases));
  ASSIGN_OR_RETURN(const pg::Rows return_rows, tx.Take(asked.returns));
  ASSIGN_OR_RETURN(ReturnsByPurchase returns, ReturnsOf(return_rows));
  std::map<PurchaseId, StoredPurchase> found;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Purchase purchase, PurchaseOf(row));
    const PurchaseId id = purchase.id;
    found.emplace(id, WithReturns(std::move(purchase), returns));
  }
  return found;
}

AskedUnclaimed AskUnclaimed(pg::Tx& tx, int32_t partition, const std::vector<PurchaseId>& ids,
                            bool lock) {
  if (lock) tx.Send(sql::kLockUnclaimed, partition, ids);
  return {tx.Ask(sql::kReadUnclaimed, partition, ids), tx.Ask(sql::kReadReturns, partition, ids)};
}

absl::StatusOr<std::map<PurchaseId, Unclaimed>> TakeUnclaimed(pg::Tx& tx,
                                                              const AskedUnclaimed& asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked.unclaimed));
  ASSIGN_OR_RETURN(const pg::Rows return_rows, tx.Take(asked.returns));
  ASSIGN_OR_RETURN(ReturnsByPurchase returns, ReturnsOf(return_rows));
  std::map<PurchaseId, Unclaimed> found;
  for (const pg::Row row : rows) {
    const auto id = row.Get<PurchaseId>(0);
    Unclaimed& unclaimed = found[id];
    if (const auto body = row.Get<std::optional<std::string_view>>(1)) {
      Purchase purchase{.id = id};
      RETURN_IF_ERROR(ReadWhole(*body, purchase));
      if (const auto delivered = row.Get<std::optional<absl::Time>>(2)) {
        purchase.delivered_at = *delivered;
      }
      unclaimed.purchase = WithReturns(std::move(purchase), returns);
    }
    unclaimed.moved_to = row.Get<std::optional<MemberId>>(3).value_or(MemberId{});
    unclaimed.became = row.Get<std::optional<PurchaseId>>(4).value_or(PurchaseId{});
  }
  return found;
}

void InsertUnclaimed(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases) {
  if (purchases.empty()) return;
  std::vector<PurchaseId> ids;
  std::vector<std::string> bodies;
  for (const Purchase* purchase : purchases) {
    ids.push_back(purchase->id);
    bodies.push_back(WholeOf(*purchase));
  }
  tx.Send(sql::kInsertUnclaimed, partition, ids, bodies);
}

void InsertMoves(pg::Tx& tx, absl::Span<const Move> moves) {
  if (moves.empty()) return;
  std::vector<int32_t> partitions;
  std::vector<PurchaseId> purchases, became;
  std::vector<MemberId> members;
  for (const Move& move : moves) {
    partitions.push_back(move.partition);
    purchases.push_back(move.purchase);
    members.push_back(move.member);
    became.push_back(move.became);
  }
  tx.Send(sql::kInsertMoved, partitions, purchases, members, became);
}

void InsertReturns(pg::Tx& tx, int32_t partition, absl::Span<const NumberedReturn> returns) {
  if (returns.empty()) return;
  std::vector<PurchaseId> purchases;
  std::vector<int32_t> numbers;
  std::vector<std::string_view> return_ids;
  std::vector<TransactionId> transactions;
  std::vector<absl::Time> returned, recorded;
  std::vector<int64_t> points;
  std::vector<std::string> bodies;
  for (const NumberedReturn& numbered : returns) {
    const Return& came = numbered.came;
    purchases.push_back(numbered.purchase);
    numbers.push_back(numbered.number);
    return_ids.push_back(came.return_id);
    transactions.push_back(came.transaction);
    returned.push_back(came.returned_at);
    recorded.push_back(came.recorded_at);
    points.push_back(came.points_taken);
    bodies.push_back(BodyOf(came));
  }
  tx.Send(sql::kInsertReturns, partition, purchases, numbers, return_ids, transactions, returned,
          recorded, points, bodies);
}

void InsertDeliveries(pg::Tx& tx, int32_t partition, absl::Span<const Delivery> deliveries) {
  if (deliveries.empty()) return;
  std::vector<PurchaseId> purchases;
  std::vector<absl::Time> delivered, recorded;
  for (const Delivery& delivery : deliveries) {
    purchases.push_back(delivery.purchase);
    delivered.push_back(delivery.delivered_at);
    recorded.push_back(delivery.recorded_at);
  }
  tx.Send(sql::kInsertDeliveries, partition, purchases, delivered, recorded);
}

pg::Tx::Asked AskBuyers(pg::Tx& tx, int32_t partition, const std::vector<MemberId>& members) {
  return tx.Ask(sql::kReadBuyers, partition, members);
}

absl::StatusOr<std::map<MemberId, Buyer>> TakeBuyers(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::map<MemberId, Buyer> buyers;
  for (const pg::Row row : rows) {
    buyers[row.Get<MemberId>(0)] = {
        .kept = row.Get<int64_t>(1),
        .highest_position = row.Get<int64_t>(2),
        .first_at = row.Get<absl::Time>(3),
        .last_at = row.Get<absl::Time>(4),
        .claim_day = row.Get<std::optional<absl::CivilDay>>(5).value_or(absl::CivilDay()),
        .claims = row.Get<int32_t>(6)};
  }
  return buyers;
}

void WriteBuyers(pg::Tx& tx, int32_t partition, const std::map<MemberId, Buyer>& buyers) {
  if (buyers.empty()) return;
  std::vector<MemberId> members;
  std::vector<int64_t> kept, highest;
  std::vector<absl::Time> first, last;
  std::vector<std::optional<absl::CivilDay>> claim_days;
  std::vector<int32_t> claims;
  for (const auto& [member, buyer] : buyers) {
    members.push_back(member);
    kept.push_back(buyer.kept);
    highest.push_back(buyer.highest_position);
    first.push_back(buyer.first_at);
    last.push_back(buyer.last_at);
    claim_days.push_back(buyer.claims > 0 ? std::optional(buyer.claim_day) : std::nullopt);
    claims.push_back(buyer.claims);
  }
  tx.Send(sql::kWriteBuyers, partition, members, kept, highest, first, last, claim_days, claims);
}

namespace {

std::vector<pg::BytesView> BytesOf(const std::vector<std::string>& names) {
  std::vector<pg::BytesView> bytes;
  bytes.reserve(names.size());
  for (const std::string& name : names) bytes.push_back({name});
  return bytes;
}

}  // namespace

pg::Tx::Asked AskParked(pg::Tx& tx, const ledger::Program& program,
                        const std::vector<std::string>& names) {
  return tx.Ask(sql::kLockParkedReturns, program.number, BytesOf(names));
}

absl::StatusOr<std::map<std::string, std::vector<Parked>>> TakeParked(
    pg::Tx& tx, pg::Tx::Asked locked, const ledger::Program& program,
    const std::vector<std::string>& names) {
  std::map<std::string, std::vector<Parked>> parked;
  ASSIGN_OR_RETURN(const pg::Rows lock, tx.Take(locked));
  if (lock.empty()) return parked;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadParkedReturns, program.number, BytesOf(names)));
  for (const pg::Row row : rows) {
    Parked one{.partition = row.Get<int32_t>(2),
               .purchase = row.Get<PurchaseId>(3),
               .number = row.Get<int32_t>(1)};
    const auto body = row.Get<std::string_view>(4);
    if (const std::optional<absl::Time> delivered = ReadDelivered(body)) {
      one.delivered_at = *delivered;
    } else {
      RETURN_IF_ERROR(ReadWhole(body, one.came));
    }
    parked[std::string(row.Get<pg::BytesView>(0).value)].push_back(std::move(one));
  }
  return parked;
}

void InsertParked(pg::Tx& tx, const ledger::Program& program,
                  absl::Span<const std::pair<std::string, Parked>> parked) {
  if (parked.empty()) return;
  std::vector<pg::BytesView> names;
  std::vector<int32_t> numbers, partitions;
  std::vector<PurchaseId> purchases;
  std::vector<std::string> bodies;
  for (const auto& [name, one] : parked) {
    names.push_back({name});
    numbers.push_back(one.number);
    partitions.push_back(one.partition);
    purchases.push_back(one.purchase);
    bodies.push_back(one.is_delivery() ? DeliveredOf(one.delivered_at) : WholeOf(one.came));
  }
  tx.Send(sql::kInsertParkedReturns, program.number, names, numbers, partitions, purchases, bodies);
}

void DeleteParked(pg::Tx& tx, const ledger::Program& program,
                  const std::vector<std::string>& names) {
  if (names.empty()) return;
  tx.Send(sql::kDeleteParkedReturns, program.number, BytesOf(names));
}

}  // namespace gratis::thanks
