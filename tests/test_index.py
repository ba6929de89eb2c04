"""Rebuild, open, search: the index holds what the corpus holds, and says so in one sentence when it cannot."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from stand_ins import WordEmbeddings

from index import (
    CorpusError,
    DocumentError,
    Index,
    IndexDamaged,
    IndexLocked,
    IndexMissing,
    IndexSettings,
    IndexStale,
    UserError,
    read_documents,
    rebuild,
)
from index.build import current_generation
from index.manifest import state_of
from index.parsed import PARSED, recall
from index.store import Store


def contents(settings: IndexSettings) -> list[tuple[str, int, int, str, tuple[float, ...]]]:
    """All that a question can meet: every passage with its place and vector."""
    store = Store(current_generation(settings.index) / "chroma")
    passages = [*store.all_passages()]
    vectors = store.vectors(range(len(passages)))
    return [(passage.document_id, passage.start, passage.end, passage.text, tuple(row)) for passage, row in zip(passages, vectors, strict=True)]


def documents_of(settings: IndexSettings) -> set[str]:
    return {row[0] for row in contents(settings)}


def texts_of(settings: IndexSettings) -> str:
    return "\n".join(row[3] for row in contents(settings))


# --- what a rebuild does -----------------------------------------------------------------------------------------------


def test_every_passage_is_a_span_of_its_document(small_settings, words):
    rebuild(small_settings, words)
    documents = {document.document_id: document for document in read_documents(small_settings.corpus)}
    for document_id, start, end, text, _ in contents(small_settings):
        assert documents[document_id].text[start:end] == text


def test_report_counts_what_was_built(small_settings, words):
    report = rebuild(small_settings, words)
    assert (report.documents, report.rebuilt, report.embedded) == (5, True, report.passages)
    assert len(report.changes.added) == 5


def test_rebuilding_twice_equals_rebuilding_once(small_settings, words):
    rebuild(small_settings, words)
    once = contents(small_settings)
    words.encoded.clear()
    report = rebuild(small_settings, words)
    assert (report.rebuilt, report.embedded, words.encoded) == (False, 0, [])
    assert contents(small_settings) == once


def test_forced_rebuild_equals_the_first(small_settings, words):
    rebuild(small_settings, words)
    once = contents(small_settings)
    assert rebuild(small_settings, words, force=True).rebuilt
    assert contents(small_settings) == once


def test_deleted_file_is_gone(small_settings, words):
    rebuild(small_settings, words)
    (small_settings.corpus / "sea/whales.md").unlink()
    assert rebuild(small_settings, words).changes.removed == ("sea/whales.md",)
    assert "sea/whales.md" not in documents_of(small_settings)
    assert all("whale" not in hit.text.lower() for hit in Index.open(small_settings, words).search("whales sing"))


def test_changed_file_changes_and_nothing_else_is_embedded(small_settings, words):
    rebuild(small_settings, words)
    words.encoded.clear()
    path = small_settings.corpus / "land/foxes.txt"
    path.write_text(path.read_text().replace("10 hours", "9 hours"))
    report = rebuild(small_settings, words)
    assert report.changes.changed == ("land/foxes.txt",)
    assert "9 hours" in texts_of(small_settings)
    assert "10 hours" not in texts_of(small_settings)
    assert all("fox" in text.lower() for text in words.encoded)


def test_index_after_changes_equals_a_fresh_one(small_settings, words, tmp_path):
    rebuild(small_settings, words)
    (small_settings.corpus / "sea/whales.md").unlink()
    (small_settings.corpus / "land/new.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    (small_settings.corpus / "sea/tides.md").rename(small_settings.corpus / "tides.md")
    rebuild(small_settings, words)
    fresh = replace(small_settings, index=tmp_path / "fresh")
    rebuild(fresh, words)
    assert contents(small_settings) == contents(fresh)


def test_touched_file_is_no_change(small_settings, words):
    rebuild(small_settings, words)
    path = small_settings.corpus / "sea/tides.md"
    path.write_text(path.read_text())
    assert not rebuild(small_settings, words).rebuilt


def test_front_matter_of_a_table_counts_as_the_table(small_settings, words):
    rebuild(small_settings, words)
    (small_settings.corpus / "lamps.csv.yaml").write_text("title: Lamps of Port Ellen\n")
    assert rebuild(small_settings, words).changes.changed == ("lamps.csv",)


def test_progress_is_told_step_by_step(small_settings, words):
    told: list[tuple[str, int, int]] = []
    rebuild(small_settings, words, progress=lambda what, done, everything: told.append((what, done, everything)))
    assert ("Reading", 5, 5) in told
    assert told[-1] == ("Writing", 1, 1)
    assert all(done <= everything for _, done, everything in told)


def test_word_that_the_corpus_lacks_stands_for_its_compounds(small_settings, words):
    path = small_settings.corpus / "land/soil.md"
    path.write_text("# Soil\n\nEarthworms were counted: 212 in the separate plot.\n")
    rebuild(small_settings, words)
    index = Index.open(small_settings, words)
    assert index.synonyms_of(["worm"]) == {"worm": frozenset({"earthworm"})}
    assert index.synonyms_of(["rate", "earthworm"]) == {}  # what stands before the ending of "separate" is no word
    assert "Earthworms" in index.search("worms", limit=1, method="keyword")[0].text


# --- documents as they were read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("corpus", ["corpus", "tests/corpora/kestrel"])
def test_documents_are_recalled_as_they_read(corpus, words, tmp_path):
    settings = IndexSettings(corpus=Path(__file__).parent.parent / corpus, index=tmp_path / "index", embedding_model="words")
    rebuild(settings, words)
    folder = current_generation(settings.index)
    for document in read_documents(settings.corpus):
        recalled = recall(folder, document.document_id, state_of(settings.corpus / document.document_id).file_sha256)
        assert recalled == document
        assert recalled.rows == document.rows


def test_file_that_has_not_changed_is_not_parsed_again(small_settings, words, monkeypatch):
    rebuild(small_settings, words)
    index = Index.open(small_settings, words)
    read = {document.document_id: document for document in read_documents(small_settings.corpus)}
    path = small_settings.corpus / "land/foxes.txt"
    path.write_text(path.read_text().replace("10 hours", "9 hours"))
    monkeypatch.setattr("index.search.read_document", lambda path, corpus: pytest.fail(f"{path} was parsed"))
    assert index.document("sea/whales.md") == read["sea/whales.md"]
    monkeypatch.undo()
    assert "9 hours" in index.document("land/foxes.txt").text


def test_recalled_documents_follow_the_files(small_settings, words):
    rebuild(small_settings, words)
    path = small_settings.corpus / "land/foxes.txt"
    path.write_text(path.read_text().replace("10 hours", "9 hours"))
    (small_settings.corpus / "sea/tides.md").unlink()
    rebuild(small_settings, words)
    folder = current_generation(small_settings.index)
    for document in read_documents(small_settings.corpus):
        assert recall(folder, document.document_id, state_of(small_settings.corpus / document.document_id).file_sha256) == document
    assert b"10 hours" not in (folder / PARSED).read_bytes()
    assert b"sea/tides.md" not in (folder / PARSED).read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b"half written"),
        lambda file: file.write_bytes(file.read_bytes().replace(b"10 hours", b"90 hours")),
        lambda file: file.write_bytes(file.read_bytes()[: len(file.read_bytes()) // 2]),
    ],
    ids=["missing", "overwritten", "altered", "cut off"],
)
def test_damaged_copy_of_a_document_is_not_believed(small_settings, words, damage):
    rebuild(small_settings, words)
    index = Index.open(small_settings, words)
    damage(index.folder / PARSED)
    for document in read_documents(small_settings.corpus):
        assert index.document(document.document_id) == document
    path = small_settings.corpus / "sea/tides.md"
    path.write_text(path.read_text() + "\nTides turn.\n")
    assert rebuild(small_settings, words).rebuilt  # what cannot be taken over is no fault
    assert Index.open(small_settings, words).document("sea/tides.md").text.endswith("Tides turn.\n")


# --- a rebuild that does not end well ----------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", ["---\ntitle: [\n---\n", "", "\0\0"], ids=["front matter", "empty", "binary"])
def test_broken_document_is_skipped_with_its_reason(small_settings, words, broken):
    (small_settings.corpus / "bad.md").write_text(broken)
    report = rebuild(small_settings, words)
    assert [skipped.document_id for skipped in report.skipped] == ["bad.md"]
    assert report.documents == 5
    assert not rebuild(small_settings, words).rebuilt, "it stays skipped without being read again"


@pytest.mark.parametrize("broken", ["---\ntitle: [\n---\n", "", "\0\0"], ids=["front matter", "empty", "binary"])
def test_broken_document_of_a_strict_rebuild_leaves_the_old_index_serving(small_settings, words, broken):
    rebuild(small_settings, words)
    before = contents(small_settings)
    (small_settings.corpus / "bad.md").write_text(broken)
    with pytest.raises(DocumentError, match=r"bad\.md"):
        rebuild(small_settings, words, strict=True)
    assert contents(small_settings) == before


@pytest.mark.parametrize("step", ["Reading", "Cutting", "Embedding", "Writing"])
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), MemoryError()], ids=["interrupted", "out of memory"])
def test_rebuild_that_breaks_off_leaves_the_old_index_serving(small_settings, words, step, fault):
    rebuild(small_settings, words)
    before, generation = contents(small_settings), current_generation(small_settings.index)
    (small_settings.corpus / "new.md").write_text("# Owls\n\nOwls hunt by ear.\n")

    def break_off(what: str, done: int, _everything: int) -> None:
        if what == step and not (what == "Writing" and done):
            raise fault

    with pytest.raises(type(fault)):
        rebuild(small_settings, words, progress=break_off)
    assert contents(small_settings) == before
    assert [path for path in small_settings.index.iterdir() if path.is_dir()] == [generation], "nothing half-built is left"
    assert rebuild(small_settings, words).changes.added == ("new.md",)


def test_full_disk_leaves_the_old_index_serving(small_settings, words, monkeypatch):
    rebuild(small_settings, words)
    before = contents(small_settings)
    (small_settings.corpus / "new.md").write_text("# Owls\n\nOwls hunt by ear.\n")

    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.build.Collector.save", full)
    with pytest.raises(UserError, match="No space left on device.*The old index is untouched"):
        rebuild(small_settings, words)
    assert contents(small_settings) == before


def test_new_generation_that_reads_back_differently_is_not_taken(small_settings, words, monkeypatch):
    rebuild(small_settings, words)
    before = contents(small_settings)
    (small_settings.corpus / "new.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    monkeypatch.setattr(Store, "counts", lambda _self: (0, 0))
    with pytest.raises(IndexDamaged, match="the old one still serves"):
        rebuild(small_settings, words)
    monkeypatch.undo()
    assert contents(small_settings) == before


def test_second_rebuild_at_the_same_time_is_told_to_wait(small_settings, words):
    rebuild(small_settings, words)
    with FileLock(small_settings.index / "lock"), pytest.raises(IndexLocked, match="Another process is rebuilding"):
        rebuild(small_settings, words, force=True)


def test_place_that_is_a_file_is_named(small_settings, words, tmp_path):
    (tmp_path / "taken").write_text("mine")
    for place in (tmp_path / "taken", tmp_path / "taken" / "index"):
        with pytest.raises(UserError, match="Cannot write the index to .*taken"):
            rebuild(replace(small_settings, index=place), words)
    assert (tmp_path / "taken").read_text() == "mine"


def test_missing_write_permission_is_named(small_settings, words, monkeypatch):
    """Whoever runs the tests as root may write everywhere, so the refusal is played."""

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UserError, match=r"Permission denied\. Give write permission, or name another place with --index or KEI_INDEX"):
        rebuild(small_settings, words)


@pytest.mark.parametrize("corpus", ["nowhere", "empty"])
def test_no_corpus_makes_no_index(small_settings, words, tmp_path, corpus):
    (tmp_path / "empty").mkdir()
    with pytest.raises(CorpusError):
        rebuild(replace(small_settings, corpus=tmp_path / corpus), words)
    assert not small_settings.index.exists()


# --- an index that does not fit ----------------------------------------------------------------------------------------


def test_missing_index_says_how_to_build_it(small_settings, words):
    with pytest.raises(IndexMissing, match="No index in .* Build it with: python -m index rebuild"):
        Index.open(small_settings, words)
    assert not small_settings.index.exists(), "looking for an index makes none"


def test_index_that_is_a_file_is_named(small_settings, words, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexMissing, match="is a file, not an index folder"):
        Index.open(replace(small_settings, index=tmp_path / "file"), words)


def _cut_off_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text()[:100])


def _other_format(folder: Path) -> None:
    path = folder / "manifest.json"
    data = json.loads(path.read_text())
    data["recipe"]["format"] = 99
    path.write_text(json.dumps(data))


def _fewer_passages(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"passages": 1}))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "no readable manifest"),
        (_cut_off_manifest, "no readable manifest"),
        (_other_format, "has format 99, this program reads"),
        (_fewer_passages, "does not hold what its manifest says"),
        (lambda folder: shutil.rmtree(folder / "chroma"), "has no chroma.sqlite3"),
        (lambda folder: (folder / "chroma/chroma.sqlite3").write_bytes(b"half written"), "cannot be opened"),
        (lambda folder: shutil.rmtree(folder / "passage-words"), "no readable keyword data"),
        (lambda folder: (folder / "sentence-words/words.json").write_text("{"), "no readable keyword data"),
        (shutil.rmtree, "which is missing"),
    ],
    ids=[
        "no manifest",
        "half a manifest",
        "other format",
        "other count",
        "no vectors",
        "half the vectors",
        "no words",
        "half the words",
        "no folder",
    ],
)
def test_damaged_index_is_named_and_built_anew(small_settings, words, damage, says):
    rebuild(small_settings, words)
    before = contents(small_settings)
    damage(current_generation(small_settings.index))
    with pytest.raises(IndexDamaged, match=says) as caught:
        Index.open(small_settings, words)
    assert "python -m index rebuild" in str(caught.value)
    rebuild(small_settings, words, force="--force" in str(caught.value))
    assert contents(small_settings) == before


@pytest.mark.parametrize(
    ("other", "says"),
    [({"name": "others"}, "embedding model words instead of others"), ({"fingerprint": "words-2"}, "fingerprint words-1 instead of words-2")],
    ids=["other model", "other weights"],
)
def test_index_of_another_model_is_refused(small_settings, words, other, says):
    rebuild(small_settings, words)
    embeddings = WordEmbeddings()
    vars(embeddings).update(other)
    with pytest.raises(IndexStale, match=says):
        Index.open(small_settings, embeddings)
    assert rebuild(small_settings, embeddings).embedded > 0
    assert Index.open(small_settings, embeddings).search("whales")


def test_index_of_other_chunks_is_refused(small_settings, words):
    rebuild(small_settings, words)
    with pytest.raises(IndexStale, match="chunk size 40 instead of 20"):
        Index.open(replace(small_settings, chunk_size=20), words)


def test_index_of_changed_documents_is_refused(small_settings, words):
    rebuild(small_settings, words)
    (small_settings.corpus / "new.md").write_text("# Owls\n\nOwls hunt by ear.\n")
    with pytest.raises(IndexStale, match=r"1 added.*python -m index rebuild"):
        Index.open(small_settings, words)
    assert Index.open(small_settings, words, allow_stale=True).changes().added == ("new.md",)


# --- search ------------------------------------------------------------------------------------------------------------


def test_search_finds_the_text_that_shares_the_words(small_settings, words):
    rebuild(small_settings, words)
    hits = Index.open(small_settings, words).search("do whales sing", limit=3)
    assert hits[0].document_id == "sea/whales.md"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize("few", [0, 8192], ids=["graph", "held vectors"])
def test_nearest_sentences_are_those_of_the_highest_cosines(small_settings, words, monkeypatch, few):
    monkeypatch.setattr("index.store.FEW", few)
    rebuild(small_settings, words)
    store = Index.open(small_settings, words).store
    vector = words.encode_question("do humpback whales sing")
    cosines = store.sentence_vectors(range(len(store.owners))) @ vector
    best = sorted(range(len(cosines)), key=lambda number: (-round(float(cosines[number]), 6), number))
    for limit in (1, 2):
        assert [number for number, _ in store.nearest(vector, limit)] == best[:limit]
    assert store.nearest(vector, 1)[0][1] == pytest.approx(float(cosines[best[0]]), abs=1e-6)


@pytest.mark.parametrize("question", ["zzzz qqqq", "the of and", "?", "🦊", "<script>alert(1)</script>", "whale " * 20000])
def test_odd_questions_are_searched_in_peace(small_settings, words, question):
    rebuild(small_settings, words)
    assert len(Index.open(small_settings, words).search(question, limit=2)) <= 2


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How old must a kei truck be to be imported?", "imports/"),
        ("What is the tariff on Korean cars?", "tariffs/korea"),
        ("49 U.S.C. 30112", "imports/"),
    ],
)
def test_real_model_finds_the_right_document(real_settings, embeddings, question, document):
    hits = Index.open(real_settings, embeddings).search(question, limit=3)
    assert any(hit.document_id.startswith(document) for hit in hits)
