#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gratis/members/v1/tiers.pb.h"
#include "services/cli/command.h"

namespace gratis::cli {

// A tier policy as it is written on the command line.
struct TierPolicyOptions {
  std::vector<std::string> tiers;
  std::vector<std::string> multipliers, gifts, texts, names;
  std::optional<int> rolling_months;
  bool calendar_year = false;
  bool membership_year = false;
  std::string demotion;
  int grace_days = 0;
  std::string from;
  bool dry_run = false;
};

void DeclareTierPolicy(CLI::App& command, TierPolicyOptions& options);

// Errors: USAGE, with the option; those of looking up the program, whose currency spend is in.
absl::StatusOr<members::v1::TierPolicy> TierPolicyOf(Context& context, RemoteEngine& engine,
                                                     const TierPolicyOptions& options);

}  // namespace gratis::cli
