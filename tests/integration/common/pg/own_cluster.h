#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/pg/embedded.h"

namespace gratis::pg::testing {

// A home for a cluster that a test may do anything to. Nothing runs there at first.
class OwnCluster : public ::testing::Test {
 protected:
  OwnCluster() {
    char dir[] = "/tmp/gratis-own-XXXXXX";
    options_.home = mkdtemp(dir);
    std::filesystem::permissions(options_.home, std::filesystem::perms(0755));
    options_.settings = {{"shared_buffers", "16MB"}};
    options_.durable = false;
  }
  ~OwnCluster() override {
    EXPECT_EQ(EmbeddedPostgres::Stop(options_), absl::OkStatus());
    std::filesystem::remove_all(options_.home);
  }

  EmbeddedPostgres Start() const {
    absl::StatusOr<EmbeddedPostgres> postgres = EmbeddedPostgres::StartOrAttach(options_);
    if (!postgres.ok()) ADD_FAILURE() << postgres.status();
    return *std::move(postgres);
  }

  std::string data() const { return options_.home + "/postgres/data"; }

  pid_t Postmaster() const {
    pid_t pid = 0;
    std::ifstream(data() + "/postmaster.pid") >> pid;
    return pid;
  }

  EmbeddedOptions options_;
};

}  // namespace gratis::pg::testing
