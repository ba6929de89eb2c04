"""Words mistyped: what was meant does not depend on the order in which words come."""

from __future__ import annotations

import pytest

from assistant.spelling import Speller

SPELLINGS = {"want": 30, "kei": 90, "whit": 40, "tariff": 70, "tariffs": 20, "maine": 9}


@pytest.mark.parametrize("words", [SPELLINGS, dict(reversed(SPELLINGS.items()))])
@pytest.mark.parametrize(
    ("wrong", "right"),
    [("waht", "what"), ("taht", "that"), ("kie", "kei"), ("tarrif", "tariff"), ("mainne", "maine"), ("maine", None), ("xqzv", None)],
)
def test_the_word_that_was_meant_is_found(words: dict[str, int], wrong: str, right: str | None) -> None:
    assert Speller(words, lambda word: False).nearest(wrong) == right


@pytest.mark.parametrize("word", ["rivian", "thx"])
def test_a_name_or_a_word_of_chats_becomes_no_other_word(word: str) -> None:
    assert Speller({"rival": 9, "tax": 90}, lambda word: False).nearest(word) is None


def test_a_word_that_the_language_knows_is_left_alone() -> None:
    assert Speller(SPELLINGS, lambda word: word == "wait").repair("wait for the tarif") == ("wait for the tariff", [("tarif", "tariff")])


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("hoe big is it", "how big is it"),
        ("dose the rule apply", "does the rule apply"),
        ("it sank, and wen did it rise", "it sank, and when did it rise"),
        ("show the fines", "show the fines"),
        ("then what is due", "then what is due"),
        ("whit many", "whit many"),
    ],
)
def test_asking_word_that_was_meant_by_another_word_is_found_where_a_question_begins(asked: str, meant: str) -> None:
    assert Speller(SPELLINGS, lambda word: True).repair(asked)[0] == meant
