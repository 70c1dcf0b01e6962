#include "services/messages/message_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "common/base/text.h"
#include "services/messages/ways.h"

namespace gratis::messages {
namespace {

// What waits for the member to look interrupts nobody, nor does a task of staff's.
bool Interrupts(ChannelKind channel) {
  const Way* const way = FindWay(channel);
  return way != nullptr && way->goes_out();
}

bool IsQuiet(int hour, const MessagingPolicy& policy) {
  const int from = policy.quiet_from_hour;
  const int until = policy.quiet_until_hour;
  if (from == until) return false;
  return from < until ? hour >= from && hour < until : hour >= from || hour < until;
}

absl::Duration MaxAge(const Circumstances& about, const MessagingPolicy& policy) {
  absl::Duration most = about.max_age;
  if (most <= absl::ZeroDuration()) most = absl::Hours(24) * policy.max_age_days;
  if (about.after_complaint && about.occasion == Occasion::kGift) {
    most = std::max(most, kMaxAgeAfterComplaint);
  }
  return most;
}

// Why it is not sent whatever the hour; kNothing when nothing stands against it.
Why WhyWithheld(const Circumstances& about, const MessagingPolicy& policy) {
  if (!about.has_template) return Why::kNoTemplate;
  if (about.occasion == Occasion::kGift && about.no_celebrations) return Why::kNoCelebrations;
  // It is the choice that they do not want, not a way of hearing of it: staff get no task either.
  if (about.by_profile && about.consents.no_profiling) return Why::kNoProfiling;
  const Purpose purpose = PurposeOf(about.occasion, about.purpose);
  // It interrupts nobody and needs no consent, but who objected gets no marketing there either.
  if (!Interrupts(about.channel)) {
    return purpose != Purpose::kService && about.consents.objected ? Why::kObjection
                                                                   : Why::kNothing;
  }
  if (policy.senders.empty()) return Why::kNoSender;
  if (!about.has_address) return Why::kNoAddress;
  if ((purpose == Purpose::kMarketing && !about.consents.marketing) ||
      ((purpose == Purpose::kSurveys || about.surveys_too) && !about.consents.surveys)) {
    return about.consents.objected ? Why::kObjection : Why::kNoConsent;
  }
  if (about.suppressed) return Why::kSuppressed;
  if ((purpose != Purpose::kService || about.asks_consent) && policy.unsubscribe_url.empty()) {
    return Why::kNoUnsubscribe;
  }
  return Why::kNothing;
}

std::string_view ReasonText(Why why) {
  switch (why) {
    case Why::kNothing:
      return "";
    case Why::kTooLate:
      return "too long has passed since what it is about";
    case Why::kNoConsent:
      return "the member has not consented to it by e-mail";
    case Why::kCap:
      return "the member got as many messages lately as the policy allows";
    case Why::kQuietHours:
      return "it is night where the member lives";
    case Why::kComplaint:
      return "a complaint of the member's is open: first mend";
    case Why::kNoAddress:
      return "the member has no e-mail address";
    case Why::kSuppressed:
      return "their address is on the suppression list";
    case Why::kNoCelebrations:
      return "the member wants no celebrations";
    case Why::kMemberState:
      return "of how the member stands with the program";
    case Why::kCancelled:
      return "what it is about was taken back";
    case Why::kJoined:
      return "another message said it, after a complaint was mended";
    case Why::kNoTemplate:
      return "there is no such template, or it has nothing for this channel";
    case Why::kNoSender:
      return "the messaging policy names no sender";
    case Why::kNoUnsubscribe:
      return "the messaging policy has no address to unsubscribe at";
    case Why::kObjection:
      return "the member objected to it";
    case Why::kNoProfiling:
      return "the member does not want to be chosen by what they bought and did";
  }
  return "";
}

std::string LocalText(absl::Time time, const absl::TimeZone& zone) {
  return absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M ", time, zone), zone.name());
}

}  // namespace

Purpose PurposeOf(Occasion occasion, Purpose of_template) {
  return occasion == Occasion::kGift ? Purpose::kMarketing : of_template;
}

bool MayHear(ledger::MemberState state) {
  return state == ledger::MemberState::kActive || state == ledger::MemberState::kEarnOnly;
}

bool IsLeftAlone(ledger::MemberState state) {
  // Whoever is suspended reads what they were told before.
  return !MayHear(state) && state != ledger::MemberState::kSuspended;
}

absl::Time AfterQuietHours(absl::Time time, const MessagingPolicy& policy,
                           const absl::TimeZone& zone) {
  const absl::CivilHour local = absl::ToCivilHour(time, zone);
  if (!IsQuiet(local.hour(), policy)) return time;
  absl::CivilHour end(absl::CivilDay(local) + (local.hour() < policy.quiet_until_hour ? 0 : 1));
  end += policy.quiet_until_hour;
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(end));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

absl::Time LatestOf(const Circumstances& about, const MessagingPolicy& policy) {
  return about.occurred_at + MaxAge(about, policy);
}

MessageVerdict Judge(const Circumstances& about, const MessagingPolicy& policy, absl::Time now) {
  const absl::Time latest = LatestOf(about, policy);
  if (!MayHear(about.member_state)) return {MessageState::kWithheld, Why::kMemberState};
  if (about.complaint_open && about.occasion != Occasion::kAccount) {
    // Whoever mends it wakes it up; else it ends by itself.
    const absl::Time end =
        about.occasion == Occasion::kGift ? about.occurred_at + kMaxAgeAfterComplaint : latest;
    return now > end
               ? MessageVerdict{MessageState::kWithheld, Why::kTooLate}
               : MessageVerdict{MessageState::kWaiting, Why::kComplaint, end + absl::Seconds(1)};
  }
  if (now > latest) return {MessageState::kWithheld, Why::kTooLate};
  if (const Why why = WhyWithheld(about, policy); why != Why::kNothing) {
    return {MessageState::kWithheld, why};
  }
  if (!Interrupts(about.channel)) return {MessageState::kSent};
  const auto cap = static_cast<size_t>(policy.cap_messages);
  if (about.occasion != Occasion::kAccount && about.sent.size() >= cap) {
    const absl::Time free = about.sent[cap - 1] + absl::Hours(24) * policy.cap_days;
    if (free > now) {
      return free > latest ? MessageVerdict{MessageState::kWithheld, Why::kCap}
                           : MessageVerdict{MessageState::kWaiting, Why::kCap, free};
    }
  }
  const absl::Time morning = AfterQuietHours(now, policy, about.zone);
  if (morning > now) {
    return morning > latest ? MessageVerdict{MessageState::kWithheld, Why::kTooLate}
                            : MessageVerdict{MessageState::kWaiting, Why::kQuietHours, morning};
  }
  return {MessageState::kSent};
}

std::string SentenceOf(const MessageVerdict& verdict, ChannelKind channel, absl::Time decided_at,
                       absl::Span<const std::string> left_out, const absl::TimeZone& zone) {
  const std::string why(ReasonText(verdict.why));
  switch (verdict.state) {
    case MessageState::kWaiting:
      if (verdict.why == Why::kNothing) return "It is about to be looked at.";
      if (verdict.why == Why::kComplaint) return absl::StrCat("It waits: ", why, ".");
      return absl::StrCat("It waits until ", LocalText(verdict.due_at, zone), ": ", why, ".");
    case MessageState::kWithheld:
      return absl::StrCat("It was not sent, because ", why, ".");
    case MessageState::kSent:
      break;
  }
  std::string sentence =
      absl::StrCat("It went to ", base::Abs(NameOf(channel)), " on ", LocalText(decided_at, zone));
  if (!left_out.empty()) {
    absl::StrAppend(
        &sentence, ", without ", absl::StrJoin(left_out, " and "), ": the member has ",
        channel == ChannelKind::kEmail ? "not consented to that by e-mail" : "objected to that");
  }
  return absl::StrCat(sentence, ".");
}

std::string_view NameOf(ChannelKind channel) {
  const Way* const way = FindWay(channel);
  return way == nullptr ? "" : way->words;
}

}  // namespace gratis::messages
