#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/integration/common/ledger/lively.h"

// Whatever row of schema ledger is changed, deleted, put in or swapped with another, verify finds
// something. Tables and columns are taken from the database, so that none is forgotten.
namespace gratis::ledger::testing {
namespace {

constexpr const char* kTables[] = {
    "account",   "adjustment", "allocation", "block",   "budget",  "budget_draw", "cover",
    "directory", "head",       "hold",       "holder",  "journal", "lot",         "period",
    "pin",       "program",    "rate",       "request", "unit",    "voucher",     "wallet"};

// How the database has a table.
struct Table {
  std::vector<std::string> columns;
  std::map<std::string, std::string> types;
  std::vector<std::string> key;
  int64_t rows = 0;
};

class AnyRow : public Lively, public ::testing::WithParamInterface<const char*> {
 protected:
  Table Describe(const std::string& name);
  // Makes the damage and looks for it in all partitions; then mends it.
  void ExpectFound(const std::string& table, const std::string& script, const std::string& what);

 private:
  std::vector<std::string> Words(const std::string& query) {
    return absl::StrSplit(Text(query), ' ', absl::SkipEmpty());
  }
};

Table AnyRow::Describe(const std::string& name) {
  Table table;
  const std::string of = absl::StrCat(" WHERE attrelid = 'ledger.", name, "'::regclass");
  for (const std::string& word : Words(absl::StrCat(
           "SELECT string_agg(attname || '=' || atttypid::regtype::oid, ' ' ORDER BY attnum)"
           " FROM pg_attribute",
           of, " AND attnum > 0 AND NOT attisdropped"))) {
    const std::pair<std::string, std::string> column = absl::StrSplit(word, '=');
    table.columns.push_back(column.first);
    table.types[column.first] = column.second;
  }
  table.key = Words(absl::StrCat(
      "SELECT string_agg(attname, ' ' ORDER BY array_position(indkey::smallint[], attnum))"
      " FROM pg_attribute JOIN pg_index ON indrelid = attrelid AND indisprimary"
      " AND attnum = ANY(indkey::smallint[])",
      of));
  table.rows = Number(absl::StrCat("SELECT count(*) FROM ledger.", name));
  return table;
}

// Another value than the column has.
std::string Other(const Table& table, const std::string& column, const std::string& of = "") {
  static const std::map<std::string, std::string> kOthers = {
      {"16", "NOT $"},
      {"17", "coalesce($, '') || '\\x00'"},
      {"20", "coalesce($ + 1000, 0)"},
      {"21", "coalesce($ + 1000, 0)"},
      {"23", "coalesce($ + 1000, 0)"},
      {"25", "$ || ' '"},
      {"1184", "CASE WHEN isfinite($) THEN $ + interval '1 microsecond' ELSE '2001-01-01' END"},
      {"2950",
       "CASE WHEN $ IS NULL THEN '00000000-0000-0000-0000-000000000000'"
       " ELSE gen_random_uuid() END"}};
  return absl::StrReplaceAll(kOthers.at(table.types.at(column)), {{"$", of + column}});
}

void AnyRow::ExpectFound(const std::string& table, const std::string& script,
                         const std::string& what) {
  database_.Execute(absl::StrReplaceAll(
      script, {{"$t", absl::StrCat("ledger.", table)}, {"$b", absl::StrCat("before.", table)}}));
  const std::string columns = absl::StrJoin(Describe(table).columns, ", ");
  const auto differs = [&](const std::string& a, const std::string& b) {
    return absl::StrCat("EXISTS (SELECT ", columns, " FROM ", a, ".", table, " EXCEPT ALL SELECT ",
                        columns, " FROM ", b, ".", table, ")");
  };
  if (Number(absl::StrCat("SELECT (", differs("ledger", "before"), " OR ",
                          differs("before", "ledger"), ")::int")) == 0) {
    return;  // the two that were swapped are alike
  }
  bool found = false;
  for (int32_t p = 0; p <= program_.last_partition() && !found; ++p) {
    found = !Verify(p).damages.empty();
  }
  EXPECT_TRUE(found) << what;
  database_.Execute(absl::StrCat("TRUNCATE ledger.", table, "; INSERT INTO ledger.", table,
                                 " SELECT ", columns, " FROM before.", table));
}

TEST_P(AnyRow, OfThisTableIsGuarded) {
  const std::string name = GetParam();
  ExpectSoundBooks();
  const Table table = Describe(name);
  ASSERT_GE(table.rows, 2);
  // Somebody with the database's files is not held up by its constraints.
  database_.Execute(absl::StrCat(
      "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname"
      " FROM pg_constraint WHERE connamespace = 'ledger'::regnamespace"
      " AND contype IN ('c', 'f', 'u') LOOP"
      " EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$;"
      "CREATE SCHEMA before; CREATE TABLE before.",
      name, " AS SELECT row_number() OVER (ORDER BY r::text) AS place, r.* FROM ledger.", name,
      " r"));
  const auto same = [&](const std::string& a, const std::string& b) {
    std::vector<std::string> equal;
    for (const std::string& column : table.key) {
      equal.push_back(absl::StrCat(a, ".", column, " = ", b, ".", column));
    }
    return absl::StrJoin(equal, " AND ");
  };
  const auto row = [&](int64_t place) {
    return absl::StrCat(" FROM $b b WHERE b.place = ", place, " AND ", same("r", "b"));
  };
  const std::vector<int64_t> places{1, table.rows / 2 + 1, table.rows};

  for (const std::string& column : table.columns) {
    for (const int64_t place : places) {
      ExpectFound(
          name,
          absl::StrCat("UPDATE $t r SET ", column, " = ", Other(table, column, "r."), row(place)),
          absl::StrCat(name, ".", column, " changed in row ", place));
    }
  }
  for (const std::string& column : table.columns) {
    if (Number(absl::StrCat("SELECT attnotnull::int FROM pg_attribute WHERE attrelid = 'ledger.",
                            name, "'::regclass AND attname = '", column, "'")) == 1) {
      continue;
    }
    ExpectFound(name,
                absl::StrCat("UPDATE $t SET ", column, " = NULL WHERE ", column, " IS NOT NULL"),
                absl::StrCat(name, ".", column, " emptied"));
  }
  for (const int64_t place : places) {
    ExpectFound(name,
                absl::StrCat("DELETE FROM $t r USING $b b WHERE b.place = ", place, " AND ",
                             same("r", "b")),
                absl::StrCat(name, ": row ", place, " deleted"));
    for (const std::string& changed : table.key) {
      std::vector<std::string> values;
      for (const std::string& column : table.columns) {
        values.push_back(column == changed ? Other(table, column) : column);
      }
      ExpectFound(name,
                  absl::StrCat("INSERT INTO $t SELECT ", absl::StrJoin(values, ", "),
                               " FROM $b WHERE place = ", place),
                  absl::StrCat(name, ": row ", place, " put in again with another ", changed));
    }
    const int64_t next = place == table.rows ? 1 : place + 1;
    std::vector<std::string> set;
    for (const std::string& column : table.columns) {
      if (std::find(table.key.begin(), table.key.end(), column) == table.key.end()) {
        set.push_back(absl::StrCat(column, " = o.", column));
      }
    }
    ExpectFound(
        name,
        absl::StrCat("UPDATE $t r SET ", absl::StrJoin(set, ", "), " FROM $b b, $b o WHERE ",
                     same("r", "b"), " AND (b.place, o.place) IN ((", place, ", ", next, "), (",
                     next, ", ", place, "))"),
        absl::StrCat(name, ": rows ", place, " and ", next, " swapped"));
  }
  ExpectSoundBooks();
}

INSTANTIATE_TEST_SUITE_P(Each, AnyRow, ::testing::ValuesIn(kTables),
                         [](const auto& table) { return std::string(table.param); });

class Guarding : public Kernel {};

// But for where acts came from: what is beside the journal so that it may be deleted.
TEST_F(Guarding, EveryTableIsAmongThese) {
  EXPECT_EQ(Text("SELECT string_agg(relname, ' ' ORDER BY relname COLLATE \"C\") FROM pg_class"
                 " WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p')"
                 " AND relname <> 'act_network'"),
            absl::StrJoin(kTables, " "));
}

}  // namespace
}  // namespace gratis::ledger::testing
