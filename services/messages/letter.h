#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/base/ids.h"
#include "common/pg/tx.h"

namespace gratis::messages {

// A letter as it is sent. Addresses are bare, "ada@example.com"; all is UTF-8.
struct Email {
  std::string from_name;
  std::string from_address;
  std::string reply_to;  // empty: none
  std::string to;
  std::string subject;
  std::string text;
  std::string html;             // empty: text only
  std::string unsubscribe_url;  // https; one POST to it unsubscribes; empty: none
};

struct LetterKey {
  int32_t program = 0;
  int32_t partition = 0;
  Uuid message;
};

// Who keeps what letters say until they are sent.
class Letters {
 public:
  virtual ~Letters() = default;
  // The letters in the order asked for; nothing for one that is not kept any more, or whose member
  // was erased: it is given up. Errors: those of the database, and the vault's.
  virtual absl::StatusOr<std::vector<std::optional<Email>>> Open(
      pg::Tx& tx, absl::Span<const LetterKey> asked) = 0;
};

}  // namespace gratis::messages
