#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/ledger/standing.h"
#include "services/messages/delivery.h"
#include "services/messages/message_policy.h"
#include "services/messages/template_rules.h"

// Whether a message is sent, later, or not, and why: values in, values out.
namespace gratis::messages {

// What a message is about. Stored by number.
enum class Occasion : int16_t {
  kThanks = 1,   // something they did
  kGift = 2,     // a birthday's, or a surprise
  kAccount = 3,  // their account itself: it is no celebration, and counts towards no cap
};

// How long it holds that a letter is sent: if it did not go out by then, because the mail server
// did not take it or is not there, it is judged anew before it does.
inline constexpr absl::Duration kDecisionHolds = absl::Minutes(5);

// What is to be done with a message, or was. Stored; as the contract's MessageState.
enum class MessageState : int16_t { kWaiting = 1, kSent = 2, kWithheld = 3 };

// Stored; as the contract's MessageReason.
enum class Why : int16_t {
  kNothing = 0,
  kTooLate = 1,
  kNoConsent = 2,
  kCap = 3,
  kQuietHours = 4,
  kComplaint = 5,
  kNoAddress = 6,
  kSuppressed = 7,
  kNoCelebrations = 8,
  kMemberState = 9,
  kCancelled = 10,
  kJoined = 11,
  kNoTemplate = 12,
  kNoSender = 13,
  kNoUnsubscribe = 14,
  kObjection = 15,
  kNoProfiling = 16,
};

// How late a gift may be mentioned that had to wait for a complaint to be mended.
inline constexpr absl::Duration kMaxAgeAfterComplaint = absl::Hours(24 * 30);

// What a member has consented to, by e-mail.
struct Consents {
  bool marketing = false;
  bool surveys = false;
  bool objected = false;      // to marketing, whatever the way
  bool no_profiling = false;  // they said no to it, or objected; not: they were never asked
};

// Everything that matters for one message.
struct Circumstances {
  ChannelKind channel = ChannelKind::kEmail;
  Occasion occasion = Occasion::kThanks;
  absl::Time occurred_at;
  absl::Duration max_age = absl::ZeroDuration();  // its own; zero: the policy's
  bool after_complaint = false;                   // it waited for one that is mended by now

  ledger::MemberState member_state = ledger::MemberState::kActive;
  absl::TimeZone zone;  // where they live
  Consents consents;
  bool no_celebrations = false;
  bool has_address = true;
  bool suppressed = false;
  bool complaint_open = false;
  // When mails to them that count went out: newest first, at least those of the cap's days.
  std::vector<absl::Time> sent;

  bool has_template = true;  // with a part for this channel
  Purpose purpose = Purpose::kService;
  bool surveys_too = false;   // whatever its purpose, it asks something that nobody can leave out
  bool asks_consent = false;  // anything in it needs consent; with what is left out already out
  bool by_profile = false;    // it is for those picked by what they did; see ChosenByProfile
};

struct MessageVerdict {
  MessageState state = MessageState::kSent;
  Why why = Why::kNothing;
  absl::Time due_at = absl::InfinitePast();  // when waiting: not before

  friend bool operator==(const MessageVerdict&, const MessageVerdict&) = default;
};

// What such a message needs as a whole: what mentions a gift is marketing, whatever its template
// says.
Purpose PurposeOf(Occasion occasion, Purpose of_template);

// The first moment from `time` on that is not at night, where nights last from one local hour to
// another. An hour that the clock skips ends when it does.
absl::Time AfterQuietHours(absl::Time time, const MessagingPolicy& policy,
                           const absl::TimeZone& zone);

// Whether who stands so is to hear anything, by whatever way, and staff to do anything for them.
bool MayHear(ledger::MemberState state);

// Whether who stands so is left alone: restricted, deceased, closed or erased. Their inbox shows
// nothing, and nothing that is done with what they were told is kept.
bool IsLeftAlone(ledger::MemberState state);

// The last moment at which it may be said.
absl::Time LatestOf(const Circumstances& circumstances, const MessagingPolicy& policy);

// Judges a message as of `now`. In this order: what is too late, or for somebody who is not to hear
// anything, is not sent; while a complaint is open everything waits; what they do not want to be
// chosen for, by whatever way, and what nobody consented to is not sent (by what interrupts nobody,
// what was objected to); then a cap, then the night are waited for, if it is not too late by then.
MessageVerdict Judge(const Circumstances& circumstances, const MessagingPolicy& policy,
                     absl::Time now);

// "It waits until 2026-11-29 08:00 Europe/Zurich: it is night where the member lives."
std::string SentenceOf(const MessageVerdict& verdict, ChannelKind channel, absl::Time decided_at,
                       absl::Span<const std::string> left_out, const absl::TimeZone& zone);

std::string_view NameOf(ChannelKind channel);

}  // namespace gratis::messages
