#include "common/app/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::app {
namespace {

absl::Status Cannot(std::string_view what, const std::string& path) {
  return Error(Reason::kConfigInvalid,
               absl::StrCat("cannot ", base::Abs(what), " ", path, ": ", std::strerror(errno)));
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return Cannot("make the folder", path);
  if (chmod(path.c_str(), mode) != 0) return Cannot("set who may use", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Home> Home::Open(const std::string& path) {
  Home home(path);
  const bool root = geteuid() == 0;
  RETURN_IF_ERROR(MakeFolder(path, root ? 0711 : 0700));
  RETURN_IF_ERROR(MakeFolder(home.run(), 0700));
  RETURN_IF_ERROR(MakeFolder(home.tls(), 0700));
  return home;
}

absl::StatusOr<std::optional<FileLock>> FileLock::Try(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Cannot("write", path);
  FileLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return std::nullopt;
  return std::optional<FileLock>(std::move(lock));
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return Cannot("read", path);
  return text.str();
}

absl::Status WriteFile(const std::string& path, std::string_view content, int mode) {
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Cannot("write", path);
  const bool written =
      fchmod(fd, static_cast<mode_t>(mode)) == 0 &&
      write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      fsync(fd) == 0;
  close(fd);
  if (!written || rename(temporary.c_str(), path.c_str()) != 0) {
    const absl::Status status = Cannot("write", path);
    unlink(temporary.c_str());
    return status;
  }
  return absl::OkStatus();
}

}  // namespace gratis::app
