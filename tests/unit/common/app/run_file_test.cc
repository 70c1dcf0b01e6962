#include "common/app/run_file.h"

#include <gtest/gtest.h>

namespace gratis::app {
namespace {

TEST(RunFile, IsJsonThatTellsClientsAllTheyNeed) {
  RunFile file;
  file.address = "localhost:8470";
  file.services = {"gratis.ledger.v1.KeyService", "gratis.ledger.v1.LedgerService"};
  file.ca = "/home/a \"b\"/tls/ca.pem";
  file.pid = 17;
  EXPECT_EQ(ToJson(file),
            R"({
  "address": "localhost:8470",
  "services": ["gratis.ledger.v1.KeyService", "gratis.ledger.v1.LedgerService"],
  "ca": "/home/a \"b\"/tls/ca.pem",
  "metrics": "",
  "pid": 17,
  "development_clock": false
}
)");
}

}  // namespace
}  // namespace gratis::app
