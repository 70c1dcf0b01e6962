#include "services/thanks/trigger_store.h"

#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/thanks/thanks_sql.h"
#include "services/thanks/trigger_body.h"

namespace gratis::thanks {
namespace {

TriggerResult ResultOf(const pg::Row& row, int32_t partition) {
  TriggerResult result{
      .partition = partition,
      .subject = row.Get<Uuid>(0),
      .member = row.Get<MemberId>(3),
      .purchase = {},
      .trigger = row.Get<std::string>(1),
      .version = row.Get<int32_t>(2),
      .outcome = static_cast<TriggerOutcome>(row.Get<int16_t>(5)),
      .why = static_cast<TriggerWhy>(row.Get<int16_t>(6)),
      .due_at = row.Get<absl::Time>(7),
      .position = row.Get<int64_t>(9),
      .store = row.Get<std::string>(10),
      .counts = row.Get<bool>(11),
      .points = row.Get<int64_t>(12),
      .voucher = row.Get<std::optional<VoucherId>>(13).value_or(VoucherId{}),
      .transaction = row.Get<std::optional<TransactionId>>(14).value_or(TransactionId{})};
  if (!row.Get<bool>(4)) result.purchase = {result.subject};
  if (result.outcome != TriggerOutcome::kDue) result.decided_at = row.Get<absl::Time>(8);
  return result;
}

std::vector<TriggerResult> ResultsOf(const pg::Rows& rows, int32_t partition) {
  std::vector<TriggerResult> results;
  results.reserve(static_cast<size_t>(rows.size()));
  for (const pg::Row row : rows) results.push_back(ResultOf(row, partition));
  return results;
}

template <class Id>
std::optional<Id> OrNull(const Id& id) {
  return id.IsNil() ? std::nullopt : std::optional(id);
}

// "ceo:3:5", codes having no colon.
absl::StatusOr<std::vector<PassedOver>> ParsePassed(std::string_view text) {
  std::vector<PassedOver> all;
  const std::vector<std::string> words =
      absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipEmpty());
  for (const std::string& one : words) {
    const std::vector<std::string> parts = absl::StrSplit(one, ':');
    PassedOver passed;
    int32_t why = 0;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &passed.version) ||
        !absl::SimpleAtoi(parts[2], &why)) {
      return Error(Reason::kInternal, "what a purchase was not meant for is not readable");
    }
    passed.trigger = parts[0];
    passed.why = static_cast<TriggerWhy>(why);
    all.push_back(std::move(passed));
  }
  return all;
}

}  // namespace

pg::Tx::Asked AskTriggerVersions(pg::Tx& tx, const ledger::Program& program) {
  return tx.Ask(sql::kReadTriggerVersions, program.number);
}

absl::StatusOr<std::vector<TriggerVersion>> TakeTriggerVersions(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::vector<TriggerVersion> versions;
  for (const pg::Row row : rows) {
    versions.emplace_back(row.Get<std::string>(0), row.Get<int32_t>(1));
  }
  return versions;
}

absl::StatusOr<std::vector<Trigger>> ReadTriggers(pg::Tx& tx, const ledger::Program& program,
                                                  absl::Span<const TriggerVersion> versions) {
  std::vector<Trigger> triggers;
  if (versions.empty()) return triggers;
  std::vector<std::string> codes;
  std::vector<int32_t> numbers;
  for (const auto& [code, version] : versions) {
    codes.push_back(code);
    numbers.push_back(version);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadTriggers, program.number, codes, numbers));
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(Trigger trigger, ParseTriggerBody(row.Get<std::string_view>(3)));
    trigger.code = row.Get<std::string>(0);
    trigger.version = row.Get<int32_t>(1);
    trigger.set_at = row.Get<absl::Time>(2);
    triggers.push_back(std::move(trigger));
  }
  return triggers;
}

void InsertTrigger(pg::Tx& tx, const ledger::Program& program, const Trigger& trigger,
                   absl::Time set_at) {
  tx.Send(sql::kInsertTrigger, program.number, trigger.code, trigger.version, set_at,
          TriggerBody(trigger));
}

absl::StatusOr<std::map<std::string, absl::Time>> ReadFirstSet(
    pg::Tx& tx, const ledger::Program& program, const std::vector<std::string>& codes) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadFirstSet, program.number, codes));
  std::map<std::string, absl::Time> first;
  for (const pg::Row row : rows) first[row.Get<std::string>(0)] = row.Get<absl::Time>(1);
  return first;
}

pg::Tx::Asked AskTriggerLimits(pg::Tx& tx, const ledger::Program& program) {
  return tx.Ask(sql::kReadTriggerLimits, program.number);
}

absl::StatusOr<TriggerLimits> TakeTriggerLimits(pg::Tx& tx, pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  if (rows.empty()) return TriggerLimits();
  return TriggerLimits{.version = rows[0].Get<int32_t>(0),
                       .most = rows[0].Get<int32_t>(1),
                       .within_days = rows[0].Get<int32_t>(2)};
}

void InsertTriggerLimits(pg::Tx& tx, const ledger::Program& program, const TriggerLimits& limits,
                         absl::Time set_at) {
  tx.Send(sql::kInsertTriggerLimits, program.number, limits.version, set_at, limits.most,
          limits.within_days);
}

pg::Tx::Asked AskPastThanks(pg::Tx& tx, int32_t partition, const std::vector<MemberId>& members,
                            absl::Time since, const std::vector<std::string>& ever) {
  return tx.Ask(sql::kReadPastThanks, partition, members, since, ever);
}

absl::StatusOr<std::map<MemberId, std::vector<PastThanks>>> TakePastThanks(pg::Tx& tx,
                                                                           pg::Tx::Asked asked) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Take(asked));
  std::map<MemberId, std::vector<PastThanks>> past;
  for (const pg::Row row : rows) {
    past[row.Get<MemberId>(0)].push_back(
        {.trigger = row.Get<std::string>(1),
         .subject = row.Get<Uuid>(2),
         .version = row.Get<int32_t>(3),
         .outcome = static_cast<TriggerOutcome>(row.Get<int16_t>(4)),
         .at = row.Get<absl::Time>(5),
         .counts = row.Get<bool>(6)});
  }
  return past;
}

void WriteTriggerResults(pg::Tx& tx, absl::Span<const ResultToWrite> results) {
  if (results.empty()) return;
  std::vector<int32_t> partitions, versions;
  std::vector<Uuid> subjects;
  std::vector<std::string> triggers, stores;
  std::vector<MemberId> members;
  std::vector<std::optional<bool>> signed_up, counts;
  std::vector<int16_t> outcomes, whys;
  std::vector<absl::Time> due_at, acts_at, old_at;
  std::vector<int64_t> positions, points;
  std::vector<std::optional<VoucherId>> vouchers;
  std::vector<std::optional<TransactionId>> transactions;
  for (const ResultToWrite& one : results) {
    const TriggerResult& result = *one.result;
    partitions.push_back(result.partition);
    subjects.push_back(result.subject);
    triggers.push_back(result.trigger);
    versions.push_back(result.version);
    members.push_back(result.member);
    signed_up.emplace_back(result.purchase.IsNil());
    outcomes.push_back(static_cast<int16_t>(result.outcome));
    whys.push_back(static_cast<int16_t>(result.why));
    due_at.push_back(result.due_at);
    acts_at.push_back(result.acts_at());
    old_at.push_back(one.old_at);
    positions.push_back(result.position);
    stores.push_back(result.store);
    counts.emplace_back(result.counts);
    points.push_back(result.points);
    vouchers.push_back(OrNull(result.voucher));
    transactions.push_back(OrNull(result.transaction));
  }
  tx.Send(sql::kWriteTriggerResults, partitions, subjects, triggers, versions, members, signed_up,
          outcomes, whys, due_at, acts_at, old_at, positions, stores, counts, points, vouchers,
          transactions);
}

void InsertPassedOver(pg::Tx& tx, int32_t partition, absl::Span<const PassedOverAt> all) {
  if (all.empty()) return;
  std::vector<Uuid> subjects;
  std::vector<int16_t> moments;
  std::vector<std::string> passed;
  for (const PassedOverAt& one : all) {
    subjects.push_back(one.subject);
    moments.push_back(one.moment == Moment::kDelivery ? 2 : 1);
    passed.push_back(
        absl::StrJoin(one.passed, " ", [](std::string* out, const PassedOver& trigger) {
          absl::StrAppend(out, trigger.trigger, ":", trigger.version, ":",
                          static_cast<int>(trigger.why));
        }));
  }
  tx.Send(sql::kInsertPassedOver, partition, subjects, moments, passed);
}

absl::StatusOr<std::vector<PassedOver>> ReadPassedOver(pg::Tx& tx, int32_t partition,
                                                       const Uuid& subject) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadPassedOver, partition, subject));
  std::vector<PassedOver> all;
  for (const pg::Row row : rows) {
    ASSIGN_OR_RETURN(const std::vector<PassedOver> some, ParsePassed(row.Get<std::string_view>(0)));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

absl::StatusOr<std::vector<TriggerResult>> FindResults(pg::Tx& tx, int32_t partition,
                                                       const std::vector<Uuid>& subjects,
                                                       const std::vector<std::string>& triggers) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindResultsOf, partition, subjects, triggers));
  return ResultsOf(rows, partition);
}

absl::StatusOr<std::vector<TriggerResult>> ListResults(pg::Tx& tx, int32_t partition,
                                                       const MemberId& member,
                                                       const ResultPlace& behind, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListResultsOfMember, partition, member, behind.at, behind.subject,
                          behind.trigger, static_cast<int64_t>(limit)));
  return ResultsOf(rows, partition);
}

absl::StatusOr<std::vector<TriggerResult>> FindDue(pg::Tx& tx, int32_t partition, absl::Time now,
                                                   const ResultPlace& behind, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindDueResults, partition, now, behind.at, behind.subject,
                          behind.trigger, static_cast<int64_t>(limit)));
  return ResultsOf(rows, partition);
}

absl::StatusOr<ledger::Cursor> ReadWelcomeCursors(pg::Tx& tx,
                                                  const std::vector<int32_t>& partitions) {
  ledger::Cursor cursor;
  for (const int32_t partition : partitions) cursor[partition] = 0;
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadWelcomeCursors, partitions));
  for (const pg::Row row : rows) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return cursor;
}

void WriteWelcomeCursor(pg::Tx& tx, int32_t partition, int64_t seq) {
  tx.Send(sql::kWriteWelcomeCursor, partition, seq);
}

}  // namespace gratis::thanks
