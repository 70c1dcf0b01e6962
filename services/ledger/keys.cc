#include "services/ledger/keys.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::ledger_service {
namespace {

std::string LimitJson(const house::CallLimit& limit) {
  return absl::StrCat("{\"calls_per_second\":", limit.calls_per_second,
                      ",\"burst_calls\":", limit.burst_calls, "}");
}

// What never changes of a key; the beginning of a JSON object.
std::string BeginDetail(const house::KeyRecord& key) {
  std::string detail = absl::StrCat("{\"role\":", base::JsonString(house::RoleName(key.role)));
  if (key.program) absl::StrAppend(&detail, ",\"program_number\":", *key.program);
  return detail;
}

// What a key is, without its label: that may name a person.
std::string DetailOf(const house::KeyRecord& key) {
  std::string detail = BeginDetail(key);
  if (!key.store.empty()) absl::StrAppend(&detail, ",\"store\":", base::JsonString(key.store));
  if (key.limit != house::CallLimit()) {
    absl::StrAppend(&detail, ",\"rate_limit\":", LimitJson(key.limit));
  }
  return detail + "}";
}

absl::Status CheckNotEnded(const house::KeyRecord& key) {
  if (!key.revoked_at) return absl::OkStatus();
  return Error(Reason::kKeyEnded, absl::StrCat("the key ", key.key_id.ToString(), " was revoked"));
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

KeyChange::KeyChange(TransactionId transaction, KeyId key_id, KeyAnswer answer)
    : transaction_(transaction), key_id_(key_id), answer_(std::move(answer)) {}

absl::StatusOr<std::string> KeyChange::Decide(ledger::Books& books) {
  const auto found = keys_->find(key_id_);
  if (found == keys_->end()) {
    return FieldError(Reason::kKeyNotFound, "key_id",
                      absl::StrCat("there is no key ", key_id_.ToString()));
  }
  ASSIGN_OR_RETURN(const std::optional<Said> said, Change(found->second, books.recorded_at()));
  if (said) {
    RETURN_IF_ERROR(books
                        .Post({.kind = said->kind,
                               .transaction = transaction_,
                               .member = {},
                               .effective_at = books.recorded_at(),
                               .source = key_id_.ToString(),
                               .detail = said->detail})
                        .status());
  }
  return answer_(found->second.record);
}

house::ChangedKey KeyChange::changed() const {
  const KeyInRun& key = keys_->at(key_id_);
  return {.record = key.record, .new_hash = key.new_hash};
}

absl::Status KeyChanges::LoadAll(pg::Tx& tx, absl::Span<KeyChange* const> set) {
  std::vector<KeyId> ids;
  for (const KeyChange* change : set) ids.push_back(change->key_id());
  ASSIGN_OR_RETURN(const std::vector<house::KeyRecord> found, house::ReadKeys(tx, ids));
  const auto keys = std::make_shared<KeysInRun>();
  for (const house::KeyRecord& key : found) keys->emplace(key.key_id, KeyInRun{key, {}});
  for (KeyChange* change : set) change->SetKeys(keys);
  return absl::OkStatus();
}

absl::Status KeyChanges::WriteAll(pg::Tx& tx, absl::Span<KeyChange* const> set) {
  // Several may change one key.
  std::map<KeyId, house::ChangedKey> changed;
  for (const KeyChange* change : set) changed[change->key_id()] = change->changed();
  std::vector<house::ChangedKey> keys;
  for (auto& [id, key] : changed) keys.push_back(std::move(key));
  house::WriteKeys(tx, keys);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<KeyChange::Said>> KeyRevocation::Change(KeyInRun& key,
                                                                     absl::Time now) const {
  if (key.record.revoked_at) return std::nullopt;
  key.record.revoked_at = now;
  key.record.previous_until = std::nullopt;
  return Said{ledger::FactKind::kKeyRevoked, DetailOf(key.record)};
}

KeyRotation::KeyRotation(TransactionId transaction, KeyId key_id, KeyAnswer answer,
                         absl::Duration overlap, std::string api_key_secret)
    : KeyChange(transaction, key_id, std::move(answer)),
      overlap_(overlap),
      api_key_secret_(std::move(api_key_secret)) {}

absl::StatusOr<std::optional<KeyChange::Said>> KeyRotation::Change(KeyInRun& key,
                                                                   absl::Time now) const {
  RETURN_IF_ERROR(CheckNotEnded(key.record));
  // The table has room for one secret before the present one.
  if (key.new_hash) return Error(Reason::kConflict, "the key is being rotated by somebody else");
  ++key.record.generation;
  key.record.rotated_at = now;
  key.record.previous_until = std::nullopt;
  if (overlap_ > absl::ZeroDuration()) key.record.previous_until = now + overlap_;
  key.new_hash =
      house::KeyHash(house::MakeKeyText(key.record.key_id, api_key_secret_, key.record.generation));
  return Said{ledger::FactKind::kKeyRotated,
              absl::StrCat(BeginDetail(key.record), ",\"generation\":", key.record.generation,
                           ",\"overlap_seconds\":", absl::ToInt64Seconds(overlap_), "}")};
}

KeySetting::KeySetting(TransactionId transaction, KeyId key_id, KeyAnswer answer, std::string label,
                       house::CallLimit limit)
    : KeyChange(transaction, key_id, std::move(answer)), label_(std::move(label)), limit_(limit) {}

absl::StatusOr<std::optional<KeyChange::Said>> KeySetting::Change(KeyInRun& key, absl::Time) const {
  house::KeyRecord& record = key.record;
  RETURN_IF_ERROR(CheckNotEnded(record));
  if (record.label == label_ && record.limit == limit_) return std::nullopt;
  Said said{ledger::FactKind::kKeySet,
            absl::StrCat(BeginDetail(record),
                         ",\"label_changed\":", record.label == label_ ? "false" : "true",
                         ",\"before\":{\"rate_limit\":", LimitJson(record.limit),
                         "},\"after\":{\"rate_limit\":", LimitJson(limit_), "}}")};
  record.label = label_;
  record.limit = limit_;
  return said;
}

}  // namespace gratis::ledger_service
