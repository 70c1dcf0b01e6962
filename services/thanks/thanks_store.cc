#include "services/thanks/thanks_store.h"

#include <nlohmann/json.hpp>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

std::string PolicyBody(const Policy& policy) {
  nlohmann::json rates = nlohmann::json::object();
  for (const EarningRate& rate : policy.earning.rates) {
    rates[rate.currency_code] = rate.points_per_unit;
  }
  const ThankYouTrigger& thank_you = policy.thank_you;
  return nlohmann::json{
      {"earning",
       {{"points_per_unit", rates}, {"rounding", static_cast<int>(policy.earning.rounding)}}},
      {"thank_you",
       {{"enabled", thank_you.enabled},
        {"sender", thank_you.sender},
        {"note", thank_you.note},
        {"bonus_points", thank_you.bonus_points},
        {"max_age_days", thank_you.max_age_days}}}}
      .dump();
}

absl::StatusOr<Policy> ParsePolicy(int32_t version, std::string_view body) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Error(Reason::kInternal, "a stored policy is not readable");
  Policy policy{.version = version};
  const nlohmann::json& earning = json.at("earning");
  policy.earning.rounding = static_cast<Rounding>(earning.at("rounding").get<int16_t>());
  for (const auto& [currency, points] : earning.at("points_per_unit").items()) {
    policy.earning.rates.push_back({currency, points.get<int64_t>()});
  }
  const nlohmann::json& thank_you = json.at("thank_you");
  policy.thank_you = {.enabled = thank_you.at("enabled").get<bool>(),
                      .sender = thank_you.at("sender").get<std::string>(),
                      .note = thank_you.at("note").get<std::string>(),
                      .bonus_points = thank_you.at("bonus_points").get<int64_t>(),
                      .max_age_days = thank_you.at("max_age_days").get<int32_t>()};
  return policy;
}

}  // namespace

absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicy, program.number));
  if (rows.empty()) return DefaultPolicy(program.currency_code);
  return ParsePolicy(rows[0].Get<int32_t>(0), rows[0].Get<std::string_view>(1));
}

absl::StatusOr<Policy> ReadPolicyVersion(pg::Tx& tx, const ledger::Program& program,
                                         int32_t version) {
  if (version == 0) return DefaultPolicy(program.currency_code);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicyVersion, program.number, version));
  if (rows.empty()) return Error(Reason::kInternal, "a purchase names a policy that is not there");
  return ParsePolicy(rows[0].Get<int32_t>(0), rows[0].Get<std::string_view>(1));
}

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at) {
  tx.Send(sql::kInsertPolicy, program.number, policy.version, set_at, PolicyBody(policy));
}

void InsertPurchases(pg::Tx& tx, int32_t partition, absl::Span<const Purchase* const> purchases) {
  std::vector<PurchaseId> ids;
  std::vector<MemberId> members;
  std::vector<TransactionId> transactions;
  std::vector<std::string_view> sources, order_ids, currencies, notes;
  std::vector<int64_t> totals, points, points_per_unit, bonus_points;
  std::vector<int32_t> item_counts, versions;
  std::vector<int16_t> roundings, outcomes, whys;
  std::vector<absl::Time> purchased, recorded;
  for (const Purchase* purchase : purchases) {
    ids.push_back(purchase->id);
    members.push_back(purchase->member);
    sources.push_back(purchase->source);
    order_ids.push_back(purchase->order_id);
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
  }
  tx.Send(sql::kInsertPurchases, partition, ids, members, sources, order_ids, currencies, totals,
          item_counts, purchased, recorded, transactions, versions, points, points_per_unit,
          roundings, notes, outcomes, whys, bonus_points);
}

namespace {

Purchase PurchaseOf(const pg::Row& row) {
  return Purchase{.id = row.Get<PurchaseId>(0),
                  .member = row.Get<MemberId>(1),
                  .source = row.Get<std::string>(2),
                  .order_id = row.Get<std::string>(3),
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
                                .bonus_points = row.Get<int64_t>(17)}};
}

}  // namespace

absl::StatusOr<std::optional<Purchase>> ReadPurchase(pg::Tx& tx, int32_t partition,
                                                     const PurchaseId& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPurchase, partition, id));
  if (rows.empty()) return std::nullopt;
  return PurchaseOf(rows[0]);
}

absl::StatusOr<std::vector<Purchase>> ListPurchases(pg::Tx& tx, int32_t partition,
                                                    const MemberId& member, const PurchaseId& after,
                                                    int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListPurchases, partition, member, after,
                                               static_cast<int64_t>(limit)));
  std::vector<Purchase> purchases;
  purchases.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) purchases.push_back(PurchaseOf(row));
  return purchases;
}

}  // namespace gratis::thanks
