"""How quotes of documentation read: tables, lists, code, questions with their answers."""

import itertools

import pytest

from assistant import Assistant
from assistant.verify import verify

GUIDE = """# Sluice guide

## Gates

| Gate | Width | Keeper |
|---|---|---|
| North | 4 m | Ida Brandt |
| South | 7 m | Per Olsen |

## Opening a gate

To open a gate by hand:

1. Switch the motor off.
2. Turn the wheel eleven times.
3. Hang out the red flag.

## Commands

Ask the pump for its state with the following command:

```sh
sluice pump --state
```

The file `pump.toml. Never` is read once, see https://sluice.example/a.b?c=1. Then the pump starts.

## Questions

Can visitors swim in the basin? Only on Sundays, and only with a guard.

## The tower

The tower of the pumping station is the tallest building of the town. It was built by two brothers. Its roof of copper came from Oslo.

## Version 2.1 (4 May 2021)

- The pump now stops by itself when the basin is empty.

## Sick leave

- five days a year

## The pump runs dry

Low water only. Open the north sluice by half a turn.

## Hiring the hall

The hall holds ninety people. A key is lent out for the evening, and each evening costs 45.50. The mirror is 2.50 wide.

## Trial of the new pump

**Method.** Ten guards pumped for a week.

**Outcome.** The basin stayed dry. Nobody complained.

## Signals

A lamp shows each keeper the level. A bell tells all of them to leave.

| Code | Text |
|---|---|
| `S14` | gate jammed by ice |

## After S14

Wait for a thaw. Do not force the S14 gate.

## The boiler goes out

The boiler light is red and the basin is cold: the gas valve of the boiler has closed itself. Hold the grey button for a minute.
"""
BARGES = {
    "osprey.md": "# Osprey\n\nThe Osprey is a river barge of oak. She was built on a budget of 900 crowns. She is 31 metres long. "
    "She belongs to Ida Brandt.\n",
    "old-heron.md": "# Old heron\n\nThe old heron is a river barge of iron. It was built on a budget of 700 crowns. It is 24 metres long.\n",
    "tolls.md": "# Tolls\n\nThe captain pays the toll of a barge at the lock. Barges of iron from the river are famous.\n\n"
    "Barges are moored by the town where they lie. A barge moors in Oslo for 9 crowns a night. A barge moors in Bergen for 7 crowns a night.\n",
}


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    corpus = tmp_path_factory.mktemp("guide")
    (corpus / "guide.md").write_text(GUIDE, encoding="utf-8")
    return Assistant.open(corpus=corpus, index=tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def barges(tmp_path_factory):
    corpus = tmp_path_factory.mktemp("barges")
    for name, text in BARGES.items():
        (corpus / name).write_text(text, encoding="utf-8")
    return Assistant.open(corpus=corpus, index=tmp_path_factory.mktemp("index"))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("who is the keeper of the south gate", "Gates: Gate: South; Width: 7 m; Keeper: Per Olsen"),
        ("how do I open a gate by hand", "Turn the wheel eleven times. Hang out the red flag."),
        ("command to ask the pump for its state", "Ask the pump for its state with the following command: sluice pump --state"),
        ("can visitors swim in the basin", "Can visitors swim in the basin? Only on Sundays, and only with a guard."),
        ("pumping station tower roof", "It was built by two brothers. Its roof of copper came from Oslo."),
        ("when did version 2.1 come out", "Version 2.1 (4 May 2021): The pump now stops by itself when the basin is empty."),
        ("how many days of sick leave", "Sick leave: five days a year"),
        ("which file is read once", "The file pump.toml. Never is read once, see https://sluice.example/a.b?c=1."),
    ],
)
def test_a_quote_reads_by_itself(guide, question, sentence):
    answer = guide.answer(question)
    assert any(sentence in shown.text for shown in answer.sentences), [shown.text for shown in answer.sentences]
    assert verify(answer, guide.index.settings.corpus) == []


def test_a_price_needs_no_currency(guide):
    given = guide.answer("how much does hiring the hall cost")
    assert "45.50" in given.sentences[0].text


def test_what_completes_a_short_sentence_stands_behind_it(guide):
    quoted = [sentence.text for sentence in guide.answer("pump runs dry at low water").sentences]
    assert "Open the north sluice by half a turn." in quoted[:2]


def test_what_a_paragraph_begins_with_in_place_of_a_heading_counts_for_all_of_it_and_is_not_quoted(guide):
    answer = guide.answer("what was the outcome of the pump trial")
    texts = [sentence.text for sentence in answer.sentences]
    assert set(texts[:2]) == {"The basin stayed dry.", "Nobody complained."}
    assert not any(text.strip("* ") in ("Method.", "Outcome.") for text in texts)
    assert not any("*" in citation.quote for citation in answer.citations)


def test_row_that_begins_with_a_code_tells_what_it_means(guide):
    answer = guide.answer("the panel says S14, what does that mean")
    assert answer.sentences[0].text == "Signals: Code: S14; Text: gate jammed by ice"


def test_what_a_thing_does_tells_what_it_is_where_nothing_else_does(guide):
    answer = guide.answer("difference between a lamp and a bell")
    assert {"A lamp shows each keeper the level.", "A bell tells all of them to leave."} <= {sentence.text for sentence in answer.sentences}


def test_who_asks_what_to_do_is_told_what_stands_behind_the_cause(guide):
    answer = guide.answer("the boiler went out, what do i do")
    assert answer.sentences[1].text == "Hold the grey button for a minute."


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("which is longer, the osprey or the old heron?", ["31 metres", "24 metres"]),
        ("budget osprey compared to old heron", ["900 crowns", "700 crowns"]),
    ],
)
def test_both_things_of_a_comparison_are_told(barges, question, told):
    answer = barges.answer(question)
    assert all(any(figure in sentence.text for sentence in answer.sentences) for figure in told), answer.text


def test_two_parts_of_a_question_quote_a_place_once(barges):
    answer = barges.answer("how long is the osprey, who does she belong to")
    spans = sorted((citation.document_id, citation.start, citation.end) for citation in answer.citations)
    assert all(one[0] != two[0] or one[2] <= two[1] for one, two in itertools.pairwise(spans))
    assert "31 metres" in answer.text
    assert "Ida Brandt" in answer.text


def test_answers_that_a_question_offers_do_not_lead_away_from_it(barges):
    answer = barges.answer("who pays the toll, the river or barges of iron?")
    assert answer.sentences[0].text == "The captain pays the toll of a barge at the lock."


def test_another_place_is_not_told_of_where_the_sources_lack_the_one_asked_about(barges):
    assert "9 crowns" in barges.answer("what does a barge pay to moor in Oslo").text
    answer = barges.answer("what does a barge pay to moor in Stockholm")
    assert "Oslo" not in answer.text
    assert "Bergen" not in answer.text


def test_a_figure_written_out_stands_for_one_with_a_sign(tmp_path):
    (tmp_path / "fees.md").write_text("# Fees\n\nA berth of $300 holds for a year.\n", encoding="utf-8")
    answer = Assistant.open(corpus=tmp_path, index=tmp_path / "index").answer("how long does a berth of 300 dollars hold pls")
    assert answer.missing is None
