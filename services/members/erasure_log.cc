#include "services/members/erasure_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::members {
namespace {

constexpr size_t kSealBytes = 16;

absl::Status Failed(std::string_view what, const std::string& path) {
  return Error(Reason::kInternal, absl::StrCat("cannot ", base::Abs(what), " the erasures in ",
                                               path, ": ", std::strerror(errno)));
}

// What a line says, before its seal.
std::string TextOf(const LoggedErasure& erasure) {
  return absl::StrCat(absl::ToUnixMicros(erasure.erased_at), " ", erasure.program, " ",
                      erasure.member.ToString());
}

std::optional<LoggedErasure> Parse(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ' ');
  LoggedErasure erasure;
  int64_t micros = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &micros) ||
      !absl::SimpleAtoi(parts[1], &erasure.program)) {
    return std::nullopt;
  }
  const absl::StatusOr<MemberId> member = MemberId::Parse(parts[2]);
  if (!member.ok()) return std::nullopt;
  erasure.erased_at = absl::FromUnixMicros(micros);
  erasure.member = *member;
  return erasure;
}

}  // namespace

// The file, with nobody else at it while this lives.
class ErasureLog::File {
 public:
  static absl::StatusOr<File> Open(const std::string& path) {
    const bool is_new = !std::filesystem::exists(path);
    File file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.fd_ < 0 || flock(file.fd_, LOCK_EX) != 0) return Failed("open", path);
    // What is in a file survives only where its name does.
    if (is_new && !SyncFolderOf(path)) return Failed("keep", path);
    return file;
  }
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) = delete;

  // Nothing when that cannot be told.
  std::optional<int64_t> Size() const {
    struct stat about {};
    if (fstat(fd_, &about) != 0) return std::nullopt;
    return about.st_size;
  }
  // What follows the first `offset` bytes of `size`; nothing when that cannot be read.
  std::optional<std::string> ReadFrom(int64_t offset, int64_t size) const {
    std::string text(static_cast<size_t>(size - offset), '\0');
    size_t got = 0;
    while (got < text.size()) {
      const ssize_t count =
          pread(fd_, text.data() + got, text.size() - got, offset + static_cast<int64_t>(got));
      if (count <= 0) return std::nullopt;
      got += static_cast<size_t>(count);
    }
    return text;
  }
  // Whether the text is on disk behind the first `offset` bytes, and nothing behind it.
  bool WriteAt(int64_t offset, const std::string& text) const {
    if (!CutAt(offset)) return false;
    size_t put = 0;
    while (put < text.size()) {
      const ssize_t count =
          pwrite(fd_, text.data() + put, text.size() - put, offset + static_cast<int64_t>(put));
      if (count <= 0) return false;
      put += static_cast<size_t>(count);
    }
    return fsync(fd_) == 0;
  }
  bool CutAt(int64_t offset) const { return ftruncate(fd_, offset) == 0; }

 private:
  explicit File(int fd) : fd_(fd) {}

  static bool SyncFolderOf(const std::string& path) {
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const File opened(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC));
    return opened.fd_ >= 0 && fsync(opened.fd_) == 0;
  }

  int fd_;
};

std::string ErasureLog::Seal(const std::string& line) const {
  const base::Digest digest = base::HmacSha256(key_, absl::StrCat(last_seal_, "\n", line));
  return base::Hex(base::AsBytes(digest).substr(0, kSealBytes));
}

absl::Status ErasureLog::TakeLine(const std::string& line) {
  const size_t space = line.rfind(' ');
  const std::string text = line.substr(0, space == std::string::npos ? 0 : space);
  const std::optional<LoggedErasure> erasure = Parse(text);
  const std::string seal = Seal(text);
  if (!erasure || !base::ConstantTimeEqual(seal, line.substr(space + 1))) {
    return Error(Reason::kBooksDamaged,
                 absl::StrCat("line ", erasures_.size() + 1, " of ", path_,
                              " was changed, or one before it is missing; put the file back from "
                              "its copy"));
  }
  erasures_.push_back(*erasure);
  known_.emplace(erasure->program, erasure->member);
  last_seal_ = seal;
  read_bytes_ += static_cast<int64_t>(line.size()) + 1;
  return absl::OkStatus();
}

absl::Status ErasureLog::CatchUp(File& file) {
  const std::optional<int64_t> size = file.Size();
  if (!size) return Failed("read", path_);
  if (*size < read_bytes_) {
    return Error(Reason::kBooksDamaged,
                 absl::StrCat(path_,
                              " is shorter than it was; start the engine again, and it is "
                              "completed from the database"));
  }
  const std::optional<std::string> text = file.ReadFrom(read_bytes_, *size);
  if (!text) return Failed("read", path_);
  size_t begin = 0;
  for (size_t end = text->find('\n'); end != std::string::npos; end = text->find('\n', begin)) {
    RETURN_IF_ERROR(TakeLine(text->substr(begin, end - begin)));
    begin = end + 1;
  }
  if (begin < text->size() && !file.CutAt(read_bytes_)) return Failed("mend", path_);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LoggedErasure>> ErasureLog::Read() {
  const std::lock_guard lock(mutex_);
  if (!std::filesystem::exists(path_)) return std::vector<LoggedErasure>();
  ASSIGN_OR_RETURN(File file, File::Open(path_));
  RETURN_IF_ERROR(CatchUp(file));
  return erasures_;
}

absl::Status ErasureLog::Append(absl::Span<const LoggedErasure> erasures) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(File file, File::Open(path_));
  RETURN_IF_ERROR(CatchUp(file));
  const int64_t begin = read_bytes_;
  const size_t known = erasures_.size();
  const std::string before = last_seal_;
  std::string lines;
  for (const LoggedErasure& erasure : erasures) {
    if (known_.count({erasure.program, erasure.member})) continue;
    const std::string text = TextOf(erasure);
    const std::string line = absl::StrCat(text, " ", Seal(text));
    RETURN_IF_ERROR(TakeLine(line));
    absl::StrAppend(&lines, line, "\n");
  }
  if (lines.empty() || file.WriteAt(begin, lines)) return absl::OkStatus();
  const absl::Status failed = Failed("write", path_);
  for (size_t i = known; i < erasures_.size(); ++i) {
    known_.erase({erasures_[i].program, erasures_[i].member});
  }
  erasures_.resize(known);
  last_seal_ = before;
  read_bytes_ = begin;
  file.CutAt(begin);
  return failed;
}

}  // namespace gratis::members
