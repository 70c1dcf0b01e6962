#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace gratis::messages {

// See the contract's Sender.
struct Sender {
  std::string code;
  std::string name;
  std::string title;
  std::string address;
  std::string reply_to;

  friend bool operator==(const Sender&, const Sender&) = default;
};

// A program's messaging policy, see the contract's MessagingPolicy. The values here are those in
// force until some are set.
struct MessagingPolicy {
  std::vector<Sender> senders;
  int32_t quiet_from_hour = 21;
  int32_t quiet_until_hour = 8;
  int32_t cap_messages = 3;
  int32_t cap_days = 7;
  int32_t max_age_days = 7;
  std::string unsubscribe_url;
  std::string feedback_url;
  int32_t version = 0;

  // The sender of this code, else the first; null when there is none.
  const Sender* FindSender(std::string_view code) const;

  friend bool operator==(const MessagingPolicy&, const MessagingPolicy&) = default;
};

// Errors: FIELD_MISSING, FIELD_INVALID, FIELD_TOO_LONG, INVALID_EMAIL, naming the field of the
// contract's SetMessagingPolicyRequest.
absl::Status CheckPolicy(const MessagingPolicy& policy);

// What the journal says of a policy: its figures. Senders are people.
std::string FiguresJson(const MessagingPolicy& policy);

// `url` with `name`=`value` added to its query; the value is of unreserved characters.
std::string WithParameter(std::string_view url, std::string_view name, std::string_view value);

}  // namespace gratis::messages
