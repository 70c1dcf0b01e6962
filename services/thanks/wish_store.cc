#include "services/thanks/wish_store.h"

#include <optional>
#include <string>
#include <string_view>

#include "common/status/macros.h"
#include "services/thanks/thanks_sql.h"

namespace gratis::thanks {
namespace {

std::vector<Wish> WishesOf(const pg::Rows& rows) {
  std::vector<Wish> wishes;
  for (const pg::Row row : rows) {
    wishes.push_back({.of = {.member = row.Get<MemberId>(0),
                             .sku = row.Get<std::string>(1),
                             .store = row.Get<std::string>(2)},
                      .origin = static_cast<WishOrigin>(row.Get<int16_t>(3)),
                      .noted_at = row.Get<absl::Time>(4),
                      .state = static_cast<WishState>(row.Get<int16_t>(5)),
                      .ended_at = row.Get<std::optional<absl::Time>>(6),
                      .purchase = row.Get<std::optional<PurchaseId>>(7).value_or(PurchaseId{})});
  }
  return wishes;
}

// What statements about several wishes take, side by side.
struct WishColumns {
  explicit WishColumns(absl::Span<const Wish> wishes) {
    for (const Wish& wish : wishes) {
      members.push_back(wish.of.member);
      skus.push_back(wish.of.sku);
      stores.push_back(wish.of.store);
      origins.push_back(static_cast<int16_t>(wish.origin));
      noted_at.push_back(wish.noted_at);
      states.push_back(static_cast<int16_t>(wish.state));
      ended_at.push_back(wish.ended_at);
      purchases.push_back(wish.purchase.IsNil() ? std::nullopt : std::optional(wish.purchase));
    }
  }

  std::vector<MemberId> members;
  std::vector<std::string_view> skus, stores;
  std::vector<int16_t> origins, states;
  std::vector<absl::Time> noted_at;
  std::vector<std::optional<absl::Time>> ended_at;
  std::vector<std::optional<PurchaseId>> purchases;
};

}  // namespace

void WriteWishes(pg::Tx& tx, int32_t partition, absl::Span<const Wish> wishes) {
  if (wishes.empty()) return;
  const WishColumns of(wishes);
  tx.Send(sql::kWriteWishes, partition, of.members, of.skus, of.stores, of.origins, of.noted_at,
          of.states, of.ended_at, of.purchases);
}

void NoticeWishes(pg::Tx& tx, int32_t partition, absl::Span<const Wish> wishes) {
  if (wishes.empty()) return;
  const WishColumns of(wishes);
  std::vector<absl::Time> alive_since;
  for (const absl::Time noted_at : of.noted_at) alive_since.push_back(noted_at - kWishLife);
  tx.Send(sql::kNoticeWishes, partition, of.members, of.skus, of.stores, of.noted_at, alive_since,
          of.purchases);
}

absl::StatusOr<std::vector<Wish>> FindWishes(pg::Tx& tx, int32_t partition,
                                             const std::vector<WishKey>& keys) {
  std::vector<MemberId> members;
  std::vector<std::string_view> skus, stores;
  for (const WishKey& key : keys) {
    members.push_back(key.member);
    skus.push_back(key.sku);
    stores.push_back(key.store);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindWishes, partition, members, skus, stores));
  return WishesOf(rows);
}

absl::StatusOr<std::map<MemberId, int64_t>> CountWishes(pg::Tx& tx, int32_t partition,
                                                        const std::vector<MemberId>& members,
                                                        absl::Time since) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kCountWishes, partition, members, since));
  std::map<MemberId, int64_t> counts;
  for (const pg::Row row : rows) counts[row.Get<MemberId>(0)] = row.Get<int64_t>(1);
  return counts;
}

absl::StatusOr<std::vector<Wish>> ListWishes(pg::Tx& tx, int32_t partition, const WishPage& page) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      tx.Run(sql::kListWishes, partition, page.after.member, page.after.sku, page.after.store,
             page.waiting_only, page.now - kWishLife, static_cast<int64_t>(page.limit)));
  return WishesOf(rows);
}

absl::StatusOr<std::vector<MemberId>> FindWishers(pg::Tx& tx, int32_t partition,
                                                  const Restock& restock, const MemberId& after,
                                                  int32_t limit) {
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      tx.Run(sql::kFindWishers, partition, restock.sku, restock.store, restock.recorded_at,
             restock.recorded_at - kWishLife, after, static_cast<int64_t>(limit)));
  std::vector<MemberId> wishers;
  for (const pg::Row row : rows) wishers.push_back(row.Get<MemberId>(0));
  return wishers;
}

absl::StatusOr<int64_t> CountWishers(pg::Tx& tx, const ledger::Program& program,
                                     const Restock& restock) {
  std::vector<int32_t> partitions;
  for (int32_t p = program.first_partition; p <= program.last_partition(); ++p) {
    partitions.push_back(p);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kCountWishers, partitions, restock.sku, restock.store,
                          restock.recorded_at, restock.recorded_at - kWishLife));
  return rows[0].Get<int64_t>(0);
}

absl::StatusOr<std::set<WishKey>> FindBoughtSince(pg::Tx& tx, int32_t partition,
                                                  const std::vector<Wish>& wishes) {
  std::set<WishKey> bought;
  if (wishes.empty()) return bought;
  const WishColumns of(wishes);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindBoughtSince, partition, of.members,
                                               of.skus, of.stores, of.noted_at));
  for (const pg::Row row : rows) {
    bought.insert({row.Get<MemberId>(0), row.Get<std::string>(1), row.Get<std::string>(2)});
  }
  return bought;
}

void InsertRestock(pg::Tx& tx, const ledger::Program& program, const Restock& restock) {
  tx.Send(sql::kInsertRestock, program.number, restock.id, restock.sku, restock.store, restock.item,
          restock.restocked_at, restock.recorded_at);
}

absl::StatusOr<std::vector<Restock>> FindOpenRestocks(pg::Tx& tx, const ledger::Program& program,
                                                      const Uuid& after, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindOpenRestocks, program.number, after,
                                               static_cast<int64_t>(limit)));
  std::vector<Restock> restocks;
  for (const pg::Row row : rows) {
    restocks.push_back({.id = row.Get<Uuid>(0),
                        .sku = row.Get<std::string>(1),
                        .store = row.Get<std::string>(2),
                        .item = row.Get<std::string>(3),
                        .restocked_at = row.Get<absl::Time>(4),
                        .recorded_at = row.Get<absl::Time>(5)});
  }
  return restocks;
}

void EndRestock(pg::Tx& tx, const ledger::Program& program, const Uuid& restock, absl::Time now) {
  tx.Send(sql::kEndRestock, program.number, restock, now);
}

}  // namespace gratis::thanks
