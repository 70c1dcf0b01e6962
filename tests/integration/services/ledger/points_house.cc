#include "tests/integration/services/ledger/points_house.h"

#include "common/rpc/error.h"
#include "common/rpc/values.h"
#include "gratis/type/v1/batch.pb.h"

namespace gratis::ledger_service {

Points::Points() {
  NewProgram("demo");
  program_ = Find("demo");
  till_ = NewKey(house::Role::kPos, program_.number);
  importer_ = NewKey(house::Role::kImport, program_.number);
  backend_ = NewKey(house::Role::kBackend, program_.number);
  support_ = NewKey(house::Role::kSupport, program_.number);
  finance_ = NewKey(house::Role::kFinance, program_.number);
  member_ = NewMember("demo");
}

v1::EarnRequest Points::EarnOf(int64_t points) {
  v1::EarnRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  request.set_points(points);
  request.set_source("till 7");
  return request;
}

v1::SpendRequest Points::SpendOf(int64_t points) {
  v1::SpendRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  request.set_points(points);
  return request;
}

v1::PlaceHoldRequest Points::HoldOf(int64_t points) {
  v1::PlaceHoldRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  request.set_points(points);
  return request;
}

v1::CaptureHoldRequest Points::CaptureOf(const std::string& hold_id, int64_t points) {
  v1::CaptureHoldRequest request;
  request.set_request_id(NextRequestId());
  request.set_hold_id(hold_id);
  request.set_points(points);
  return request;
}

v1::VoidHoldRequest Points::VoidOf(const std::string& hold_id) {
  v1::VoidHoldRequest request;
  request.set_request_id(NextRequestId());
  request.set_hold_id(hold_id);
  return request;
}

v1::ReverseRequest Points::ReverseOf(const std::string& transaction_id, int64_t points) {
  v1::ReverseRequest request;
  request.set_request_id(NextRequestId());
  request.set_transaction_id(transaction_id);
  request.set_points(points);
  return request;
}

v1::ActivateRequest Points::ActivateOf(const std::string& transaction_id) {
  v1::ActivateRequest request;
  request.set_request_id(NextRequestId());
  request.set_transaction_id(transaction_id);
  return request;
}

v1::AdjustRequest Points::AdjustOf(int64_t points) {
  v1::AdjustRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  request.set_points(points);
  request.set_reason("mended by hand");
  return request;
}

v1::ApproveAdjustmentRequest Points::ApproveOf(const std::string& adjustment_id) {
  v1::ApproveAdjustmentRequest request;
  request.set_request_id(NextRequestId());
  request.set_adjustment_id(adjustment_id);
  return request;
}

v1::RejectAdjustmentRequest Points::RejectOf(const std::string& adjustment_id) {
  v1::RejectAdjustmentRequest request;
  request.set_request_id(NextRequestId());
  request.set_adjustment_id(adjustment_id);
  request.set_reason("found again");
  return request;
}

v1::TransferRequest Points::TransferOf(const std::string& to, int64_t points) {
  v1::TransferRequest request;
  request.set_request_id(NextRequestId());
  request.set_member_id(member_);
  request.set_to_member_id(to);
  request.set_points(points);
  return request;
}

std::optional<Reason> Points::ReasonIn(const v1::PostingResult& result) {
  if (!result.status().has_error()) return std::nullopt;
  return ReasonOf(rpc::FromProto(result.status().error()));
}

Metadata Points::MetadataIn(const v1::PostingResult& result) {
  return MetadataOf(rpc::FromProto(result.status().error()));
}

v1::GetBalanceResponse Points::BalanceOf(const std::string& member, const std::string& unit) {
  v1::GetBalanceRequest request;
  request.set_member_id(member);
  request.set_unit(unit);
  const auto balance = Call(&v1::LedgerService::Stub::GetBalance, request, backend_);
  EXPECT_TRUE(balance.ok()) << balance.status();
  return balance.value_or(v1::GetBalanceResponse());
}

v1::GetTrialBalanceResponse Points::Trial() {
  const auto trial =
      Call(&v1::LedgerService::Stub::GetTrialBalance, v1::GetTrialBalanceRequest(), admin_, "demo");
  EXPECT_TRUE(trial.ok()) << trial.status();
  return trial.value_or(v1::GetTrialBalanceResponse());
}

void Points::ExpectSoundBooks() {
  const v1::GetTrialBalanceResponse trial = Trial();
  EXPECT_EQ(trial.total_points(), 0);
  EXPECT_FALSE(trial.partitions().empty());
  for (const int32_t partition : trial.partitions()) {
    v1::VerifyPartitionRequest request;
    request.set_partition(partition);
    const auto found = Call(&v1::LedgerService::Stub::VerifyPartition, request, admin_, "demo");
    ASSERT_TRUE(found.ok()) << found.status();
    for (const v1::Damage& damage : found->damages()) {
      ADD_FAILURE() << damage.check() << ": " << damage.description();
    }
  }
}

void Points::SetClock(absl::Time now) {
  v1::SetClockRequest request;
  request.set_request_id(NextRequestId());
  rpc::SetTime(now, *request.mutable_now());
  const auto set = Call(&v1::ClockService::Stub::SetClock, request, admin_, "demo");
  ASSERT_TRUE(set.ok()) << set.status();
}

v1::Unit Points::PointsUnit() {
  const auto units =
      Call(&v1::UnitService::Stub::ListUnits, v1::ListUnitsRequest(), admin_, "demo");
  EXPECT_TRUE(units.ok()) << units.status();
  return units.ok() ? units->units(0) : v1::Unit();
}

void Points::SetUnit(v1::Unit unit) {
  v1::SetUnitRequest request;
  request.set_request_id(NextRequestId());
  *request.mutable_unit() = std::move(unit);
  const auto set = Call(&v1::UnitService::Stub::SetUnit, request, admin_, "demo");
  ASSERT_TRUE(set.ok()) << set.status();
}

}  // namespace gratis::ledger_service
