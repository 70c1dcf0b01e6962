#include "services/messages/message_store.h"

#include <limits>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/macros.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {
namespace {

template <class E>
int16_t Number(E value) {
  return static_cast<int16_t>(value);
}

std::optional<SealedText> TextOf(const pg::Row& row, int key, int sealed) {
  const auto bytes = row.Get<std::optional<pg::Bytes>>(sealed);
  const auto key_bytes = row.Get<std::optional<pg::Bytes>>(key);
  if (!bytes || !key_bytes) return std::nullopt;
  return SealedText{{key_bytes->value}, bytes->value};
}

// The columns of list_messages.sql and read_message.sql.
StoredMessage StoredOf(const pg::Row& row) {
  const std::string left_out = row.Get<std::string>(15);
  StoredMessage message{
      .id = row.Get<MessageId>(0),
      .member = row.Get<MemberId>(1),
      .channel = static_cast<ChannelKind>(row.Get<int16_t>(2)),
      .occasion = static_cast<Occasion>(row.Get<int16_t>(3)),
      .template_code = row.Get<std::string>(4),
      .transaction = row.Get<TransactionId>(5),
      .purchase = row.Get<std::string>(6),
      .occurred_at = row.Get<absl::Time>(7),
      .verdict = {static_cast<MessageState>(row.Get<int16_t>(8)),
                  static_cast<Why>(row.Get<int16_t>(9)), row.Get<absl::Time>(10)},
      .decided_at = row.Get<std::optional<absl::Time>>(11),
      .template_version = row.Get<int32_t>(12),
      .language = row.Get<std::string>(13),
      .variant = row.Get<int32_t>(14),
      .created_at = row.Get<absl::Time>(16),
  };
  if (!left_out.empty()) message.left_out = absl::StrSplit(left_out, ',');
  return message;
}

}  // namespace

absl::StatusOr<int64_t> LockIntentCursor(pg::Tx& tx, int32_t partition) {
  tx.Send(sql::kInsertIntentCursor, partition);
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kLockIntentCursor, partition));
  return rows[0].Get<int64_t>(0);
}

void WriteIntentCursor(pg::Tx& tx, int32_t partition, int64_t seq) {
  tx.Send(sql::kWriteIntentCursor, partition, seq);
}

absl::StatusOr<ledger::Cursor> ReadIntentCursors(pg::Tx& tx, const ledger::Program& program) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadIntentCursors, program.first_partition,
                                               program.last_partition()));
  ledger::Cursor cursor;
  for (int32_t partition = program.first_partition; partition <= program.last_partition();
       ++partition) {
    cursor[partition] = 0;
  }
  for (const pg::Row row : rows) cursor[row.Get<int32_t>(0)] = row.Get<int64_t>(1);
  return cursor;
}

void InsertMessage(pg::Tx& tx, int32_t partition, const MessageId& id, const Intent& intent,
                   int64_t seq, absl::Time now) {
  tx.Send(sql::kInsertMessage, partition, id, intent.member, Number(intent.channel),
          Number(intent.occasion), intent.template_code, intent.transaction, intent.purchase,
          intent.trigger, intent.store, intent.occurred_at, absl::ToInt64Seconds(intent.max_age),
          intent.detail, intent.points, seq, now,
          intent.voucher.IsNil() ? std::string() : intent.voucher.ToString());
}

void UnsayMessages(pg::Tx& tx, int32_t partition, const Unsay& unsay, absl::Time now) {
  tx.Send(sql::kUnsayMessages, partition, unsay.member, unsay.purchase, unsay.trigger, now);
  tx.Send(sql::kUnsayTasks, partition, unsay.member, unsay.purchase, unsay.trigger, now);
}

void OpenComplaint(pg::Tx& tx, int32_t partition, const ComplaintBegins& begins, int64_t seq) {
  tx.Send(sql::kOpenComplaint, partition, begins.member, begins.complaint, seq);
}

absl::Status CloseComplaint(pg::Tx& tx, int32_t partition, const ComplaintEnds& ends,
                            const People& people, absl::Time now) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kFindComplaint, partition, ends.member, ends.complaint));
  if (rows.empty()) return absl::OkStatus();
  tx.Send(sql::kCloseComplaint, partition, ends.member, ends.complaint);
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  std::vector<int64_t> since;
  for (const auto& [where, all] : people.everyone()) {
    for (const MemberId& one : all) {
      if (people.Of(one) != people.Of(ends.member)) continue;
      partitions.push_back(where);
      members.push_back(one);
      // Elsewhere the journal counts otherwise: what waited was looked at and says so.
      since.push_back(one == ends.member ? rows[0].Get<int64_t>(0)
                                         : std::numeric_limits<int64_t>::max());
    }
  }
  tx.Send(sql::kJoinAfterComplaint, partitions, members, since, now);
  return absl::OkStatus();
}

void LookAgain(pg::Tx& tx, const MemberId& member, const People& people, absl::Time now) {
  std::vector<int32_t> partitions;
  std::vector<MemberId> members;
  for (const auto& [where, all] : people.everyone()) {
    for (const MemberId& one : all) {
      if (people.Of(one) != people.Of(member)) continue;
      partitions.push_back(where);
      members.push_back(one);
    }
  }
  tx.Send(sql::kLookAgain, partitions, members, now);
}

void ForgetMessages(pg::Tx& tx, int32_t partition, const MemberId& member, absl::Time now) {
  tx.Send(sql::kForgetMessages, partition, member, now);
  tx.Send(sql::kForgetTasks, partition, member, now);
}

absl::StatusOr<std::vector<DueKey>> ListDue(pg::Tx& tx, const ledger::Program& program,
                                            absl::Time now, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListDueMessages, program.first_partition, program.last_partition(),
                          now, static_cast<int64_t>(limit)));
  std::vector<DueKey> due;
  for (const pg::Row row : rows) {
    due.push_back({row.Get<int32_t>(0), row.Get<MessageId>(1), row.Get<MemberId>(2),
                   static_cast<Occasion>(row.Get<int16_t>(3))});
  }
  return due;
}

absl::StatusOr<std::vector<DueMessage>> ReadDueMessages(pg::Tx& tx, int32_t partition,
                                                        absl::Span<const MessageId> ids,
                                                        absl::Time now) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadDueMessages, partition, ids, now));
  std::vector<DueMessage> due;
  for (const pg::Row row : rows) {
    due.push_back({.id = row.Get<MessageId>(0),
                   .member = row.Get<MemberId>(1),
                   .channel = static_cast<ChannelKind>(row.Get<int16_t>(2)),
                   .occasion = static_cast<Occasion>(row.Get<int16_t>(3)),
                   .template_code = row.Get<std::string>(4),
                   .transaction = row.Get<TransactionId>(5),
                   .purchase = row.Get<std::string>(6),
                   .store = row.Get<std::string>(7),
                   .occurred_at = row.Get<absl::Time>(8),
                   .max_age = absl::Seconds(row.Get<int64_t>(9)),
                   .detail = row.Get<std::string>(10),
                   .points = row.Get<int64_t>(11),
                   .after_complaint = row.Get<bool>(12)});
  }
  return due;
}

void PostponeMessages(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> ids,
                      absl::Time due_at) {
  tx.Send(sql::kPostponeMessages, partition, ids, due_at);
}

absl::StatusOr<std::vector<MemberId>> ReadComplaints(pg::Tx& tx, int32_t partition,
                                                     absl::Span<const MemberId> members) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadComplaints, partition, members));
  std::vector<MemberId> complaining;
  for (const pg::Row row : rows) complaining.push_back(row.Get<MemberId>(0));
  return complaining;
}

absl::StatusOr<std::map<MemberId, std::vector<absl::Time>>> ReadSent(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members, absl::Time after,
    int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kReadSent, partition, members, after, static_cast<int64_t>(limit)));
  std::map<MemberId, std::vector<absl::Time>> sent;
  for (const pg::Row row : rows) sent[row.Get<MemberId>(0)].push_back(row.Get<absl::Time>(1));
  return sent;
}

absl::StatusOr<std::map<MemberTemplate, int32_t>> CountSaid(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberTemplate> asked) {
  std::vector<MemberId> members;
  std::vector<std::string> codes;
  for (const auto& [member, code] : asked) {
    members.push_back(member);
    codes.push_back(code);
  }
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kCountSaid, partition, members, codes));
  std::map<MemberTemplate, int32_t> times;
  for (const pg::Row row : rows) {
    times[{row.Get<MemberId>(0), row.Get<std::string>(1)}] = row.Get<int32_t>(2);
  }
  return times;
}

void WriteDecision(pg::Tx& tx, int32_t partition, const Decision& decision) {
  std::optional<pg::Bytes> key;
  std::optional<pg::Bytes> sealed;
  if (decision.text) {
    key = pg::Bytes{decision.text->key.bytes};
    sealed = pg::Bytes{decision.text->sealed};
  }
  tx.Send(sql::kDecideMessage, partition, decision.id, Number(decision.verdict.state),
          Number(decision.verdict.why), decision.verdict.due_at, decision.decided_at,
          decision.template_code, decision.template_version, decision.language, decision.variant,
          absl::StrJoin(decision.left_out, ","), key, sealed, decision.day);
}

absl::StatusOr<std::vector<StoredMessage>> ListMessages(pg::Tx& tx, const ledger::Program& program,
                                                        const MemberId& member,
                                                        const MessageId& before, int16_t state,
                                                        int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListMessages, ledger::PartitionOf(program, member), member, before,
                          state, static_cast<int64_t>(limit)));
  std::vector<StoredMessage> messages;
  for (const pg::Row row : rows) messages.push_back(StoredOf(row));
  return messages;
}

absl::StatusOr<std::optional<StoredMessage>> ReadMessage(pg::Tx& tx, int32_t partition,
                                                         const MessageId& id) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadMessage, partition, id));
  if (rows.empty()) return std::optional<StoredMessage>();
  StoredMessage message = StoredOf(rows[0]);
  message.text = TextOf(rows[0], 17, 18);
  return std::optional(std::move(message));
}

absl::StatusOr<std::vector<KeptMessage>> ListKeptMessages(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const MemberId& member,
                                                          const MessageId& before, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListKeptMessages, ledger::PartitionOf(program, member), member,
                          before, static_cast<int64_t>(limit)));
  std::vector<KeptMessage> kept;
  for (const pg::Row row : rows) {
    kept.push_back(
        {row.Get<MessageId>(0), row.Get<std::optional<absl::Time>>(1), TextOf(row, 2, 3)});
  }
  return kept;
}

absl::StatusOr<std::vector<KeptText>> ReadTexts(pg::Tx& tx, absl::Span<const int32_t> partitions,
                                                absl::Span<const Uuid> ids) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadLetters, partitions, ids));
  std::vector<KeptText> texts;
  for (const pg::Row row : rows) {
    const std::optional<SealedText> text = TextOf(row, 2, 3);
    if (!text) continue;
    texts.push_back({row.Get<int32_t>(0), row.Get<Uuid>(1), *text, row.Get<MemberId>(4)});
  }
  return texts;
}

absl::StatusOr<std::vector<WrappedKey>> ListKeysToRewrap(pg::Tx& tx, int32_t partition,
                                                         int32_t version, int32_t limit) {
  pg::Bytes first;
  pg::PutInt<int32_t>(first.value, version);
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListKeysToRewrap, partition, first, static_cast<int64_t>(limit)));
  std::vector<WrappedKey> keys;
  for (const pg::Row row : rows) {
    keys.push_back({row.Get<Uuid>(0), row.Get<MemberId>(1), {row.Get<pg::Bytes>(2).value}});
  }
  return keys;
}

void RewrapKey(pg::Tx& tx, int32_t partition, const WrappedKey& was, const vault::SealedKey& is) {
  tx.Send(sql::kRewrapKey, partition, was.id, pg::Bytes{was.key.bytes}, pg::Bytes{is.bytes});
}

absl::StatusOr<int64_t> PurgeTexts(pg::Tx& tx, const ledger::Program& program, absl::Time before,
                                   int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kPurgeMessages, program.first_partition, program.last_partition(),
                          before, static_cast<int64_t>(limit)));
  return rows.affected();
}

}  // namespace gratis::messages
