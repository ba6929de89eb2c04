"""Rebuilding: only what changed is read and embedded, the result equals a fresh build, and nothing that breaks off does harm."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import WordEmbeddings, write_corpus

from assistant import Assistant
from index import Index, IndexDamaged, IndexSettings, IndexStale, rebuild
from index import build as building
from index.build import current_generation
from index.keywords import Keywords
from index.manifest import Manifest
from index.store import Store

HERE = Path(__file__).parent
QUESTIONS = ("do whales sing", "owls at night", "what does a boat pay", "lamp of 1931")


def generations(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_dir())


def everything(of: IndexSettings) -> dict[str, Any]:
    """All that a question can meet: passages with their vectors, scores of words, hits."""
    index = Index.open(of, WordEmbeddings())
    keywords = (index.passage_words, index.sentence_words)
    passages = [*index.store.all_passages()]
    vectors = index.store.vectors(range(len(passages)))
    return {
        "passages": passages,
        "vectors": np.concatenate([vectors, index.store.sentence_vectors(range(index.manifest.sentences))]),
        "words": [[np.round(words.scores(question.split()), 6).tolist() for question in QUESTIONS] for words in keywords],
        "spellings": index.passage_words.spellings,
        "hits": [[(hit.document_id, hit.start, hit.end, round(hit.score, 6)) for hit in index.search(question)] for question in QUESTIONS],
        "documents": sorted(index.manifest.documents),
        "skipped": sorted(item.document_id for item in index.manifest.skipped),
    }


def assert_equal(one: IndexSettings, other: IndexSettings) -> None:
    """Both indexes hold the same."""
    left, right = everything(one), everything(other)
    # subtle: Chroma brings vectors to length one whenever it takes them, which may change their last bit
    assert np.allclose(left.pop("vectors"), right.pop("vectors"), atol=1e-6)
    assert left == right


# --- any sequence of edits -----------------------------------------------------------------------------------------------

_names = st.sampled_from(["a.md", "b.md", "sea/c.txt", "sea/deep/d.md", "table.csv"])
_texts = st.sampled_from([
    "# Owls\n\nOwls hunt by ear. They sleep by day.\n",
    "# Owls\n\nOwls hunt by ear. They wake at night.\n\n## Boats\n\nA boat pays $12.\n",
    "---\ntitle: Whales\nstatus: reported\n---\n\nWhales sing.\n\n| whale | length |\n|---|---|\n| Blue | 30 m |\n| Minke | 8 m |\n",
    "---\ntitle: Whales\nstatus: final\n---\n\nWhales sing.\n",
    "lamp,year\nOil lamp,1854\nElectric lamp,1931\n",
    "# Only a heading\n",
    "---\ntitle: [\n---\n",
    "",
])  # fmt: skip
_edits = st.one_of(
    st.tuples(st.just("write"), _names, _texts),
    st.tuples(st.just("delete"), _names, st.none()),
    st.tuples(st.just("rename"), _names, _names),
    st.tuples(st.just("touch"), _names, st.none()),
    st.tuples(st.just("rebuild"), st.none(), st.none()),
)


def edit(corpus: Path, what: str, name: str, other: str | None) -> None:
    path = corpus / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "write":
        path.write_text(str(other))
    elif path.exists() and what == "delete":
        path.unlink()
    elif path.exists() and what == "rename":
        (corpus / str(other)).parent.mkdir(parents=True, exist_ok=True)
        path.rename(corpus / str(other))
    elif path.exists():
        path.touch()


@settings(max_examples=20)
@given(edits=st.lists(_edits, min_size=2, max_size=9))
def test_index_equals_a_fresh_one_after_any_edits(tmp_path_factory, edits):
    folder = tmp_path_factory.mktemp("edits")
    corpus = write_corpus(folder / "documents", {"base.md": "# Base\n\nThe harbour has a lamp.\n", "a.md": "# Owls\n\nOwls hunt.\n"})
    grown = IndexSettings(corpus=corpus, index=folder / "grown", embedding_model="words", chunk_size=12)
    rebuild(grown, WordEmbeddings())
    for what, name, other in edits:
        if what == "rebuild":
            rebuild(grown, WordEmbeddings())
        else:
            edit(corpus, what, name, other)
    rebuild(grown, WordEmbeddings())
    fresh = replace(grown, index=folder / "fresh")
    rebuild(fresh, WordEmbeddings())
    assert_equal(grown, fresh)
    assert len(generations(grown.index)) == 1, "no trace of former generations"


# --- only what changed ---------------------------------------------------------------------------------------------------


@pytest.fixture
def built(small_settings: IndexSettings, words: WordEmbeddings) -> IndexSettings:
    """The small corpus, indexed."""
    rebuild(small_settings, words)
    words.encoded.clear()
    return small_settings


@pytest.fixture
def files_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that were read since the test began."""
    read: list[str] = []
    original = building.inspect_document

    def note(path: Path, corpus: Path) -> Any:
        read.append(path.relative_to(corpus).as_posix())
        return original(path, corpus)

    monkeypatch.setattr(building, "inspect_document", note)
    return read


def test_nothing_is_read_or_opened_when_nothing_has_changed(built, words, files_read, monkeypatch):
    monkeypatch.setattr(building, "Store", None)
    assert not rebuild(built, words).rebuilt
    assert (files_read, words.encoded) == ([], [])


def test_only_the_changed_document_is_read_and_only_its_new_sentences_are_embedded(built, words, files_read):
    path = built.corpus / "land/rules.md"
    path.write_text(path.read_text().replace("10 pm", "11 pm"))
    report = rebuild(built, words)
    assert files_read == ["land/rules.md"]
    assert report.embedded == 1
    assert [text for text in words.encoded if "Engines" not in text] == []


def test_renamed_document_is_not_embedded_again(built, words):
    (built.corpus / "sea/whales.md").rename(built.corpus / "whales.md")
    report = rebuild(built, words)
    assert (report.changes.added, report.changes.removed, report.embedded) == (("whales.md",), ("sea/whales.md",), 0)


def test_same_size_and_time_do_not_hide_a_change(built, words):
    """Another text of the same length under the old date, as a restored backup has it."""
    path = built.corpus / "sea/tides.md"
    before = path.stat()
    path.write_text(path.read_text().replace("2.1 metres", "3.4 metres"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert rebuild(built, words).changes.changed == ("sea/tides.md",)


@pytest.mark.parametrize("name", ["CHUNKER", "TOKENIZER", "READER"])
def test_other_version_reads_all_anew_and_embeds_only_other_texts(built, words, files_read, monkeypatch, name):
    monkeypatch.setattr(building, name, "other-1")
    with pytest.raises(IndexStale, match=r"other-1.*python -m index rebuild"):
        Index.open(built, words)
    report = rebuild(built, words)
    assert (len(files_read), report.embedded) == (5, 0)


def test_other_weights_embed_all_anew(built, words):
    words.fingerprint = "words-2"
    with pytest.raises(IndexStale, match="the weights of words are others under the same name"):
        Index.open(built, words)
    report = rebuild(built, words)
    assert report.embedded == report.passages


def test_store_that_is_worn_by_many_changes_is_written_anew(built, words):
    wear: list[float] = []
    for number in range(6):
        (built.corpus / "sea/tides.md").write_text(f"# Tides\n\nThe tide rises by {number} metres.\n")
        rebuild(built, words)
        wear.append(Index.open(built, words).store.wear)
    assert max(wear) > building.WORN
    assert 0 in wear


def test_assistant_goes_on_serving_when_the_index_is_rebuilt_with_another_model(built, words, monkeypatch):
    """It tries to open that index once, says that it needs a restart, and takes up the next one that fits."""
    assistant = Assistant(Index.open(built, words))
    before = assistant.answer("Do whales sing?")
    assert not assistant.needs_restart
    other = WordEmbeddings()
    other.fingerprint = "words-2"
    rebuild(built, other)
    opened: list[IndexSettings] = []
    real_open = Index.open
    monkeypatch.setattr(Index, "open", lambda settings, *rest, **options: (opened.append(settings), real_open(settings, *rest, **options))[1])
    after = [assistant.answer("Do whales sing?") for _ in range(2)]
    assert {(answer.status, answer.text) for answer in after} == {(before.status, before.text)}
    assert (assistant.needs_restart, assistant.index.is_current(), len(opened)) == (True, False, 1)
    rebuild(built, words)
    assert (assistant.needs_restart, assistant.index.is_current(), len(opened)) == (False, True, 2)


# --- generations and their readers ---------------------------------------------------------------------------------------


def test_open_index_keeps_its_generation_until_it_is_closed(built, words):
    reader = Index.open(built, words)
    (first,) = generations(built.index)
    (built.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    rebuild(built, words)
    assert first in generations(built.index)
    assert not reader.is_current()
    assert "whales" in reader.search("do whales sing", limit=1)[0].text
    del reader
    gc.collect()
    (built.corpus / "owls.md").unlink()
    rebuild(built, words)
    assert generations(built.index) == [current_generation(built.index).name]


def test_what_a_killed_rebuild_left_is_cleared_away_and_nothing_else(built, words):
    mine = built.index / "notes"
    left = built.index / "20250101T000000-0123abcd"
    for folder in (mine, left / "chroma", left.with_name(f"{left.name}.removed")):
        folder.mkdir(parents=True)
    rebuild(built, words)
    assert generations(built.index) == [current_generation(built.index).name, "notes"]


def breaking(corpus: Path, index: Path, *arguments: str) -> None:
    """Run breaking.py, which ends well when the old index served after each break."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(HERE.parent), str(HERE)))}
    done = subprocess.run(
        [sys.executable, HERE / "breaking.py", corpus, index, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
@pytest.mark.parametrize("arguments", [("kill", "100"), ("full", "100", "20000", "150000", "250000")], ids=["killed 100 times", "disk full"])
def test_old_index_serves_whatever_becomes_of_a_rebuild(small_corpus, small_settings, words, tmp_path, arguments):
    breaking(small_corpus, small_settings.index, *arguments)
    assert generations(small_settings.index) == [current_generation(small_settings.index).name]
    fresh = replace(small_settings, index=tmp_path / "fresh")
    rebuild(fresh, words)
    assert_equal(small_settings, fresh)


# --- an index that does not lie ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"other")], ids=["missing", "altered"])
@pytest.mark.parametrize("name", ["passage-words/data.csc.index.npy", "sentence-words/words.json", "chroma/order.npy"])
def test_damaged_file_is_found_and_the_next_rebuild_mends_it(built, words, name, damage, tmp_path):
    damage(current_generation(built.index) / name)
    with pytest.raises(IndexDamaged, match="python -m index rebuild --force"):
        Index.open(built, words)
    assert rebuild(built, words).rebuilt
    fresh = replace(built, index=tmp_path / "fresh")
    rebuild(fresh, words)
    assert_equal(built, fresh)


def test_altered_keyword_file_that_can_be_read_is_found(built, words):
    folder = current_generation(built.index) / "passage-words"
    path = folder / "words.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | {"frequency": {}}))
    assert Keywords.load(folder).size > 0
    with pytest.raises(IndexDamaged, match=r"words\.json is not as it was written"):
        Index.open(built, words)


def test_vectors_that_are_fewer_than_written_are_found_and_mended(built, words):
    store = Store(current_generation(built.index) / "chroma")
    store._passages.delete(ids=["0"])
    store.close()
    with pytest.raises(IndexDamaged, match="does not hold what its manifest says"):
        Index.open(built, words)
    (built.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    report = rebuild(built, words)
    assert report.embedded == report.passages, "nothing is taken over from a damaged index"


def test_new_generation_that_does_not_find_its_own_sentences_is_not_taken(built, words, monkeypatch):
    (built.corpus / "owls.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    before = current_generation(built.index)
    monkeypatch.setattr(Store, "nearest_sentences", lambda *_arguments: [(0, 0.5)])
    with pytest.raises(IndexDamaged, match="Only 0 of .* are found by their own vectors"):
        rebuild(built, words)
    assert current_generation(built.index) == before


def test_manifest_reads_back_the_same(built, tmp_path):
    manifest = Manifest.load(current_generation(built.index))
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest
