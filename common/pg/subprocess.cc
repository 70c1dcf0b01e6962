#include "common/pg/subprocess.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/pg/pause.h"
#include "common/status/macros.h"
#include "common/status/reasons.h"

namespace gratis::pg {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// What the child could not do, told to the parent over a pipe that exec closes.
struct ForkTrouble {
  enum class Step { kUser, kDir, kExec } step;
  int error;
};

// Becomes the command. Between fork and exec only what is safe after a fork in a process of many
// threads: system calls, no memory.
[[noreturn]] void Become(const Command& command, char* const* argv, int output, int report) {
  static constexpr const char* kEnvironment[] = {
      "PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC",
      // A back end keeps the memory of one statement for the next.
      "MALLOC_TRIM_THRESHOLD_=67108864", "MALLOC_MMAP_THRESHOLD_=67108864", nullptr};
  const auto give_up = [report](ForkTrouble::Step step) {
    const ForkTrouble trouble{step, errno};
    _exit(write(report, &trouble, sizeof trouble) > 0 ? 126 : 127);
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (command.as) {
    const UnixUser& user = *command.as;
    if (setgroups(user.groups.size(), user.groups.data()) != 0 ||
        setresgid(user.gid, user.gid, user.gid) != 0 ||
        setresuid(user.uid, user.uid, user.uid) != 0) {
      give_up(ForkTrouble::Step::kUser);
    }
  }
  if (chdir(command.dir.c_str()) != 0) give_up(ForkTrouble::Step::kDir);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  execve(argv[0], argv, const_cast<char* const*>(kEnvironment));
  give_up(ForkTrouble::Step::kExec);
  _exit(127);
}

absl::Status Explain(const Command& command, const ForkTrouble& trouble) {
  const std::string why = std::strerror(trouble.error);
  const std::string who = command.as ? absl::StrCat("user ", command.as->name) : "this user";
  switch (trouble.step) {
    case ForkTrouble::Step::kUser:
      return Error(Reason::kConfigInvalid, absl::StrCat("Cannot become ", who, ": ", why));
    case ForkTrouble::Step::kDir:
      return Error(Reason::kConfigInvalid,
                   absl::StrCat(who, " cannot enter ", command.dir, " (", why,
                                "): choose a home that it can reach, such as /var/lib/gratis, or "
                                "let others pass through the folders above it (chmod o+x)."));
    case ForkTrouble::Step::kExec:
      break;
  }
  return Error(Reason::kConfigInvalid, absl::StrCat("Cannot run ", command.argv[0], ": ", why));
}

}  // namespace

absl::StatusOr<UnixUser> FindUnixUser(const std::string& name) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return Error(Reason::kConfigInvalid, absl::StrCat("There is no unix user ", name,
                                                      " for PostgreSQL to run as; it "
                                                      "refuses to run as root."));
  }
  std::vector<gid_t> groups(256);
  int count = static_cast<int>(groups.size());
  if (getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count) < 0) count = 0;
  groups.resize(static_cast<size_t>(count));
  return UnixUser{name, entry.pw_uid, entry.pw_gid, std::move(groups)};
}

absl::StatusOr<int> RunToEnd(const Command& command, absl::Time deadline) {
  const Fd output(
      open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  int ends[2];
  if (output.get() < 0 || pipe2(ends, O_CLOEXEC) != 0 ||
      (command.as && fchown(output.get(), command.as->uid, command.as->gid) != 0)) {
    return Error(Reason::kConfigInvalid,
                 absl::StrCat("Cannot write ", command.output, ": ", std::strerror(errno)));
  }
  const Fd heard(ends[0]);
  Fd report(ends[1]);
  std::vector<char*> argv;
  for (const std::string& argument : command.argv)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  const pid_t pid = fork();
  if (pid == 0) Become(command, argv.data(), output.get(), report.get());
  if (pid < 0)
    return Error(Reason::kConfigInvalid, absl::StrCat("Cannot fork: ", std::strerror(errno)));
  report.Close();
  ForkTrouble trouble{};
  if (read(heard.get(), &trouble, sizeof trouble) == sizeof trouble) {
    waitpid(pid, nullptr, 0);
    return Explain(command, trouble);
  }

  const Fd ended(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd entry{ended.get(), POLLIN, 0};
  while (poll(&entry, 1, PollMillis(deadline)) <= 0) {
    if (RealNow() < deadline) continue;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return Error(Reason::kDatabaseUnavailable,
                 absl::StrCat(command.argv[0], " did not end in time; see ", command.output));
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace gratis::pg
