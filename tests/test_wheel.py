"""A wheel built from the project works from another folder: code, corpus, page and all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel was unpacked. Its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, _copy(folder)],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def _copy(folder: Path) -> Path:
    """The project's files by themselves: building leaves files behind, which do not belong into the checkout."""
    kept = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "ui.py", "assistant", "index", "corpus", "page")
    for name in kept:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / "project" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / "project").mkdir(exist_ok=True)
            shutil.copy(source, folder / "project" / name)
    return folder / "project"


def run(installed: Path, folder: Path, *arguments: str, **environment: str) -> str:
    variables = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", **environment}
    finished = subprocess.run([sys.executable, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_wheel_holds_every_file_of_the_corpus_and_the_page(installed):
    for name in ("corpus", "page", "assistant", "index"):
        ours = {path.relative_to(PROJECT) for path in (PROJECT / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
        theirs = {path.relative_to(installed) for path in (installed / name).rglob("*") if path.is_file()}
        assert theirs == ours
    assert (installed / "ui.py").is_file()


def test_wheel_brings_its_licences(installed):
    (information,) = installed.glob("*.dist-info")
    assert {path.name for path in (information / "licenses").iterdir()} == {"LICENSE", "NOTICE"}
    assert "\nRequires-Dist: gradio" in (information / "METADATA").read_text(encoding="utf-8")


def test_wheel_answers_from_another_folder(installed, tmp_path, real_settings):
    """The index of the checkout's corpus serves the wheel's, which is the same to the last byte: else it would be refused as stale."""
    assert run(installed, tmp_path, "-c", "import assistant; print(assistant.__file__)").startswith(str(installed))
    output = run(installed, tmp_path, "-m", "assistant", "ask", "What is the tariff on Korean cars?", "--json", KEI_INDEX=str(real_settings.index))
    answer = json.loads(output)
    assert answer["status"] == "answered"
    assert "15%" in answer["text"]
    citation = answer["citations"][0]
    assert (installed / "corpus" / citation["document_id"]).is_file()


def test_wheel_finds_its_corpus_by_itself(installed, tmp_path, real_settings):
    facts = json.loads(run(installed, tmp_path, "-m", "index", "status", "--json", KEI_INDEX=str(real_settings.index)))
    assert facts["current"]
