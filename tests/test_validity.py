"""What held on a day: reading the day from the question, the standing of a passage, what replaced what, what sources dispute."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_ins import write_corpus

from assistant import Assistant
from assistant.answer import Answer, Citation
from assistant.days import asked, earliest
from assistant.evaluate import Golden, is_correct, read_golden
from assistant.validity import Histories, day_of, notes_on, state_on
from index import DocumentError, IndexSettings, UserError, rebuild
from index.check import check_corpus
from index.configuration import Period
from index.disagreements import read_disagreements

GOLDEN = Path(__file__).parent / "golden"
BYELAWS = Path(__file__).parent / "corpora" / "byelaws"
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def real(real_settings: IndexSettings) -> Assistant:
    """The project's own corpus, as on 22 November 2026."""
    opened = Assistant.open(corpus=real_settings.corpus, index=real_settings.index)
    return Assistant(opened.index, today=lambda: TODAY)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An invented town's byelaws, as on the same day."""
    opened = Assistant.open(corpus=BYELAWS, index=tmp_path_factory.mktemp("byelaws") / "index")
    return Assistant(opened.index, today=lambda: TODAY)


# --- the day in the question --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "begin", "end"),
    [
        ("What did it cost in July 2025?", "2025-07-01", "2025-07-31"),
        ("what did it cost on 1 october 2025", "2025-10-01", "2025-10-01"),
        ("the fee on October 1st, 2025?", "2025-10-01", "2025-10-01"),
        ("the fee as of 2025-10-01", "2025-10-01", "2025-10-01"),
        ("the fee before 3 April 2025", "2025-04-02", "2025-04-02"),
        ("the fee after August 2025", "2025-09-01", "2025-09-01"),
        ("What was the fee last summer?", "2026-06-01", "2026-08-31"),
        ("What was the fee in winter 2024?", "2024-12-01", "2025-02-28"),
        ("What was the fee in late 2024?", "2024-09-01", "2024-12-31"),
        ("What was the fee in 2019?", "2019-01-01", "2019-12-31"),
        ("What was the fee two years ago?", "2024-11-22", "2024-11-22"),
        ("What was the fee last month?", "2026-10-01", "2026-10-31"),
        ("What is the fee today?", "2026-11-22", "2026-11-22"),
        ("Is the old fee still charged?", "2026-11-22", "2026-11-22"),
        ("What was the fee in 2024 and then in 2025?", "2024-01-01", "2025-12-31"),
        ("What was the fee in July 2025 against today?", "2025-07-01", "2026-11-22"),
    ],
)
def test_the_time_asked_about_is_read_from_the_question(question: str, begin: str, end: str) -> None:
    found = asked(question, today=TODAY)
    assert (found.begin, found.end, found.is_told) == (begin, end, True)


@pytest.mark.parametrize(
    "question",
    [
        "What does the rule require for model year 2027?",
        "What does the 2022 rule say?",
        "Can I drive a 1999 truck?",
        "What did the proclamation of 26 March 2025 change?",
        "What is in the December 2025 announcement?",
        "Since when is it forbidden?",
        "What does the rule require of MY2027 to MY2031 cars?",
    ],
)
def test_what_names_a_thing_is_no_day(question: str) -> None:
    assert not asked(question, today=TODAY).is_told


PERIODS = [
    Period(("deal",), "2025-09-16", None, ("north",)),
    Period(("deal",), "2025-11-01", None, ("south",)),
    Period(("Smith", "Smith's council"), "2021-01-20", "2025-01-19"),
]


@pytest.mark.parametrize(
    ("question", "begin", "end"),
    [
        ("What did the north pay before the deal?", "2025-09-15", "2025-09-15"),
        ("south fee pre-deal", "2025-10-31", "2025-10-31"),
        ("the north's fee since the deal", "2025-09-16", "2026-11-22"),
        ("What was the fee under Smith's rule?", "2021-01-20", "2025-01-19"),
        ("the Smith-era fee", "2021-01-20", "2025-01-19"),
        ("What was the fee after Smith?", "2025-01-20", "2025-01-20"),
    ],
)
def test_a_time_is_called_by_its_name(question: str, begin: str, end: str) -> None:
    found = asked(question, today=TODAY, periods=PERIODS)
    assert (found.begin, found.end, found.is_told) == (begin, end, True)


@pytest.mark.parametrize("question", ["What did it cost before the deal?", "What is in the deal with the north?", "What did Smith say?"])
def test_a_name_of_a_time_that_is_none_there_or_could_be_several_is_no_day(question: str) -> None:
    assert not asked(question, today=TODAY, periods=PERIODS).is_told


def test_a_day_in_the_question_goes_before_the_day_beside_it() -> None:
    beside = datetime.date(2024, 5, 1)
    assert asked("the fee in July 2025", today=TODAY, as_of=beside).begin == "2025-07-01"
    assert asked("the fee", today=TODAY, as_of=beside).begin == "2024-05-01"
    assert asked("the fee last year", today=TODAY, as_of=beside).begin == "2023-01-01"


def test_what_was_before_something_undated_is_asked_as_such() -> None:
    found = asked("What did it cost before the deal?", today=TODAY)
    assert found.is_former
    assert not found.is_told


def test_the_31st_of_june_is_no_day() -> None:
    assert not asked("What happened on 31 June 2025?", today=TODAY).begin.startswith("2025-06-31")
    with pytest.raises(UserError, match="is no day"):
        day_of("31 June", today=TODAY)


def test_earliest_day_of_a_sentence() -> None:
    assert earliest("On 1 May 2026 it was said that the fee of 3 June 2024 would rise.") == "2024-06-03"
    assert earliest("The fee for model year 2026 is $5.") is None


# --- the standing of a passage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "begin", "end", "day", "state"),
    [
        ("in force", "2025-09-16", None, "2025-09-15", "not yet"),
        ("in force", "2025-09-16", None, "2025-09-16", "in force"),
        ("repealed", "2025-04-03", "2025-09-15", "2025-09-15", "in force"),
        ("repealed", "2025-04-03", "2025-09-15", "2025-09-16", "no longer"),
        ("repealed", None, "2025-04-02", "2024-01-01", "in force"),
        ("repealed", None, None, "2026-01-01", "no longer"),
        ("final", "2027-07-01", None, "2026-11-22", "not yet"),
        ("proposed", None, None, "2026-11-22", "proposed"),
        ("reported", None, None, "2026-11-22", "reported"),
        ("background", None, None, "2026-11-22", "unknown"),
        (None, None, None, "2026-11-22", "unknown"),
    ],
)
def test_what_a_passage_was_on_a_day(status: str | None, begin: str | None, end: str | None, day: str, state: str) -> None:
    assert state_on({"status": status, "effective_from": begin, "effective_until": end}, day) == state


def test_a_month_in_which_one_text_replaced_another_has_both() -> None:
    old = {"status": "repealed", "effective_until": "2025-09-15"}
    new = {"status": "in force", "effective_from": "2025-09-16"}
    assert [state_on(validity, "2025-09-01", "2025-09-30") for validity in (old, new)] == ["in force", "in force"]


def test_histories_know_what_replaced_what(town: Assistant) -> None:
    histories = Histories(town.index.store.all_passages())
    first, second, third = (f"parking.md#Permit fee {when}" for when in ("up to March 2019", "from April 2019 to March 2023", "since April 2023"))
    assert histories.after(first) == [second]
    assert histories.before(third) == [second]
    assert histories.around(second) == {first, third}
    assert list(histories.later(first)) == [second, third]


# --- answers ------------------------------------------------------------------------------------------------------------


def test_the_same_question_on_two_days_has_two_answers(town: Assistant) -> None:
    question = "What does a market stall cost?"
    assert "£15" in town.answer(question, as_of="2025-06-30").sentences[0].text
    assert "£18" in town.answer(question, as_of="2025-07-01").sentences[0].text


def test_the_text_in_force_leads_when_no_day_is_told(town: Assistant) -> None:
    assert "£3.60" in town.answer("What are the harbour dues of a visiting yacht?").sentences[0].text


def test_an_answer_about_an_earlier_day_tells_what_changed_since_and_when(town: Assistant) -> None:
    answer = town.answer("What did a taxi ride begin at in May 2024?")
    assert answer.as_of == "2024-05-31"
    assert "£3.80" in answer.sentences[0].text
    assert any("£4.20" in sentence.text for sentence in answer.sentences)
    changed = next(note for note in answer.notes if "2025-03-01" in note)
    assert re.search(r"“Fares from September 2021 to February 2025” \[1\] was superseded by “Fares since March 2025” \[\d\]", changed)


def test_what_was_superseded_is_named_when_the_question_touches_it(town: Assistant) -> None:
    notes = town.answer("What are the harbour dues of a visiting yacht?").notes
    assert any(re.search(r"“Dues up to March 2022”( \[\d\])? was superseded by “Dues since April 2022” \[1\]", note) for note in notes)


def test_what_is_to_come_is_not_reported_as_law(town: Assistant) -> None:
    answer = town.answer("From what trunk size will felling a tree need a permit from January 2027?")
    assert any("2027-01-01" in note for note in answer.notes)


def test_a_proposal_is_named_one(town: Assistant) -> None:
    answer = town.answer("Will the residents' parking permit cost £90?")
    assert "proposed" in answer.sentences[0].text
    assert any("proposed, not in force" in note for note in answer.notes)


def test_the_newest_evidence_is_dated(town: Assistant) -> None:
    assert any(note.startswith("The newest evidence for this answer is of 2026-09-30") for note in town.answer("price of a lido ticket").notes)


def test_a_report_bears_its_day() -> None:
    citation = Citation(1, "a.md", "A report", None, "2025-12-03", "reported", "", "It is so.", 0, 9, "", None, as_of="2025-12-03")
    assert "A report: a report, as of 2025-12-03." in notes_on([citation], "2026-11-22")


def test_both_sides_of_a_disagreement_are_shown_and_cited(town: Assistant) -> None:
    answer = town.answer("When did the lido open?")
    text = " ".join(sentence.text for sentence in answer.sentences)
    assert "12 June 1934" in text
    assert "3 July 1935" in text
    note = next(note for note in answer.notes if note.startswith("The sources differ"))
    assert re.search(r"12 June 1934 \(the council's archive.*\) \[\d\]; 3 July 1935 \(the Haverstoke Gazette\) \[\d\]", note)


def test_no_disagreement_is_invented(town: Assistant) -> None:
    for question in ("What does a lido ticket cost?", "Are dogs allowed on Long Beach?", "how much is a parking permit now"):
        assert not any(note.startswith("The sources differ") for note in town.answer(question).notes)


# --- quality ------------------------------------------------------------------------------------------------------------


def _answers(assistant: Assistant, name: str) -> Iterator[tuple[Golden, Answer]]:
    for golden in read_golden(GOLDEN / name)[1]:
        yield golden, assistant.answer(golden.ask, as_of=golden.as_of)


def test_answers_are_right_for_their_day(real: Assistant, town: Assistant) -> None:
    """Floors, below what docs/dates.md reports, so that a change that costs quality is seen."""
    for assistant, name, floor in ((real, "dates.toml", 0.85), (town, "byelaws.toml", 0.9)):
        outcomes = [is_correct(golden, answer) for golden, answer in _answers(assistant, name) if golden.kind in ("dated", "today")]
        assert sum(outcomes) / len(outcomes) >= floor


def test_no_proposal_is_ever_cited_without_being_called_one(real: Assistant, town: Assistant) -> None:
    for assistant, name in ((real, "dates.toml"), (town, "byelaws.toml")):
        for _, answer in _answers(assistant, name):
            proposed = [citation for citation in answer.citations if citation.status == "proposed"]
            assert not proposed or any("proposed, not in force" in note for note in answer.notes), answer.question


# --- loading ------------------------------------------------------------------------------------------------------------

_FEES = """---
title: Fees
sections:
  "Old":
    effective_from: 2020-01-01
    effective_until: {until}
    supersedes: {old}
  "New":
    effective_from: {begin}
    supersedes: {new}
---

# Fees

## Old

The fee was $1.

## New

The fee is $2.
"""


def _fees(folder: Path, *, until: str = "2020-12-31", begin: str = "2021-01-01", old: str = "[]", new: str = '["fees.md#Old"]') -> Path:
    return write_corpus(folder / "fees", {"fees.md": _FEES.format(until=until, begin=begin, old=old, new=new)})


@pytest.mark.parametrize(
    ("fields", "line", "problem"),
    [
        ({"until": "2019-12-31"}, None, "lies before|before it begins"),
        ({"new": '["fees.md#Gone"]'}, 10, "which is no document or heading"),
        ({"old": '["fees.md#New"]', "begin": "2020-01-01"}, 10, "in a circle"),
        ({"begin": "2019-06-01"}, 10, "which it supersedes"),
    ],
    ids=["an end before a beginning", "a supersession to nowhere", "a circle", "a successor that began earlier"],
)
def test_loading_refuses_a_contradiction(tmp_path: Path, fields: dict[str, str], line: int | None, problem: str) -> None:
    corpus = _fees(tmp_path, **fields)
    faults = [fault for fault in check_corpus(corpus) if re.search(problem, str(fault))]
    assert faults
    assert line is None or f"fees.md:{line}:" in str(faults[0])


def test_a_rebuild_refuses_a_circle(tmp_path: Path, words: object) -> None:
    settings = IndexSettings(corpus=_fees(tmp_path, old='["fees.md#New"]', begin="2020-01-01"), index=tmp_path / "index", embedding_model="words")
    with pytest.raises(DocumentError, match="in a circle"):
        rebuild(settings, words)  # type: ignore[arg-type]


def test_a_quote_that_stands_nowhere_is_a_fault(tmp_path: Path) -> None:
    corpus = _fees(tmp_path)
    quote = '{{document = "fees.md", text = "{}"}}'
    position = '[[disagreement.position]]\nclaim = "{}"\nby = "x"\nquotes = [{}]\n'
    sides = position.format("$1", quote.format("The fee was $1.")) + position.format("$3", quote.format("The fee was $3."))
    (corpus / "disagreements.toml").write_text(f'[[disagreement]]\nabout = "the fee"\n{sides}')
    faults = [str(fault) for fault in check_corpus(corpus)]
    assert any("disagreements.toml:10:" in fault and "The fee was $3." in fault for fault in faults)
    assert not any("The fee was $1." in fault for fault in faults)


def test_a_disagreement_with_one_side_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "disagreements.toml"
    path.write_text('# one\n[[disagreement]]\nabout = "the fee"\nposition = []\n')
    with pytest.raises(DocumentError, match="two positions"):
        read_disagreements(tmp_path)


def test_the_law_in_force_leads_what_is_only_reported(assistant):
    answer = assistant.answer("What is the US tariff on a car from Canada?")
    assert answer.citations[0].status == "in force"
    assert "25%" in answer.sentences[0].text
