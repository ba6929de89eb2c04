"""How quotes of documentation read: tables, lists, code, questions with their answers."""

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
"""


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    corpus = tmp_path_factory.mktemp("guide")
    (corpus / "guide.md").write_text(GUIDE, encoding="utf-8")
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
