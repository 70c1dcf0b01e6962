#pragma once

#include <functional>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "common/base/ids.h"

namespace google::protobuf {
class Message;
}

namespace gratis::rpc {

// Messages as they are understood, each with what was sent, for those that differ.
using AsSent =
    absl::flat_hash_map<const google::protobuf::Message*, const google::protobuf::Message*>;

using FindSurvivor = std::function<MemberId(const MemberId&)>;

// A request that names members as one that names who they became: in the fields member_id,
// to_member_id, staff_member_id and member_ids, at any depth. Null if it stays as it is. `sent`
// gets the request and each of its parts that differ; it points into both.
std::unique_ptr<google::protobuf::Message> NameSurvivors(const google::protobuf::Message& request,
                                                         const FindSurvivor& find, AsSent& sent);

}  // namespace gratis::rpc
