#include "services/messages/ways.h"

#include <algorithm>
#include <iterator>

namespace gratis::messages {
namespace {

constexpr Way kWays[] = {
    {ChannelKind::kEmail, "email", "e-mail", kMailServer},
    {ChannelKind::kInbox, "inbox", "the member's inbox", Uuid{}},
    {ChannelKind::kTask, "task", "the staff's tasks", Uuid{}},
};

template <class Fits>
const Way* Find(Fits fits) {
  const auto* found = std::find_if(std::begin(kWays), std::end(kWays), fits);
  return found == std::end(kWays) ? nullptr : found;
}

}  // namespace

const Way* FindWay(ChannelKind kind) {
  return Find([kind](const Way& way) { return way.kind == kind; });
}

const Way* FindWay(std::string_view code) {
  return Find([code](const Way& way) { return way.code == code; });
}

const Way* WayOfLine(const Uuid& line) {
  return Find([&line](const Way& way) { return way.goes_out() && way.line == line; });
}

}  // namespace gratis::messages
