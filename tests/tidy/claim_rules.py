"""Claims: what SECURITY.md says is proved by tests that are there."""

import re

from rule import rule
from tree import matches

_PAGE = "deploy/SECURITY.md"
_NAMED = re.compile(r"`(\w+)\.(\w+|\*)`")
_CPP_TEST = re.compile(r"TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")


def _tests(tree):
    """{suite: {tests}} of all tests, C++ and Python."""
    found = {}
    for path in tree.paths("tests", suffixes=("_test.cc",)):
        for suite, test in _CPP_TEST.findall(tree.text(path)):
            found.setdefault(suite, set()).add(test)
    for path in tree.paths("tests", suffixes=(".py",)):
        suite = None
        for line in tree.text(path).splitlines():
            begins = re.match(r"class (\w+)\(", line)
            suite = begins.group(1) if begins else suite
            test = re.match(r"    def (test_\w+)\(", line)
            if suite and test:
                found.setdefault(suite, set()).add(test.group(1))
    return found


def _rows(text):
    """(line, last cell) of each row of the table of claims: the one whose last column is `test`."""
    within = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        within = bool(cells) and (within or cells[-1] == "test")
        if within and cells[-1] != "test" and not re.fullmatch("[-:]+", cells[-1]):
            yield number, cells[-1]


def _claims(*cells, test="TEST(Door, IsShut) {"):
    rows = "\n".join(f"| a thief | come in | it is shut | {cell} |" for cell in cells)
    return {_PAGE: f"| whoever | cannot | because | test |\n| --- | --- | --- | --- |\n{rows}\n",
            "tests/unit/door_test.cc": test}


@rule("claims",
      bad=[_claims("`Door.IsOpen`"), _claims("`Window.*`"), _claims("we are sure"), _claims("`Door.IsShut`", "")],
      good=[_claims("`Door.IsShut`"), _claims("`Door.*`, `Door.IsShut`")])
def claims(tree):
    """Each claim in SECURITY.md names tests that are there."""
    tests = _tests(tree)
    for line, cell in _rows(tree.text(_PAGE)):
        named = list(matches(_NAMED, cell))
        if not named:
            yield f"{_PAGE}:{line}: no test is named"
        for _, match in named:
            suite, test = match.groups()
            if suite not in tests or test not in tests[suite] | {"*"}:
                yield f"{_PAGE}:{line}: there is no test {suite}.{test}"
