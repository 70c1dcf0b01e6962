#include "common/vault/master_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"
#include "common/vault/cipher.h"
#include "common/vault/secret.h"

namespace gratis::vault {
namespace {

absl::Status Invalid(const std::string& path, std::string_view what) {
  return Error(Reason::kMasterKeyInvalid, "Master key " + path + ": " + std::string(what));
}

absl::Status Failed(const std::string& path, std::string_view doing) {
  return Invalid(path, std::string(doing) + " failed: " + std::strerror(errno) + ".");
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool ok() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

absl::StatusOr<std::string> Load(const File& file, const std::string& path) {
  struct stat about {};
  if (fstat(file.descriptor(), &about) != 0) return Failed(path, "looking at it");
  if (!S_ISREG(about.st_mode)) return Invalid(path, "is not a regular file.");
  if ((about.st_mode & 077) != 0) {
    return Invalid(path, "others may read it; make it yours alone (chmod 600).");
  }
  std::string key(kKeyBytes + 1, '\0');  // one more, to notice a file that is too long
  const ssize_t count = read(file.descriptor(), key.data(), key.size());
  if (count < 0) return Failed(path, "reading it");
  if (static_cast<size_t>(count) != kKeyBytes) {
    return Invalid(path, "does not hold exactly 32 bytes; put the key file back from its copy.");
  }
  key.resize(kKeyBytes);
  return key;
}

// Puts a whole key under the name `path`, unless another process was quicker.
absl::Status Create(const std::string& path) {
  const std::string draft = path + "." + base::Hex(base::RandomBytes(8));
  const Secret key(base::RandomBytes(kKeyBytes));
  {
    const File file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.ok()) return Failed(path, "creating it");
    const ssize_t count = write(file.descriptor(), key.view().data(), kKeyBytes);
    if (count != static_cast<ssize_t>(kKeyBytes) || fsync(file.descriptor()) != 0) {
      absl::Status failed = Failed(path, "writing it");
      unlink(draft.c_str());
      return failed;
    }
  }
  // A rename would replace the other process's key; a link never does.
  const bool linked = link(draft.c_str(), path.c_str()) == 0;
  const bool other_was_quicker = !linked && errno == EEXIST;
  const absl::Status failed =
      linked || other_was_quicker ? absl::OkStatus() : Failed(path, "creating it");
  unlink(draft.c_str());
  RETURN_IF_ERROR(failed);

  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const File directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok() || fsync(directory.descriptor()) != 0) return Failed(path, "saving it");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<std::string>> LoadMasterKey(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.ok()) return Load(file, path);
  if (errno != ENOENT) return Failed(path, "opening it");
  return std::nullopt;
}

absl::StatusOr<std::string> LoadOrCreateMasterKey(const std::string& path) {
  ASSIGN_OR_RETURN(std::optional<std::string> key, LoadMasterKey(path));
  if (key) return *std::move(key);
  RETURN_IF_ERROR(Create(path));
  ASSIGN_OR_RETURN(key, LoadMasterKey(path));
  if (!key) return Invalid(path, "went away while it was opened.");
  return *std::move(key);
}

}  // namespace gratis::vault
