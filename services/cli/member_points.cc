#include "services/cli/member_points.h"

#include <CLI/CLI.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/failure.h"

namespace gratis::cli {

void DeclareMemberPoints(CLI::App& command, MemberPoints& options) {
  command.add_option("WHO-AND-POINTS", options.words, "MEMBER POINTS; POINTS alone with --email …")
      ->required()
      ->expected(1, 2)
      ->type_name("");
  DeclareMember(command, options.member, "");
  command.add_option("--unit", options.unit, "The unit's code; points if left out");
}

absl::StatusOr<int64_t> PointsOf(const MemberPoints& options) {
  int64_t points = 0;
  if (absl::SimpleAtoi(options.words.back(), &points)) return points;
  return UsageError("POINTS",
                    absl::StrCat("\"", options.words.back(), "\" is not a whole number of points"));
}

absl::StatusOr<std::string> MemberOf(Context& context, Engine& engine,
                                     const MemberPoints& options) {
  MemberName member = options.member;
  if (options.words.size() == 2) member.any = options.words.front();
  return ResolveMember(context, engine, member);
}

}  // namespace gratis::cli
