#pragma once

#include <string>
#include <string_view>

#include "common/base/hash.h"

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

// Tells whether two requests ask for the same thing. Thread-safe.
class Fingerprints {
 public:
  // `key`: 32 bytes, the vault's "fingerprint".
  explicit Fingerprints(std::string_view key);

  // 32 bytes: HMAC-SHA-256 over the message's type and its deterministic serialization without the
  // field `request_id`. The same for a request of a batch and for one of its own. `request` has no
  // unknown fields.
  std::string Of(const google::protobuf::Message& request) const;

 private:
  const base::Hmac keyed_;
};

}  // namespace gratis::rpc
