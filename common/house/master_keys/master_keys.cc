#include "common/house/master_keys/master_keys.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/house/master_keys/master_keys_sql.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/cipher.h"

namespace gratis::house {
namespace {

namespace sql = master_keys::sql;
using vault::MasterKey;

const MasterKey* FindKey(const std::vector<MasterKey>& keys, int version) {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const MasterKey& key) { return key.version == version; });
  return found == keys.end() ? nullptr : &*found;
}

absl::Status Invalid(std::string message) {
  return Error(Reason::kMasterKeyInvalid, std::move(message));
}

// Every version that something may still be wrapped by is given, and is the key it was.
absl::Status CheckGiven(const std::vector<MasterKeyRecord>& records,
                        const std::vector<MasterKey>& keys, const vault::MasterKeySource& source) {
  for (const MasterKeyRecord& record : records) {
    if (record.retired_at) continue;
    const MasterKey* key = FindKey(keys, record.version);
    if (key == nullptr) {
      return Invalid(absl::StrCat(
          "This database needs version ", record.version, " of its master key, and it is not given",
          source.CheckMakes(record.version).ok()
              ? absl::StrCat("; put back ", source.PathOf(record.version), ".")
              : "; add it to master-keys."));
    }
    if (!base::ConstantTimeEqual(record.check_value, vault::Vault::CheckValueOf(*key))) {
      return Invalid(absl::StrCat("This database was sealed with another master key than ",
                                  key->origin, "; start with the key that it was created with."));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<vault::Vault> Begin(pg::Tx& tx, const vault::MasterKeySource& source,
                                   std::vector<MasterKey> keys, absl::Time now) {
  if (keys.empty()) {
    RETURN_IF_ERROR(source.Make(1));
    ASSIGN_OR_RETURN(keys, source.Read());
  }
  if (keys.empty()) return Invalid("The master key went away while it was read.");
  const MasterKey& newest = keys.back();
  ASSIGN_OR_RETURN(vault::Vault vault,
                   vault::Vault::FromRoot(vault::Secret(base::RandomBytes(vault::kKeyBytes)), keys,
                                          newest.version, source));
  ASSIGN_OR_RETURN(vault::SealedKey root, vault.WrapRoot(newest.version));
  InsertMasterKey(tx, {.version = newest.version,
                       .check_value = vault::Vault::CheckValueOf(newest),
                       .root = std::move(root),
                       .since = now,
                       .retired_at = std::nullopt});
  return vault;
}

}  // namespace

absl::StatusOr<std::vector<MasterKeyRecord>> ListMasterKeys(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kListMasterKeys));
  std::vector<MasterKeyRecord> records;
  for (const pg::Row row : rows) {
    MasterKeyRecord record{.version = row.Get<int32_t>(0),
                           .check_value = row.Get<pg::Bytes>(1).value,
                           .root = {},
                           .since = row.Get<absl::Time>(3),
                           .retired_at = row.Get<std::optional<absl::Time>>(4)};
    if (auto root = row.Get<std::optional<pg::Bytes>>(2))
      record.root.bytes = std::move(root->value);
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<std::vector<MasterKeyRecord>> LockMasterKeys(pg::Tx& tx) {
  tx.Send(sql::kLockMasterKeys);
  return ListMasterKeys(tx);
}

void InsertMasterKey(pg::Tx& tx, const MasterKeyRecord& record) {
  tx.Send(sql::kInsertMasterKey, int32_t{record.version}, pg::BytesView{record.check_value},
          pg::BytesView{record.root.bytes}, record.since);
}

void SetMasterKeyRoot(pg::Tx& tx, int version, const vault::SealedKey& root) {
  tx.Send(sql::kSetMasterKeyRoot, int32_t{version}, pg::BytesView{root.bytes});
}

void RetireMasterKeys(pg::Tx& tx, int version, absl::Time at) {
  tx.Send(sql::kRetireMasterKeys, int32_t{version}, at);
}

absl::StatusOr<int> ReadNewestVersion(pg::Tx& tx) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadNewestMasterKey));
  return rows.empty() ? 0 : rows[0].Get<int32_t>(0);
}

absl::Status FollowNewest(pg::Tx& tx, vault::Vault& vault) {
  ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(sql::kReadNewestMasterKey));
  if (rows.empty() || rows[0].Get<int32_t>(0) <= vault.version()) return absl::OkStatus();
  return vault.WrapBy(rows[0].Get<int32_t>(0), rows[0].Get<pg::Bytes>(1).value);
}

absl::StatusOr<vault::Vault> OpenVault(pg::Tx& tx, const vault::MasterKeySource& source,
                                       absl::Time now) {
  ASSIGN_OR_RETURN(const std::vector<MasterKeyRecord> records, LockMasterKeys(tx));
  ASSIGN_OR_RETURN(std::vector<MasterKey> keys, source.Read());
  if (records.empty()) return Begin(tx, source, std::move(keys), now);
  RETURN_IF_ERROR(CheckGiven(records, keys, source));
  const MasterKeyRecord& newest = records.back();
  const MasterKey* key = FindKey(keys, newest.version);
  if (key == nullptr) return Invalid("The newest version of the master key is retired.");
  if (!newest.root.bytes.empty()) {
    ASSIGN_OR_RETURN(vault::Secret root, vault::Vault::UnwrapRoot(newest.root, *key));
    return vault::Vault::FromRoot(std::move(root), keys, newest.version, source);
  }
  ASSIGN_OR_RETURN(vault::Vault vault,
                   vault::Vault::FromRoot(vault::Secret(std::string(key->bytes.view())), keys,
                                          newest.version, source));
  ASSIGN_OR_RETURN(const vault::SealedKey root, vault.WrapRoot(newest.version));
  SetMasterKeyRoot(tx, newest.version, root);
  return vault;
}

}  // namespace gratis::house
