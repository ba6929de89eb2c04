"""A rule's history as data."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from assistant import Assistant

BYELAWS = Path(__file__).parent / "corpora" / "byelaws"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An invented town's byelaws, as on 22 November 2026."""
    opened = Assistant.open(corpus=BYELAWS, index=tmp_path_factory.mktemp("byelaws") / "index")
    return Assistant(opened.index, today=lambda: datetime.date(2026, 11, 22))


def test_a_history_is_told_from_the_first_step_to_the_last(town: Assistant) -> None:
    steps = town.timeline("parking.md")
    assert [(step.date, step.status) for step in steps] == [
        (None, "superseded"), ("2019-04-01", "superseded"), ("2023-04-01", "in force"), ("2026-06-18", "proposed"),
    ]  # fmt: skip
    assert steps[0].superseded_by == "Permit fee from April 2019 to March 2023"


def test_a_question_leads_to_its_history(town: Assistant) -> None:
    headings = [step.heading for step in town.timeline("How did taxi fares change?")]
    assert headings == ["Fares up to August 2021", "Fares from September 2021 to February 2025", "Fares since March 2025"]


def test_a_stay_and_what_is_adopted_but_not_in_force_are_told_as_such(town: Assistant) -> None:
    assert [step.status for step in town.timeline("bonfires.md")] == ["superseded", "superseded", "stayed"]
    assert [step.status for step in town.timeline("trees.md")] == ["superseded", "in force", "final"]


def test_what_ended_without_a_successor_is_repealed(town: Assistant) -> None:
    assert [(step.until, step.status) for step in town.timeline("alcohol.md")] == [("2024-05-31", "repealed")]


def test_every_step_has_a_citation_that_stands_in_its_file(town: Assistant) -> None:
    steps = [step for name in ("parking.md", "market.md", "waste.md") for step in town.timeline(name)]
    assert len(steps) >= 12
    assert all(town.library.is_intact(step.citation) for step in steps)


def test_a_question_about_nothing_dated_has_no_history(town: Assistant) -> None:
    assert town.timeline("census.md") == []


@pytest.mark.parametrize("question", ["How did taxi fares change?", "history of taxi fares", "how have taxi fares evolved over the years"])
def test_a_question_for_a_history_is_answered_by_its_steps_in_order(town: Assistant, question: str) -> None:
    answer = town.answer(question)
    sections = [citation.section.rsplit(" > ", 1)[-1] for citation in answer.citations]
    assert answer.status == "answered"
    assert sections == ["Fares up to August 2021", "Fares from September 2021 to February 2025", "Fares since March 2025"]
    assert answer.text.count("\n- ") == 2
    assert answer.text.startswith("- ")


@pytest.mark.parametrize("question", ["What is the taxi fare?", "How did the byelaw change the fare of taxis?", "history of the census"])
def test_other_questions_are_not_answered_by_steps(town: Assistant, question: str) -> None:
    assert not town.answer(question).text.startswith("- ")


def test_what_is_asked_beside_a_history_is_answered_too(town: Assistant) -> None:
    answer = town.answer("history of taxi fares and what does a resident parking permit cost?")
    assert {"taxis.md", "parking.md"} <= {citation.document_id for citation in answer.citations}
