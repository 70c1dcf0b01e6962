#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "services/cli/member_file.h"
#include "services/cli/member_row.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"

// A file of members, as CSV or as JSON lines: whatever is in it, it is read to its end, the same
// way each time, and a row that becomes a member is one, which reads the same when it is written
// down again.
namespace gratis::cli {
namespace {

using fuzz::MemoryFile;
using fuzz::Require;

MemberDefaults Defaults() { return {.source = "crm", .wording = "", .zone = absl::UTCTimeZone()}; }

void CheckList(std::string_view text) {
  const std::vector<std::string> items = SplitList(text);
  Require(SplitList(JoinList(items)) == items, "a list is split as it was joined");
}

void CheckRequestId(const std::string& id) {
  Require(!id.empty() && id.size() <= 128, "a request has an id, of a length that is allowed");
  for (const char c : id) Require(c >= 0x20 && c < 0x7F, "of printable characters");
}

// What the row says that the member said, likes and is in, however it is told apart into requests.
std::vector<std::string> SaidIn(const MemberRow& row) {
  std::vector<std::string> said;
  for (const auto& request : row.consents) {
    for (const auto& decision : request.decisions()) {
      said.push_back(decision.SerializeAsString() + "@" + request.wording_version());
    }
  }
  std::sort(said.begin(), said.end());
  if (row.preferences) {
    for (const auto& liked : row.preferences->set()) said.push_back(liked.SerializeAsString());
  }
  if (row.segments) {
    for (const auto& mark : row.segments->add()) said.push_back(mark.SerializeAsString());
  }
  return said;
}

// A time to the second, in a year of four digits: as it is written down.
bool IsPlain(const google::protobuf::Timestamp& time) {
  return time.nanos() == 0 && time.seconds() > -30'610'224'000 && time.seconds() < 253'402'300'800;
}

// What was said, and to which words, what they like and which segments they are in reads the same
// when it is written down again.
void CheckSaid(const MemberRow& row) {
  members::v1::ExportedMember exported;
  *exported.mutable_member()->mutable_profile() = row.enrollment.profile();
  for (const auto& request : row.consents) {
    for (const auto& decision : request.decisions()) {
      members::v1::Consent& consent = *exported.add_consents();
      consent.set_purpose(decision.purpose());
      consent.set_channel(decision.channel());
      consent.set_state(decision.state());
      consent.set_wording_version(request.wording_version());
    }
  }
  if (row.preferences) {
    for (const auto& liked : row.preferences->set()) {
      *exported.add_preferences()->mutable_preference() = liked;
    }
  }
  if (row.segments) {
    for (const auto& mark : row.segments->add()) {
      if (!IsPlain(mark.since()) || !IsPlain(mark.until())) return;
      *exported.mutable_member()->add_segments() = mark;
    }
  }
  const absl::StatusOr<MemberRow> again = ReadMember(TextsOf(exported), Defaults());
  Require(again.ok(), "what was said can be read again");
  Require(SaidIn(*again) == SaidIn(row), "and says the same");
}

void CheckRow(const MemberRow& row) {
  const members::v1::Profile& profile = row.enrollment.profile();
  Require(!profile.external_ids().empty() || !profile.email().empty() || !profile.phone().empty(),
          "a member can be found again");
  CheckRequestId(row.enrollment.request_id());
  for (const auto& request : row.consents) {
    CheckRequestId(request.request_id());
    Require(request.decisions_size() > 0, "whoever said something said it of something");
  }
  if (row.preferences) CheckRequestId(row.preferences->request_id());
  if (row.segments) CheckRequestId(row.segments->request_id());
  const auto& enrolled_at = row.enrollment.enrolled_at();
  Require(enrolled_at.nanos() >= 0 && enrolled_at.nanos() < 1'000'000'000, "a time is one");

  members::v1::ExportedMember exported;
  *exported.mutable_member()->mutable_profile() = profile;
  const absl::StatusOr<MemberRow> again = ReadMember(TextsOf(exported), Defaults());
  Require(again.ok(), "what is written down can be read");
  Require(again->enrollment.profile().SerializeAsString() == profile.SerializeAsString(),
          "and says the same");
  CheckSaid(row);
}

// The request ids of all members in it, in order, and how many rows were none.
std::string ReadAll(const MemoryFile& input, MemberFormat format, char separator) {
  absl::StatusOr<MemberFile> file = MemberFile::Open(input.path(), format, separator, {});
  if (!file.ok()) return "";
  const MemoryFile rejected("");
  const auto rejects = file->MakeRejects(rejected.path());
  std::string all;
  int64_t line = 0;
  MemberRow row;
  while (file->Next(Defaults(), *rejects, row)) {
    Require(row.line > line, "lines go forward");
    line = row.line;
    CheckRow(row);
    all += row.enrollment.request_id() + "\n";
  }
  Require(rejects->Close().ok(), "what is rejected is written down");
  return all + std::to_string(rejects->count());
}

}  // namespace
}  // namespace gratis::cli

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using gratis::cli::MemberFormat;
  if (size == 0) return 0;
  const MemberFormat format = (data[0] & 1) != 0 ? MemberFormat::kJsonLines : MemberFormat::kCsv;
  const char separator = ",;\t|"[(data[0] >> 1) & 3];
  const std::string_view text = gratis::fuzz::TextOf(data + 1, size - 1);
  gratis::cli::CheckList(text);
  const gratis::fuzz::MemoryFile input(text);
  const std::string first = gratis::cli::ReadAll(input, format, separator);
  gratis::fuzz::Require(gratis::cli::ReadAll(input, format, separator) == first,
                        "it is read the same way each time");
  return 0;
}
