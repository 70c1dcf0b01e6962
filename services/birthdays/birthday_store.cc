#include "services/birthdays/birthday_store.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/civil.h"
#include "common/status/macros.h"
#include "services/birthdays/birthdays_sql.h"
#include "services/birthdays/gift_contract.h"

namespace gratis::birthdays {
namespace {

// Of a row of find_gifts.sql or list_gifts.sql.
absl::StatusOr<Gift> GiftOf(const pg::Row& row, std::string_view currency_code) {
  Gift gift{.year = row.Get<int32_t>(1),
            .transaction = row.Get<TransactionId>(2),
            .due_at = row.Get<absl::Time>(8),
            .given_at = row.Get<absl::Time>(9),
            .voucher = row.Get<std::optional<VoucherId>>(7).value_or(VoucherId{}),
            .quiet = row.Get<bool>(10)};
  const auto kind = static_cast<GiftKind>(row.Get<int16_t>(3));
  if (kind != GiftKind::kChoice) {
    gift.offer.presents.push_back({.kind = kind,
                                   .worth = row.Get<int64_t>(4),
                                   .item = row.Get<std::string>(5),
                                   .text = row.Get<std::string>(6)});
    return gift;
  }
  ASSIGN_OR_RETURN(gift.offer, ReadOfferJson(row.Get<std::string>(11), currency_code));
  gift.choose_by = row.Get<absl::Time>(12);
  gift.valid_days = row.Get<int32_t>(13);
  gift.open = row.Get<bool>(19);
  const auto option = row.Get<std::optional<std::string>>(14);
  if (option) {
    gift.chosen = Chosen{.option = *option,
                         .transaction = row.Get<TransactionId>(15),
                         .voucher = row.Get<std::optional<VoucherId>>(16).value_or(VoucherId{}),
                         .at = row.Get<absl::Time>(17),
                         .by_default = row.Get<bool>(18)};
  }
  return gift;
}

absl::StatusOr<std::vector<MemberGift>> GiftsOf(const pg::Rows& rows,
                                                const ledger::Program& program) {
  std::vector<MemberGift> gifts;
  gifts.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Gift gift, GiftOf(row, program.currency_code));
    gifts.push_back({row.Get<MemberId>(0), std::move(gift)});
  }
  return gifts;
}

// The keys as columns.
struct Keys {
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  std::vector<int32_t> years;

  void Add(const ledger::Program& program, const BirthdayKey& key) {
    partitions.push_back(ledger::PartitionOf(program, key.member));
    members.push_back(key.member);
    years.push_back(key.year);
  }
};

template <class Id>
std::optional<Id> UnlessNil(const Id& id) {
  return id.IsNil() ? std::nullopt : std::optional(id);
}

}  // namespace

absl::StatusOr<Policy> ReadPolicy(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicy, program.number));
  Policy policy;
  if (rows.empty()) return policy;
  const pg::Row row = rows[0];
  policy.version = row.Get<int32_t>(0);
  policy.enabled = row.Get<bool>(1);
  RETURN_IF_ERROR(ReadGiftsJson(row.Get<std::string>(2), program.currency_code, policy));
  policy.local_hour = row.Get<int32_t>(3);
  policy.lead_days = row.Get<int32_t>(4);
  policy.late_days = row.Get<int32_t>(5);
  policy.leap_day_rule = static_cast<LeapDayRule>(row.Get<int16_t>(6));
  policy.valid_days = row.Get<int32_t>(7);
  policy.choose_days = row.Get<int32_t>(8);
  policy.adult_age = row.Get<int32_t>(9);
  return policy;
}

absl::StatusOr<Policy> ReadPolicyAndPast(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(Policy policy, ReadPolicy(tx, program));
  ASSIGN_OR_RETURN(const std::optional<Progress> progress, ReadProgress(tx, program));
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPolicySwitches, program.number));
  std::vector<Switched> set;
  for (const pg::Row row : rows) set.push_back({row.Get<absl::Time>(0), row.Get<bool>(1)});
  policy.off = OffTimes(progress ? progress->began_at : absl::InfiniteFuture(), set);
  return policy;
}

void InsertPolicy(pg::Tx& tx, const ledger::Program& program, const Policy& policy,
                  absl::Time set_at, std::string_view set_by) {
  tx.Send(sql::kInsertPolicy, program.number, policy.version, policy.enabled,
          GiftsJson(policy, program.currency_code), policy.local_hour, policy.lead_days,
          policy.late_days, static_cast<int16_t>(policy.leap_day_rule), policy.valid_days,
          policy.choose_days, policy.adult_age, set_at, set_by);
}

pg::Tx::Asked AskGifts(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const BirthdayKey> asked) {
  Keys keys;
  for (const BirthdayKey& key : asked) keys.Add(program, key);
  return tx.Ask(sql::kFindGifts, keys.partitions, keys.members, keys.years);
}

absl::StatusOr<std::vector<MemberGift>> TakeGifts(pg::Tx& tx, const ledger::Program& program,
                                                  pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  return GiftsOf(rows, program);
}

absl::StatusOr<std::vector<MemberGift>> ListGifts(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const MemberId> members,
                                                  const BirthdayKey& after, int32_t limit) {
  Keys keys;
  for (const MemberId& member : members) keys.Add(program, {member, 0});
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListGifts, keys.partitions, keys.members, after.year, after.member,
                          static_cast<int64_t>(limit)));
  return GiftsOf(rows, program);
}

absl::StatusOr<std::vector<GivenAlike>> CountGiven(pg::Tx& tx, const ledger::Program& program,
                                                   const DaySpan& days,
                                                   const absl::TimeZone& zone) {
  std::vector<absl::Time> begins;
  for (absl::CivilDay day = days.first; day <= days.last; ++day) {
    begins.push_back(base::StartOfDay(day, zone));
  }
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kCountGiven, program.first_partition, program.last_partition(),
                          begins, base::StartOfDay(days.last + 1, zone)));
  std::vector<GivenAlike> given;
  for (const pg::Row row : rows) {
    GivenAlike alike{.day = days.first + (row.Get<int32_t>(0) - 1),
                     .offer = {},
                     .chosen = row.Get<std::optional<std::string>>(4).value_or(""),
                     .gifts = row.Get<int64_t>(5)};
    const auto kind = static_cast<GiftKind>(row.Get<int16_t>(1));
    if (kind == GiftKind::kChoice) {
      ASSIGN_OR_RETURN(alike.offer, ReadOfferJson(row.Get<std::string>(3), program.currency_code));
    } else {
      alike.offer.presents.push_back({.kind = kind, .worth = row.Get<int64_t>(2)});
    }
    given.push_back(std::move(alike));
  }
  return given;
}

void InsertGifts(pg::Tx& tx, const ledger::Program& program, int32_t partition,
                 absl::Span<const MemberGift* const> gifts) {
  std::vector<MemberId> members;
  std::vector<int32_t> years;
  std::vector<TransactionId> transactions;
  std::vector<int16_t> kinds;
  std::vector<int64_t> worths;
  std::vector<std::string> items, words;
  std::vector<std::optional<VoucherId>> vouchers;
  std::vector<absl::Time> due_at, given_at;
  std::vector<int32_t> policy_versions;
  std::vector<bool> quiet;
  std::vector<std::optional<std::string>> offered;
  std::vector<std::optional<absl::Time>> choose_by;
  std::vector<std::optional<int32_t>> valid_days;
  Keys open;
  std::vector<absl::Time> open_until;
  for (const MemberGift* given : gifts) {
    const Gift& gift = given->gift;
    const bool choice = gift.offer.is_choice();
    const Present& present = gift.offer.presents.front();
    members.push_back(given->member);
    years.push_back(gift.year);
    transactions.push_back(gift.transaction);
    kinds.push_back(static_cast<int16_t>(gift.offer.kind()));
    worths.push_back(choice ? 0 : present.worth);
    items.push_back(choice ? "" : present.item);
    words.push_back(choice ? "" : present.text);
    vouchers.push_back(UnlessNil(gift.voucher));
    due_at.push_back(gift.due_at);
    given_at.push_back(gift.given_at);
    policy_versions.push_back(given->policy_version);
    quiet.push_back(gift.quiet);
    offered.push_back(choice ? std::optional(OfferJson(gift.offer, program.currency_code))
                             : std::nullopt);
    choose_by.push_back(gift.choose_by);
    valid_days.push_back(choice ? std::optional(gift.valid_days) : std::nullopt);
    if (!choice) continue;
    open.Add(program, {given->member, gift.year});
    open_until.push_back(*gift.choose_by);
  }
  tx.Send(sql::kInsertGifts, partition, members, years, transactions, kinds, worths, items, words,
          vouchers, due_at, given_at, policy_versions, quiet, offered, choose_by, valid_days);
  if (!open_until.empty()) {
    tx.Send(sql::kInsertOpenChoices, partition, open.members, open.years, open_until);
  }
}

void InsertChoices(pg::Tx& tx, const ledger::Program& program,
                   absl::Span<const MadeChoice* const> choices) {
  Keys keys;
  std::vector<std::string> options;
  std::vector<TransactionId> transactions;
  std::vector<std::optional<VoucherId>> vouchers;
  std::vector<absl::Time> chosen_at;
  std::vector<bool> by_default;
  for (const MadeChoice* made : choices) {
    keys.Add(program, made->gift);
    options.push_back(made->chosen.option);
    transactions.push_back(made->chosen.transaction);
    vouchers.push_back(UnlessNil(made->chosen.voucher));
    chosen_at.push_back(made->chosen.at);
    by_default.push_back(made->chosen.by_default);
  }
  tx.Send(sql::kInsertChoices, keys.partitions, keys.members, keys.years, options, transactions,
          vouchers, chosen_at, by_default);
  tx.Send(sql::kDeleteOpenChoices, keys.partitions, keys.members, keys.years);
}

void CloseChoices(pg::Tx& tx, const ledger::Program& program, absl::Span<const BirthdayKey> gifts) {
  Keys keys;
  for (const BirthdayKey& gift : gifts) keys.Add(program, gift);
  tx.Send(sql::kDeleteOpenChoices, keys.partitions, keys.members, keys.years);
}

absl::StatusOr<std::vector<DueChoice>> FindDueChoices(pg::Tx& tx, int32_t partition,
                                                      absl::Time as_of, const DueChoice& after,
                                                      int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindDueChoices, partition, as_of, after.choose_by,
                          after.gift.member, after.gift.year, static_cast<int64_t>(limit)));
  std::vector<DueChoice> due;
  for (const pg::Row row : rows) {
    due.push_back({row.Get<absl::Time>(0), {row.Get<MemberId>(1), row.Get<int32_t>(2)}});
  }
  return due;
}

void InsertCorrections(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members) {
  Keys keys;
  for (const MemberId& member : members) keys.Add(program, {member, 0});
  tx.Send(sql::kInsertCorrections, keys.partitions, keys.members);
}

absl::StatusOr<std::vector<MemberId>> FindCorrections(pg::Tx& tx, const ledger::Program& program,
                                                      const std::optional<MemberId>& after,
                                                      int32_t limit) {
  const int32_t partition = after ? ledger::PartitionOf(program, *after) : program.first_partition;
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindCorrections, program.first_partition, program.last_partition(),
                          partition, after.value_or(MemberId{}), static_cast<int64_t>(limit)));
  std::vector<MemberId> members;
  for (const pg::Row row : rows) members.push_back(row.Get<MemberId>(0));
  return members;
}

void DeleteCorrections(pg::Tx& tx, const ledger::Program& program,
                       absl::Span<const MemberId> members) {
  Keys keys;
  for (const MemberId& member : members) keys.Add(program, {member, 0});
  tx.Send(sql::kDeleteCorrections, keys.partitions, keys.members);
}

absl::StatusOr<ledger::Cursor> ReadCorrectionCursors(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadCorrectionCursors, program.first_partition,
                                               program.last_partition()));
  ledger::Cursor reached;
  for (const pg::Row row : rows) reached[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return reached;
}

void WriteCorrectionCursors(pg::Tx& tx, const ledger::Cursor& reached) {
  std::vector<int32_t> partitions;
  std::vector<int64_t> seqs;
  for (const auto& [partition, seq] : reached) {
    partitions.push_back(partition);
    seqs.push_back(seq);
  }
  tx.Send(sql::kWriteCorrectionCursors, partitions, seqs);
}

absl::StatusOr<std::optional<Progress>> ReadProgress(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadProgress, program.number));
  if (rows.empty()) return std::nullopt;
  return Progress{.ran_through = rows[0].Get<absl::Time>(0),
                  .began_at = rows[0].Get<absl::Time>(1)};
}

void WriteProgress(pg::Tx& tx, const ledger::Program& program, absl::Time ran_through) {
  tx.Send(sql::kWriteProgress, program.number, ran_through);
}

}  // namespace gratis::birthdays
