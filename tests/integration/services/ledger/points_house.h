#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/integration/services/ledger/ledger_house.h"

namespace gratis::ledger_service {

// A program with a member, a key of each role that posts, and each posting as one call.
class Points : public LedgerHouse {
 protected:
  Points();

  v1::EarnRequest EarnOf(int64_t points);
  v1::SpendRequest SpendOf(int64_t points);
  v1::PlaceHoldRequest HoldOf(int64_t points);
  v1::CaptureHoldRequest CaptureOf(const std::string& hold_id, int64_t points = 0);
  v1::VoidHoldRequest VoidOf(const std::string& hold_id);
  v1::ReverseRequest ReverseOf(const std::string& transaction_id, int64_t points = 0);
  v1::ActivateRequest ActivateOf(const std::string& transaction_id);
  v1::AdjustRequest AdjustOf(int64_t points);
  v1::ApproveAdjustmentRequest ApproveOf(const std::string& adjustment_id);
  v1::RejectAdjustmentRequest RejectOf(const std::string& adjustment_id);
  v1::TransferRequest TransferOf(const std::string& to, int64_t points);

  // The call that takes the request; with `key`, else with that of a role which may.
  using Stub = v1::LedgerService::Stub;
  auto Send(const v1::EarnRequest& r, std::string key = "") { return By(&Stub::Earn, r, key); }
  auto Send(const v1::SpendRequest& r, std::string key = "") { return By(&Stub::Spend, r, key); }
  auto Send(const v1::PlaceHoldRequest& r, std::string key = "") {
    return By(&Stub::PlaceHold, r, key);
  }
  auto Send(const v1::CaptureHoldRequest& r, std::string key = "") {
    return By(&Stub::CaptureHold, r, key);
  }
  auto Send(const v1::VoidHoldRequest& r, std::string key = "") {
    return By(&Stub::VoidHold, r, key);
  }
  auto Send(const v1::ReverseRequest& r, std::string key = "") {
    return By(&Stub::Reverse, r, key);
  }
  auto Send(const v1::ActivateRequest& r, std::string key = "") {
    return By(&Stub::Activate, r, key);
  }
  auto Send(const v1::TransferRequest& r, std::string key = "") {
    return By(&Stub::Transfer, r, key);
  }
  auto Send(const v1::AdjustRequest& r, std::string key = "") {
    return Call(&Stub::Adjust, r, key.empty() ? support_ : key);
  }
  auto Send(const v1::ApproveAdjustmentRequest& r, std::string key = "") {
    return Call(&Stub::ApproveAdjustment, r, key.empty() ? finance_ : key);
  }
  auto Send(const v1::RejectAdjustmentRequest& r, std::string key = "") {
    return Call(&Stub::RejectAdjustment, r, key.empty() ? finance_ : key);
  }
  absl::StatusOr<v1::PostBatchResponse> Post(const v1::PostBatchRequest& r, std::string key = "") {
    return By(&Stub::PostBatch, r, key);
  }
  // What an item of a batch failed with, if it did, and what is said with that.
  static std::optional<Reason> ReasonIn(const v1::PostingResult& result);
  static Metadata MetadataIn(const v1::PostingResult& result);
  absl::StatusOr<v1::EarnResponse> Earn(const v1::EarnRequest& request) { return Send(request); }
  absl::StatusOr<v1::SpendResponse> Spend(const v1::SpendRequest& request) { return Send(request); }

  v1::GetBalanceResponse BalanceOf(const std::string& member, const std::string& unit = "");
  int64_t Balance() { return BalanceOf(member_).available_points(); }
  v1::GetTrialBalanceResponse Trial();
  // Nothing is wrong with any partition, and debits equal credits.
  void ExpectSoundBooks();
  // What the program's clock says from now on; it stands still then.
  void SetClock(absl::Time now);
  // Changes the rules of points, or makes a unit.
  void SetUnit(v1::Unit unit);
  v1::Unit PointsUnit();

  // A request with an answer that changes nothing when it is only validated, is given once, and is
  // given again for the same request. Returns it.
  template <class Req>
  auto SendTwice(Req request) {
    const int64_t before = Trial().entries();
    Req only = request;
    only.set_validate_only(true);
    const auto validated = Send(only);
    EXPECT_TRUE(validated.ok()) << validated.status();
    if (validated.ok()) {
      EXPECT_EQ(validated->transaction_id(), "");
      EXPECT_FALSE(validated->has_recorded_at());
    }
    EXPECT_EQ(Trial().entries(), before);

    const auto first = Send(request);
    EXPECT_TRUE(first.ok()) << first.status();
    EXPECT_FALSE(replayed_);
    const int64_t after = Trial().entries();
    EXPECT_GT(after, before);
    const auto again = Send(request);
    EXPECT_TRUE(replayed_);
    EXPECT_EQ(Trial().entries(), after);
    if (first.ok() && again.ok() && validated.ok()) {
      EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
      EXPECT_EQ(validated->available_points(), first->available_points());
      EXPECT_EQ(validated->pending_points(), first->pending_points());
      EXPECT_EQ(validated->held_points(), first->held_points());
      EXPECT_EQ(validated->debt_points(), first->debt_points());
    }
    return first;
  }

  // Fails for `reason`, of `field` if there is one, and leaves nothing behind.
  template <class Req>
  void Refuses(const Req& request, Reason reason, const std::string& field = "",
               const std::string& key = "") {
    const int64_t before = Trial().entries();
    const auto refused = Send(request, key);
    EXPECT_THAT(refused, FailsWith(reason)) << request.ShortDebugString();
    EXPECT_EQ(FieldOf(refused.status()).value_or(""), field) << request.ShortDebugString();
    EXPECT_EQ(Trial().entries(), before) << request.ShortDebugString();
  }

  ledger::Program program_;
  std::string till_, importer_, backend_, support_, finance_;
  std::string member_;

 private:
  template <class Req, class Resp>
  absl::StatusOr<Resp> By(grpc::Status (Stub::*method)(grpc::ClientContext*, const Req&, Resp*),
                          const Req& request, const std::string& key) {
    return Call(method, request, key.empty() ? backend_ : key);
  }
};

}  // namespace gratis::ledger_service
