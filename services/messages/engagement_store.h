#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/delivery.h"
#include "services/messages/engagement_rules.h"
#include "services/messages/message_ids.h"

// What came of what was said, in schema gratis_messages; one function per query. Counts are rows
// that sending, reading, reporting and redeeming all add to, each in one statement and in the order
// of their keys; should a ring close all the same, PostgreSQL breaks it and the transaction is run
// again.
namespace gratis::messages {

// --- what members did ---

struct Engagement {
  MessageId message;
  EngagementKind kind;
  absl::Time happened_at;
};

// Counts those that were sent to members; what was decided in this transaction counts, too.
void CountSent(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> messages);

struct MailedMessage {
  MessageId message;
  MemberId member;
  absl::Time sent_at;
};
// Those that went out by mail.
absl::StatusOr<std::vector<MailedMessage>> FindMailed(pg::Tx& tx, int32_t partition,
                                                      absl::Span<const MessageId> messages);
// Keeps and counts those that are not kept yet.
void KeepEngagements(pg::Tx& tx, int32_t partition, absl::Span<const Engagement> engagements,
                     absl::Time now);
// By message and kind.
absl::StatusOr<std::vector<Engagement>> ReadEngagements(pg::Tx& tx, int32_t partition,
                                                        absl::Span<const MessageId> messages);
// What is kept of these kinds of all of a member's messages is gone; the counts stay.
void ForgetEngagements(pg::Tx& tx, int32_t partition, const MemberId& member,
                       absl::Span<const EngagementKind> kinds);
// The same of what was opened and clicked, recorded before `before`; at most `limit`. How many.
absl::StatusOr<int64_t> PurgeEngagements(pg::Tx& tx, const ledger::Program& program,
                                         absl::Time before, int32_t limit);

// --- what was redeemed ---

// A part of what an entry of the journal redeemed: of a lot of points, or of a voucher.
struct RedeemedPart {
  MemberId member;
  int64_t seq = 0;      // of the entry
  int64_t lot = 0;      // 0 of a voucher
  std::string voucher;  // "vch_…"; empty of points
  absl::Time redeemed_at;
  int64_t points = 0;
};
void NoteRedemption(pg::Tx& tx, int32_t partition, const RedeemedPart& part);
// As much of it came back. Nothing happens if it was not noted.
void UndoRedemption(pg::Tx& tx, int32_t partition, const RedeemedPart& part);

// --- the counts ---

// Which messages: in the order of the list.
struct ResultKey {
  absl::CivilDay day;  // on which they went out, in the program's zone
  std::string template_code;
  int32_t template_version = 0;
  int32_t variant = 0;
  std::string trigger;
  ChannelKind channel = {};
};
struct MessageResult {
  ResultKey key;
  int64_t sent = 0;
  int64_t opened = 0;
  int64_t clicked = 0;
  int64_t redeemed = 0;
  int64_t unsubscribed = 0;
};
struct ResultsOrder {
  absl::CivilDay from;
  absl::CivilDay to;          // inclusive
  std::string template_code;  // empty: of all
  ResultKey after;
};
absl::StatusOr<std::vector<MessageResult>> ListResults(pg::Tx& tx, const ledger::Program& program,
                                                       const ResultsOrder& order, int32_t limit);
// Whether anybody ever reported that a mail of the program's was opened.
absl::StatusOr<bool> AnyMailOpened(pg::Tx& tx, const ledger::Program& program);

}  // namespace gratis::messages
