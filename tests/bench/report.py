"""Figures: what they must be, what they were, and the table of both."""

import statistics

def shown(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


class Series:
    """One thing measured several times."""

    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)

    def __str__(self):
        spread = f" ({shown(min(self.values))} to {shown(max(self.values))})" if len(self.values) > 1 else ""
        return shown(self.median) + spread


class Report:
    """`goals`: of each figure (must, aim, whether more is better), or None if there is none; an aim may be None."""

    def __init__(self, goals):
        self.goals = goals
        self.figures = {}  # name: (value, what it was made of, for people)
        self.raw = {}      # everything measured
        self.notes = []

    def note(self, text):
        self.notes.append(text)

    def add(self, name, value, made_of=""):
        self.figures[name] = (value, made_of)

    def add_ratio(self, name, ours, theirs, of):
        self.add(name, ours.median / theirs.median, f"{ours} against {of} {theirs}")

    def verdict(self, name, value):
        if self.goals[name] is None:
            return ""
        must, aim, more_is_better = self.goals[name]
        reached = (lambda goal: value >= goal) if more_is_better else (lambda goal: value <= goal)
        if aim is not None and reached(aim):
            return "aim"
        return "must" if reached(must) else "BELOW" if more_is_better else "ABOVE"

    def table(self):
        rows = [("figure", "value", "must", "aim", "reached", "made of")]
        for name, (value, made_of) in self.figures.items():
            goals = ["" if goal is None else str(goal) for goal in (self.goals[name] or ("", ""))[:2]]
            rows.append((name, shown(value), *goals, self.verdict(name, value), made_of))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) + "  " + row[5] for row in rows]
        return "\n".join([*lines, "", *self.notes])

    def lines(self):
        """What a program reads: one line a figure."""
        return [f"{name} {value:.3f}" for name, (value, _) in self.figures.items()]

    def everything(self):
        return {"figures": {name: {"value": value, "reached": self.verdict(name, value)}
                            for name, (value, _) in self.figures.items()},
                "notes": self.notes, "measured": self.raw}
