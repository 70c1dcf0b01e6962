#include "common/ledger/seal.h"

#include "common/ledger/canonical.h"

namespace gratis::ledger {
namespace {

constexpr size_t kSealBytes = 16;

// What the bytes of each kind of row begin with.
enum : int64_t { kRequest = 1, kName = 2, kHead = 3 };

}  // namespace

Sealer::Sealer(std::string_view chain_key)
    : hmac_(base::AsBytes(base::HmacSha256(chain_key, "seals"))) {}

std::string Sealer::Finish() {
  hmac_.Update(bytes_);
  return std::string(base::AsBytes(hmac_.Finish()).substr(0, kSealBytes));
}

std::string Sealer::Seal(const AnsweredRequest& request) {
  bytes_.clear();
  PutNumber(bytes_, kRequest);
  PutNumber(bytes_, request.program);
  PutNumber(bytes_, request.partition);
  PutNumber(bytes_, request.number);
  PutText(bytes_, request.request_id);
  PutText(bytes_, request.fingerprint);
  PutText(bytes_, request.answer);
  PutTime(bytes_, request.recorded_at);
  return Finish();
}

std::string Sealer::Seal(const ClaimedName& name) {
  bytes_.clear();
  PutNumber(bytes_, kName);
  PutNumber(bytes_, name.program);
  PutNumber(bytes_, name.partition);
  PutNumber(bytes_, name.number);
  PutNumber(bytes_, name.kind);
  PutText(bytes_, name.key);
  bytes_ += name.id.AsBytes();
  return Finish();
}

std::string Sealer::Seal(int32_t partition, const Head& head) {
  if (head.seq == 0 && head.requests == 0 && head.names == 0) return "";
  bytes_.clear();
  PutNumber(bytes_, kHead);
  PutNumber(bytes_, partition);
  PutNumber(bytes_, head.program);
  PutNumber(bytes_, head.seq);
  PutText(bytes_, head.chain_hash);
  PutTime(bytes_, head.recorded_at);
  PutNumber(bytes_, head.requests);
  PutNumber(bytes_, head.names);
  return Finish();
}

}  // namespace gratis::ledger
