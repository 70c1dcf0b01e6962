"""Rules about the contracts and what is written about them."""

import pathlib
import re
import subprocess
import sys
import tempfile

from rule import rule
from tree import ROOT, line_of

_ACCESS = "gratis/type/v1/access.proto"


def _compiled(tree):
    """The services of all contracts as (path, service, method, roles by number)."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        protos = []
        for path in tree.paths("proto", suffixes=(".proto",)):
            name = path.removeprefix("proto/")
            protos.append(name)
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(tree.text(path), encoding="utf-8")
        if _ACCESS not in protos:
            (out / _ACCESS).parent.mkdir(parents=True, exist_ok=True)
            (out / _ACCESS).write_text((ROOT / "proto" / _ACCESS).read_text())
            protos.append(_ACCESS)
        subprocess.run(["protoc", f"--proto_path={out}", f"--python_out={out}",
                        f"--descriptor_set_out={out}/all.pb", *protos], check=True)
        script = f"""
import sys
sys.path.insert(0, {str(out)!r})
from google.protobuf import descriptor_pb2
from gratis.type.v1 import access_pb2
files = descriptor_pb2.FileDescriptorSet()
files.ParseFromString(open({str(out / "all.pb")!r}, "rb").read())
for file in files.file:
    for service in file.service:
        for method in service.method:
            roles = method.options.Extensions[access_pb2.access].roles
            print(file.name, service.name, method.name, *roles)
"""
        listed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        file, service, method, *roles = line.split()
        yield f"proto/{file}", service, method, [int(r) for r in roles]


def _contract(option):
    return {"proto/gratis/x/v1/x.proto": f"""syntax = "proto3";
package gratis.x.v1;
import "{_ACCESS}";
service XService {{
  rpc DoX(DoXRequest) returns (DoXResponse) {{{option}}}
}}
message DoXRequest {{}}
message DoXResponse {{}}
"""}


@rule("roles",
      bad=[_contract(""), _contract("option (gratis.type.v1.access) = {roles: []};"),
           _contract("option (gratis.type.v1.access) = {roles: [ROLE_UNSPECIFIED]};")],
      good=[_contract("option (gratis.type.v1.access) = {roles: [ROLE_ADMIN]};")])
def roles(tree):
    """Every method says who may call it."""
    for path, service, method, named in _compiled(tree):
        if not named or 0 in named:
            line = line_of(tree.text(path), max(0, tree.text(path).find(f"rpc {method}(")))
            yield f"{path}:{line}: {service}.{method} names no roles"


_CODES = {"kInvalid": "INVALID_ARGUMENT", "kUnauthenticated": "UNAUTHENTICATED", "kDenied": "PERMISSION_DENIED",
          "kNotFound": "NOT_FOUND", "kExists": "ALREADY_EXISTS", "kPrecondition": "FAILED_PRECONDITION",
          "kUnavailable": "UNAVAILABLE"}


def _code_named(text):
    """INVALID_ARGUMENT for kInvalid or absl::StatusCode::kInvalidArgument."""
    last = text.rsplit("::", 1)[-1]
    if "::" not in text and last in _CODES:
        return _CODES[last]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last.removeprefix("k")).upper()


def reasons_in_code(text):
    """{name: (code, retryable, sentence)} of the table in common/status/reasons.cc."""
    table = {}
    for match in re.finditer(r'\{Reason::k\w+,\s*"(\w+)",\s*([\w:]+),\s*(true|false),\s*((?:"[^"]*"\s*)+)\}', text):
        sentence = "".join(re.findall(r'"([^"]*)"', match.group(4)))
        table[match.group(1)] = (_code_named(match.group(2)), match.group(3) == "true", sentence)
    return table


def reasons_in_guide(text):
    """The same of the table in proto/README.md: | `NAME` | CODE | yes or no | sentence |."""
    table = {}
    for match in re.finditer(r"^\|\s*`?([A-Z][A-Z0-9_]+)`?\s*\|\s*`?([A-Z_]+)`?\s*\|\s*(\w+)\s*\|\s*(.*?)\s*\|\s*$",
                             text, re.M):
        table[match.group(1)] = (match.group(2), match.group(3) == "yes",
                                 match.group(4).replace("`", ""))
    return table


_REASONS = ("enum class Reason {\n  kFieldMissing,\n};\n",
            '{Reason::kFieldMissing, "FIELD_MISSING", kInvalid, false, "A field "\n "is empty."},\n')


def _reasons_tree(guide, code=_REASONS[1], enum=_REASONS[0]):
    return {"common/status/reasons.h": enum, "common/status/reasons.cc": code, "proto/README.md": guide}


@rule("reasons",
      bad=[_reasons_tree(""),
           _reasons_tree("| `FIELD_MISSING` | NOT_FOUND | no | A field is empty. |\n"),
           _reasons_tree("| `FIELD_MISSING` | INVALID_ARGUMENT | yes | A field is empty. |\n"),
           _reasons_tree("| `FIELD_MISSING` | INVALID_ARGUMENT | no | A field is missing. |\n"),
           _reasons_tree("| `FIELD_MISSING` | INVALID_ARGUMENT | no | A field is empty. |\n"
                         "| `FIELD_GONE` | INVALID_ARGUMENT | no | It is gone. |\n"),
           _reasons_tree("| `FIELD_MISSING` | INVALID_ARGUMENT | no | A field is empty. |\n",
                         enum="enum class Reason {\n  kFieldMissing,\n  kOther,\n};\n")],
      good=[_reasons_tree("| `FIELD_MISSING` | INVALID_ARGUMENT | no | A field is empty. |\n")])
def reasons(tree):
    """The API guide's table of reasons is the one in common/status, sentence by sentence."""
    code = reasons_in_code(tree.text("common/status/reasons.cc"))
    enum = re.search(r"enum class Reason \{(.*?)\};", tree.text("common/status/reasons.h"), re.S)
    listed = re.findall(r"^\s*k\w+,", enum.group(1), re.M) if enum else []
    if len(listed) != len(code):
        yield f"common/status/reasons.cc:1: {len(code)} entries for {len(listed)} reasons"
    guide = reasons_in_guide(tree.text("proto/README.md")) if "proto/README.md" in tree.paths() else {}
    for name, entry in code.items():
        if guide.get(name) != entry:
            yield f"proto/README.md:1: {name} reads {guide.get(name)}, the engine says {entry}"
    for name in guide.keys() - code.keys():
        yield f"proto/README.md:1: the engine knows no reason {name}"


_STAFF = {1, 4, 5, 6}  # admin, marketing, support, finance
_READS = re.compile("(?:Batch)?Get|List|Identify|Explain|Preview|Forecast|Quote|Verify|Validate|Recompute|Backtest|"
                    "Watch|Who")
_ANSWERED = re.compile(r"^## What staff answers for$(.*?)(?=^## |\Z)", re.S | re.M)
_KIND = re.compile(r"FactKind::k(\w+)")


def _answered_for(tree):
    """What the API guide says: {kind of entry: the calls that leave it} and {call without an act: why}."""
    section = _ANSWERED.search(_text(tree, "proto/README.md"))
    left, excused = {}, {}
    for line in section.group(1).splitlines() if section else ():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 2:
            continue
        if re.fullmatch("`[A-Z_]+`", cells[0]):
            left[cells[0].strip("`")] = set(re.findall(r"`(\w+)`", cells[1]))
        else:
            excused |= {call: cells[1] for call in re.findall(r"`(\w+)`", cells[0])}
    return left, excused


def _text(tree, path):
    return tree.text(path) if path in tree.paths() else ""


def _acts_tree(rows, acts="FactKind::kXSet", posted="FactKind::kXSet"):
    return {**_contract("option (gratis.type.v1.access) = {roles: [ROLE_SUPPORT]};"),
            "proto/README.md": "## What staff answers for\n\n" + "".join(f"| {row} |\n" for row in rows),
            "common/ledger/acts.cc": acts, "services/x/x.cc": posted}


@rule("acts",
      bad=[_acts_tree([]), _acts_tree(["`X_SET` | "]), _acts_tree(["`DoX` | "], acts=""),
           _acts_tree(["`X_SET` | `DoX`", "`DoX` | why"]), _acts_tree(["`X_SET` | `DoX`, `DoY`"]),
           _acts_tree(["`X_SET` | `DoX`"], acts=""), _acts_tree(["`X_SET` | `DoX`"], posted=""),
           _acts_tree(["`DoX` | why"])],
      good=[_acts_tree(["entry | calls", "--- | ---", "`X_SET` | `DoX`, when asked"]),
            _acts_tree(["`DoX` | it is done all day"], acts="")])
def acts(tree):
    """What staff may change is an act, so that the audit shows it, or the API guide says why it is none."""
    left, excused = _answered_for(tree)
    leaving = set().union(*left.values())
    known = set()
    for path, service, method, named in _compiled(tree):
        known.add(method)
        if _STAFF.isdisjoint(named) or _READS.match(method) or method in leaving | excused.keys():
            continue
        line = line_of(tree.text(path), max(0, tree.text(path).find(f"rpc {method}(")))
        yield f"{path}:{line}: proto/README.md says neither which act {service}.{method} leaves nor why none"
    for call in sorted((leaving | excused.keys()) - known):
        yield f"proto/README.md:1: there is no call {call}"
    for call in sorted(call for call, why in excused.items() if call in leaving or not why):
        yield f"proto/README.md:1: {call} is said to leave an act, or no reason is given why it leaves none"
    kinds = set(_KIND.findall(_text(tree, "common/ledger/acts.cc")))
    posted = {kind for path in tree.paths("common", "services", suffixes=(".cc",)) if path != "common/ledger/acts.cc"
              for kind in _KIND.findall(tree.text(path))}
    told = {"".join(word.capitalize() for word in kind.split("_")) for kind in left}
    for kind in sorted(told ^ kinds):
        yield f"proto/README.md:1: k{kind} is an act in common/ledger/acts.cc or in the guide, and not in the other"
    for kind in sorted(kinds - posted):
        yield f"common/ledger/acts.cc:1: nothing posts k{kind}"
