#include "services/cli/segment_words.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/civil.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "services/cli/failure.h"
#include "services/cli/proto_values.h"

namespace gratis::cli {
namespace {

constexpr std::string_view kSince = " since ";
constexpr std::string_view kUntil = " until ";

// Cuts off what follows `word`; nothing if it is not there.
std::string_view CutOff(std::string_view& text, std::string_view word) {
  const size_t place = text.find(word);
  if (place == std::string_view::npos) return {};
  const std::string_view behind = text.substr(place + word.size());
  text = text.substr(0, place);
  return behind;
}

absl::Status SetTime(std::string_view text, const absl::TimeZone& zone, DayAs as,
                     std::string_view option, google::protobuf::Timestamp& out) {
  const absl::StatusOr<absl::Time> time = ParseTime(text, zone, as);
  if (!time.ok()) return AsUsage(time.status(), option);
  out = ToProto(*time);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<members::v1::SegmentMark> ParseSegment(std::string_view text,
                                                      const absl::TimeZone& zone,
                                                      std::string_view option) {
  members::v1::SegmentMark mark;
  const std::string_view until = CutOff(text, kUntil);
  const std::string_view since = CutOff(text, kSince);
  if (text.empty() || text.find(' ') != std::string_view::npos) {
    return UsageError(option, "write it as press, or as student since 2027-01-31 until 2028-01-31");
  }
  mark.set_segment(std::string(text));
  if (!since.empty()) {
    RETURN_IF_ERROR(SetTime(since, zone, DayAs::kBeginning, option, *mark.mutable_since()));
  }
  if (!until.empty()) {
    RETURN_IF_ERROR(SetTime(until, zone, DayAs::kEnd, option, *mark.mutable_until()));
  }
  return mark;
}

std::string SegmentText(const members::v1::SegmentMark& mark) {
  std::string text = mark.segment();
  if (mark.has_since()) {
    absl::StrAppend(&text, base::Abs(kSince), base::FormatTime(FromProto(mark.since())));
  }
  if (mark.has_until()) {
    absl::StrAppend(&text, base::Abs(kUntil), base::FormatTime(FromProto(mark.until())));
  }
  return text;
}

}  // namespace gratis::cli
