#include "services/messages/engagements.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pg/pool.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/messages/v1/engagements.pb.h"
#include "services/messages/delivery_replay.h"
#include "services/messages/delivery_store.h"
#include "services/messages/purging.h"

namespace gratis::messages {
namespace {

absl::Status NotMailed(const MessageId& message) {
  return FieldError(
      Reason::kMessageNotFound, "message_id",
      absl::StrCat("no message ", message.ToString(), " of the program's was mailed"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<EngagementMark>> EngagementMark::Make(const ledger::Program& program,
                                                                     EngagementReport report) {
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, report.message.uuid);
  if (!partition) return NotMailed(report.message);
  auto mark = std::unique_ptr<EngagementMark>(new EngagementMark(std::move(report)));
  mark->envelope.partition = *partition;
  mark->envelope.of_merged = true;
  return mark;
}

absl::StatusOr<std::string> EngagementMark::Decide(ledger::Books& books) {
  const auto sent = sent_->find(report_.message);
  if (sent == sent_->end()) return NotMailed(report_.message);
  ignored_ =
      WhyIgnored({sent->second, report_.consents, report_.member_state}, books.recorded_at());
  v1::RecordEngagementResponse response;
  response.set_recorded(ignored_ == Ignored::kNothing);
  response.set_ignored(static_cast<v1::EngagementIgnored>(ignored_));
  return response.SerializeAsString();
}

absl::Status EngagementMarks::LoadAll(pg::Tx& tx, absl::Span<EngagementMark* const> set) {
  std::vector<MessageId> messages;
  for (const EngagementMark* mark : set) messages.push_back(mark->report_.message);
  ASSIGN_OR_RETURN(const std::vector<MailedMessage> found,
                   FindMailed(tx, set.front()->envelope.home(), messages));
  const auto sent = std::make_shared<std::map<MessageId, absl::Time>>();
  for (const MailedMessage& mailed : found) sent->emplace(mailed.message, mailed.sent_at);
  for (EngagementMark* mark : set) mark->sent_ = sent;
  return absl::OkStatus();
}

absl::Status EngagementMarks::WriteAll(pg::Tx& tx, absl::Span<EngagementMark* const> set) {
  std::vector<Engagement> kept;
  for (const EngagementMark* mark : set) {
    if (mark->ignored_ != Ignored::kNothing) continue;
    const EngagementReport& report = mark->report_;
    for (const EngagementKind kind : ReportedKinds(report.kind)) {
      kept.push_back({report.message, kind, report.happened_at});
    }
  }
  if (kept.empty()) return absl::OkStatus();
  const ledger::Envelope& envelope = set.front()->envelope;
  KeepEngagements(tx, envelope.home(), kept, envelope.now);
  return absl::OkStatus();
}

absl::StatusOr<MessageId> Engagements::MessageOf(const ledger::Program& program,
                                                 const DeliveryId& delivery,
                                                 absl::Time deadline) const {
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, delivery.uuid);
  if (!partition) return NoSuchDelivery();
  std::optional<LoggedDelivery> found;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(found, ReadDelivery(tx, program.number, {*partition, delivery.uuid}));
    return absl::OkStatus();
  }));
  if (!found || found->state.channel != ChannelKind::kEmail) return NoSuchDelivery();
  return MessageId{found->state.message};
}

absl::StatusOr<EngagementReport> Engagements::AboutWhom(const ledger::Program& program,
                                                        EngagementReport report,
                                                        absl::Time deadline) const {
  const std::optional<int32_t> partition = ledger::PartitionOfId(program, report.message.uuid);
  if (!partition) return NotMailed(report.message);
  const MessageId asked_message[] = {report.message};
  std::vector<MailedMessage> mailed;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(mailed, FindMailed(tx, *partition, asked_message));
    return absl::OkStatus();
  }));
  if (mailed.empty()) return NotMailed(report.message);
  const Recipients::Asked asked[] = {{mailed.front().member, false}};
  const std::vector<absl::StatusOr<Recipient>> found = recipients_.Find(program, asked, deadline);
  RETURN_IF_ERROR(found.front().status());
  report.consents = found.front()->consents;
  report.member_state = found.front()->state;
  return report;
}

absl::StatusOr<MessageResults> Engagements::List(const ledger::Program& program,
                                                 const ResultsOrder& order, int32_t limit,
                                                 absl::Time deadline) const {
  MessageResults results;
  RETURN_IF_ERROR(pg::RunTx(pool_, pg::Reading(deadline), [&](pg::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(results.results, ListResults(tx, program, order, limit));
    ASSIGN_OR_RETURN(results.mail_opens_known, AnyMailOpened(tx, program));
    return absl::OkStatus();
  }));
  return results;
}

absl::StatusOr<int64_t> Engagements::Purge(const ledger::Program& program, absl::Time now,
                                           absl::Time deadline, const std::stop_token& stop) const {
  return PurgeInPages(pool_, deadline, stop, [&](pg::Tx& tx, int32_t limit) {
    return PurgeEngagements(tx, program, now - kEngagementKept, limit);
  });
}

}  // namespace gratis::messages
