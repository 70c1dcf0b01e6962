#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gratis/members/v1/export.pb.h"
#include "services/cli/member_file.h"

namespace gratis::cli {

// A file that members are written to, whole messages at a time. How far it got is kept beside it,
// in FILE.part, until it is complete: a later run goes on from there, and whatever an interrupted
// one wrote beyond is cut off. Not thread-safe.
class MemberExport {
 public:
  // Begins anew, unless there is a FILE.part of an export in this format. Errors: FIELD_INVALID
  // (the file cannot be written).
  static absl::StatusOr<MemberExport> Open(const std::string& path, MemberFormat format);

  // Where to go on; empty: at the beginning.
  const std::string& cursor() const { return cursor_; }
  // How many members the file has.
  int64_t members() const { return members_; }

  absl::Status Add(const members::v1::ExportMembersResponse& message);
  // The file is complete.
  absl::Status Finish();

 private:
  MemberExport(std::string path, MemberFormat format) : path_(std::move(path)), format_(format) {}

  std::string PartPath() const { return path_ + ".part"; }
  bool ReadPart();
  absl::Status WritePart() const;
  absl::Status Failed() const;

  std::string path_;
  MemberFormat format_;
  std::string cursor_;
  int64_t members_ = 0;
  int64_t bytes_ = 0;
  std::ofstream file_;
};

// A CSV file's header, and a member as a line of a file.
std::string MemberHeader();
std::string MemberLine(const members::v1::ExportedMember& member, MemberFormat format);

}  // namespace gratis::cli
