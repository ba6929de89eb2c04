"""What a rebuild changes in the answers, and which document did it."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.evaluate import is_correct, read_golden
from index.__main__ import main

PROJECT = Path(__file__).resolve().parent.parent
GOLDEN = """
[[question]]
id = "fox"
ask = "How long do foxes sleep?"
kind = "how much"
status = "answered"
facts = [["nine hours"]]

[[question]]
id = "owl"
ask = "How do owls hunt?"
kind = "what"
status = "answered"
facts = [["by ear"]]
"""


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    corpus = tmp_path / "zoo"
    corpus.mkdir()
    (corpus / "foxes.md").write_text("# Foxes\n\nFoxes sleep nine hours a day.\n")
    (corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear at night.\n")
    (corpus / "golden.toml").write_text(GOLDEN)
    monkeypatch.setenv("KEI_CORPUS", str(corpus))
    monkeypatch.setenv("KEI_INDEX", str(tmp_path / "index"))
    return corpus


def rebuild(*arguments):
    return CliRunner().invoke(main, ["rebuild", *arguments])


def test_a_rebuild_names_the_answers_it_changed_and_the_document_that_did_it(zoo):
    assert "Answer" not in rebuild().stdout  # nothing to compare with yet
    (zoo / "foxes.md").write_text("# Foxes\n\nFoxes sleep eleven hours a day.\n")
    output = rebuild().stdout
    assert "Answer lost (foxes.md): How long do foxes sleep?" in output
    assert "nine hours" in output
    assert "eleven hours" in output
    assert "owls" not in output
    (zoo / "foxes.md").write_text("# Foxes\n\nFoxes sleep nine hours a day.\n")
    change = json.loads(rebuild("--json").stdout)["answers"]
    assert [(item["outcome"], item["documents"]) for item in change] == [("gained", ["foxes.md"])]


def test_keep_answers_leaves_the_old_index_serving(zoo):
    rebuild()
    (zoo / "owls.md").unlink()
    refused = rebuild("--keep-answers")
    assert refused.exit_code == 1
    assert "How do owls hunt? (owls.md)" in refused.stderr
    assert rebuild("--check").exit_code == 1
    assert rebuild().exit_code == 0
    assert rebuild("--check").exit_code == 0


def test_no_answers_compares_nothing(zoo):
    rebuild()
    (zoo / "foxes.md").write_text("# Foxes\n\nFoxes sleep eleven hours a day.\n")
    assert "Answer" not in rebuild("--no-answers").stdout
    assert rebuild("--no-answers", "--keep-answers").exit_code == 2


def test_broken_golden_questions_are_named_and_the_old_index_serves(zoo):
    rebuild()
    (zoo / "golden.toml").write_text("[[question]]\nid = 1\n")
    (zoo / "foxes.md").write_text("# Foxes\n\nFoxes sleep eleven hours a day.\n")
    assert "golden.toml" in rebuild().stderr
    shutil.copy(zoo / "owls.md", zoo / "birds.md")
    assert rebuild("--no-answers").exit_code == 0


def test_the_golden_questions_of_the_corpus_are_answered_rightly(assistant):
    _, questions = read_golden(PROJECT / "corpus" / "golden.toml")
    assert len(questions) >= 15
    wrong = {golden.ask: assistant.answer(golden.ask, as_of=golden.as_of).text for golden in questions
             if not is_correct(golden, assistant.answer(golden.ask, as_of=golden.as_of))}  # fmt: skip
    assert wrong == {}
