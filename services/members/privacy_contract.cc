#include "services/members/privacy_contract.h"

#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "gratis/members/v1/privacy.pb.h"

namespace gratis::members {
namespace {

void ToContract(const ErasedMember& erased, v1::ErasureCertificate& proto) {
  proto.set_member_id(erased.member.ToString());
  rpc::SetTime(erased.erased_at, *proto.mutable_erased_at());
  proto.set_transaction_id(erased.transaction.ToString());
  proto.set_released_identifiers(erased.names);
  proto.set_master_key_version(erased.key_version);
}

}  // namespace

absl::StatusOr<std::string> ErasureAnswer(const ledger::Books& books, const ErasedMember& erased,
                                          const ledger::Forfeited& forfeited,
                                          const std::vector<LeftInHousehold>& left,
                                          bool validate_only) {
  v1::EraseMemberResponse response;
  ToContract(erased, *response.mutable_certificate());
  if (validate_only) response.mutable_certificate()->clear_transaction_id();
  for (const auto& [number, points] : forfeited.points) {
    if (ledger::IsVoucherUnit(number)) continue;
    ASSIGN_OR_RETURN(const ledger::Unit unit, books.UnitOf(number));
    v1::EraseMemberResponse::Forfeited& lost = *response.add_forfeited();
    lost.set_unit(unit.code);
    lost.set_points(points);
  }
  response.set_forfeited_vouchers(forfeited.vouchers);
  response.set_released_holds(forfeited.holds);
  for (const LeftInHousehold& in : left) {
    v1::EraseMemberResponse::Left& stays = *response.add_left_with_groups();
    stays.set_group_id(in.group.ToString());
    stays.set_unit(in.unit);
    stays.set_points(in.points);
  }
  return response.SerializeAsString();
}

absl::Time ErasedAtOf(const v1::EraseMemberResponse& response) {
  const google::protobuf::Timestamp& at = response.certificate().erased_at();
  return absl::FromUnixSeconds(at.seconds()) + absl::Nanoseconds(at.nanos());
}

void ToContract(const ErasedMember& erased, std::optional<absl::Time> retired_at,
                v1::GetErasureResponse& proto) {
  ToContract(erased, *proto.mutable_certificate());
  if (retired_at) rpc::SetTime(*retired_at, *proto.mutable_master_key_retired_at());
}

}  // namespace gratis::members
