"""Rules about SQL files: whose tables they touch, and that each was seen to work."""

import re

from rule import rule
from tree import matches, sql_of

# Which schemas the SQL of a folder may name. Tables of one service are no other's business.
SCHEMAS = {
    "common/pg": {"house"},
    "common/ledger": {"ledger"},
    "common/house": {"house"},
    "common/jobs": {"house"},
    "common/rpc": {"house"},
    "common/app": {"house"},
    "services/members": {"gratis_members"},
    "services/ledger": {"gratis_ledger"},
    "services/birthdays": {"gratis_birthdays"},
    "services/thanks": {"gratis_thanks"},
    "services/messages": {"gratis_messages"},
}
# What single files may name besides.
BESIDES = {
    # Grants what only this service's role may do.
    "services/members/migrations/0017_note_redone.sql": {"house"},
}
_ALL = sorted(set().union(*SCHEMAS.values()))
_SCHEMA = re.compile(r"\b(" + "|".join(_ALL) + r")\.(?=[a-z_\"])")


@rule("schemas",
      bad=[{"services/thanks/sql/a.sql": "SELECT 1 FROM gratis_members.member;\n"},
           {"services/thanks/sql/a.sql": "SELECT 1 FROM ledger.wallet;\n"},
           {"services/new/sql/a.sql": "SELECT 1 FROM house.api_key;\n"}],
      good=[{"services/thanks/sql/a.sql": "-- ledger.wallet\nSELECT 1 FROM gratis_thanks.purchase;\n"},
            {"services/members/migrations/0017_note_redone.sql": "GRANT INSERT ON house.redone TO gratis_members;\n"}])
def schemas(tree):
    """SQL names the tables of its own room only."""
    for path in tree.paths("common", "services", suffixes=(".sql",)):
        folder = "/".join(path.split("/")[:2])
        for line, match in matches(_SCHEMA, sql_of(tree.text(path))):
            if match.group(1) not in SCHEMAS.get(folder, set()) | BESIDES.get(path, set()):
                yield f"{path}:{line}: {folder} has no business in schema {match.group(1)}"


_CLOCK = re.compile(r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|random|"
                    r"gen_random_uuid)\s*\(|\b(?:current_timestamp|current_date|localtimestamp)\b", re.I)


@rule("sql_time",
      bad=[{"services/thanks/sql/a.sql": "SELECT now();\n"},
           {"common/ledger/sql/a.sql": "INSERT INTO ledger.head VALUES (CURRENT_TIMESTAMP);\n"}],
      good=[{"common/ledger/sql/a.sql": "-- not now()\nSELECT $1::timestamptz;\n"}])
def sql_time(tree):
    """SQL takes the time and what is random as parameters."""
    for path in tree.paths("common", "services", suffixes=(".sql",)):
        for line, match in matches(_CLOCK, sql_of(tree.text(path))):
            yield f"{path}:{line}: {match.group(0)}: pass it as a parameter"


@rule("sql_is_built",
      bad=[{"services/x/sql/a.sql": "", "services/x/CMakeLists.txt": "gratis_library(x SOURCES x.cc)"}],
      good=[{"services/x/sql/a.sql": "", "services/x/CMakeLists.txt": "gratis_library(x SQL sql/a.sql)"}])
def sql_is_built(tree):
    """A .sql file that no CMakeLists.txt names is dead."""
    for path in tree.paths("common", "services", suffixes=(".sql",)):
        folder, _, rest = path.rpartition("/sql/") if "/sql/" in path else path.rpartition("/migrations/")
        lists = f"{folder}/CMakeLists.txt"
        if lists not in tree.paths() or rest not in tree.text(lists):
            yield f"{path}:1: {lists} does not name it"
