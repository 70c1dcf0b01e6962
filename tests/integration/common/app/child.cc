#include "tests/integration/common/app/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace gratis::app::testing {

Child::Child(const std::string& program, std::vector<std::string> argv,
             const std::map<std::string, std::string>& environment, std::string output)
    : output_(std::move(output)) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> argument_list, variable_list;
  for (std::string& text : argv) argument_list.push_back(text.data());
  for (std::string& text : variables) variable_list.push_back(text.data());
  argument_list.push_back(nullptr);
  variable_list.push_back(nullptr);
  const int fd = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execve(program.c_str(), argument_list.data(), variable_list.data());
    _exit(127);
  }
  close(fd);
}

Child::~Child() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Child::Signal(int number) const { kill(pid_, number); }

std::optional<int> Child::WaitForEnd(absl::Duration limit) {
  Eventually(limit, [this] {
    int status = 0;
    if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return ended_.has_value();
  });
  return ended_;
}

std::string Child::output() const {
  std::ifstream in(output_);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace gratis::app::testing
