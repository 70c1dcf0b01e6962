#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/cli/context.h"
#include "services/cli/member_name.h"
#include "services/cli/posting.h"

namespace CLI {
class App;
}

namespace gratis::cli {

// So many points of a member.
struct MemberPoints {
  PostOptions post;
  MemberName member;
  std::vector<std::string> words;  // [MEMBER] POINTS
  std::string unit;
};

// Declares who, how many and --unit; not what `post` holds.
void DeclareMemberPoints(CLI::App& command, MemberPoints& options);

// The number of points among a command's words. Errors: usage.
absl::StatusOr<int64_t> PointsOf(const MemberPoints& options);
// The member's id. Errors: as ResolveMember.
absl::StatusOr<std::string> MemberOf(Context& context, Engine& engine, const MemberPoints& options);

}  // namespace gratis::cli
