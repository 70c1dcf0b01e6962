#include "services/messages/engagement_store.h"

#include "common/status/macros.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {
namespace {

std::vector<int32_t> PartitionsOf(const ledger::Program& program) {
  std::vector<int32_t> partitions;
  for (int32_t i = program.first_partition; i <= program.last_partition(); ++i) {
    partitions.push_back(i);
  }
  return partitions;
}

}  // namespace

void CountSent(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> messages) {
  tx.Send(sql::kCountSent, partition, messages, int64_t{1});
}

absl::StatusOr<std::vector<MailedMessage>> FindMailed(pg::Tx& tx, int32_t partition,
                                                      absl::Span<const MessageId> messages) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindMailed, partition, messages));
  std::vector<MailedMessage> mailed;
  for (const pg::Row row : rows) {
    mailed.push_back({row.Get<MessageId>(0), row.Get<MemberId>(1), row.Get<absl::Time>(2)});
  }
  return mailed;
}

void KeepEngagements(pg::Tx& tx, int32_t partition, absl::Span<const Engagement> engagements,
                     absl::Time now) {
  std::vector<MessageId> messages;
  std::vector<int16_t> kinds;
  std::vector<absl::Time> times;
  for (const Engagement& engagement : engagements) {
    messages.push_back(engagement.message);
    kinds.push_back(static_cast<int16_t>(engagement.kind));
    times.push_back(engagement.happened_at);
  }
  tx.Send(sql::kKeepEngagements, partition, messages, kinds, times, now);
}

absl::StatusOr<std::vector<Engagement>> ReadEngagements(pg::Tx& tx, int32_t partition,
                                                        absl::Span<const MessageId> messages) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadEngagements, partition, messages));
  std::vector<Engagement> engagements;
  for (const pg::Row row : rows) {
    engagements.push_back({row.Get<MessageId>(0), static_cast<EngagementKind>(row.Get<int16_t>(1)),
                           row.Get<absl::Time>(2)});
  }
  return engagements;
}

void ForgetEngagements(pg::Tx& tx, int32_t partition, const MemberId& member,
                       absl::Span<const EngagementKind> kinds) {
  std::vector<int16_t> numbers;
  for (const EngagementKind kind : kinds) numbers.push_back(static_cast<int16_t>(kind));
  tx.Send(sql::kForgetEngagements, partition, member, numbers);
}

absl::StatusOr<int64_t> PurgeEngagements(pg::Tx& tx, const ledger::Program& program,
                                         absl::Time before, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kPurgeEngagements, program.first_partition, program.last_partition(),
                          before, static_cast<int64_t>(limit)));
  return rows.affected();
}

void NoteRedemption(pg::Tx& tx, int32_t partition, const RedeemedPart& part) {
  tx.Send(sql::kNoteRedemption, partition, part.member, part.lot, part.voucher, part.redeemed_at,
          part.seq, part.points);
}

void UndoRedemption(pg::Tx& tx, int32_t partition, const RedeemedPart& part) {
  tx.Send(sql::kUndoRedemption, partition, part.seq, part.lot, part.points);
}

absl::StatusOr<std::vector<MessageResult>> ListResults(pg::Tx& tx, const ledger::Program& program,
                                                       const ResultsOrder& order, int32_t limit) {
  const ResultKey& after = order.after;
  ASSIGN_OR_RETURN(
      const pg::Rows rows,
      tx.Run(sql::kListResults, PartitionsOf(program), order.from, order.to, order.template_code,
             after.day, after.template_code, after.template_version, after.variant, after.trigger,
             static_cast<int16_t>(after.channel), static_cast<int64_t>(limit)));
  std::vector<MessageResult> results;
  for (const pg::Row row : rows) {
    results.push_back({.key = {.day = row.Get<absl::CivilDay>(0),
                               .template_code = row.Get<std::string>(1),
                               .template_version = row.Get<int32_t>(2),
                               .variant = row.Get<int32_t>(3),
                               .trigger = row.Get<std::string>(4),
                               .channel = static_cast<ChannelKind>(row.Get<int16_t>(5))},
                       .sent = row.Get<int64_t>(6),
                       .opened = row.Get<int64_t>(7),
                       .clicked = row.Get<int64_t>(8),
                       .redeemed = row.Get<int64_t>(9),
                       .unsubscribed = row.Get<int64_t>(10)});
  }
  return results;
}

absl::StatusOr<bool> AnyMailOpened(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kFindOpenedMail, PartitionsOf(program)));
  return !rows.empty();
}

}  // namespace gratis::messages
