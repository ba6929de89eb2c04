"""Imports follow the arrows of the design, each library has one home, and the engine knows nothing of its first subject."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SOURCES = sorted([PROJECT / "ui.py", *(path for package in ("index", "assistant", "page") for path in (PROJECT / package).glob("*.py"))])
ENGINE = [path for path in SOURCES if path.parent.name in ("index", "assistant")]

MAY_IMPORT = {"index": {"index"}, "assistant": {"assistant", "index"}, "page": {"page", "assistant", "index"}}

HOMES = {
    "chromadb": "index/store.py",
    "httpx": "index/store.py",
    "sentence_transformers": "index/embeddings.py",
    "onnxruntime": "index/embeddings.py",
    "tokenizers": "index/embeddings.py",
    "torch": "index/embeddings.py",
    "transformers": "index/embeddings.py",
    "bm25s": "index/keywords.py",
    "Stemmer": "index/keywords.py",
    "simplemma": "index/keywords.py",
    "pysbd": "index/sentences.py",
    "markdown_it": "index/outline.py",
    "bs4": "index/formats.py",
    "docx": "index/formats.py",
    "pypdf": "index/formats.py",
    "frontmatter": "index/documents.py",
    "yaml": "index/documents.py",
    "langchain": "assistant/model.py",
    "gradio": "ui.py",
}

HEAVY = ("numpy", "chromadb", "torch", "gradio", "langchain", "langchain_core", "onnxruntime", "sentence_transformers", "sklearn")

SUBJECT = re.compile(
    r"\b(kei|cafe|tariffs?|fuel|cars?|trucks?|vehicles?|automobiles?|import (?:duty|duties)|mpg|japan(?:ese)?|korean?|nhtsa|emissions)\b", re.I
)
OUR_NAMES = re.compile(r"KEI_[A-Z_]*|kei-policy-assistant")


def imports_of(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_follow_the_arrows(path):
    ours = {module.split(".")[0] for module in imports_of(path)} & {"index", "assistant", "page", "ui"}
    assert ours <= MAY_IMPORT.get(path.parent.name, {"index", "assistant", "page"})


@pytest.mark.parametrize("library", HOMES)
def test_library_has_one_home(library):
    users = {name_of(path) for path in SOURCES if library in {module.split(".")[0] for module in imports_of(path)}}
    assert users <= {HOMES[library]}


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_engine_does_not_know_its_first_subject(path):
    text = OUR_NAMES.sub("", path.read_text(encoding="utf-8"))
    assert [line for line in text.split("\n") if SUBJECT.search(line)] == []


@pytest.mark.parametrize("module", ["index", "assistant"])
def test_help_loads_nothing_heavy(module):
    code = f"import runpy, sys; sys.argv = ['{module}', '--help']\ntry: runpy.run_module('{module}', run_name='__main__')\nexcept SystemExit: pass\n"
    code += f"print([name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "Usage: python -m " + module in run.stdout
    assert run.stdout.splitlines()[-1] == "[]"


def test_python_door_loads_no_page():
    run = subprocess.run([sys.executable, "-c", "import assistant, sys; assistant.Assistant; print('gradio' in sys.modules)"],
                         cwd=PROJECT, capture_output=True, text=True, check=True)  # fmt: skip
    assert run.stdout.strip() == "False"
