#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/feed.h"
#include "common/ledger/program.h"
#include "common/pg/tx.h"
#include "services/messages/intent_rules.h"
#include "services/messages/message_ids.h"
#include "services/messages/message_rules.h"
#include "services/messages/message_seal.h"
#include "services/messages/people.h"

// What is to be said, and what was, in schema gratis_messages; one function per query.
namespace gratis::messages {

// --- what the journal gives cause to say
// -----------------------------------------------------------

// The partition's cursor, made if need be and locked until the end of the transaction.
absl::StatusOr<int64_t> LockIntentCursor(pg::Tx& tx, int32_t partition);
void WriteIntentCursor(pg::Tx& tx, int32_t partition, int64_t seq);
// How far each partition was read; 0 for those that never were.
absl::StatusOr<ledger::Cursor> ReadIntentCursors(pg::Tx& tx, const ledger::Program& program);

struct NewMessage {
  MessageId id;
  Intent intent;
  int64_t seq;  // of the fact that gave cause
};
// Due at once.
void InsertMessages(pg::Tx& tx, int32_t partition, absl::Span<const NewMessage> messages,
                    absl::Time now);
// Letters of the member that wait in line, about this purchase and by this trigger (empty: any),
// must be decided anew before they go out. Returns which.
absl::StatusOr<std::vector<Uuid>> LapseLetters(pg::Tx& tx, int32_t partition,
                                               const MemberId& member,
                                               std::string_view purchase = "",
                                               std::string_view trigger = "");
// What waits, to be decided or in line, is withheld, and tasks nobody has done are cancelled.
absl::Status UnsayMessages(pg::Tx& tx, int32_t partition, const Unsay& unsay, absl::Time now);
void OpenComplaint(pg::Tx& tx, int32_t partition, const ComplaintBegins& begins, int64_t seq);
// Ends a complaint; when the person has none open any more, what waited is due, its mails as one.
// `people`: whoever is one with the member, among others; the cursors of all of these are locked.
absl::Status CloseComplaint(pg::Tx& tx, int32_t partition, const ComplaintEnds& ends,
                            const People& people, absl::Time now);
// What the person waits to hear for a complaint is due: it may be another's by now. `people` as in
// CloseComplaint.
void LookAgain(pg::Tx& tx, const MemberId& member, const People& people, absl::Time now);
// Texts are gone, and what waited is not said.
void ForgetMessages(pg::Tx& tx, int32_t partition, const MemberId& member, absl::Time now);

// --- what is due
// -----------------------------------------------------------------------------------

struct DueKey {
  int32_t partition;
  MessageId id;
  MemberId member;
  Occasion occasion;
  std::string template_code;
  ChannelKind channel;
  bool after_complaint;
};
// At most `limit` that are due at `now`, in whichever partition, the longest due first.
absl::StatusOr<std::vector<DueKey>> ListDue(pg::Tx& tx, const ledger::Program& program,
                                            absl::Time now, int32_t limit);

struct DueMessage {
  MessageId id;
  MemberId member;
  ChannelKind channel;
  Occasion occasion;
  std::string template_code;
  TransactionId transaction;
  std::string purchase;
  std::string store;
  absl::Time occurred_at;
  absl::Duration max_age;
  std::string detail;
  int64_t points;
  bool after_complaint;
  bool again;  // it was decided before that it is sent, and did not go out since
};
// Those of them that are still due, in the order in which things happened.
absl::StatusOr<std::vector<DueMessage>> ReadDueMessages(pg::Tx& tx, int32_t partition,
                                                        absl::Span<const MessageId> ids,
                                                        absl::Time now);
// Those that were sent wait again, to be decided anew at `now`, and do not count as sent meanwhile.
// Under their partition's cursor.
void ReopenMessages(pg::Tx& tx, int32_t partition, absl::Span<const Uuid> ids, absl::Time now);
// What each of these was to say for others, too, after a complaint, is said by the next of them.
void RelieveMessages(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> silent,
                     absl::Time now);
void PostponeMessages(pg::Tx& tx, int32_t partition, absl::Span<const MessageId> ids,
                      absl::Time due_at);

// Which of the members have an open complaint.
absl::StatusOr<std::vector<MemberId>> ReadComplaints(pg::Tx& tx, int32_t partition,
                                                     absl::Span<const MemberId> members);
// When mails that count towards the cap went out to each after `after`: newest first, at most
// `limit` each.
absl::StatusOr<std::map<MemberId, std::vector<absl::Time>>> ReadSent(
    pg::Tx& tx, int32_t partition, absl::Span<const MemberId> members, absl::Time after,
    int32_t limit);
// How often each member was told something by a template.
using MemberTemplate = std::pair<MemberId, std::string>;
absl::StatusOr<std::map<MemberTemplate, int32_t>> CountSaid(pg::Tx& tx, int32_t partition,
                                                            absl::Span<const MemberTemplate> asked);

struct Decision {
  MessageId id;
  MessageVerdict verdict;
  std::optional<absl::Time> decided_at;  // nothing while it waits
  std::string template_code;
  int32_t template_version = 0;
  std::string language;
  int32_t variant = 0;
  std::vector<std::string> left_out;
  std::optional<SealedText> text;
  std::optional<absl::CivilDay> day;  // on which it is sent, in the program's zone
};
// Of messages that wait, under their partition's cursor.
void WriteDecisions(pg::Tx& tx, int32_t partition, absl::Span<const Decision> decisions);

// --- what was said
// ---------------------------------------------------------------------------------

struct StoredMessage {
  MessageId id;
  MemberId member;
  ChannelKind channel;
  Occasion occasion;
  std::string template_code;
  TransactionId transaction;
  std::string purchase;
  absl::Time occurred_at;
  MessageVerdict verdict;
  std::optional<absl::Time> decided_at;
  int32_t template_version;
  std::string language;
  int32_t variant;
  std::vector<std::string> left_out;
  absl::Time created_at;
  std::optional<SealedText> text;  // where it is read with it and kept
};
// At most `limit` of a member's, newest first, before `before`; `state` 0: in any; `purchase`: that
// they are about, "pur_…", empty for any.
absl::StatusOr<std::vector<StoredMessage>> ListMessages(pg::Tx& tx, const ledger::Program& program,
                                                        const MemberId& member,
                                                        const MessageId& before, int16_t state,
                                                        std::string_view purchase, int32_t limit);
// With its text, if it is kept.
absl::StatusOr<std::optional<StoredMessage>> ReadMessage(pg::Tx& tx, int32_t partition,
                                                         const MessageId& id);

// What is kept of a message beside that it was sent.
struct KeptMessage {
  MessageId id;
  std::optional<absl::Time> read_at;  // in the inbox
  std::optional<SealedText> text;
};
// At most `limit` of a member's of which anything is, newest first, before `before`.
absl::StatusOr<std::vector<KeptMessage>> ListKeptMessages(pg::Tx& tx,
                                                          const ledger::Program& program,
                                                          const MemberId& member,
                                                          const MessageId& before, int32_t limit);

struct KeptText {
  int32_t partition;
  Uuid id;
  SealedText text;
  MemberId member;
};
// The texts of those that have one, in no order.
absl::StatusOr<std::vector<KeptText>> ReadTexts(pg::Tx& tx, absl::Span<const int32_t> partitions,
                                                absl::Span<const Uuid> ids);
// Texts of what was decided before `before` are gone, at most `limit` of them. How many.
absl::StatusOr<int64_t> PurgeTexts(pg::Tx& tx, const ledger::Program& program, absl::Time before,
                                   int32_t limit);

struct WrappedKey {
  Uuid id;
  MemberId member;
  vault::SealedKey key;
};
// Keys of texts that a version of the master key before `version` wraps; at most `limit`.
absl::StatusOr<std::vector<WrappedKey>> ListKeysToRewrap(pg::Tx& tx, int32_t partition,
                                                         int32_t version, int32_t limit);
void RewrapKey(pg::Tx& tx, int32_t partition, const WrappedKey& was, const vault::SealedKey& is);

}  // namespace gratis::messages
