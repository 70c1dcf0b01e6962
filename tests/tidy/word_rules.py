"""Rules about words: spelling, what the project does not talk about, and links that lead somewhere."""

import posixpath
import re

from rule import rule
from tree import ROOT, matches

# Patterns are written so that they do not match themselves.
_UNSAID = {
    "unfinished work is absent, not announced": r"\b(?:TO[D]O|FIX[M]E|HAC[K])\b|placeholde[r]",
    "a path of somebody's machine": r"(?<![\w.])[/](?:work|farm)[/]|[.]library[/]|[/]root[/]",
    "a registry's host": r"registry[.]npmjs|deb[.]debian[.]org|pypi[.]org|files[.]pythonhosted|proxy[.]golang|crates[.]io",
    "how the work is organized is no part of the work": r"\b(?:this|next|previous|earlier) (?:work )?sessio[n]\b"
        r"|\bassistan[t]s?\b|\b(?:GP[T]|LL[M]|Claud[e]|Anthropi[c]|Copilo[t])\b|\bissue #?\d|(?<![\w&/#])#\d+\b(?!;)",
    "American spelling": r"\b[Pp]rogramm[e]s?\b|\b[Cc]atalogu[e]s?\b|\b[Ee]nro[l](?:s|ment)?\b|\b[Cc]olou[r]"
        r"|\b[Bb]ehaviou[r]|\b[Aa]uthoris[e]|\b[Oo]rganis[e]|\b[Rr]ecognis[e]|\b[Ss]erialis[e]|\b[Ii]nitialis[e]"
        r"|\b[Cc]entr[e]\b|\b[Ll]icenc[e]\b|\b[Ff]avou[r]",
}
_UNSAID_PATTERN = {why: re.compile(p) for why, p in _UNSAID.items()}


def _words(text):
    return {"services/x/README.md": text + "\n"}


@rule("words",
      bad=[_words("TO" + "DO: later"), _words("see /wo" + "rk/main"), _words("from regi" + "stry.npmjs.org"),
           _words("as an assis" + "tant"), _words("see iss" + "ue 12"), _words("fixes #" + "12"),
           _words("a loyalty program" + "me"), _words("to enro" + "l them"), _words("be kind to the behavio" + "ur")],
      good=[_words("points issued; a database session; enrolled; /var/lib/gratis; programmed; #1f77b4 &#12;")])
def words(tree):
    """What the project does not say."""
    for path in tree.paths():
        if path.endswith((".csv", "package-lock.json", ".gitignore")):
            continue
        text = tree.text(path)
        for why, pattern in _UNSAID_PATTERN.items():
            for line, match in matches(pattern, text):
                yield f"{path}:{line}: {match.group(0)!r}: {why}"


_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@rule("links",
      bad=[{"services/README.md": "[the map](../nowhere.md)\n"}],
      good=[{"services/README.md": "[the map](../README.md) [out](https://example.org)\n", "README.md": ""}])
def links(tree):
    """Links from one page to another lead somewhere."""
    known = set(tree.paths())
    known |= {posixpath.dirname(p) for p in known}
    known |= {posixpath.dirname(p) for p in known}
    for path in tree.paths(suffixes=(".md",)):
        for line, match in matches(_LINK, tree.text(path)):
            target = match.group(1)
            if re.match(r"[a-z]+:", target):
                continue
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if where not in known:
                yield f"{path}:{line}: {target} is not there"


_TOP = ("common", "deploy", "proto", "services", "tests")


@rule("front_doors",
      bad=[{"common/base/a.h": ""}],
      good=[{f"{folder}/README.md": "text" for folder in _TOP} | {"README.md": "text"}])
def front_doors(tree):
    """Every top folder has a README of a screen or so."""
    for folder in _TOP:
        if f"{folder}/README.md" not in tree.paths():
            yield f"{folder}:1: no README.md"
    if "README.md" not in tree.paths():
        yield ".:1: no README.md"
    allowed = {"CMakeLists.txt", "README.md"}
    for path in tree.paths():
        if "/" not in path and not path.startswith(".") and path not in allowed:
            yield f"{path}:1: only CMakeLists.txt, README.md and dot files stand at the top"
