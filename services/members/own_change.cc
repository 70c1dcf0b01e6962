#include "services/members/own_change.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr std::array<std::string_view, 4> kOwn = {"greeting_name", "birthday", "time_zone",
                                                  "language"};

absl::Status ForTheShop(std::string_view field) {
  return FieldError(Reason::kFieldInvalid, field,
                    "members change how they are greeted, their birthday, zone and language; the "
                    "rest is for the shop to change");
}

}  // namespace

absl::Status CheckOwnChange(const v1::UpdateMemberRequest& request) {
  if (request.add_external_ids_size() > 0) return ForTheShop("add_external_ids");
  if (request.remove_external_ids_size() > 0) return ForTheShop("remove_external_ids");
  for (const std::string& part : request.update_mask().paths()) {
    if (std::find(kOwn.begin(), kOwn.end(), part) == kOwn.end()) return ForTheShop("update_mask");
  }
  return absl::OkStatus();
}

}  // namespace gratis::members
