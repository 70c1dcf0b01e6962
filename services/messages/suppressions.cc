#include "services/messages/suppressions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "services/messages/messages_sql.h"

namespace gratis::messages {
namespace {

absl::StatusOr<std::vector<Suppression>> SuppressionsIn(absl::StatusOr<pg::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  std::vector<Suppression> suppressions;
  for (const pg::Row row : *rows) {
    suppressions.push_back({.id = row.Get<SuppressionId>(0),
                            .address_key = row.Get<pg::Bytes>(5).value,
                            .scope = static_cast<SuppressionScope>(row.Get<int16_t>(1)),
                            .cause = static_cast<SuppressionCause>(row.Get<int16_t>(2)),
                            .set_at = row.Get<absl::Time>(3),
                            .set_by = row.Get<std::string>(4)});
  }
  return suppressions;
}

std::string DetailOf(const Suppression& suppression, bool on) {
  return absl::StrCat("{\"suppression\":", base::JsonString(suppression.id.ToString()),
                      ",\"on\":", on ? "true" : "false",
                      ",\"scope\":", static_cast<int>(suppression.scope),
                      ",\"cause\":", static_cast<int>(suppression.cause), "}");
}

}  // namespace

std::string AddressKey(const vault::Vault& vault, int32_t program, std::string_view address) {
  const std::string lower = absl::AsciiStrToLower(absl::StripAsciiWhitespace(base::Abs(address)));
  return vault.LookupKey(program, "suppression", lower);
}

absl::StatusOr<std::vector<Suppression>> ReadSuppressions(
    pg::Tx& tx, int32_t program, const std::vector<std::string>& address_keys) {
  std::vector<pg::BytesView> keys;
  for (const std::string& key : address_keys) keys.push_back({key});
  return SuppressionsIn(tx.Run(sql::kReadSuppression, program, keys));
}

absl::StatusOr<bool> IsSuppressed(pg::Tx& tx, int32_t program, std::string_view address_key,
                                  bool marketing) {
  ASSIGN_OR_RETURN(const std::vector<Suppression> found,
                   ReadSuppressions(tx, program, {std::string(address_key)}));
  return !found.empty() && (marketing || found.front().scope == SuppressionScope::kAll);
}

absl::StatusOr<std::vector<Suppression>> ListSuppressions(pg::Tx& tx, int32_t program,
                                                          const SuppressionId& before,
                                                          int32_t limit) {
  return SuppressionsIn(
      tx.Run(sql::kListSuppressions, program, before, static_cast<int64_t>(limit)));
}

absl::Status NotSuppressed() {
  return FieldError(Reason::kSuppressionNotFound, "address",
                    "this address is not on the suppression list");
}

SuppressionChange::SuppressionChange(Wish wish, SuppressionId id, TransactionId transaction,
                                     Answer answer)
    : wish_(std::move(wish)), id_(id), transaction_(transaction), answer_(std::move(answer)) {}

absl::StatusOr<std::string> SuppressionChange::Decide(ledger::Books& books) {
  std::optional<Suppression>& entry = (*run_)[wish_.address_key];
  Suppression changed = entry.value_or(Suppression{.id = id_, .address_key = wish_.address_key});
  if (!wish_.on && !entry) return NotSuppressed();
  if (wish_.on) {
    const SuppressionScope scope = entry ? std::max(entry->scope, wish_.scope) : wish_.scope;
    // What is on the list for as much already stays as it is.
    if (entry && entry->scope == scope) return answer_(*entry);
    changed.scope = scope;
    changed.cause = wish_.cause;
    changed.set_at = books.recorded_at();
    changed.set_by = envelope.actor;
  }
  RETURN_IF_ERROR(books
                      .Post({.kind = ledger::FactKind::kSuppressionSet,
                             .transaction = transaction_,
                             .member = {},
                             .effective_at = books.recorded_at(),
                             .source = changed.id.ToString(),
                             .detail = DetailOf(changed, wish_.on)})
                      .status());
  entry = wish_.on ? std::optional(changed) : std::nullopt;
  return answer_(changed);
}

absl::Status SuppressionChanges::LoadAll(pg::Tx& tx, absl::Span<SuppressionChange* const> set) {
  std::vector<std::string> keys;
  for (const SuppressionChange* change : set) keys.push_back(change->wish_.address_key);
  ASSIGN_OR_RETURN(std::vector<Suppression> found,
                   ReadSuppressions(tx, set.front()->envelope.program.number, keys));
  const auto run = std::make_shared<SuppressionsInRun>();
  for (Suppression& suppression : found) {
    const std::string key = suppression.address_key;
    (*run)[key] = std::move(suppression);
  }
  for (SuppressionChange* change : set) change->run_ = run;
  return absl::OkStatus();
}

absl::Status SuppressionChanges::WriteAll(pg::Tx& tx, absl::Span<SuppressionChange* const> set) {
  const int32_t program = set.front()->envelope.program.number;
  // Several may be about one address: the last one counts.
  std::map<std::string, std::optional<Suppression>> last;
  for (const SuppressionChange* change : set) {
    last[change->wish_.address_key] = (*change->run_)[change->wish_.address_key];
  }
  for (const auto& [key, entry] : last) {
    const pg::BytesView address{key};
    if (entry) {
      tx.Send(sql::kWriteSuppression, program, address, entry->id,
              static_cast<int16_t>(entry->scope), static_cast<int16_t>(entry->cause), entry->set_at,
              entry->set_by);
    } else {
      tx.Send(sql::kDeleteSuppression, program, address);
    }
  }
  return absl::OkStatus();
}

}  // namespace gratis::messages
