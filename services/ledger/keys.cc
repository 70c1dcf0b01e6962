#include "services/ledger/keys.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

std::string DetailOf(const house::KeyRecord& key) {
  std::string detail = absl::StrCat("{\"role\":", base::JsonString(house::RoleName(key.role)));
  if (key.program) absl::StrAppend(&detail, ",\"program_number\":", *key.program);
  return detail + "}";
}

}  // namespace

KeyCreation::KeyCreation(TransactionId transaction, house::NewKey key, KeyAnswer answer)
    : transaction_(transaction), key_(std::move(key)), answer_(std::move(answer)) {}

absl::StatusOr<std::string> KeyCreation::Decide(ledger::Books& books) {
  key_.record.created_at = books.recorded_at();
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kKeyCreated,
                             .transaction = transaction_,
                             .member = {},
                             .effective_at = books.recorded_at(),
                             .source = key_.record.key_id.ToString(),
                             .detail = DetailOf(key_.record)})
                      .status());
  return answer_(key_.record);
}

absl::Status KeyCreations::WriteAll(pg::Tx& tx, absl::Span<KeyCreation* const> set) {
  std::vector<house::NewKey> keys;
  for (const KeyCreation* creation : set) keys.push_back(creation->key());
  house::InsertKeys(tx, keys);
  return absl::OkStatus();
}

KeyRevocation::KeyRevocation(TransactionId transaction, KeyId key_id, KeyAnswer answer)
    : transaction_(transaction), key_id_(key_id), answer_(std::move(answer)) {}

absl::StatusOr<std::string> KeyRevocation::Decide(ledger::Books& books) {
  const auto found = keys_->find(key_id_);
  if (found == keys_->end()) {
    return FieldError(Reason::kKeyNotFound, "key_id",
                      absl::StrCat("there is no key ", key_id_.ToString()));
  }
  house::KeyRecord& key = found->second;
  if (!key.revoked_at) {
    RETURN_IF_ERROR(books
                        .Post({.kind = ledger::FactKind::kKeyRevoked,
                               .transaction = transaction_,
                               .member = {},
                               .effective_at = books.recorded_at(),
                               .source = key_id_.ToString(),
                               .detail = DetailOf(key)})
                        .status());
    key.revoked_at = books.recorded_at();
  }
  return answer_(key);
}

absl::Status KeyRevocations::LoadAll(pg::Tx& tx, absl::Span<KeyRevocation* const> set) {
  std::vector<KeyId> ids;
  for (const KeyRevocation* revocation : set) ids.push_back(revocation->key_id());
  ASSIGN_OR_RETURN(const std::vector<house::KeyRecord> found, house::ReadKeys(tx, ids));
  const auto keys = std::make_shared<KeysInRun>();
  for (const house::KeyRecord& key : found) keys->emplace(key.key_id, key);
  for (KeyRevocation* revocation : set) revocation->SetKeys(keys);
  return absl::OkStatus();
}

absl::Status KeyRevocations::WriteAll(pg::Tx& tx, absl::Span<KeyRevocation* const> set) {
  std::vector<KeyId> ids;
  std::vector<absl::Time> times;
  for (const KeyRevocation* revocation : set) {
    ids.push_back(revocation->key_id());
    times.push_back(revocation->revoked_at());
  }
  house::RevokeKeys(tx, ids, times);
  return absl::OkStatus();
}

}  // namespace gratis::ledger_service
