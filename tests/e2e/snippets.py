"""The fenced blocks of the READMEs, to be run as they stand.

A block in `sh`, `python` or `ts` is run unless the line before it is `<!-- not run: WHY -->`. Blocks
of one file run in order, in one folder and one environment. What they print is compared with a block
in `text` right after them, where there is one; `…` in it stands for anything.
"""

import dataclasses
import re

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_NOT_RUN = re.compile(r"<!-- not run: .+ -->\n\Z")


@dataclasses.dataclass
class Snippet:
    line: int
    language: str
    text: str
    output: str = None


def snippets_of(text):
    found, last_end = [], 0
    for match in _FENCE.finditer(text):
        language, body = match.groups()
        between = text[last_end:match.start()]
        if language == "text" and found and not between.strip():
            found[-1].output = body
        elif language in ("sh", "python", "ts") and not _NOT_RUN.search(between):
            found.append(Snippet(text.count("\n", 0, match.start()) + 1, language, body))
        last_end = match.end() + 1
    return found


def matches(expected, printed):
    """Whether what was printed is what the page shows; spaces at line ends do not count."""
    def tidy(text):
        return "\n".join(line.rstrip() for line in text.strip().splitlines())
    pattern = re.escape(tidy(expected)).replace(re.escape("…"), r"[\s\S]*?")
    return re.fullmatch(pattern, tidy(printed)) is not None
