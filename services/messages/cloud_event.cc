#include "services/messages/cloud_event.h"

#include <google/protobuf/util/json_util.h>

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "common/rpc/values.h"
#include "gratis/ledger/v1/ledger.pb.h"

namespace gratis::messages {
namespace {

using ledger::Account;
using ledger::FactKind;

std::optional<int64_t> AfterOf(const ledger::JournalRow& row, Account account) {
  if (row.fact.debit == account) return row.debit_after;
  if (row.fact.credit == account) return row.credit_after;
  return std::nullopt;
}

ledger::v1::Entry EntryOf(const ledger::JournalRow& row, std::string_view unit) {
  const ledger::Fact& fact = row.fact;
  ledger::v1::Entry entry;
  entry.set_partition(row.partition);
  entry.set_sequence(row.seq);
  entry.set_transaction_id(fact.transaction.ToString());
  entry.set_kind(static_cast<ledger::v1::EntryKind>(fact.kind));
  if (!fact.member.IsNil()) entry.set_member_id(fact.member.ToString());
  entry.set_points(fact.points);
  entry.set_debit(static_cast<ledger::v1::Account>(fact.debit));
  entry.set_credit(static_cast<ledger::v1::Account>(fact.credit));
  if (const auto available = row.available_after()) entry.set_available_points(*available);
  rpc::SetTime(fact.effective_at, *entry.mutable_effective_at());
  rpc::SetTime(row.recorded_at, *entry.mutable_recorded_at());
  entry.set_actor(row.actor);
  entry.set_source(fact.source);
  entry.set_detail(fact.detail);
  if (fact.debit != Account::kNone) entry.set_unit(std::string(unit));
  if (const auto pending = AfterOf(row, Account::kPending)) entry.set_pending_points(*pending);
  if (const auto pinned = AfterOf(row, Account::kHeld)) entry.set_held_points(*pinned);
  if (const auto debt = AfterOf(row, Account::kDebt)) entry.set_debt_points(-*debt);
  if (!fact.about.IsNil()) entry.set_about_id(ledger::AboutId(fact));
  if (!fact.budget.IsNil()) entry.set_budget_id(fact.budget.ToString());
  if (fact.undoes != 0) entry.set_undoes_sequence(fact.undoes);
  if (fact.lot && fact.lot->expires_at != absl::InfiniteFuture()) {
    rpc::SetTime(fact.lot->expires_at, *entry.mutable_expires_at());
  }
  return entry;
}

// RFC 3339, as CloudEvents wants it.
std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string Envelope(std::string_view program, std::string_view id, std::string_view type,
                     std::string_view subject, absl::Time time, std::string_view more,
                     std::string_view data) {
  return absl::StrCat(
      "{\"specversion\":\"1.0\",\"id\":", base::JsonString(id),
      ",\"source\":", base::JsonString(absl::StrCat("/gratis/programs/", base::Abs(program))),
      ",\"type\":", base::JsonString(type),
      subject.empty() ? "" : absl::StrCat(",\"subject\":", base::JsonString(subject)),
      ",\"time\":", base::JsonString(TimeText(time)), base::Abs(more),
      ",\"datacontenttype\":\"application/json\",\"data\":", base::Abs(data), "}");
}

}  // namespace

std::string EventIdOf(const ledger::JournalRow& row) {
  return absl::StrCat("evt_", row.partition, "_", row.seq);
}

std::string EventTypeOf(FactKind kind) {
  const std::string name = ledger::v1::EntryKind_Name(static_cast<ledger::v1::EntryKind>(kind));
  return absl::StrCat("gratis.entry.",
                      absl::AsciiStrToLower(absl::StripPrefix(name, "ENTRY_KIND_")));
}

std::string EventBody(std::string_view program, const ledger::JournalRow& row,
                      std::string_view unit) {
  std::string data;
  // Fails only for what is no valid UTF-8, and the journal holds none.
  if (!google::protobuf::util::MessageToJsonString(EntryOf(row, unit), &data).ok()) data = "{}";
  const std::string subject = row.fact.member.IsNil() ? "" : row.fact.member.ToString();
  // `partitionkey` and `sequence` are extensions of CloudEvents: entries of one partition are
  // numbered without gaps.
  const std::string more =
      absl::StrCat(",\"partitionkey\":\"", row.partition, "\",\"sequence\":\"", row.seq, "\"");
  return Envelope(program, EventIdOf(row), EventTypeOf(row.fact.kind), subject, row.recorded_at,
                  more, data);
}

std::string TestEventBody(std::string_view program, std::string_view event_id,
                          std::string_view subscription_id, absl::Time now) {
  return Envelope(program, event_id, "gratis.webhook.test", subscription_id, now, "",
                  "{\"note\":\"This event tries out whether webhooks arrive.\"}");
}

}  // namespace gratis::messages
