"""Every command and snippet of the pages does what the page says."""

import os
import pathlib
import shutil
import subprocess
import unittest

import calls  # noqa: F401  (makes the Python stubs that a snippet imports)
from house import BUILD, TOP, House
from snippets import matches, snippets_of

PAGES = sorted(str(p.relative_to(TOP)) for p in
               [TOP / "README.md", *TOP.glob("*/README.md"), *TOP.glob("services/*/README.md")] if p.exists())


def setUpModule():
    global house
    house = House(split=False, flags=["--development-clock"]).start()
    house.gratis("demo")


def tearDownModule():
    house.remove()


class Workplace:
    """A folder that looks like the checkout, with the test's instance where a reader's would be."""

    def __init__(self):
        self.folder = house.home / "checkout"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for name in ("proto", "deploy", "services", "common"):
            (self.folder / name).symlink_to(TOP / name)
        (self.folder / "tests").mkdir()
        (self.folder / "build").symlink_to(BUILD)
        (self.folder / "node_modules").symlink_to(TOP / "tests/e2e/node_modules")
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "buf").symlink_to(TOP / "tests/e2e/buf")
        (tools / "gratis").symlink_to(BUILD / "bin/gratis")
        (tools / "python3").symlink_to("/usr/bin/python3")
        self.environment = house.environment | {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(self.folder)}

    def here(self, text):
        return text.replace("localhost:8470", f"localhost:{house.port}").replace("/var/lib/gratis", str(house.home))

    def run(self, snippet):
        text = self.here(snippet.text)
        if snippet.language == "sh":
            # Exported variables and the folder go on to the next block, as in a reader's shell.
            text = f". ./.state 2>/dev/null; set -e\n{text}\nexport -p >.state"
            command = ["bash", "-c", text]
        else:
            file = self.folder / {"python": "snippet.py", "ts": "snippet.mjs"}[snippet.language]
            file.write_text(text)
            command = ["bash", "-c", '. ./.state 2>/dev/null; exec "$@"', "run",
                       "/usr/bin/python3" if snippet.language == "python" else "node", str(file)]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)


class Snippets(unittest.TestCase):
    def test_there_are_some(self):
        self.assertGreaterEqual(len(snippets_of((TOP / "README.md").read_text())), 4)

    def test_a_page_that_lies_is_found(self):
        page = "```sh\necho one two three\n```\n\n```text\none … four\n```\n<!-- not run: no reason -->\n```sh\nexit 1\n```\n"
        snippet, = snippets_of(page)
        done = Workplace().run(snippet)
        self.assertFalse(matches(snippet.output, done.stdout))
        self.assertTrue(matches("one … three", done.stdout))


def _test_of(page):
    def test(self):
        workplace = Workplace()
        for snippet in snippets_of((TOP / page).read_text(encoding="utf-8")):
            with self.subTest(page=page, line=snippet.line):
                done = workplace.run(snippet)
                self.assertEqual(done.returncode, 0, f"{snippet.text}\n{done.stdout}{done.stderr}")
                if snippet.output is not None:
                    self.assertTrue(matches(workplace.here(snippet.output), done.stdout),
                                    f"the page shows\n{snippet.output}\nbut it prints\n{done.stdout}")
    return test


for _page in PAGES:
    setattr(Snippets, "test_" + _page.replace("/", "_").removesuffix(".md"), _test_of(_page))

if __name__ == "__main__":
    unittest.main()
