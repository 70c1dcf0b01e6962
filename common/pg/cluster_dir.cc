#include "common/pg/cluster_dir.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::pg {
namespace {

namespace fs = std::filesystem;

constexpr char kInstalled[] = "/usr/lib/postgresql";  // Debian's folder of all versions
// A socket's whole path has at most 107 bytes (unix(7)); "/.s.PGSQL.5432.lock" comes after this.
constexpr size_t kLongestSocketDir = 88;

// For a small machine that is not PostgreSQL's alone.
const std::vector<std::pair<std::string, std::string>> kSettings = {
    {"listen_addresses", ""},
    {"unix_socket_permissions", "0700"},
    {"max_connections", "100"},
    {"max_wal_size", "4GB"},
    {"checkpoint_timeout", "15min"},
    {"wal_compression", "lz4"},
    {"fsync", "on"},
    {"synchronous_commit", "on"},
    {"random_page_cost", "1.1"},
    {"jit", "off"},  // set-based statements look costly to it, and last a millisecond
    {"timezone", "UTC"},
    {"log_timezone", "UTC"},
    {"log_error_verbosity", "terse"},  // DETAIL repeats stored values
    {"logging_collector", "on"},
    {"log_filename", "postgres-%a.log"},
    {"log_rotation_age", "1d"},
    {"log_rotation_size", "0"},
    {"log_truncate_on_rotation", "on"},
};

// A quarter of the machine's memory, within reason: what every posting touches at random (request
// ids, a member's rows and lots) stays in it while journals grow, and the engine lives beside it.
std::string SharedBuffers() {
  constexpr int64_t kLeastMib = 128;
  constexpr int64_t kMostMib = 8192;
  const int64_t memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  return absl::StrCat(std::clamp((memory >> 20) / 4, kLeastMib, kMostMib), "MB");
}

constexpr char kUserConf[] =
    "# gratis.conf is written anew at every start. What you set below it here wins.\n"
    "include 'gratis.conf'\n";

absl::Status Trouble(std::string_view what, const std::string& path) {
  return Error(Reason::kConfigInvalid,
               absl::StrCat(base::Abs(what), " ", path, ": ", std::strerror(errno)));
}

std::string FirstLine(const std::string& path) {
  return std::vector<std::string>(absl::StrSplit(ReadAll(path), '\n'))[0];
}

std::string Setting(const std::string& name, const std::string& value) {
  return absl::StrCat(name, " = '", absl::StrReplaceAll(value, {{"'", "''"}}), "'\n");
}

std::string BinDir(const std::string& version) {
  return absl::StrCat(kInstalled, "/", version, "/bin");
}

// The newest version of PostgreSQL that is installed; empty when none is.
std::string NewestInstalled() {
  int newest = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(kInstalled, ignored)) {
    const std::string name = entry.path().filename();
    int version = 0;
    if (absl::SimpleAtoi(name, &version) && version > newest &&
        fs::exists(BinDir(name) + "/initdb"))
      newest = version;
  }
  return newest == 0 ? "" : absl::StrCat(newest);
}

}  // namespace

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path, absl::Time deadline) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Trouble("Cannot open", path);
  FileLock lock(fd);
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (!Pause(absl::Milliseconds(20), deadline)) {
      return Error(Reason::kDatabaseUnavailable,
                   absl::StrCat("Another process has been starting or stopping PostgreSQL for too "
                                "long; it holds ",
                                path));
    }
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<ClusterDir> ClusterDir::Open(const EmbeddedOptions& options) {
  if (!fs::path(options.home).is_absolute()) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("The home of the embedded PostgreSQL is not an absolute path: ",
                              options.home));
  }
  ClusterDir dir;
  dir.options_ = options;
  if (geteuid() == 0) {
    ASSIGN_OR_RETURN(dir.user_, FindUnixUser(options.unix_user));
  }
  std::error_code error;
  fs::create_directories(options.home, error);
  const fs::path home = fs::canonical(options.home, error);
  if (error) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("Cannot create ", options.home, ": ", error.message()));
  }
  dir.root_ = home / "postgres";
  RETURN_IF_ERROR(dir.MakeOwned(dir.root_));
  RETURN_IF_ERROR(dir.MakeOwned(dir.log_dir()));
  RETURN_IF_ERROR(dir.ChooseSocketDir());
  RETURN_IF_ERROR(dir.ChooseBinDir());
  return dir;
}

absl::Status ClusterDir::ChooseSocketDir() {
  socket_dir_ = root_ + "/socket";
  if (socket_dir_.size() > kLongestSocketDir) {
    const std::string hash = base::Hex(base::AsBytes(base::Sha256(root_)));
    socket_dir_ = "/tmp/gratis-" + hash.substr(0, 16);
  }
  return MakeOwned(socket_dir_);
}

absl::Status ClusterDir::ChooseBinDir() {
  bin_dir_ = options_.bin_dir;
  if (!bin_dir_.empty()) return absl::OkStatus();
  const std::string version = HasCluster() ? FirstLine(data() + "/PG_VERSION") : NewestInstalled();
  bin_dir_ = BinDir(version);
  if (version.empty() || !fs::exists(bin_dir_ + "/pg_ctl")) {
    return Error(
        Reason::kConfigInvalid,
        absl::StrCat("PostgreSQL ", version, version.empty() ? "" : " ", "is not installed under ",
                     kInstalled, ": install it (apt install postgresql-",
                     version.empty() ? "15" : version,
                     ") or name the folder that has its pg_ctl."));
  }
  return absl::OkStatus();
}

uid_t ClusterDir::OwnerUid() const { return user_ ? user_->uid : geteuid(); }

// Makes a folder that only the cluster's user may enter, or checks that it is one.
absl::Status ClusterDir::MakeOwned(const std::string& path) const {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Trouble("Cannot create", path);
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return Trouble("Cannot look at", path);
  if (user_ && S_ISDIR(found.st_mode) && found.st_uid == 0) {
    if (lchown(path.c_str(), user_->uid, user_->gid) != 0) return Trouble("Cannot give away", path);
    found.st_uid = user_->uid;
  }
  if (!S_ISDIR(found.st_mode) || found.st_uid != OwnerUid() || (found.st_mode & 077) != 0) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat(path,
                              " must be a folder of mode 0700 of the user that PostgreSQL "
                              "runs as (uid ",
                              OwnerUid(), ")"));
  }
  return absl::OkStatus();
}

absl::Status ClusterDir::WriteOwned(const std::string& path, const std::string& text) const {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Trouble("Cannot write", fresh);
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       (!user_ || fchown(fd, user_->uid, user_->gid) == 0) && fsync(fd) == 0;
  close(fd);
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) return Trouble("Cannot write", path);
  return absl::OkStatus();
}

absl::Status ClusterDir::WriteSettingsIn(const std::string& dir) const {
  std::string text;
  for (const auto& [name, value] : kSettings) text += Setting(name, value);
  text += Setting("shared_buffers", SharedBuffers());
  text += Setting("unix_socket_directories", socket_dir_);
  text += Setting("log_directory", log_dir());
  if (!options_.durable) text += Setting("fsync", "off") + Setting("full_page_writes", "off");
  for (const auto& [name, value] : options_.settings) text += Setting(name, value);
  return WriteOwned(dir + "/gratis.conf", text);
}

bool ClusterDir::HasCluster() const { return fs::exists(data() + "/PG_VERSION"); }

// Made aside and then renamed, so that what has the name `data` is whole.
absl::Status ClusterDir::CreateCluster(absl::Time deadline) const {
  const std::string fresh = root_ + "/data.new";
  std::error_code error;
  fs::remove_all(fresh, error);
  std::vector<std::string> arguments = {"-D",
                                        fresh,
                                        "-U",
                                        "gratis",
                                        "--auth-local=trust",
                                        "--auth-host=reject",
                                        "--encoding=UTF8",
                                        "--locale=C.UTF-8",
                                        "--data-checksums",
                                        "--no-instructions"};
  if (!options_.durable) arguments.push_back("--no-sync");
  ASSIGN_OR_RETURN(const int exit_status, Run("initdb", std::move(arguments), deadline));
  if (exit_status != 0) {
    return Error(Reason::kDatabaseUnavailable,
                 absl::StrCat("initdb could not create the database; ", start_log(), " says why:\n",
                              ReadAll(start_log())));
  }
  RETURN_IF_ERROR(WriteSettingsIn(fresh));
  RETURN_IF_ERROR(WriteOwned(fresh + "/postgresql.conf", kUserConf));
  if (rename(fresh.c_str(), data().c_str()) != 0) return Trouble("Cannot create", data());
  const int fd = open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced ? absl::OkStatus() : Trouble("Cannot sync", root_);
}

// Not by kill(pid, 0): the number may belong to another process by now. The command line of any
// process can be read, its working directory not even by root in a container.
std::optional<pid_t> ClusterDir::ServerPid() const {
  int pid = 0;
  if (!absl::SimpleAtoi(FirstLine(data() + "/postmaster.pid"), &pid)) return std::nullopt;
  const std::vector<std::string> command =
      absl::StrSplit(ReadAll(absl::StrCat("/proc/", pid, "/cmdline")), '\0');
  if (fs::path(command[0]).filename() != "postgres") return std::nullopt;
  for (const std::string& argument : command) {
    if (argument == data()) return pid;
  }
  return std::nullopt;
}

void ClusterDir::RemoveStaleLocks() const {
  for (const std::string& path :
       {data() + "/postmaster.pid", socket_dir_ + "/.s.PGSQL.5432.lock"}) {
    int pid = 0;
    if (absl::SimpleAtoi(FirstLine(path), &pid) && kill(pid, 0) == 0) unlink(path.c_str());
  }
}

absl::StatusOr<int> ClusterDir::Run(const std::string& program, std::vector<std::string> arguments,
                                    absl::Time deadline) const {
  Command command{{bin_dir_ + "/" + program}, user_, root_, start_log()};
  for (std::string& argument : arguments) command.argv.push_back(std::move(argument));
  unlink(start_log().c_str());
  return RunToEnd(command, deadline);
}

}  // namespace gratis::pg
