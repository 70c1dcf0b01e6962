#include "services/members/segment_contract.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/values.h"
#include "common/status/macros.h"
#include "gratis/members/v1/segments.pb.h"

namespace gratis::members {

absl::StatusOr<SegmentChange> ChangeOf(const v1::SetMemberSegmentsRequest& request) {
  SegmentChange change;
  for (int i = 0; i < request.add_size(); ++i) {
    const v1::SegmentMark& mark = request.add(i);
    const std::string field = absl::StrCat("add[", i, "]");
    SegmentWish wish{.segment = mark.segment(), .since = {}, .until = {}};
    if (mark.has_since()) {
      ASSIGN_OR_RETURN(wish.since, rpc::ParseTime(mark.since(), field + ".since"));
    }
    if (mark.has_until()) {
      ASSIGN_OR_RETURN(wish.until, rpc::ParseTime(mark.until(), field + ".until"));
    }
    change.add.push_back(std::move(wish));
  }
  change.remove.assign(request.remove().begin(), request.remove().end());
  RETURN_IF_ERROR(CheckSegmentChange(change));
  return change;
}

void ToContract(const SegmentMark& mark, v1::SegmentMark& proto) {
  proto.set_segment(mark.segment);
  rpc::SetTime(mark.since, *proto.mutable_since());
  if (mark.until != absl::InfiniteFuture()) rpc::SetTime(mark.until, *proto.mutable_until());
}

}  // namespace gratis::members
