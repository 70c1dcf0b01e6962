#include "tests/integration/common/pg/testing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/pg/conn.h"
#include "common/pg/pause.h"
#include "common/pg/query.h"
#include "common/status/macros.h"

namespace gratis::pg::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

void Check(const absl::Status& status, std::string_view doing) {
  if (!status.ok()) Broken(absl::StrCat(base::Abs(doing), ": ", status.ToString()));
}

const EmbeddedPostgres& Cluster() {
  static const EmbeddedPostgres& cluster = *[] {
    auto started = EmbeddedPostgres::StartOrAttach(TestClusterOptions());
    Check(started.status(), "starting the test cluster");
    return new EmbeddedPostgres(*std::move(started));
  }();
  return cluster;
}

std::unique_ptr<Conn> Connect(const std::string& conninfo) {
  auto conn = Conn::Open({conninfo, "gratis test", ""}, RealNow() + kPatience);
  Check(conn.status(), "connecting to the test cluster");
  return *std::move(conn);
}

void Script(Conn& conn, const std::string& text) {
  Check(conn.RunScript(text, RealNow() + kPatience), text);
}

std::vector<std::string> DatabasesLike(Conn& conn, std::string_view pattern) {
  constexpr Query kLike{"testing/databases_like",
                        "SELECT datname::text FROM pg_database WHERE datname LIKE $1"};
  conn.Reset();
  const int asked =
      conn.Queue(kLike, Params::Of(pattern), Conn::Answer::kKeep, absl::InfiniteFuture());
  Check(conn.Flush(RealNow() + kPatience), kLike.name);
  std::vector<std::string> names;
  for (const Rows rows = conn.Take(asked); const Row row : rows)
    names.push_back(row.Get<std::string>(0));
  return names;
}

// Drops what test programs left that were killed. Their process id is in the name.
void DropOrphans(Conn& conn) {
  for (const std::string& name : DatabasesLike(conn, R"(test\_%)")) {
    const std::vector<std::string> parts = absl::StrSplit(name, '_');
    int pid = 0;
    if (parts.size() == 3 && absl::SimpleAtoi(parts[1], &pid) && kill(pid, 0) != 0)
      conn.RunScript(absl::StrCat("DROP DATABASE IF EXISTS ", name, " WITH (FORCE)"),
                     RealNow() + kPatience)
          .IgnoreError();  // another test program does it
    conn.Reset();
  }
}

// The template's database, built by the first that comes; the others wait for it.
std::string EnsureTemplate(Conn& conn, const Template& content) {
  const std::string name = "tmpl_" + content.fingerprint;
  if (!DatabasesLike(conn, name).empty()) return name;
  Script(conn, "SELECT pg_advisory_lock(4711)");
  if (DatabasesLike(conn, name).empty()) {
    const std::string unfinished = "unfinished_" + content.fingerprint;
    Script(conn, absl::StrCat("DROP DATABASE IF EXISTS ", unfinished));
    Script(conn, absl::StrCat("CREATE DATABASE ", unfinished));
    Check(content.build(Cluster().conninfo(unfinished)), "building a template database");
    Script(conn, absl::StrCat("ALTER DATABASE ", unfinished, " RENAME TO ", name));
  }
  Script(conn, "SELECT pg_advisory_unlock(4711)");
  return name;
}

std::string Fingerprint(const std::vector<Schema>& schemas) {
  std::string content;
  for (const Schema& schema : schemas) {
    absl::StrAppend(&content, schema.name, " ", schema.service, "\n");
    for (const Migration& migration : schema.migrations)
      absl::StrAppend(&content, migration.number, base::Abs(migration.text), "\n");
  }
  return base::Hex(base::AsBytes(base::Sha256(content))).substr(0, 16);
}

class QueryLog final : public ::testing::Environment {
 public:
  void TearDown() override {
    const std::string lines = absl::StrCat(absl::StrJoin(QueriesRun(), "\n"), "\n");
    const int fd = open(GRATIS_QUERY_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const bool written =
        fd >= 0 && write(fd, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    EXPECT_TRUE(written) << "cannot write " << GRATIS_QUERY_LOG;
    close(fd);
  }
};

const ::testing::Environment* const kQueryLog = ::testing::AddGlobalTestEnvironment(new QueryLog);

}  // namespace

EmbeddedOptions TestClusterOptions() {
  EmbeddedOptions options;
  options.home = GRATIS_TEST_POSTGRES_HOME;
  options.settings = {{"max_connections", "200"}, {"shared_buffers", "64MB"}};
  options.durable = false;
  return options;
}

Template EmptyTemplate() {
  return {"empty", [](const std::string&) { return absl::OkStatus(); }};
}

Template TemplateOf(std::vector<Schema> schemas) {
  std::string fingerprint = Fingerprint(schemas);
  return {std::move(fingerprint), [schemas = std::move(schemas)](const std::string& conninfo) {
            for (const Schema& schema : schemas) {
              if (!schema.service.empty())
                RETURN_IF_ERROR(EnsureServiceRole(conninfo, schema.service));
              RETURN_IF_ERROR(Migrate(conninfo, schema.name, schema.migrations));
            }
            return absl::OkStatus();
          }};
}

TestDatabase::TestDatabase(const Template& content) {
  static std::atomic<int> count{0};
  const std::unique_ptr<Conn> conn = Connect(Cluster().conninfo("postgres"));
  if (count == 0) DropOrphans(*conn);
  name_ = absl::StrCat("test_", getpid(), "_", ++count);
  conninfo_ = Cluster().conninfo(name_);
  Script(*conn,
         absl::StrCat("CREATE DATABASE ", name_, " TEMPLATE ", EnsureTemplate(*conn, content)));
}

TestDatabase::~TestDatabase() {
  Script(*Connect(Cluster().conninfo("postgres")),
         absl::StrCat("DROP DATABASE ", name_, " WITH (FORCE)"));
}

void TestDatabase::Execute(const std::string& script) const { Script(*Connect(conninfo_), script); }

}  // namespace gratis::pg::testing
