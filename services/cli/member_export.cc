#include "services/cli/member_export.h"

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "services/cli/csv.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"

namespace gratis::cli {
namespace {

// What is told besides and an import does not ask for.
constexpr std::string_view kMemberId = "member_id";
constexpr std::string_view kMergedInto = "merged_into";

std::string_view WordOf(MemberFormat format) {
  return format == MemberFormat::kCsv ? "csv" : "jsonl";
}

// Whether the column holds a list.
bool IsList(size_t column) {
  const auto which = static_cast<MemberColumn>(column);
  return which == MemberColumn::kExternalId || which == MemberColumn::kConsents ||
         which == MemberColumn::kPreferences || which == MemberColumn::kSegments;
}

}  // namespace

std::string MemberHeader() {
  std::string header(kMemberId);
  for (const std::string_view name : MemberColumnNames()) {
    absl::StrAppend(&header, ",", base::Abs(name));
  }
  absl::StrAppend(&header, ",", base::Abs(kMergedInto));
  return header + "\n";
}

std::string MemberLine(const members::v1::ExportedMember& member, MemberFormat format) {
  const MemberTexts texts = TextsOf(member);
  const std::string& id = member.member().member_id();
  if (format == MemberFormat::kCsv) {
    std::string line = id;
    for (const std::string& text : texts) absl::StrAppend(&line, ",", CsvField(text));
    absl::StrAppend(&line, ",", member.merged_into());
    return line + "\n";
  }
  JsonWriter json;
  json.BeginObject().Field(kMemberId, std::string_view(id));
  for (size_t c = 0; c < kMemberColumns; ++c) {
    if (texts[c].empty()) continue;
    json.Key(MemberColumnNames()[c]);
    if (IsList(c)) {
      json.BeginArray();
      for (const std::string& item : SplitList(texts[c])) json.Text(item);
      json.EndArray();
    } else {
      json.Text(texts[c]);
    }
  }
  const std::string& survivor = member.merged_into();
  if (!survivor.empty()) json.Field(kMergedInto, std::string_view(survivor));
  json.EndObject();
  return json.text() + "\n";
}

absl::Status MemberExport::Failed() const {
  return UsageError("FILE", absl::StrCat(path_, " cannot be written"));
}

bool MemberExport::ReadPart() {
  std::ifstream part(PartPath());
  std::string format;
  if (!(part >> format >> bytes_ >> members_ >> cursor_) || format != WordOf(format_)) return false;
  std::error_code error;
  const auto there = std::filesystem::file_size(path_, error);
  if (error || static_cast<int64_t>(there) < bytes_) return false;
  std::filesystem::resize_file(path_, static_cast<uintmax_t>(bytes_), error);
  return !error;
}

// As a whole or not at all.
absl::Status MemberExport::WritePart() const {
  const std::string next = PartPath() + ".next";
  std::ofstream part(next, std::ios::trunc);
  part << WordOf(format_) << "\n" << bytes_ << "\n" << members_ << "\n" << cursor_ << "\n";
  part.close();
  if (part && std::rename(next.c_str(), PartPath().c_str()) == 0) return absl::OkStatus();
  return Failed();
}

absl::StatusOr<MemberExport> MemberExport::Open(const std::string& path, MemberFormat format) {
  MemberExport to(path, format);
  if (to.ReadPart()) {
    to.file_.open(path, std::ios::binary | std::ios::app);
  } else {
    to.cursor_.clear();
    to.members_ = 0;
    to.file_.open(path, std::ios::binary | std::ios::trunc);
    const std::string header = format == MemberFormat::kCsv ? MemberHeader() : "";
    to.file_ << header;
    to.bytes_ = static_cast<int64_t>(header.size());
  }
  if (!to.file_) return to.Failed();
  std::error_code ignored;
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  return to;
}

absl::Status MemberExport::Add(const members::v1::ExportMembersResponse& message) {
  std::string lines;
  for (const auto& member : message.members()) lines += MemberLine(member, format_);
  file_ << lines << std::flush;
  if (!file_) return Failed();
  bytes_ += static_cast<int64_t>(lines.size());
  members_ += message.members_size();
  cursor_ = message.cursor();
  return WritePart();
}

absl::Status MemberExport::Finish() {
  file_.close();
  if (file_.fail()) return Failed();
  std::error_code ignored;
  std::filesystem::remove(PartPath(), ignored);
  return absl::OkStatus();
}

}  // namespace gratis::cli
