#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/pg/embedded.h"
#include "common/pg/migrations.h"

namespace gratis::pg::testing {

// What the databases of some tests begin with. Built once and kept under its fingerprint; every
// test gets a copy.
struct Template {
  std::string fingerprint;  // other content, other fingerprint
  std::function<absl::Status(const std::string& conninfo)> build;  // fills an empty database
};

// Nothing at all.
Template EmptyTemplate();

// One service's schema or a shared one.
struct Schema {
  std::string name;
  std::vector<Migration> migrations;
  std::string service;  // whose it is: EnsureServiceRole comes first; empty for a shared schema
};
// These schemas, migrated in this order.
Template TemplateOf(std::vector<Schema> schemas);

// A fresh database in the test cluster, dropped at the end. The cluster is one per build folder,
// started by the first test that needs it, shared by all test programs and left running:
// `build/tests/gratis-test-postgres stop` ends it. Stops the test program when PostgreSQL fails it.
//
// At its end, a test program that links this appends the names of the queries that it ran, one a
// line, to build/queries.run.
class TestDatabase {
 public:
  explicit TestDatabase(const Template& content = EmptyTemplate());
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  const std::string& conninfo() const { return conninfo_; }
  const std::string& name() const { return name_; }

  // Runs a script as superuser in a connection of its own, outside of any transaction.
  void Execute(const std::string& script) const;

 private:
  std::string name_;
  std::string conninfo_;
};

EmbeddedOptions TestClusterOptions();

}  // namespace gratis::pg::testing
