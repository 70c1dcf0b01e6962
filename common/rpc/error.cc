#include "common/rpc/error.h"

#include <google/protobuf/any.pb.h>
#include <grpcpp/support/status.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/reasons.h"
#include "gratis/type/v1/error.pb.h"

namespace gratis::rpc {
namespace {

constexpr char kDomain[] = "gratis";
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
// What a retryable error says when its maker did not.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(200);

void AddDetail(const char* url, const google::protobuf::Message& detail, type::v1::Status& out) {
  google::protobuf::Any& any = *out.add_details();
  any.set_type_url(url);
  detail.SerializeToString(any.mutable_value());
}

// Trailers of more than 8 KiB are refused by clients, and the message is in them up to three times.
// It must be UTF-8 as well.
std::string ForTrailers(absl::string_view message) {
  constexpr size_t kMost = 600;
  std::string text(message.substr(0, kMost));
  // Not within a character.
  while (message.size() > kMost && !text.empty() && !base::IsValidUtf8(text)) text.pop_back();
  return base::IsValidUtf8(text) ? text : "the error's own text is not readable";
}

absl::Status WithoutDetails(absl::StatusCode code, std::string_view message) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return Error(Reason::kPeerUnavailable, message);
    case absl::StatusCode::kDeadlineExceeded:
      return Error(Reason::kDeadlineExceeded, message);
    default:
      return {code, base::Abs(message)};
  }
}

}  // namespace

absl::Status ForCaller(const absl::Status& status, std::string_view log_id) {
  const std::optional<Reason> reason = ReasonOf(status);
  if (status.ok() || absl::IsCancelled(status) || (reason && *reason != Reason::kInternal)) {
    return status;
  }
  return Error(Reason::kInternal,
               absl::StrCat("something failed inside; the log has it under ", base::Abs(log_id)),
               {{"log_id", std::string(log_id)}});
}

type::v1::Status ToProto(const absl::Status& status) {
  type::v1::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(ForTrailers(status.message()));
  const std::optional<Reason> reason = ReasonOf(status);
  if (!reason) return out;

  type::v1::ErrorInfo info;
  info.set_reason(std::string(Describe(*reason).name));
  info.set_domain(kDomain);
  for (auto& [key, value] : MetadataOf(status)) (*info.mutable_metadata())[key] = value;
  AddDetail(kErrorInfoUrl, info, out);

  if (const std::optional<std::string> field = FieldOf(status)) {
    type::v1::BadRequest bad;
    auto& violation = *bad.add_field_violations();
    violation.set_field(*field);
    violation.set_description(out.message());
    AddDetail(kBadRequestUrl, bad, out);
  }
  std::optional<absl::Duration> delay = RetryDelayOf(status);
  if (!delay && Describe(*reason).retryable) delay = kRetryDelay;
  if (delay) {
    type::v1::RetryInfo retry;
    const int64_t nanos = absl::ToInt64Nanoseconds(*delay);
    retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
    AddDetail(kRetryInfoUrl, retry, out);
  }
  return out;
}

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const type::v1::Status proto = ToProto(status);
  return {static_cast<grpc::StatusCode>(proto.code()), proto.message(), proto.SerializeAsString()};
}

absl::Status FromProto(const type::v1::Status& proto) {
  const auto code = static_cast<absl::StatusCode>(proto.code());
  if (code == absl::StatusCode::kOk) return absl::OkStatus();
  type::v1::ErrorInfo info;
  type::v1::BadRequest bad;
  type::v1::RetryInfo retry;
  bool informed = false;
  bool retryable = false;
  for (const google::protobuf::Any& detail : proto.details()) {
    if (detail.type_url() == kErrorInfoUrl) informed = info.ParseFromString(detail.value());
    if (detail.type_url() == kBadRequestUrl) bad.ParseFromString(detail.value());
    if (detail.type_url() == kRetryInfoUrl) retryable = retry.ParseFromString(detail.value());
  }
  const std::optional<Reason> reason =
      informed && info.domain() == kDomain ? ReasonNamed(info.reason()) : std::nullopt;
  if (!reason) return WithoutDetails(code, proto.message());

  Metadata metadata(info.metadata().begin(), info.metadata().end());
  absl::Status status = Error(*reason, proto.message(), std::move(metadata));
  if (bad.field_violations_size() > 0) {
    status = InField(std::move(status), bad.field_violations(0).field());
  }
  if (retryable) {
    status = WithRetryDelay(std::move(status), absl::Seconds(retry.retry_delay().seconds()) +
                                                   absl::Nanoseconds(retry.retry_delay().nanos()));
  }
  return status;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  type::v1::Status proto;
  if (!status.error_details().empty() && proto.ParseFromString(status.error_details()) &&
      proto.code() == static_cast<int>(status.error_code())) {
    return FromProto(proto);
  }
  return WithoutDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::Status FromPeer(const grpc::Status& status) {
  absl::Status ours = FromGrpc(status);
  if (absl::IsUnauthenticated(ours) || absl::IsPermissionDenied(ours)) {
    return Error(Reason::kInternal, absl::StrCat("a peer refused us: ", ours.message()));
  }
  return ours;
}

}  // namespace gratis::rpc
