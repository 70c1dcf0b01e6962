#include "services/messages/engagement_contract.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/civil.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/template_rules.h"

namespace gratis::messages {
namespace {

constexpr int kDaysUnlessSaid = 30;

absl::StatusOr<ResultKey> PlaceOf(const std::string& cursor) {
  const std::vector<std::string> parts = absl::StrSplit(cursor, '/');
  ResultKey key;
  int32_t channel = 0;
  const bool whole = parts.size() == 6 && absl::SimpleAtoi(parts[2], &key.template_version) &&
                     absl::SimpleAtoi(parts[3], &key.variant) &&
                     absl::SimpleAtoi(parts[5], &channel);
  const auto day = base::ParseDay(parts[0]);
  if (!whole || !day.ok()) {
    return FieldError(Reason::kInvalidPageToken, "page_token", "not a token of this list");
  }
  key.day = *day;
  key.template_code = parts[1];
  key.trigger = parts[4];
  key.channel = static_cast<ChannelKind>(channel);
  return key;
}

}  // namespace

absl::StatusOr<EngagementReport> ParseReport(const v1::RecordEngagementRequest& request,
                                             absl::Time now) {
  EngagementReport report{.happened_at = now};
  switch (request.kind()) {
    case v1::ENGAGEMENT_KIND_OPENED:
      report.kind = EngagementKind::kOpened;
      break;
    case v1::ENGAGEMENT_KIND_CLICKED:
      report.kind = EngagementKind::kClicked;
      break;
    default:
      return FieldError(
          Reason::kFieldInvalid, "kind",
          "mails are reported as opened or clicked; Unsubscribe says the rest itself");
  }
  if (!request.has_happened_at()) return report;
  ASSIGN_OR_RETURN(report.happened_at, rpc::ParseTime(request.happened_at(), "happened_at"));
  if (report.happened_at > now + ledger::kClockTolerance) {
    return FieldError(Reason::kFieldInvalid, "happened_at", "that is yet to come");
  }
  return report;
}

absl::StatusOr<ResultsOrder> ParseOrder(const v1::ListMessageResultsRequest& request,
                                        const std::string& cursor, const ledger::Program& program,
                                        absl::Time now) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, base::LoadZone(program.time_zone));
  ResultsOrder order{.to = base::DayOf(now, zone), .template_code = request.template_code()};
  if (request.has_to()) {
    ASSIGN_OR_RETURN(order.to, rpc::ParseDay(request.to(), "to"));
  }
  order.from = order.to - (kDaysUnlessSaid - 1);
  if (request.has_from()) {
    ASSIGN_OR_RETURN(order.from, rpc::ParseDay(request.from(), "from"));
  }
  if (order.from > order.to) {
    return FieldError(Reason::kFieldInvalid, "from", "the first day is after the last");
  }
  if (!order.template_code.empty() && !IsCode(order.template_code)) {
    return FieldError(Reason::kFieldInvalid, "template_code", "1 to 40 of a-z, 0-9, - and _");
  }
  // Before all that are in the list.
  order.after.day = order.from - 1;
  if (cursor.empty()) return order;
  ASSIGN_OR_RETURN(order.after, PlaceOf(cursor));
  return order;
}

std::string PlaceText(const ResultKey& key) {
  return absl::StrCat(base::FormatDay(key.day), "/", key.template_code, "/", key.template_version,
                      "/", key.variant, "/", key.trigger, "/", static_cast<int>(key.channel));
}

v1::MessageResult ToContract(const MessageResult& result, bool mail_opens_known) {
  const ResultKey& key = result.key;
  v1::MessageResult answer;
  rpc::SetDay(key.day, *answer.mutable_day());
  answer.set_template_code(key.template_code);
  answer.set_template_version(key.template_version);
  answer.set_variant(key.variant);
  answer.set_trigger(key.trigger);
  answer.set_channel(static_cast<v1::MessageChannel>(key.channel));
  answer.set_sent(result.sent);
  if (key.channel != ChannelKind::kEmail || mail_opens_known) answer.set_opened(result.opened);
  if (key.channel == ChannelKind::kEmail && mail_opens_known) answer.set_clicked(result.clicked);
  answer.set_redeemed(result.redeemed);
  answer.set_unsubscribed(result.unsubscribed);
  return answer;
}

}  // namespace gratis::messages
