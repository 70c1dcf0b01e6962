#include "common/rpc/posting.h"

#include <google/protobuf/message.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/check.h"
#include "common/rpc/error.h"
#include "common/rpc/proven.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "gratis/type/v1/batch.pb.h"

namespace gratis::rpc {

namespace {

// Two requests are the same if the same was sent, whoever its members became in between.
const google::protobuf::Message& SentAs(const Call& call,
                                        const google::protobuf::Message& request) {
  if (call.as_sent == nullptr) return request;
  const auto sent = call.as_sent->find(&request);
  return sent == call.as_sent->end() ? request : *sent->second;
}

}  // namespace

absl::Status FillEnvelope(const Call& call, const google::protobuf::Message& request,
                          const Fingerprints& fingerprints, ledger::Envelope& envelope) {
  const google::protobuf::Descriptor& type = *request.GetDescriptor();
  const google::protobuf::Reflection& reflection = *request.GetReflection();
  if (const auto* field = type.FindFieldByName("request_id")) {
    envelope.request_id = reflection.GetString(request, field);
  }
  RETURN_IF_ERROR(CheckRequestId(envelope.request_id));
  if (const auto* field = type.FindFieldByName("validate_only")) {
    envelope.validate_only = reflection.GetBool(request, field);
  }
  envelope.program = call.program;
  envelope.fingerprint = fingerprints.Of(SentAs(call, request));
  envelope.actor = call.actor;
  envelope.network = call.network;
  envelope.by_staff = house::IsStaff(call.role);
  envelope.now = call.now;
  envelope.deadline = call.deadline;
  envelope.tells_of = BalancesOf(call);
  envelope.survivors = call.survivors;
  return absl::OkStatus();
}

absl::Status ParseAnswer(const std::string& answer, google::protobuf::Message& response) {
  if (response.ParseFromString(answer)) return absl::OkStatus();
  return Error(Reason::kInternal,
               absl::StrCat("a stored answer is not a ", response.GetDescriptor()->full_name()));
}

absl::Status SetItemStatus(const absl::Status& status, bool replayed, std::string_view log_id,
                           type::v1::ItemStatus& item) {
  item.set_replayed(replayed);
  if (status.ok()) return status;
  const absl::Status told = ForCaller(status, log_id);
  *item.mutable_error() = ToProto(told);
  return ReasonOf(told) == Reason::kInternal ? status : absl::OkStatus();
}

absl::Status CheckBatchSize(int size) {
  if (size <= kMaxBatch) return absl::OkStatus();
  return Error(Reason::kBatchTooLarge,
               absl::StrCat("a batch carries at most ", kMaxBatch, " items, not ", size),
               {{"most", absl::StrCat(kMaxBatch)}});
}

}  // namespace gratis::rpc
