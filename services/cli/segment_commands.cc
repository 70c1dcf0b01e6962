#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/macros.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/members/v1/segments.pb.h"
#include "services/cli/command.h"
#include "services/cli/member_name.h"
#include "services/cli/program_lookup.h"
#include "services/cli/proto_values.h"
#include "services/cli/segment_words.h"
#include "services/cli/table.h"
#include "services/cli/time_options.h"

namespace gratis::cli {
namespace segment_commands {
namespace {

namespace v1 = members::v1;

struct SegmentOptions {
  MemberName member;
  std::vector<std::string> in;
  std::vector<std::string> out;
  bool dry_run = false;
};

void DeclareSegments(CLI::App& command, SegmentOptions& options) {
  DeclareMember(command, options.member, "WHO");
  command
      .add_option("--in", options.in,
                  absl::StrCat("A segment they are in from now on; with times of its own: "
                               "\"student until 2027-12-31\", \"founder since 2019-05-01\": ",
                               kTimeWords))
      ->allow_extra_args(false)
      ->type_name("SEGMENT");
  command.add_option("--out", options.out, "Segments they are in no more")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("SEGMENT,…");
  command.add_flag("--dry-run", options.dry_run, "Say what would be done, and do nothing");
  command.footer("Without --in and --out it shows the segments they are in.");
}

template <class Marks>
std::string Describe(const Marks& marks) {
  Table table({{"SEGMENT"}, {"SINCE"}, {"UNTIL"}});
  for (const v1::SegmentMark& mark : marks) {
    table.Add({mark.segment(), FormatTime(mark.since()), FormatTime(mark.until())});
  }
  return table.empty() ? "in no segment" : table.ToString();
}

absl::Status Show(Context& context, Engine& engine, const std::string& member) {
  v1::GetMemberRequest request;
  request.set_member_id(member);
  v1::GetMemberResponse answer;
  RETURN_IF_ERROR(context.Call(engine, request, answer));
  // Their segments alone, in the shape of what sets them.
  v1::SetMemberSegmentsResponse shown;
  *shown.mutable_segments() = answer.member().segments();
  context.Show(shown, Describe(shown.segments()));
  return absl::OkStatus();
}

// Whether a time of the segment names no zone. Errors: usage.
absl::StatusOr<bool> NeedsZone(const std::string& text) {
  constexpr int kHour = 3600;
  ASSIGN_OR_RETURN(const v1::SegmentMark here, ParseSegment(text, absl::UTCTimeZone(), "--in"));
  ASSIGN_OR_RETURN(const v1::SegmentMark there,
                   ParseSegment(text, absl::FixedTimeZone(kHour), "--in"));
  return here.since().seconds() != there.since().seconds() ||
         here.until().seconds() != there.until().seconds();
}

absl::Status Segments(Context& context, const SegmentOptions& options) {
  v1::SetMemberSegmentsRequest request;
  for (const std::string& segment : options.out) request.add_remove(segment);
  // What is not written right is found out before anybody is asked for the zone.
  bool needs_zone = false;
  for (const std::string& text : options.in) {
    ASSIGN_OR_RETURN(const bool needs, NeedsZone(text));
    needs_zone |= needs;
  }
  ASSIGN_OR_RETURN(RemoteEngine * engine, context.Program());
  absl::TimeZone zone = absl::UTCTimeZone();
  if (needs_zone) {
    ASSIGN_OR_RETURN(zone, ZoneOfProgram(context, *engine));
  }
  for (const std::string& text : options.in) {
    ASSIGN_OR_RETURN(*request.add_add(), ParseSegment(text, zone, "--in"));
  }
  ASSIGN_OR_RETURN(const std::string member, ResolveMember(context, *engine, options.member));
  if (request.add().empty() && request.remove().empty()) return Show(context, *engine, member);
  request.set_member_id(member);
  request.set_request_id(context.RequestId());
  request.set_validate_only(options.dry_run);
  v1::SetMemberSegmentsResponse answer;
  RETURN_IF_ERROR(context.Call(*engine, request, answer));
  context.Show(answer, Describe(answer.segments()));
  return absl::OkStatus();
}

}  // namespace
}  // namespace segment_commands

void AddSegmentCommands(CLI::App& member, Context& context) {
  using namespace segment_commands;
  AddCommand<SegmentOptions>(member, context, "segments",
                             "The segments a member is in; put them into some, or take them out",
                             DeclareSegments, Segments);
}

}  // namespace gratis::cli
