"""Rules about C++: who may include whom, and what only one room may do."""

import re

from rule import rule
from tree import CPP, code_of, line_of, matches, strings_of

_LOW = {"base", "status"}
_MIDDLE = {"config", "obs", "vault", "pg"}
_UPPER = {"house", "jobs", "rpc"}

# A folder of common/ and the other folders of common/ that it may include. The arrows run one way:
# base <- status <- {config, obs, vault, pg} <- ledger <- {house, jobs, rpc} <- app <- services.
MAY_INCLUDE = {
    "status": set(),
    "base": {"status"},
    **{name: _LOW | {"obs"} for name in _MIDDLE},
    "ledger": _LOW | _MIDDLE,
    "house": _LOW | _MIDDLE | {"ledger"},
    "jobs": _LOW | _MIDDLE | {"ledger", "house"},
    "rpc": _LOW | _MIDDLE | {"ledger", "house"},
    "app": _LOW | _MIDDLE | {"ledger"} | _UPPER,
}

_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def _forbidden(path, included):
    """Why `path` may not include `included`; None when it may."""
    room, owner = path.split("/")[:2]
    target = included.split("/")
    if room == "common":
        if target[0] == "services":
            return "common never includes a service"
        if target[0] == "common" and target[1] != owner:
            if owner not in MAY_INCLUDE:
                return f"common/{owner} has no place among the arrows in tests/tidy/code_rules.py"
            if target[1] not in MAY_INCLUDE[owner]:
                return f"the arrows do not lead from common/{owner} to common/{target[1]}"
    if room == "services" and target[0] == "services" and target[1] != owner:
        if owner == "cli":
            return "the CLI sees proto and common only"
        if owner == "gratisd":
            if not included.endswith("_module.h"):
                return "gratisd includes the services' modules only"
        else:
            return "a service calls another through its contract, never through its headers"
    return None


@rule("arrows",
      bad=[{"common/base/ids.cc": '#include "common/pg/tx.h"\n'},
           {"common/status/reasons.h": '#include "common/base/text.h"\n'},
           {"common/pg/tx.h": '#include "common/ledger/books.h"\n'},
           {"common/rpc/shell.h": '#include "common/app/app.h"\n'},
           {"common/ledger/poster.cc": '#include "services/thanks/thanks.h"\n'},
           {"services/thanks/thanks.cc": '#include "services/members/members.h"\n'},
           {"services/cli/main.cc": '#include "services/members/members.h"\n'},
           {"services/gratisd/main.cc": '#include "services/members/member_store.h"\n'},
           {"common/new/new.h": '#include "common/base/ids.h"\n'}],
      good=[{"services/thanks/thanks.cc": '#include "common/ledger/books.h"\n'
                                          '#include "services/thanks/thanks_rules.h"\n',
             "services/gratisd/main.cc": '#include "services/thanks/thanks_module.h"\n',
             "common/base/civil.cc": '#include "common/status/reasons.h"\n'}])
def arrows(tree):
    """Includes run one way."""
    for path in tree.paths("common", "services", suffixes=CPP):
        for line, match in matches(_INCLUDE, tree.text(path)):
            why = _forbidden(path, match.group(1))
            if why:
                yield f"{path}:{line}: includes {match.group(1)}: {why}"


_OUTSIDE = {
    "the time": r"absl::Now\b|\bsystem_clock\b|\bhigh_resolution_clock\b|\bgettimeofday\b"
                r"|\bstd::time\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)|\bCLOCK_REALTIME\b",
    "the environment": r"\bgetenv\b|\benviron\b",
    "randomness": r"\b(?:std::)?s?rand\s*\(|\brandom_device\b|\bmt19937\w*|absl::BitGen\b|\bRAND_bytes\b",
    "sleeping": r"\bsleep_(?:for|until)\b|absl::SleepFor\b|\b(?:u|nano)?sleep\s*\(",
}
_OUTSIDE_PATTERN = {what: re.compile(p) for what, p in _OUTSIDE.items()}


@rule("outside_world",
      bad=[{"services/thanks/a.cc": "const auto now = absl::Now();\n"},
           {"common/jobs/a.cc": "std::chrono::system_clock::now();\n"},
           {"common/obs/a.cc": 'const char* x = std::getenv("HOME");\n'},
           {"services/cli/a.cc": "int n = rand() % 6;\n"},
           {"common/rpc/a.h": "std::this_thread::sleep_for(10ms);\n"},
           {"common/pg/a.cc": "usleep(10);\n"}],
      good=[{"common/base/clock.cc": "return absl::Now();\n",
             "common/config/environment.cc": 'std::getenv("GRATIS_HOME");\n',
             "services/thanks/a.cc": '// absl::Now() would be wrong\nLog("sleep(1)"); operand(3);\n'}])
def outside_world(tree):
    """Time, environment, randomness and sleeping live in common/base and common/config alone."""
    for path in tree.paths("common", "services", suffixes=CPP):
        if path.startswith(("common/base/", "common/config/")):
            continue
        code = code_of(tree.text(path))
        for what, pattern in _OUTSIDE_PATTERN.items():
            for line, match in matches(pattern, code):
                yield (f"{path}:{line}: {match.group(0).strip()}: {what} comes in through "
                       "common/base or common/config")


_SQL_TEXT = re.compile(
    r"^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|COPY|TRUNCATE|LOCK TABLE|ALTER|DROP|GRANT|REVOKE|CREATE)\s"
    r"|^\s*(?i:select\s.*\sfrom\s|insert\s+into\s|delete\s+from\s|update\s+\S+\s+set\s|with\s+\w+\s+as\s*\()",
    re.S)


@rule("sql_in_code",
      bad=[{"services/thanks/a.cc": 'tx.Run("SELECT 1");\n'},
           {"common/ledger/a.cc": 'auto q = R"(\n  insert into ledger.head values (1))";\n'},
           {"services/members/a.h": 'constexpr char kQuery[] = "WITH a AS (SELECT 1) SELECT 2";\n'}],
      good=[{"services/thanks/a.cc": 'Error("With a key for all programs, name one.");\n'
                                     '// "SELECT 1"\n'}])
def sql_in_code(tree):
    """SQL lives in .sql files, which have names."""
    for path in tree.paths("common", "services", suffixes=CPP):
        for line, string in strings_of(tree.text(path)):
            if _SQL_TEXT.match(string):
                yield f"{path}:{line}: SQL belongs into a .sql file: {string.strip()[:40]!r}"


_TRANSACTION = re.compile(r"^\s*(?:BEGIN|COMMIT|ROLLBACK|START\s+TRANSACTION|SAVEPOINT)\b(?!_)", re.I)
_TRANSACTION_SQL = re.compile(
    r"(?:^|;)\s*(?:BEGIN\s*(?:;|WORK|TRANSACTION|ISOLATION|READ)|COMMIT|ROLLBACK|START\s+TRANSACTION|SAVEPOINT)\b"
    r"|(?:^|;)\s*BEGIN\s*;", re.I)
_TRANSACTION_QUERY = re.compile(r"(?<=sql::)k(?:Begin|Commit|Rollback|Savepoint)\w*")


def _is_transaction(string):
    return _TRANSACTION.match(string) and (string.strip().split()[0].isupper() or ";" in string)


@rule("one_begin",
      bad=[{"services/thanks/a.cc": 'tx.Run("BEGIN");\n'},
           {"common/ledger/a.cc": 'connection.Execute("COMMIT");\n'},
           {"common/ledger/sql/a.sql": "BEGIN; SELECT 1;\n"},
           {"services/thanks/sql/a.sql": "COMMIT\n"},
           {"services/thanks/a.cc": "connection.Execute(pg::sql::kBegin);\n"},
           {"common/pg/a.cc": 'Execute("BEGIN");\n', "common/pg/b.cc": 'Execute("BEGIN READ ONLY");\n'},
           {"common/pg/a.cc": "Execute(sql::kBegin);\n", "common/pg/b.cc": "Execute(sql::kBeginReadOnly);\n"}],
      good=[{"common/pg/run_tx.cc": "Execute(sql::kBegin); Execute(sql::kCommit);\n",
             "common/pg/sql/begin.sql": "BEGIN\n",
             "services/x/a.cc": 'Find("-----BEGIN CERTIFICATE-----"); Error("COMMIT_IN_DOUBT");\n',
             "common/ledger/migrations/0001_a.sql":
                 "CREATE FUNCTION f() AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;\n"}])
def one_begin(tree):
    """RunTx in common/pg is the only one who begins and ends transactions."""
    beginners = set()
    for path in tree.paths("common", "services", suffixes=CPP):
        text = tree.text(path)
        found = [(line, s.strip()) for line, s in strings_of(text) if _is_transaction(s)]
        found += [(line, m.group(0)) for line, m in matches(_TRANSACTION_QUERY, code_of(text))]
        for line, what in found:
            if not path.startswith("common/pg/"):
                yield f"{path}:{line}: {what[:40]!r}: only RunTx begins and ends transactions"
            elif re.match(r"(?i)(?:k?begin|start)", what):
                beginners.add(path)
    for path in sorted(beginners)[1:]:
        yield f"{path}:1: a second place that begins; the first is {min(beginners)}"
    for path in tree.paths("common", "services", suffixes=(".sql",)):
        for line, match in matches(_TRANSACTION_SQL, tree.text(path)):
            if not path.startswith("common/pg/sql/"):
                yield f"{path}:{line}: {match.group(0).strip()!r}: only RunTx begins and ends transactions"


_FLOATING = re.compile(r"\b(?:long\s+double|double|float)\b|\bstd::(?:round|floor|ceil|pow|lround|llround)\b")


@rule("whole_numbers",
      bad=[{"services/thanks/a.cc": "double points = total * 1.5;\n"},
           {"common/ledger/a.h": "float rate;\n"},
           {"common/base/money.cc": "return std::floor(x);\n"}],
      good=[{"services/cli/progress.cc": "double share = done / total;\n",
             "services/thanks/a.cc": '// double entry\nLog("double entry"); DoubleEntry();\n'}])
def whole_numbers(tree):
    """Points and money are integers: the rooms that hold them have no floating point at all."""
    for path in tree.paths("common/ledger", "common/base", "services", suffixes=CPP):
        if path.startswith("services/cli/progress"):  # a bar on a terminal
            continue
        for line, match in matches(_FLOATING, code_of(tree.text(path))):
            yield f"{path}:{line}: {match.group(0)}: points and money are whole numbers"


_UNFIT_NAME = re.compile(r"\b(?:class|struct|enum class)\s+(\w*(?:Manager|Helper|Util|Utils))\b")


@rule("names",
      bad=[{"common/pg/a.h": "class ConnectionManager {\n"}],
      good=[{"common/pg/a.h": "class Pool {\n  // ConnectionManager\n"}])
def names(tree):
    """Names say what a thing is in its field."""
    for path in tree.paths("common", "services", "tests", suffixes=CPP):
        for line, match in matches(_UNFIT_NAME, code_of(tree.text(path))):
            yield f"{path}:{line}: {match.group(1)} says nothing; name it after what it is"


@rule("tests_are_built",
      bad=[{"tests/unit/a/b_test.cc": "", "tests/unit/a/CMakeLists.txt": "gratis_test(a SOURCES c_test.cc)"},
           {"tests/unit/a/b_test.cc": ""}],
      good=[{"tests/unit/a/b_test.cc": "", "tests/unit/a/CMakeLists.txt": "gratis_test(a SOURCES b_test.cc)"}])
def tests_are_built(tree):
    """A test that no CMakeLists.txt names never runs."""
    for path in tree.paths("tests", suffixes=("_test.cc",)):
        folder, name = path.rsplit("/", 1)
        while folder:
            lists = f"{folder}/CMakeLists.txt"
            if lists in tree.paths() and re.search(rf"(?<![\w]){re.escape(name)}", tree.text(lists)):
                break
            folder = folder.rpartition("/")[0]
        else:
            yield f"{path}:1: no CMakeLists.txt above it builds it"


_FUNCTION_LINES = 60
_FILE_LINES = 400


@rule("lengths", only_warns=True,
      bad=[{"common/a/a.cc": "int x;\n" * 401},
           {"common/a/a.cc": "int F() {\n" + "  f();\n" * 61 + "}\n"}],
      good=[{"common/a/a.cc": "int F() {\n" + "  f();\n" * 20 + "}\n"}])
def lengths(tree):
    """Files beyond 400 lines and functions beyond 60: a sign that the cut may be wrong."""
    for path in tree.paths("common", "services", suffixes=CPP):
        code = code_of(tree.text(path))
        lines = code.count("\n")
        if lines > _FILE_LINES:
            yield f"{path}:1: {lines} lines"
        # A function's body at namespace scope: from a line that ends in `) {` to a `}` in column 0.
        for match in re.finditer(r"^(\w[^\n;]*\([^;{}]*\)[^;{}\n]*)\{\n(.*?)^\}", code, re.M | re.S):
            length = match.group(2).count("\n")
            if length > _FUNCTION_LINES:
                name = re.search(r"([\w:~]+)\s*\(", match.group(1))
                yield (f"{path}:{line_of(code, match.start())}: "
                       f"{name.group(1) if name else 'a function'} has {length} lines")
