#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"

namespace gratis::cli {

// What the demo program is filled with: a small menswear shop whose founder thanks for every
// purchase. The same for the same seed and `made_at`, so that filling it again replays.
struct DemoShop {
  static constexpr char kProgram[] = "demo";
  static constexpr char kName[] = "Keller & Daughters, menswear";
  static constexpr char kCurrency[] = "USD";
  static constexpr char kTimeZone[] = "America/New_York";

  thanks::v1::SetThanksPolicyRequest policy;
  // Members 1, 2, 3, … by external id demo:1, demo:2, …
  std::vector<members::v1::EnrollMemberRequest> members;
  struct DemoPurchase {
    size_t buyer;                               // index into members
    thanks::v1::RecordPurchaseRequest request;  // without its member
  };
  // In the order of time; the last ones are fresh enough to be thanked for.
  std::vector<DemoPurchase> purchases;
};

// `made_at`: when the program was made; nothing in the shop is later. Of the members' birthdays,
// some are in the days around it.
DemoShop MakeDemoShop(uint64_t seed, absl::Time made_at, size_t members, size_t purchases);

}  // namespace gratis::cli
