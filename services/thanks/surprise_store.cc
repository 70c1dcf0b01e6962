#include "services/thanks/surprise_store.h"

#include <nlohmann/json.hpp>

#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_sql.h"
#include "services/thanks/trigger_body.h"

namespace gratis::thanks {
namespace {

using nlohmann::json;

std::string BodyOf(const SurpriseOrder& order) {
  json body{{"seed", order.seed},
            {"member_days", order.audience.member_days},
            {"bought_within_days", order.audience.bought_within_days},
            {"rest_days", order.audience.rest_days},
            {"points", order.gift.points},
            {"sender", order.gift.sender_code},
            {"sender_name", order.gift.sender_name},
            {"template", order.gift.template_code},
            {"budget", order.budget.ToString()}};
  if (order.gift.voucher) body["voucher"] = VoucherBody(*order.gift.voucher);
  return body.dump();
}

absl::StatusOr<SurpriseOrder> ParseBody(std::string_view text) {
  const json body = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) return Error(Reason::kInternal, "a stored surprise is not readable");
  SurpriseOrder order;
  body.at("seed").get_to(order.seed);
  body.at("member_days").get_to(order.audience.member_days);
  body.at("bought_within_days").get_to(order.audience.bought_within_days);
  body.at("rest_days").get_to(order.audience.rest_days);
  body.at("points").get_to(order.gift.points);
  body.at("sender").get_to(order.gift.sender_code);
  body.at("sender_name").get_to(order.gift.sender_name);
  body.at("template").get_to(order.gift.template_code);
  ASSIGN_OR_RETURN(order.budget, BudgetId::Parse(body.at("budget").get<std::string>()));
  if (const auto voucher = body.find("voucher"); voucher != body.end()) {
    ASSIGN_OR_RETURN(order.gift.voucher, ParseVoucherBody(voucher->get<std::string>()));
  }
  return order;
}

absl::StatusOr<std::vector<Surprise>> SurprisesOf(const pg::Rows& rows) {
  std::vector<Surprise> surprises;
  for (const pg::Row row : rows) {
    Surprise surprise{.order = {},
                      .draw = row.Get<Uuid>(1),
                      .drawn_at = row.Get<absl::Time>(4),
                      .entrants = row.Get<int64_t>(5),
                      .digest = row.Get<pg::Bytes>(6).value,
                      .won = row.Get<int32_t>(7),
                      .transaction = row.Get<TransactionId>(8)};
    ASSIGN_OR_RETURN(surprise.order, ParseBody(row.Get<std::string_view>(2)));
    surprise.order.code = row.Get<std::string>(0);
    surprise.order.winners = row.Get<int32_t>(3);
    surprises.push_back(std::move(surprise));
  }
  return surprises;
}

}  // namespace

void InsertSurprise(pg::Tx& tx, const ledger::Program& program, const Surprise& surprise) {
  tx.Send(sql::kInsertSurprise, program.number, surprise.order.code, surprise.draw,
          BodyOf(surprise.order), surprise.order.winners, surprise.drawn_at, surprise.entrants,
          pg::BytesView{surprise.digest}, surprise.won, surprise.transaction);
}

absl::StatusOr<std::vector<Surprise>> FindSurprises(pg::Tx& tx, const ledger::Program& program,
                                                    const std::vector<std::string>& codes) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindSurprises, program.number, codes));
  return SurprisesOf(rows);
}

absl::StatusOr<std::vector<Surprise>> FindSurprisesByDraw(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const std::vector<Uuid>& draws) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindSurprisesByDraw, program.number, draws));
  return SurprisesOf(rows);
}

absl::StatusOr<std::vector<Surprise>> ListSurprises(pg::Tx& tx, const ledger::Program& program,
                                                    const Uuid& before, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListSurprises, program.number, before,
                                               static_cast<int64_t>(limit)));
  return SurprisesOf(rows);
}

void InsertEntrants(pg::Tx& tx, const Uuid& draw, const NewEntrants& entrants,
                    absl::Time drawn_at) {
  tx.Send(sql::kInsertEntrants, entrants.partition, draw, entrants.members, entrants.outcomes,
          drawn_at);
}

void DeleteEntrants(pg::Tx& tx, int32_t partition, const Uuid& draw) {
  tx.Send(sql::kDeleteEntrants, partition, draw);
}

absl::StatusOr<std::vector<Entrant>> ListEntrants(pg::Tx& tx, int32_t partition, const Uuid& draw,
                                                  const MemberId& after, bool winners_only,
                                                  int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListEntrants, partition, draw, after,
                                               winners_only, static_cast<int64_t>(limit)));
  std::vector<Entrant> entrants;
  for (const pg::Row row : rows) {
    entrants.push_back(
        {.member = row.Get<MemberId>(0),
         .outcome = static_cast<EntrantOutcome>(row.Get<int16_t>(1)),
         .transaction = row.Get<std::optional<TransactionId>>(2).value_or(TransactionId{})});
  }
  return entrants;
}

absl::StatusOr<std::vector<TookPart>> ListMemberSurprises(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const MemberId& member,
                                                          const Uuid& before, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListMemberSurprises, ledger::PartitionOf(program, member), member,
                          program.number, before, static_cast<int64_t>(limit)));
  std::vector<TookPart> draws;
  for (const pg::Row row : rows) {
    draws.push_back(
        {.code = row.Get<std::string>(0),
         .draw = row.Get<Uuid>(1),
         .drawn_at = row.Get<absl::Time>(2),
         .outcome = static_cast<EntrantOutcome>(row.Get<int16_t>(3)),
         .transaction = row.Get<std::optional<TransactionId>>(4).value_or(TransactionId{})});
  }
  return draws;
}

absl::StatusOr<EntrantCounts> CountEntrants(pg::Tx& tx, const ledger::Program& program,
                                            const Uuid& draw) {
  std::vector<int32_t> partitions;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    partitions.push_back(p);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kCountEntrants, partitions, draw));
  return EntrantCounts{.given = rows[0].Get<int64_t>(0), .withheld = rows[0].Get<int64_t>(1)};
}

absl::StatusOr<std::map<MemberId, std::vector<Won>>> FindWinnersSince(
    pg::Tx& tx, const ledger::Program& program, const std::vector<MemberId>& members,
    const Merged& merged, absl::Time since) {
  std::vector<MemberId> all = EveryoneIn(merged);
  all.insert(all.end(), members.begin(), members.end());
  std::vector<pg::Tx::Asked> asked;
  for (const auto& [partition, here] : ByPartition(program, all)) {
    asked.push_back(tx.Ask(sql::kFindWinnersSince, partition, here, since));
  }
  std::map<MemberId, std::vector<Won>> own;
  for (const pg::Tx::Asked& one : asked) {
    ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(one));
    for (const pg::Row row : rows) {
      const auto member = row.Get<MemberId>(0);
      own[member].push_back({.member = member,
                             .draw = row.Get<Uuid>(1),
                             .outcome = static_cast<EntrantOutcome>(row.Get<int16_t>(2)),
                             .drawn_at = row.Get<absl::Time>(3)});
    }
  }
  std::map<MemberId, std::vector<Won>> won = own;
  for (const auto& [survivor, duplicates] : merged) {
    for (const MemberId& duplicate : duplicates) {
      const auto theirs = own.find(duplicate);
      if (theirs == own.end()) continue;
      won[survivor].insert(won[survivor].end(), theirs->second.begin(), theirs->second.end());
    }
  }
  return won;
}

absl::StatusOr<std::vector<Won>> FindWaitingWinners(pg::Tx& tx, int32_t partition,
                                                    const Won& behind, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindWaitingWinners, partition, behind.draw,
                                               behind.member, static_cast<int64_t>(limit)));
  std::vector<Won> waiting;
  for (const pg::Row row : rows) waiting.push_back({row.Get<MemberId>(1), row.Get<Uuid>(0)});
  return waiting;
}

void WriteEntrants(pg::Tx& tx, int32_t partition, absl::Span<const EntrantMade* const> made) {
  std::vector<Uuid> draws;
  std::vector<MemberId> members;
  std::vector<int16_t> outcomes;
  std::vector<std::optional<TransactionId>> transactions;
  for (const EntrantMade* one : made) {
    draws.push_back(one->draw);
    members.push_back(one->entrant.member);
    outcomes.push_back(static_cast<int16_t>(one->entrant.outcome));
    transactions.push_back(
        one->entrant.transaction.IsNil() ? std::nullopt : std::optional(one->entrant.transaction));
  }
  tx.Send(sql::kWriteEntrants, partition, draws, members, outcomes, transactions);
}

}  // namespace gratis::thanks
