#!/usr/bin/python3 -B
"""tests/faults/run counts the rounds that it played, and fails when it could not play all. Nothing is hurt here."""

import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import sys
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[0] / "e2e"))

import load_rounds  # noqa: E402


def load_run():
    loader = importlib.machinery.SourceFileLoader("run", str(HERE / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


class Counts(unittest.TestCase):
    def play(self, *arguments, may_mount, bad=()):
        """(exit code, what was printed, the faults that were played), when rounds with these numbers fail."""
        faults = []

        def play_one(number, seed, fault, **_):
            faults.append(fault)
            return number in bad

        run, printed = load_run(), io.StringIO()
        with mock.patch.multiple(load_rounds, may_mount=lambda: may_mount, play_one=play_one, Estate=mock.Mock(),
                                 SmallDisk=mock.Mock()), \
                mock.patch.object(run.import_rounds, "play", lambda rounds, first: 0), \
                mock.patch.object(sys, "argv", ["run", *arguments]), contextlib.redirect_stdout(printed):
            return run.main(), printed.getvalue(), faults

    def test_twenty_rounds_are_twenty_with_and_without_a_disk(self):
        for may_mount in (True, False):
            code, printed, faults = self.play("--rounds", "20", may_mount=may_mount)
            self.assertEqual((code, len(faults)), (0, 15))
            self.assertIn("20 rounds of 20 ended as they must", printed)
            self.assertEqual(faults.count("disk_full"), 1 if may_mount else 0)
            self.assertLessEqual(set(load_rounds.FAULTS), set(faults))
            self.assertEqual("no disk is filled" in printed, not may_mount)

    def test_what_cannot_be_played_does_not_pass(self):
        code, printed, faults = self.play("--rounds", "1", "--fault", "disk_full", may_mount=False)
        self.assertEqual((code, faults), (1, []))
        self.assertIn("0 rounds of 0 ended as they must\n1 of 1 could not be played", printed)

    def test_a_fault_that_is_asked_for_is_in_every_round(self):
        for fault in ("disk_full", "engine_killed"):
            code, _, faults = self.play("--rounds", "3", "--only", "load", "--fault", fault, may_mount=True)
            self.assertEqual((code, faults), (0, [fault] * 3))

    def test_one_that_failed_fails_all(self):
        code, printed, _ = self.play("--rounds", "20", may_mount=True, bad=(3,))
        self.assertEqual(code, 1)
        self.assertIn("19 rounds of 20 ended as they must", printed)


if __name__ == "__main__":
    unittest.main()
