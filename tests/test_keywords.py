"""Words of a text as the index knows them, and BM25 over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Index, IndexSettings, rebuild
from index.keywords import Collected, Collector, Keywords, tokenize


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("49 CFR 531", "49cfr531"),
        ("49 U.S.C. § 32902", "49usc32902"),
        ("25-year", "25-year"),
        ("2.5%", "2.5%"),
        ("15 percent", "15%"),
        ("8704.31", "8704.31"),
        ("H.R. 7389", "hr7389"),
        ("$25,000", "$25000"),
        ("N-BOX", "nbox"),
    ],
)
def test_figures_and_citations_stay_whole(text, whole):
    assert whole in tokenize(f"It says {text} there.")


@pytest.mark.parametrize(("text", "part"), [("49 CFR 531", "531"), ("25-year", "25"), ("2.5%", "2.5"), ("H.R. 7389", "7389"), ("$25,000", "25000")])
def test_figures_and_citations_are_found_by_their_parts(text, part):
    assert part in tokenize(text)


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("8th Circuit", "Eighth Circuit"),
        ("SAFE 3", "SAFE III"),
        ("25 yrs", "25 years"),
        ("15 pct", "15%"),
        ("$10k", "10,000"),
        ("keep_last", "last keep"),
        ("keepLast", "keep-last"),
        ("keep_last", "keeplast"),
        ("version v3.1", "version 3.1"),
        ("the harbour licence", "harbor license"),
        ("Øresund", "oresund"),
    ],
)
def test_two_ways_to_write_a_thing_meet(written, other):
    assert set(tokenize(written)) & set(tokenize(other)) >= set(tokenize(other)) - {"iii"}


_pieces = st.sampled_from(
    "22 10 k K - track th st % $ € . , § U.S.C. CFR H.R. iii IV _ a & / ' ’ 1,5k 22-track 10k-mile ٣ ² ½ 3rd-hand \u00a0".split(" ")
)


@given(st.one_of(st.text(max_size=40), st.lists(_pieces, max_size=8).map("".join), st.lists(_pieces, max_size=8).map(" ".join)))
def test_any_text_has_words(text):
    assert all(token and token == token.strip() for token in tokenize(text))


def test_words_meet_in_their_stem():
    assert tokenize("importing imports imported") == ["import"] * 3


def test_words_of_no_subject_are_left_out():
    assert tokenize("Is it the one that you have?") == []


def test_score_follows_the_rarer_word():
    keywords = Keywords.build([tokenize(text) for text in ("a whale sings", "a whale dives", "a boat sinks")])
    scores = keywords.scores(tokenize("whales that sing"))
    assert np.argsort(-scores).tolist() == [0, 1, 2]
    assert scores[2] == 0


def test_unknown_words_score_nothing():
    assert Keywords.build([["whale"]]).scores(["submarine"]).tolist() == [0]


def test_rarity_runs_from_nothing_to_one():
    keywords = Keywords.build([["common", "rare"], *[["common"]] * 9])
    assert 0 < keywords.rarity("common") < keywords.rarity("rare") < keywords.rarity("absent") == 1


def test_words_tell_something_even_in_a_corpus_of_one_text():
    assert Keywords.build([["common"]]).rarity("common") > 0.5


def test_saved_index_reads_back_the_same(tmp_path):
    keywords = Keywords.build([["whale", "song"], ["boat"], []], ["whale", "whale", "song"])
    keywords.save(tmp_path / "words")
    again = Keywords.load(tmp_path / "words")
    assert again.scores(["whale", "boat"]).tolist() == keywords.scores(["whale", "boat"]).tolist()
    assert (again.size, again.frequency, again.spellings) == (3, {"whale": 1, "song": 1, "boat": 1}, {"whale": 2, "song": 1})


def test_texts_of_an_index_come_back_as_they_were_taken_in(tmp_path):
    texts = [(["whale", "song", "whale"], ["whales", "song", "whale"]), ([], []), (["boat"], [])]
    collector = Collector()
    for tokens, spelled in texts:
        collector.add(tokens, spelled)
    collector.save(tmp_path / "words")
    saved = Collected(tmp_path / "words")
    again = Collector()
    for number in (2, 1, 0):
        again.add(*saved[number])
    fresh = Collector()
    for tokens, spelled in reversed(texts):
        fresh.add(tokens, spelled)
    for ours, theirs in ((again.keywords(), fresh.keywords()), (again.keywords(), Keywords.load(tmp_path / "words"))):
        assert (ours.frequency, ours.spellings, ours.size) == (theirs.frequency, theirs.spellings, 3)
    assert again.keywords().scores(["whale"]).tolist() == fresh.keywords().scores(["whale"]).tolist()


def test_words_with_a_capital_wherever_it_is_not_due_to_their_place_are_names(tmp_path):
    collector = Collector()
    collector.add(["ford"], [".Boats", "of", "Ford", "in", "Bell", "bell"])
    collector.save(tmp_path / "words")
    assert Keywords.load(tmp_path / "words").names == {"ford"}


def test_names_of_a_corpus_are_kept_with_its_index(tmp_path, words):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.md").write_text("# Harbour News\n\nThe ferry of Reading sails daily. People like reading there. A pilot named Mark left Sound.\n")
    settings = IndexSettings(corpus=corpus, index=tmp_path / "index", embedding_model="words")
    rebuild(settings, words)
    assert Index.open(settings, words).passage_words.names == {"mark", "sound"}
