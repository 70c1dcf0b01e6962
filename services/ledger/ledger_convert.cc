#include "services/ledger/ledger_convert.h"

#include "common/rpc/values.h"
#include "gratis/ledger/v1/keys.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/ledger/v1/programs.pb.h"

namespace gratis::ledger_service {
namespace {

namespace v1 = ledger::v1;
using rpc::SetTime;

}  // namespace

house::Role RoleOf(int number) {
  // Cast only what is one: Role is narrower than what a request may hold.
  return gratis::type::v1::Role_IsValid(number) ? static_cast<house::Role>(number)
                                                : house::Role::kUnspecified;
}

void ToProto(const ledger::JournalRow& row, v1::Entry& out) {
  const ledger::Fact& fact = row.fact;
  out.set_partition(row.partition);
  out.set_sequence(row.seq);
  out.set_transaction_id(fact.transaction.ToString());
  out.set_kind(static_cast<v1::EntryKind>(fact.kind));
  if (!fact.member.IsNil()) out.set_member_id(fact.member.ToString());
  out.set_points(fact.points);
  out.set_debit(static_cast<v1::Account>(fact.debit));
  out.set_credit(static_cast<v1::Account>(fact.credit));
  if (const auto available = row.available_after()) out.set_available_points(*available);
  SetTime(fact.effective_at, *out.mutable_effective_at());
  SetTime(row.recorded_at, *out.mutable_recorded_at());
  out.set_actor(row.actor);
  out.set_source(fact.source);
  out.set_detail(fact.detail);
}

void ToProto(const ledger::Damage& damage, v1::Damage& out) {
  out.set_check(damage.check);
  out.set_description(damage.description);
  if (damage.seq) out.set_sequence(*damage.seq);
}

void ToProto(const ledger::Program& program, v1::Program& out) {
  out.set_code(program.code);
  out.set_display_name(program.display_name);
  out.set_currency_code(program.currency_code);
  out.set_time_zone(program.time_zone);
  out.set_partition_count(program.partitions);
  SetTime(program.created_at, *out.mutable_created_at());
}

void ToProto(const house::KeyRecord& key, const std::string& program_code, v1::Key& out) {
  out.set_key_id(key.key_id.ToString());
  out.set_role(static_cast<gratis::type::v1::Role>(key.role));
  out.set_program(program_code);
  out.set_label(key.label);
  SetTime(key.created_at, *out.mutable_created_at());
  if (key.revoked_at) SetTime(*key.revoked_at, *out.mutable_revoked_at());
}

}  // namespace gratis::ledger_service
