#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/functional/function_ref.h"
#include "common/pg/pause.h"
#include "common/pg/tx.h"
#include "common/status/macros.h"
#include "tests/integration/common/pg/testing.h"

namespace gratis::pg::testing {

// A test with an empty database of its own and a pool of a few connections to it.
class OneDatabase : public ::testing::Test {
 protected:
  static TxOptions Soon() { return {.deadline = RealNow() + absl::Seconds(20)}; }

  PoolOptions Options() const {
    PoolOptions options;
    options.conninfo = database_.conninfo();
    options.application_name = "test";
    options.size = 4;
    return options;
  }

  absl::Status InTx(absl::FunctionRef<absl::Status(Tx&)> body) {
    return RunTx(pool_, Soon(), body);
  }

  TestDatabase database_;
  Pool pool_{Options()};
};

}  // namespace gratis::pg::testing
