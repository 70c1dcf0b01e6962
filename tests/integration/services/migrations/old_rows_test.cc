#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/house/house_migrations.h"
#include "common/ledger/ledger_migrations.h"
#include "services/birthdays/birthdays_migrations.h"
#include "services/members/members_migrations.h"
#include "services/messages/messages_migrations.h"
#include "services/thanks/thanks_migrations.h"
#include "tests/integration/common/pg/one_database.h"

// Whatever version made a database, the next ones take it over: each migration is applied to tables
// in which there are rows of all versions before it.
namespace gratis {
namespace {

struct Schema {
  std::string name;
  std::string service;  // whose role is granted rights
  std::vector<pg::Migration> migrations;
  // A condition on what became of the rows of the first version: of the number 2, as all is that
  // counts in them.
  std::string became;
  // Migrations that came with the next one: nothing was ever written between the two.
  std::set<size_t> never_alone = {};
};

void PrintTo(const Schema& schema, std::ostream* out) { *out << schema.name; }

// Makes up rows of the number n for all tables there are, by the types of their columns. What a
// type alone does not tell is said below.
constexpr char kTrial[] = R"sql(
CREATE SCHEMA trial;
CREATE TABLE trial.kept (tab text, was jsonb);
CREATE TABLE trial.said (tab text, col text, value text);
INSERT INTO trial.said VALUES
  ('house.api_key', 'secret_hash', $v$sha256('$n')$v$),
  ('ledger.journal', 'kind', '29'),  -- asks for an adjustment
  ('ledger.wallet', 'debt', '0'),
  ('ledger.lot', 'pending', '0'),
  ('ledger.lot', 'held', '0'),
  ('ledger.lot', 'debt', '0'),
  ('ledger.lot', 'spent', '0'),
  ('ledger.lot', 'expired', '0'),
  ('ledger.lot', 'taken', '0'),
  ('ledger.lot', 'lent', '0'),
  ('ledger.lot', 'borrowed', '0'),
  ('gratis_members.member', 'data_key',
   $v$decode(lpad(to_hex($n), 8, '0') || repeat('00', 12), 'hex')$v$),
  ('gratis_members.card', 'prefix', '20'),
  ('gratis_members.card', 'issuer', $v$''$v$),
  ('gratis_members.brief_member', 'visits', '0'),
  ('gratis_members.inactivity_notice', 'erase_at', $v$'2027-01-01Z'$v$),
  ('gratis_birthdays.policy', 'valid_days', '365'),
  ('gratis_birthdays.policy', 'adult_age', '18'),
  ('gratis_thanks.complaint', 'outcome', '0'),
  ('gratis_thanks.cap_count', 'per', '2');

CREATE FUNCTION trial.made_up(of_type text, n integer) RETURNS text LANGUAGE sql AS $$
  SELECT CASE
    WHEN of_type LIKE '%[]' THEN $v$'{}'$v$
    ELSE CASE of_type
      WHEN 'integer' THEN n::text
      WHEN 'bigint' THEN n::text
      WHEN 'smallint' THEN '1'
      WHEN 'boolean' THEN 'true'
      WHEN 'text' THEN quote_literal('word ' || n)
      WHEN 'jsonb' THEN $v$'{}'$v$
      WHEN 'bytea' THEN quote_literal('\x' || repeat(lpad(to_hex(n), 2, '0'), 16))
      WHEN 'uuid' THEN quote_literal('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))
      WHEN 'date' THEN quote_literal('2026-01-' || lpad(n::text, 2, '0'))
      WHEN 'timestamp with time zone'
        THEN quote_literal('2026-01-' || lpad(n::text, 2, '0') || ' 12:00Z')
      ELSE 'no value is known of type ' || of_type
    END
  END
$$;

CREATE FUNCTION trial.tables(of_schema text) RETURNS TABLE (id oid, tab text) LANGUAGE sql AS $$
  SELECT c.oid, format('%I.%I', s.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
  WHERE s.nspname = of_schema AND c.relkind = 'r'
    AND (s.nspname, c.relname) <> ('house', 'migration')
  ORDER BY c.oid
$$;

CREATE FUNCTION trial.fill(of_schema text, n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t record;
  cols text;
  vals text;
BEGIN
  FOR t IN SELECT f.id, f.tab FROM trial.tables(of_schema) f ORDER BY f.id LOOP
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
           string_agg(coalesce(replace(s.value, '$n', n::text),
                               trial.made_up(format_type(a.atttypid, NULL), n)), ', '
                      ORDER BY a.attnum)
    INTO cols, vals
    FROM pg_attribute a LEFT JOIN trial.said s ON s.tab = t.tab AND s.col = a.attname
    WHERE a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' AND a.attidentity = ''
      AND (s.value IS NOT NULL OR (a.attnotnull AND NOT a.atthasdef));
    EXECUTE format('INSERT INTO %s (%s) VALUES (%s)', t.tab, cols, vals);
  END LOOP;
END $$;

CREATE FUNCTION trial.keep(of_schema text) RETURNS void LANGUAGE plpgsql
SET timezone = 'UTC' AS $$
DECLARE
  t record;
BEGIN
  DELETE FROM trial.kept;
  FOR t IN SELECT f.tab FROM trial.tables(of_schema) f LOOP
    EXECUTE format('INSERT INTO trial.kept SELECT %L, to_jsonb(r) FROM %s r', t.tab, t.tab);
  END LOOP;
END $$;

-- Kept rows that are not there any more with what they held in the columns that are left.
CREATE FUNCTION trial.lost() RETURNS text LANGUAGE plpgsql
SET timezone = 'UTC' AS $$
DECLARE
  k record;
  is_there boolean;
  lost text := '';
BEGIN
  FOR k IN SELECT tab, was FROM trial.kept LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s r WHERE to_jsonb(r) @>'
                   ' (SELECT coalesce(jsonb_object_agg(c.key, c.value), %L) FROM jsonb_each($1) c'
                   '  WHERE to_jsonb(r) ? c.key))', k.tab, '{}')
      INTO is_there USING k.was;
    IF NOT is_there THEN lost := lost || k.tab || ': ' || k.was::text || E'\n'; END IF;
  END LOOP;
  RETURN lost;
END $$;
)sql";

constexpr pg::Query kLost{"old_rows_test/lost", "SELECT trial.lost()"};
constexpr pg::Query kRows{"old_rows_test/rows", "SELECT count(*)::text FROM trial.kept"};
constexpr pg::Query kBecame{"old_rows_test/became", "SELECT trial.became()::text"};

class OldRows : public pg::testing::OneDatabase, public ::testing::WithParamInterface<Schema> {
 protected:
  std::string Ask(const pg::Query& query) {
    std::string answer;
    EXPECT_EQ(InTx([&](pg::Tx& tx) -> absl::Status {
                ASSIGN_OR_RETURN(const pg::Rows rows, tx.Run(query));
                answer = rows[0].Get<std::string>(0);
                return absl::OkStatus();
              }),
              absl::OkStatus());
    return answer;
  }
};

TEST_P(OldRows, OutliveEveryMigration) {
  const Schema& schema = GetParam();
  ASSERT_EQ(pg::EnsureServiceRole(database_.conninfo(), schema.service), absl::OkStatus());
  // Some of a service's migrations grant it what only it may do in the house.
  if (schema.name != "house") {
    ASSERT_EQ(pg::Migrate(database_.conninfo(), "house", house::Migrations()), absl::OkStatus());
  }
  database_.Execute(kTrial);
  const std::vector<pg::Migration>& all = schema.migrations;
  for (size_t applied = 1; applied <= all.size(); ++applied) {
    database_.Execute(absl::StrCat("SELECT trial.keep('", schema.name, "')"));
    EXPECT_EQ(Ask(kRows) == "0", applied == 1);
    const std::vector<pg::Migration> first(all.begin(), all.begin() + static_cast<long>(applied));
    ASSERT_EQ(pg::Migrate(database_.conninfo(), schema.name, first), absl::OkStatus());
    EXPECT_EQ(Ask(kLost), "") << "by migration " << applied;
    if (schema.never_alone.count(applied) > 0) continue;
    database_.Execute(absl::StrCat("SELECT trial.fill('", schema.name, "', ", applied + 1, ")"));
  }
  database_.Execute(
      absl::StrCat("CREATE FUNCTION trial.became() RETURNS boolean LANGUAGE sql AS $$ SELECT ",
                   schema.became, " $$"));
  EXPECT_EQ(Ask(kBecame), "true") << schema.became;
}

INSTANTIATE_TEST_SUITE_P(
    Of, OldRows,
    ::testing::Values(
        Schema{"house", "ledger", house::Migrations(),
               "(SELECT generation = 1 AND store = '' AND calls_per_second = 0 FROM house.api_key"
               " WHERE program_number IS NULL ORDER BY created_at LIMIT 1)"
               " AND (SELECT since = '-infinity' FROM house.master_key WHERE version = 2)"},
        Schema{"ledger", "ledger", ledger::Migrations(),
               "(SELECT open AND seq = 2 FROM ledger.adjustment WHERE partition = 2)"
               " AND (SELECT state = 1 AND survivor IS NULL FROM ledger.holder"
               "      WHERE partition = 2)"},
        Schema{"gratis_members", "members", members::Migrations(),
               "(SELECT key_version = 2 AND segments = '' FROM gratis_members.member"
               " WHERE partition = 2)"},
        Schema{"gratis_birthdays", "birthdays", birthdays::Migrations(),
               "(SELECT gifts::json #>> '{gift,points}' = '2' AND valid_days = 365"
               " FROM gratis_birthdays.policy WHERE program = 2)"
               " AND (SELECT worth = 2 AND kind = 1 FROM gratis_birthdays.gift"
               "      WHERE partition = 2)"},
        Schema{"gratis_thanks",
               "thanks",
               thanks::Migrations(),
               "(SELECT effective_from = '-infinity' FROM gratis_thanks.policy WHERE program = 2)"
               " AND (SELECT kept = 1 AND highest_position = 1 FROM gratis_thanks.buyer"
               "      WHERE partition = 2)",
               {3}},
        Schema{"gratis_messages", "messages", messages::Migrations(),
               "(SELECT voucher = '' AND day IS NULL FROM gratis_messages.message"
               " WHERE partition = 4)"
               " AND (SELECT marketing AND by_profile FROM gratis_messages.task"
               "      WHERE partition = 5)"}),
    [](const auto& schema) { return schema.param.name; });

}  // namespace
}  // namespace gratis
