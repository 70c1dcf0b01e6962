"""What a rule is: a check of the tree, and a made-up tree that it must refuse."""

import dataclasses
from typing import Callable, Iterable

from tree import Tree

RULES = {}


@dataclasses.dataclass
class Rule:
    name: str
    check: Callable[[Tree], Iterable[str]]
    bad: list          # trees (path -> text), each of which the check must refuse
    good: list         # and such as it must let pass
    only_warns: bool = False


def rule(name, bad, good=(), only_warns=False):
    """Declares a rule. Its check yields one line, `path:line: what is wrong`, for each finding."""
    def declare(check):
        RULES[name] = Rule(name, check, list(bad), list(good), only_warns)
        return check
    return declare
