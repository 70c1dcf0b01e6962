#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/program.h"
#include "common/ledger/voucher_code.h"
#include "common/vault/vault.h"
#include "gratis/messages/v1/templates.pb.h"
#include "services/messages/composing.h"
#include "services/messages/engagement_store.h"
#include "services/messages/intent_rules.h"
#include "services/messages/message_store.h"
#include "services/messages/recipients.h"
#include "services/messages/task_store.h"
#include "services/messages/unsubscribe_token.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

// How long texts are kept.
inline constexpr absl::Duration kTextsKept = absl::Hours(24 * 90);

// A message and how far its mail got.
struct SeenMessage {
  StoredMessage message;
  std::string delivery;  // "delivered"; empty for what is not mailed
  std::optional<v1::RenderedMessage> text;
};

struct SeenTask {
  Task task;
  std::string text;
};

struct SeenInboxEntry {
  MessageId id;
  absl::Time sent_at;
  std::optional<absl::Time> read_at;
  v1::RenderedMessage text;
};

// What is kept of a message beside that it was sent.
struct SeenKept {
  MessageId id;
  std::optional<absl::Time> read_at;
  std::optional<v1::RenderedMessage> text;
  std::vector<Engagement> engagements;
};

struct PreviewOrder {
  Template message_template;
  MemberId member;
  int32_t variant = 0;
  TransactionId transaction;            // nil: about nothing in particular
  std::optional<Figures> figures = {};  // in its place: about what has not happened
};
struct Preview {
  Composed composed;
  std::string to;
  bool consented = true;
};

// What was said and would be: the reads, and the link that makes it stop. Thread-safe; deadlines
// are real time.
class Messages {
 public:
  // All arguments outlive this.
  Messages(pg::Pool& pool, Recipients& recipients, const vault::Vault& vault,
           const UnsubscribeTokens& tokens)
      : pool_(pool), recipients_(recipients), vault_(vault), tokens_(tokens), codes_(vault) {}

  // At most `limit` of a member's, newest first, before `before` (all bits set: from the first);
  // `state` 0: in any; `purchase` empty: about any. Without texts. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<SeenMessage>> List(const ledger::Program& program,
                                                const MemberId& member, const MessageId& before,
                                                int16_t state, std::string_view purchase,
                                                int32_t limit, absl::Time deadline) const;
  // With its text, if that is kept and its member was not erased. Errors: MESSAGE_NOT_FOUND.
  absl::StatusOr<SeenMessage> Get(const ledger::Program& program, const MessageId& message,
                                  absl::Time deadline) const;

  // At most `limit` of a member's of which more is kept than List tells, newest first, before
  // `before`. Errors: MEMBER_NOT_FOUND.
  absl::StatusOr<std::vector<SeenKept>> Export(const ledger::Program& program,
                                               const MemberId& member, const MessageId& before,
                                               int32_t limit, absl::Time deadline) const;

  // Without the texts of whoever is not to hear anything.
  absl::StatusOr<std::vector<SeenTask>> ListTasks(const ledger::Program& program,
                                                  const MessageId& after,
                                                  absl::Span<const std::string> stores,
                                                  int16_t state, int32_t limit,
                                                  absl::Time deadline) const;
  // Of whoever became a part of the member, too; nothing of who is restricted, deceased or closed.
  // Errors: MEMBER_NOT_FOUND, MEMBER_ERASED.
  absl::StatusOr<std::vector<SeenInboxEntry>> ListInbox(const ledger::Program& program,
                                                        const MemberId& member,
                                                        const MessageId& before, bool unread_only,
                                                        int32_t limit, absl::Time deadline) const;

  // A mail as it would be sent; its unsubscribe address unsubscribes nobody. Errors:
  // MEMBER_NOT_FOUND, MEMBER_ERASED, TRANSACTION_NOT_FOUND.
  absl::StatusOr<Preview> PreviewOf(const ledger::Program& program, const PreviewOrder& order,
                                    absl::Time now, absl::Time deadline) const;

  // Ends the consent of whom the token takes off the list, and counts it for the message it was
  // pressed in, once. `request_id`: of the caller; `now`: program time. Errors:
  // UNSUBSCRIBE_TOKEN_INVALID, REQUEST_ID_MISSING, MEMBER_ERASED.
  absl::StatusOr<MemberId> Unsubscribe(const ledger::Program& program, std::string_view token,
                                       std::string_view request_id, absl::Time now,
                                       absl::Time deadline) const;

  // Texts older than kTextsKept are gone. How many. Errors: DRAINING when asked to stop.
  absl::StatusOr<int64_t> Purge(const ledger::Program& program, absl::Time now, absl::Time deadline,
                                const std::stop_token& stop) const;

 private:
  absl::StatusOr<Topic> TopicOf(pg::Tx& tx, const ledger::Program& program,
                                const PreviewOrder& order, const Recipient& recipient,
                                absl::Time now) const;

  pg::Pool& pool_;
  Recipients& recipients_;
  const vault::Vault& vault_;
  const UnsubscribeTokens& tokens_;
  const ledger::VoucherCodes codes_;
};

}  // namespace gratis::messages
