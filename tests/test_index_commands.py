"""`python -m index`: plain words for people, JSON for machines, exit codes for scripts."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from index.__main__ import main

FOXES = "land/foxes.txt"


@pytest.fixture
def index(small_corpus, tmp_path, words, monkeypatch):
    """Runs a command on the small corpus, with the model that counts words."""
    monkeypatch.setattr("index.embeddings.open_embeddings", lambda *_arguments, **_options: words)
    monkeypatch.setenv("KEI_CORPUS", str(small_corpus))
    monkeypatch.setenv("KEI_INDEX", str(tmp_path / "index"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run


def test_rebuild_says_what_it_did(index, tmp_path):
    first, second = index("rebuild"), index("rebuild")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout.startswith("Indexed 5 documents as ")
    assert first.stdout.rstrip().endswith(str(tmp_path / "index"))
    assert second.stdout.startswith("Nothing has changed: 5 documents as ")


def test_rebuild_after_a_change_says_what_changed(index, small_corpus):
    index("rebuild")
    (small_corpus / FOXES).write_text("Foxes\n\nFoxes sleep.\n")
    assert index("rebuild").stdout.rstrip().endswith("(1 changed)")


def test_no_progress_bar_in_a_pipe(index):
    assert index("rebuild").stderr == ""


def test_rebuild_as_json(index):
    report = json.loads(index("rebuild", "--json").stdout)
    assert (report["documents"], report["rebuilt"]) == (5, True)
    assert FOXES in report["changes"]["added"]


def test_check_exits_with_1_until_the_index_is_built(index, small_corpus):
    missing = index("rebuild", "--check")
    assert (missing.exit_code, "No index in" in missing.stderr) == (1, True)
    index("rebuild")
    assert index("rebuild", "--check").exit_code == 0
    (small_corpus / FOXES).unlink()
    (small_corpus / "new.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    stale = index("rebuild", "--check")
    assert stale.exit_code == 1
    assert f"removed {FOXES}" in stale.stdout
    assert "added   new.md" in stale.stdout
    assert json.loads(index("rebuild", "--check", "--json").stdout)["current"] is False


def test_dry_run_changes_nothing(index, tmp_path):
    planned = index("rebuild", "--dry-run")
    assert (planned.exit_code, planned.stdout.count("added   ")) == (0, 5)
    assert not (tmp_path / "index").exists()


def test_status_says_what_is_there(index):
    index("rebuild")
    status = index("status").stdout
    for words in ("Corpus", "Built", "5 documents", "words, 512 dimensions", "The index is up to date."):
        assert words in status
    facts = json.loads(index("status", "--json").stdout)
    assert (facts["documents"], facts["current"], facts["recipe"]["embedding_model"]) == (5, True, "words")
    assert facts["bytes"] > 0


def test_status_says_that_documents_have_changed_since(index, small_corpus):
    index("rebuild")
    (small_corpus / FOXES).write_text("Foxes\n\nFoxes sleep.\n")
    assert "Documents differ from the index: 1 changed." in index("status").stdout


def test_search_prints_hits(index):
    index("rebuild")
    found = index("search", "do whales sing", "--limit", "2").stdout
    assert found.startswith(" 1  ")
    assert "sea/whales.md > Whales > Song" in found.split("\n")[0]
    hits = json.loads(index("search", "do whales sing", "--json").stdout)["hits"]
    assert hits[0]["document_id"] == "sea/whales.md"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("search", "whales"), "No index in"),
        (("status",), "No index in"),
        (("rebuild", "--corpus", "nowhere"), "No corpus folder at"),
        (("check", "--corpus", "nowhere"), "No corpus folder at"),
        (("search", "  "), "The question is empty"),
    ],
)
def test_what_the_user_can_put_right_is_one_sentence_and_exit_code_1(index, arguments, says):
    result = index(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {says}")
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [("rebuild", "--check", "--force"), ("search",), ("search", "whales", "--limit", "0"), ("nonsense",)])
def test_wrong_usage_is_exit_code_2(index, arguments):
    assert index(*arguments).exit_code == 2


def test_broken_document_is_skipped_by_name_or_stops_a_strict_rebuild(index, small_corpus):
    (small_corpus / "bad.md").write_bytes(b"\0\0\0")
    strict = index("rebuild", "--strict")
    assert (strict.exit_code, "bad.md: is not text" in strict.stderr) == (1, True)
    lenient = index("rebuild")
    assert (lenient.exit_code, "Skipped bad.md: is not text" in lenient.stderr) == (0, True)


def test_check_lists_faults(index, small_corpus):
    (small_corpus / "a.md").write_text("---\nkind: brief\n---\n\n# A\n\nOne.\n")
    result = index("check")
    assert result.exit_code == 1
    assert "a.md:1: front matter lacks topic" in result.stdout
    assert any(fault["line"] == 1 for fault in json.loads(index("check", "--json").stdout))


def test_real_corpus_passes_its_check(real_settings):
    result = CliRunner().invoke(main, ["check", "--corpus", str(real_settings.corpus)])
    assert (result.exit_code, result.stdout) == (0, f"No faults in {real_settings.corpus}\n")
