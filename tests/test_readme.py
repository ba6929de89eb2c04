"""The README is true: its commands run and print what it shows, its settings and files exist.

After a change, `python -m pytest tests/test_readme.py --update-readme` writes what the commands print now.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
SHOWN_INDEX = "~/.local/share/kei-policy-assistant/indexes/corpus"  # where a reader's own would be

PRINT_EXAMPLES = """
import contextlib, io, sys, traceback
names = {}
for source in sys.stdin.read().split("\\0"):
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(source, "README.md", "single"), names)
    sys.stdout.write(output.getvalue() + "\\0")
"""


def run(*arguments: str, index: Path, given: str = "") -> str:
    environment = {**os.environ, "KEI_INDEX": str(index), "COLUMNS": "100", "PYTHONPATH": str(PROJECT)}
    finished = subprocess.run([sys.executable, *arguments], cwd=PROJECT, env=environment, input=given, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.replace(str(index), SHOWN_INDEX)


def with_commands_run(block: str, index: Path) -> str:
    """The lines that begin with `$`, each with what it prints now."""
    commands = [line.removeprefix("$ python ") for line in block.split("\n") if line.startswith("$ ")]
    shown = [f"$ python {command}\n{run(*shlex.split(command), index=index).rstrip()}\n" for command in commands]
    return "\n".join(shown)


def with_examples_run(block: str, index: Path) -> str:
    """The lines that begin with `>>>`, each with what it prints now."""
    sources = [example.source for example in doctest.DocTestParser().get_examples(block)]
    outputs = run("-c", PRINT_EXAMPLES, index=index, given="\0".join(sources)).split("\0")
    return "".join(f">>> {source}{output}" for source, output in zip(sources, outputs, strict=False))


@pytest.mark.parametrize(("language", "rerun"), [("console", with_commands_run), ("pycon", with_examples_run)], ids=["commands", "python"])
def test_output_is_real(language, rerun, real_settings, request):
    text = README.read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)
    now = rerun(block, real_settings.index)
    if request.config.getoption("--update-readme"):
        README.write_text(text.replace(block, now), encoding="utf-8")
    else:
        assert now == block


def test_every_setting_is_in_the_table():
    sources = [PROJECT / "ui.py", *(path for package in ("index", "assistant", "page") for path in (PROJECT / package).glob("*.py"))]
    read = {name for path in sources for name in re.findall(r'"(KEI_[A-Z_]+)"', path.read_text(encoding="utf-8"))}
    table = README.read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    assert set(re.findall(r"`(KEI_[A-Z_]+)`", table)) == read


def test_every_file_of_the_tree_is_there():
    tree = README.read_text(encoding="utf-8").split("## The tree")[1].split("```")[1].strip("\n")
    folder = PROJECT
    for line in tree.split("\n"):
        name = line.split()[0]
        if not line.startswith(" "):
            folder = PROJECT / name
            assert folder.exists()
        else:
            assert (folder / name).is_file()


def test_links_and_pictures_lead_somewhere():
    text = README.read_text(encoding="utf-8")
    assert [target for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", text) if not (PROJECT / target).is_file()] == []
