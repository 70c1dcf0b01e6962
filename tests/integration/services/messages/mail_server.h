#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace gratis::messages {

// tests/e2e/mail_server.py: a real mail server, with TLS and AUTH, that misbehaves as the
// recipient's address asks.
class MailServer {
 public:
  MailServer() {
    char pattern[] = "/tmp/gratis-mail.XXXXXX";
    folder_ = mkdtemp(pattern);
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclose(&actions, out[0]);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::string python = "/usr/bin/python3", flag = "-B", script = GRATIS_MAIL_SERVER;
    char* const argv[] = {python.data(), flag.data(), script.data(), folder_.data(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, python.c_str(), &actions, nullptr, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    FILE* said = fdopen(out[0], "r");
    EXPECT_EQ(fscanf(said, "PORT %d", &port_), 1) << "the server does not come up";
    fclose(said);
  }
  ~MailServer() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  MailServer(const MailServer&) = delete;
  MailServer& operator=(const MailServer&) = delete;

  std::string url() const { return absl::StrCat("smtp://localhost:", port_); }
  std::string ca_path() const { return folder_ + "/ca.pem"; }

  // A letter that was sent whole.
  struct Letter {
    std::string to, from, user;
    bool tls = false;
    bool taken = false;
    std::string text;
  };
  std::vector<Letter> letters() const {
    std::ifstream file(folder_ + "/letters.jsonl");
    std::vector<Letter> letters;
    for (std::string line; std::getline(file, line);) {
      const auto json = nlohmann::json::parse(line);
      Letter letter{json.at("to"),  json.at("from"),  json.at("user"),
                    json.at("tls"), json.at("taken"), ""};
      absl::Base64Unescape(json.at("bytes").get<std::string>(), &letter.text);
      letters.push_back(letter);
    }
    return letters;
  }

 private:
  std::string folder_;
  pid_t pid_ = 0;
  int port_ = 0;
};

}  // namespace gratis::messages
