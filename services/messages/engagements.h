#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/ledger/mutation.h"
#include "common/ledger/program.h"
#include "services/messages/delivery.h"
#include "services/messages/engagement_store.h"
#include "services/messages/recipients.h"

namespace gratis::pg {
class Pool;
}

namespace gratis::messages {

// What a mail service saw somebody do with a mail of ours. Nobody is followed by us: no picture and
// no link of a mail leads here.
struct EngagementReport {
  MessageId message;
  EngagementKind kind = EngagementKind::kOpened;
  absl::Time happened_at;
  Consents consents;  // of whom it went to, and how they stand
  ledger::MemberState member_state = ledger::MemberState::kActive;
};

// Answers with RecordEngagementResponse: whether the report is kept, by this or by an earlier one.
// Errors: MESSAGE_NOT_FOUND.
class EngagementMark final : public ledger::Mutation {
 public:
  // Errors: MESSAGE_NOT_FOUND (the id leads to none of the program's partitions).
  static absl::StatusOr<std::unique_ptr<EngagementMark>> Make(const ledger::Program& program,
                                                              EngagementReport report);
  absl::StatusOr<std::string> Decide(ledger::Books& books) override;

 private:
  friend class EngagementMarks;
  explicit EngagementMark(EngagementReport report) : report_(std::move(report)) {}

  const EngagementReport report_;
  std::shared_ptr<const std::map<MessageId, absl::Time>> sent_;  // loaded: when each was mailed
  Ignored ignored_ = Ignored::kNothing;                          // decided
};

class EngagementMarks final : public ledger::KindOf<EngagementMark> {
 public:
  absl::Status LoadAll(pg::Tx& tx, absl::Span<EngagementMark* const> set) override;
  absl::Status WriteAll(pg::Tx& tx, absl::Span<EngagementMark* const> set) override;
};

struct MessageResults {
  std::vector<MessageResult> results;
  bool mail_opens_known = false;  // somebody reports which mails are opened
};

// What came of what was said. Thread-safe; deadlines are real time.
class Engagements {
 public:
  // All arguments outlive this.
  Engagements(pg::Pool& pool, Recipients& recipients) : pool_(pool), recipients_(recipients) {}

  // The message that a mail's delivery was of. Errors: DELIVERY_NOT_FOUND.
  absl::StatusOr<MessageId> MessageOf(const ledger::Program& program, const DeliveryId& delivery,
                                      absl::Time deadline) const;
  // `report` with what its member says and how they stand, as of now. Errors: MESSAGE_NOT_FOUND,
  // those of the peer.
  absl::StatusOr<EngagementReport> AboutWhom(const ledger::Program& program,
                                             EngagementReport report, absl::Time deadline) const;

  // At most `limit`, by day, template, version, wording, trigger and channel.
  absl::StatusOr<MessageResults> List(const ledger::Program& program, const ResultsOrder& order,
                                      int32_t limit, absl::Time deadline) const;

  // What was opened and clicked longer ago than kEngagementKept is gone. How much. Errors: DRAINING
  // when asked to stop.
  absl::StatusOr<int64_t> Purge(const ledger::Program& program, absl::Time now, absl::Time deadline,
                                const std::stop_token& stop) const;

 private:
  pg::Pool& pool_;
  Recipients& recipients_;
};

}  // namespace gratis::messages
