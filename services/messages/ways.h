#pragma once

#include <string_view>

#include "common/base/ids.h"
#include "services/messages/delivery.h"

// The ways by which something reaches a member: a row of one table each, so whoever asks what a way
// is called or where it leads need not know which there are.
namespace gratis::messages {

struct Way {
  ChannelKind kind;
  std::string_view code;   // as facts and triggers name it: "email"
  std::string_view words;  // as an explanation has it: "e-mail"
  // The one line in which whatever goes out by it waits for its Channel; nil for what has reached
  // its reader when it is written down. What goes out interrupts people: caps and nights hold.
  Uuid line;

  bool goes_out() const { return !line.IsNil(); }
};

// Null for what is no message to a member: webhooks, and lines on receipts.
const Way* FindWay(ChannelKind kind);
const Way* FindWay(std::string_view code);
// Null for lines of other things: each subscription has its own.
const Way* WayOfLine(const Uuid& line);

}  // namespace gratis::messages
