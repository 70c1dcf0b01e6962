#pragma once

#include <string_view>

#include "common/base/ids.h"

namespace gratis::messages {

struct MessageTag {
  static constexpr std::string_view kPrefix = "msg";
};
// Of a message, whichever way it goes; the partition of its member is in it.
using MessageId = base::Id<MessageTag>;

struct DeliveryTag {
  static constexpr std::string_view kPrefix = "dlv";
};
// Of something on its way out; the partition it is kept in is in it.
using DeliveryId = base::Id<DeliveryTag>;

struct SubscriptionTag {
  static constexpr std::string_view kPrefix = "whk";
};
using SubscriptionId = base::Id<SubscriptionTag>;

struct SuppressionTag {
  static constexpr std::string_view kPrefix = "sup";
};
using SuppressionId = base::Id<SuppressionTag>;

}  // namespace gratis::messages
