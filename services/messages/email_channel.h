#pragma once

#include <memory>
#include <string>

#include "services/messages/channel.h"
#include "services/messages/letter.h"

namespace gratis::messages {

struct EmailOptions {
  std::string url;  // smtp:// or smtps://; empty: no letters go out
  std::string user;
  std::string password;
  std::string sender;  // whom bounces go to; empty: each letter's own sender
  std::string ca_path;
  bool require_tls = true;
  absl::Duration limit = absl::Minutes(2);  // of an attempt, all in all
};

// Letters by SMTP. Each has a Message-ID that follows from its delivery, so it is known again.
//
// SMTP leaves one window open: between the end of the letter (the dot after DATA) and the server's
// answer to it, nobody but the server knows whether it took it. Before that end is sent it is
// written down that it is about to be (Courier::AskToHandOver). A process that dies, or a
// connection that breaks, before that has sent nothing; after it, the attempt is in doubt, which is
// recorded, and the letter is sent again with the same Message-ID.
//
// `letters` outlives the channel.
std::unique_ptr<Channel> MakeEmailChannel(EmailOptions options, Letters& letters);

}  // namespace gratis::messages
