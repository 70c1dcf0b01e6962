#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"
#include "common/base/random.h"
#include "common/rpc/error.h"
#include "common/status/reasons.h"
#include "gratis/birthdays/v1/birthdays.pb.h"
#include "gratis/ledger/v1/clock.pb.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/engine.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {

// An engine that keeps members, purchases and a clock in memory, answers a request_id that it knows
// with its first answer, and fails when told to.
class FakeEngine final : public Engine {
 public:
  // Asked before each call, with the method's path; what it returns the caller gets.
  std::function<absl::Status(const std::string& path)> hurdle;
  // Asked for each item of a batch, with its request_id.
  std::function<absl::Status(const std::string& request_id)> item_hurdle;

  // What the engine did, in the order it did it.
  std::vector<thanks::v1::RecordPurchaseRequest> recorded;
  std::vector<members::v1::EnrollMemberRequest> enrolled;
  std::map<std::string, std::string> taken;  // external id "source:id" -> member, from elsewhere
  std::vector<absl::Time> clock_moves;
  absl::Time now;
  bool manual = false;
  bool development = true;
  int64_t gifts_for_a_run = 0;
  int64_t gifts_behind_the_back = 0;  // what the engine's own job gives when the clock moves
  int calls = 0;

  absl::Status Call(const google::protobuf::Message& request,
                    google::protobuf::Message& answer) override {
    const std::string path = MethodTaking(request).path;
    if (hurdle) {
      const absl::Status status = hurdle(path);
      if (!status.ok()) return status;
    }
    const std::scoped_lock lock(mutex_);
    ++calls;
    if (Take<members::v1::BatchEnrollMembersRequest, members::v1::BatchEnrollMembersResponse>(
            request, answer, [&](const auto& in, auto& out) { return Enroll(in, out); }) ||
        Take<thanks::v1::BatchRecordPurchasesRequest, thanks::v1::BatchRecordPurchasesResponse>(
            request, answer, [&](const auto& in, auto& out) { return Record(in, out); })) {
      return absl::OkStatus();
    }
    return CallClock(path, request, answer);
  }

 private:
  template <class Request, class Response, class Do>
  bool Take(const google::protobuf::Message& request, google::protobuf::Message& answer, Do one) {
    if (request.GetDescriptor() != Request::descriptor()) return false;
    auto& response = static_cast<Response&>(answer);
    for (const auto& item : static_cast<const Request&>(request).requests()) {
      auto& result = *response.add_results();
      const auto known = answers_.find(item.request_id());
      absl::Status status = item_hurdle ? item_hurdle(item.request_id()) : absl::OkStatus();
      if (status.ok() && known != answers_.end()) {
        result.mutable_response()->ParseFromString(known->second);
        result.mutable_status()->set_replayed(true);
        continue;
      }
      if (status.ok()) status = one(item, *result.mutable_response());
      if (status.ok()) {
        answers_[item.request_id()] = result.response().SerializeAsString();
      } else {
        result.clear_response();
        *result.mutable_status()->mutable_error() = rpc::ToProto(status);
      }
    }
    return true;
  }

  absl::Status Enroll(const members::v1::EnrollMemberRequest& request,
                      members::v1::EnrollMemberResponse& response) {
    const auto& id = request.profile().external_ids(0);
    const std::string key = absl::StrCat(id.source(), ":", id.id());
    if (const auto other = taken.find(key); other != taken.end()) {
      return Error(Reason::kIdentifierTaken, "taken",
                   {{"field", "profile.external_ids"}, {"member_id", other->second}});
    }
    response.set_member_id(MemberId{ids_.Next(absl::UnixEpoch())}.ToString());
    taken[key] = response.member_id();
    enrolled.push_back(request);
    return absl::OkStatus();
  }

  absl::Status Record(const thanks::v1::RecordPurchaseRequest& request,
                      thanks::v1::RecordPurchaseResponse& response) {
    response.set_purchase_id("pur_1");
    response.set_points(request.total().minor_units() / 100);
    const bool fresh = manual && FromProto(request.purchased_at()) == now;
    response.mutable_thank_you()->set_outcome(fresh ? thanks::v1::THANK_YOU_OUTCOME_GIVEN
                                                    : thanks::v1::THANK_YOU_OUTCOME_WITHHELD);
    if (fresh) response.mutable_thank_you()->set_bonus_points(2);
    issued_ += response.points() + (fresh ? 2 : 0);
    recorded.push_back(request);
    return absl::OkStatus();
  }

  absl::Status CallClock(const std::string& path, const google::protobuf::Message& request,
                         google::protobuf::Message& answer) {
    constexpr int64_t kPointsOfAGift = 100;
    if (path.ends_with("/GetClock")) {
      auto& response = static_cast<ledger::v1::GetClockResponse&>(answer);
      *response.mutable_now() = ToProto(now);
      response.set_manual(manual);
      response.set_development(development);
    } else if (path.ends_with("/SetClock")) {
      const absl::Time to =
          FromProto(static_cast<const ledger::v1::SetClockRequest&>(request).now());
      if (manual && to < now) return Error(Reason::kClockBackwards, "back");
      clock_moves.push_back(now = to);
      manual = true;
      issued_ += gifts_behind_the_back * kPointsOfAGift;
    } else if (path.ends_with("/RunBirthdays")) {
      auto& response = static_cast<birthdays::v1::RunBirthdaysResponse&>(answer);
      response.set_given(gifts_for_a_run);
      response.set_points(gifts_for_a_run * kPointsOfAGift);
      issued_ += gifts_for_a_run * kPointsOfAGift;
    } else if (path.ends_with("/GetTrialBalance")) {
      auto& balance = *static_cast<ledger::v1::GetTrialBalanceResponse&>(answer).add_balances();
      balance.set_account(ledger::v1::ACCOUNT_ISSUED);
      balance.set_unit("points");
      balance.set_points(-issued_);
    } else if (path.ends_with("/GetBirthdayPolicy")) {
      static_cast<birthdays::v1::GetBirthdayPolicyResponse&>(answer)
          .mutable_policy()
          ->mutable_gift()
          ->set_points(kPointsOfAGift);
    } else {
      return Error(Reason::kInternal, absl::StrCat("nobody expected ", path));
    }
    return absl::OkStatus();
  }

  std::mutex mutex_;
  base::RandomIds ids_;
  std::map<std::string, std::string> answers_;
  int64_t issued_ = 0;
};

}  // namespace gratis::cli
