#include "common/rpc/fingerprint.h"

#include <google/protobuf/message.h>

#include "common/rpc/wire.h"

namespace gratis::rpc {

Fingerprints::Fingerprints(std::string_view key) : keyed_(key) {}

std::string Fingerprints::Of(const google::protobuf::Message& request) const {
  base::Hmac hmac(keyed_);
  hmac.Update(request.GetDescriptor()->full_name());
  hmac.Update(std::string_view("\0", 1));
  hmac.Update(DeterministicBytes(request, {"request_id"}));
  return std::string(base::AsBytes(hmac.Finish()));
}

}  // namespace gratis::rpc
