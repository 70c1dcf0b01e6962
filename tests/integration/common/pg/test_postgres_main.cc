#include <cstdio>
#include <filesystem>
#include <string_view>

#include "tests/integration/common/pg/testing.h"

// The cluster that this build folder's tests share:
//   gratis-test-postgres start    starts it, if need be, and prints how to connect
//   gratis-test-postgres stop     stops it and forgets its data
int main(int argc, char** argv) {
  using gratis::pg::EmbeddedPostgres;
  const gratis::pg::EmbeddedOptions options = gratis::pg::testing::TestClusterOptions();
  const std::string_view verb = argc == 2 ? argv[1] : "";
  absl::Status status = absl::InvalidArgumentError("usage: gratis-test-postgres start|stop");
  if (verb == "start") {
    const absl::StatusOr<EmbeddedPostgres> cluster = EmbeddedPostgres::StartOrAttach(options);
    status = cluster.status();
    if (cluster.ok()) std::printf("%s\n", cluster->conninfo().c_str());
  } else if (verb == "stop") {
    status =
        std::filesystem::exists(options.home) ? EmbeddedPostgres::Stop(options) : absl::OkStatus();
    if (status.ok()) std::filesystem::remove_all(options.home);
  }
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
