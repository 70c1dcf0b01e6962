"""What the rules look at: the project's files, and C++ text taken apart into code and strings."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Tree:
    """Files by path from the root; the project's own, or a few made up to prove a rule."""

    def __init__(self, texts=None):
        self._texts = texts
        if texts is None:
            listed = subprocess.run(
                ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                cwd=ROOT, check=True, capture_output=True, text=True).stdout
            self._paths = sorted(p for p in listed.split("\0") if p and (ROOT / p).is_file())
        else:
            self._paths = sorted(texts)

    def paths(self, *folders, suffixes=()):
        """The files below the folders (all without any) whose names end in one of the suffixes."""
        return [p for p in self._paths
                if (not folders or p.startswith(tuple(f"{f}/" for f in folders)))
                and (not suffixes or p.endswith(tuple(suffixes)))]

    def text(self, path):
        """The file's text; empty for what is not text."""
        if self._texts is not None:
            return self._texts[path]
        try:
            return (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""


CPP = (".cc", ".h")

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|(?P<raw>R"(?P<mark>[^()\\\s]{0,16})\((?P<rawtext>.*?)\)(?P=mark)")'
    r'|(?P<string>"(?P<text>(?:\\.|[^"\\\n])*)")'
    r"|'(?:\\.|[^'\\\n])+'",
    re.S)
_DIGIT_MARK = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def code_of(text):
    """C++ without comments and without what stands in quotes; line numbers stay."""
    def blank(match):
        return ('""' if match.group("raw") or match.group("string") else "") + \
            "\n" * match.group(0).count("\n")
    return _TOKEN.sub(blank, _DIGIT_MARK.sub("", text))


def strings_of(text):
    """(line, string) of each string in C++ text."""
    text = _DIGIT_MARK.sub("", text)
    for match in _TOKEN.finditer(text):
        if match.group("raw"):
            yield line_of(text, match.start()), match.group("rawtext")
        elif match.group("string"):
            yield line_of(text, match.start()), match.group("text")


def matches(pattern, text):
    """(line, match) of each place where the pattern occurs."""
    for match in pattern.finditer(text):
        yield line_of(text, match.start()), match


def sql_of(text):
    """SQL without comments; line numbers stay."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
