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

void InsertMessages(pg::Tx& tx, int32_t partition, absl::Span<const NewMessage> messages,
                    absl::Time now) {
  if (messages.empty()) return;
  std::vector<MessageId> ids;
  std::vector<MemberId> members;
  std::vector<int16_t> channels, occasions;
  std::vector<TransactionId> transactions;
  std::vector<std::string_view> templates, purchases, triggers, stores, details;
  std::vector<std::string> vouchers;
  std::vector<absl::Time> occurred;
  std::vector<int64_t> max_ages, points, seqs;
  for (const auto& [id, intent, seq] : messages) {
    ids.push_back(id);
    members.push_back(intent.member);
    channels.push_back(Number(intent.channel));
    occasions.push_back(Number(intent.occasion));
    templates.push_back(intent.template_code);
    transactions.push_back(intent.transaction);
    purchases.push_back(intent.purchase);
    triggers.push_back(intent.trigger);
    stores.push_back(intent.store);
    occurred.push_back(intent.occurred_at);
    max_ages.push_back(absl::ToInt64Seconds(intent.max_age));
    details.push_back(intent.detail);
    points.push_back(intent.points);
    seqs.push_back(seq);
    vouchers.push_back(intent.voucher.IsNil() ? std::string() : intent.voucher.ToString());
  }
  tx.Send(sql::kInsertMessages, partition, now, ids, members, channels, occasions, templates,
          transactions, purchases, triggers, stores, occurred, max_ages, details, points, seqs,
          vouchers);
}

absl::StatusOr<std::vector<Uuid>> LapseLetters(pg::Tx& tx, int32_t partition,
                                               const MemberId& member, std::string_view purchase,
                                               std::string_view trigger) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kLapseLetters, partition, member, purchase, trigger));
  std::vector<Uuid> lapsed;
  for (const pg::Row row : rows) lapsed.push_back(row.Get<Uuid>(0));
  return lapsed;
}

absl::Status UnsayMessages(pg::Tx& tx, int32_t partition, const Unsay& unsay, absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<Uuid> in_line,
                   LapseLetters(tx, partition, unsay.member, unsay.purchase, unsay.trigger));
  if (!in_line.empty()) ReopenMessages(tx, partition, in_line, now);
  tx.Send(sql::kUnsayMessages, partition, unsay.member, unsay.purchase, unsay.trigger, now);
  tx.Send(sql::kUnsayTasks, partition, unsay.member, unsay.purchase, unsay.trigger, now);
  return absl::OkStatus();
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
                   static_cast<Occasion>(row.Get<int16_t>(3)), row.Get<std::string>(4),
                   static_cast<ChannelKind>(row.Get<int16_t>(5)), row.Get<bool>(6)});
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
                   .after_complaint = row.Get<bool>(12),
                   .again = row.Get<bool>(13)});
  }
  return due;
}

void ReopenMessages(pg::Tx& tx, int32_t partition, absl::Span<const Uuid> ids, absl::Time now) {
  tx.Send(sql::kCountSent, partition, ids, int64_t{-1});
  tx.Send(sql::kReopenMessages, partition, ids, now);
}

void RelieveMessages(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> silent,
                     absl::Time now) {
  if (!silent.empty()) tx.Send(sql::kRelieveMessages, partition, silent, now);
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

void WriteDecisions(pg::Tx& tx, int32_t partition, absl::Span<const Decision> decisions) {
  if (decisions.empty()) return;
  std::vector<MessageId> ids;
  std::vector<int16_t> states, whys;
  std::vector<absl::Time> due;
  std::vector<std::optional<absl::Time>> decided;
  std::vector<std::string_view> templates, languages;
  std::vector<int32_t> versions, variants;
  std::vector<std::string> left_out;
  std::vector<std::optional<pg::Bytes>> keys, sealed;
  std::vector<std::optional<absl::CivilDay>> days;
  for (const Decision& decision : decisions) {
    ids.push_back(decision.id);
    states.push_back(Number(decision.verdict.state));
    whys.push_back(Number(decision.verdict.why));
    due.push_back(decision.verdict.due_at);
    decided.push_back(decision.decided_at);
    templates.push_back(decision.template_code);
    versions.push_back(decision.template_version);
    languages.push_back(decision.language);
    variants.push_back(decision.variant);
    left_out.push_back(absl::StrJoin(decision.left_out, ","));
    keys.emplace_back();
    sealed.emplace_back();
    if (decision.text) {
      keys.back() = pg::Bytes{decision.text->key.bytes};
      sealed.back() = pg::Bytes{decision.text->sealed};
    }
    days.push_back(decision.day);
  }
  tx.Send(sql::kDecideMessages, partition, ids, states, whys, due, decided, templates, versions,
          languages, variants, left_out, keys, sealed, days);
}

absl::StatusOr<std::vector<StoredMessage>> ListMessages(pg::Tx& tx, const ledger::Program& program,
                                                        const MemberId& member,
                                                        const MessageId& before, int16_t state,
                                                        std::string_view purchase, int32_t limit) {
  ASSIGN_OR_RETURN(const pg::Rows rows,
                   tx.Run(sql::kListMessages, ledger::PartitionOf(program, member), member, before,
                          state, static_cast<int64_t>(limit), purchase));
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
