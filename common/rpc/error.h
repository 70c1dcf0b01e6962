#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace google::protobuf {
class Message;
}
namespace grpc {
class Status;
}
namespace gratis::type::v1 {
class Status;
}

namespace gratis::rpc {

// What the caller is told: a status with a reason as it is; a cancelled one as CANCELLED; anything
// else as INTERNAL with a neutral sentence. `log_id` goes along with INTERNAL, as metadata.
absl::Status ForCaller(const absl::Status& status, std::string_view log_id);

// As google.rpc.Status on the wire: code, message and details (ErrorInfo always, BadRequest for a
// field, RetryInfo where trying again may help). `status` is not OK and has a reason or is
// CANCELLED.
type::v1::Status ToProto(const absl::Status& status);

// The same in gRPC's hands: the details travel in `grpc-status-details-bin`.
grpc::Status ToGrpc(const absl::Status& status);

// What a client got, with reason, metadata, field and retry delay. UNAVAILABLE without a reason of
// ours is PEER_UNAVAILABLE, DEADLINE_EXCEEDED without one DEADLINE_EXCEEDED.
absl::Status FromGrpc(const grpc::Status& status);
absl::Status FromProto(const type::v1::Status& status);

// What a service got from a peer: FromGrpc, but a peer that does not let *us* in is our own fault
// and INTERNAL, not the caller's.
absl::Status FromPeer(const grpc::Status& status);

}  // namespace gratis::rpc
