"""A follow-up becomes the question that a person would have written out; a complete question stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_ins import WordEmbeddings

from assistant.evaluate import read_golden
from assistant.followup import MAXIMUM_LENGTH, as_turns, stand_alone
from index import Embeddings

GOLDEN = Path(__file__).resolve().parent / "golden"


def talk(*messages: str) -> list[tuple[str, str]]:
    """Turns from questions, each with its answer behind "=>" where it matters."""
    return [(question.strip(), answer.strip()) for question, _, answer in (message.partition("=>") for message in messages)]


# --- worked examples -----------------------------------------------------------------------------------------------------

SWAPPED = [
    (["when does the ferry leave in summer"], "in winter?", "When does the ferry leave in winter?"),
    (["How many people visited the museum in 2019?"], "and 2021", "How many people visited the museum in 2021?"),
    (["what is the tariff on japanese cars"], "and british ones", "What is the tariff on british cars?"),
    (["What US tariff do cars from the EU pay?"], "What about British cars?", "What US tariff do British cars pay?"),
    (["What is the highest temperature on record?"], "and the lowest", "What is the lowest temperature on record?"),
    (["how long is the north pier"], "and the south one?", "How long is the south pier?"),
    (["can i camp in texas"], "what about georgia", "Can i camp in georgia?"),
    (["does georgia let me camp"], "and kansas?", "Does kansas let me camp?"),
    (["what is the duty on trucks from mexico"], "is it the same for canada", "What is the duty on trucks from canada?"),
    (["how much does a ticket for the tower cost"], "with a bicycle?", "How much does a ticket for the tower cost with a bicycle?"),
    (["What would I pay for a $10,000 truck today?"], "and for a $20,000 truck", "What would I pay for a $20,000 truck today?"),
    (["how do I add a key"], "and remove one?", "How do I remove a key?"),
    (["how wide can a boat be"], "how long?", "How long can a boat be?"),
    (["How many requests per second does it answer?"], "what if I send more", "What happens if I send more requests per second?"),
]
CORRECTED = [
    (["what was the fee in 2023"], "no i meant 2024", "What was the fee in 2024?"),
    (["what was the fee in 2023"], "sorry, in 2024", "What was the fee in 2024?"),
    (["what is the speed limit for cars"], "sorry, for vans", "What is the speed limit for vans?"),
    (["what is the tariff on japanese cars"], "not japanese but korean", "What is the tariff on korean cars?"),
]
SHORT = [
    (["Is the fee £9?"], "since when?", "Since when is the fee £9?"),
    (["When did the keeper leave?"], "why?", "Why did the keeper leave?"),
    (["which towns ban dogs"], "why", "which towns ban dogs, and why?"),
    (["Is there a fee for dogs?"], "how much?", "How much is the fee for dogs?"),
    (["Is the tower 38 m tall?"], "who says so?", "Is the tower 38 m tall, and who says so?"),
    (["What was the fee in 2019?"], "is that still the case", "What was the fee now?"),
    (["can I sail there"], "why not", "can I sail there, and why not?"),
    (["What is the harbor fee?"], "tell me more", "Tell me more about the harbor fee."),
    (["Can the repository be on a server?"], "since which version?", "Since which version can the repository be on a server?"),
]
NAMED = [
    (["do boats need lamps", "how many lamps"], "ok other thing, who built the pier", "who built the pier"),
    (["Is the lamp bright?"], "another question about it: who lights it", "Another question about the lamp: who lights it?"),
    (["what are the old signal flags"], "who was the boy that drew on them", "who was the boy that drew on the old signal flags?"),
    (["mooring permit"], "before the trip do i need it", "before the trip do i need the mooring permit?"),
    (["will the ferry make tickets cheaper"], "ok but how much more fuel", "How much more fuel (will the ferry make tickets cheaper)?"),
    (["What is the harbor fee?"], "when does it rise", "When does the harbor fee rise?"),
    (["What is H.R. 7389?"], "did it pass", "Did H.R. 7389 pass?"),
    (["Are the lighthouses open?"], "who owns them", "Who owns the lighthouses?"),
    (["What are the fines for speeding?"], "Why does this hurt drivers?", "Why do the fines for speeding hurt drivers?"),
    (["Does Colorado have a parking law?"], "when does it start", "When does Colorado's parking law start?"),
    (["Who designed the tower? => Josiah Pellwyn designed it. [1]"], "where was he born", "Where was Josiah Pellwyn born?"),
    (
        ["Who is the curator of the museum? => Dr. Lena Oakhurst has been the curator since 2014."],
        "who did the job before her?", "Who did the job before Dr. Lena Oakhurst, the curator of the museum?",
    ),
    (["When did the rule start? => It started on 1 November 2025. [1]"], "why that day", "Why did the rule start on 1 November 2025?"),
    (["What does Europe pay on cars?"], "did the court change that", "Did the court change what Europe pays on cars?"),
    (["Is the fee £9?"], "who announced that", "Who announced that the fee is £9?"),
    (["Are dogs allowed in the reserve?"], "can I fish there", "Can I fish in the reserve?"),
    (["What were the harbor fines?"], "who paid the biggest ones", "Who paid the biggest harbor fines?"),
    (["do i need a permit to set pots"], "how do i get one", "How do i get a permit?"),
    (
        ["Which storage can I use? => You can use:\n- Local disks: fast\n- SFTP: remote\n- S3: cloud"],
        "tell me about the second one", "Tell me about SFTP.",
    ),
    (["How many pupils does the Coastal School have?"], "who is the head?", "Who is the head of the Coastal School?"),
    (
        ["what's the best known tower => The best known tower is Corrant Head, lit in 1849. [1]"],
        "is it open", "Is Corrant Head open?",
    ),
    (["what is the oldest tower"], "how much do those cost", "How much does the oldest tower cost?"),
    (["what is the lamp rule"], "and who likes it", "Who likes the lamp rule?"),
    (["what does the harbor rule say"], "whats the ferry one", "What does the ferry rule say?"),
    (["which harbors ban dogs?"], "which of them changed", "Which of the harbors that ban dogs changed?"),
    (["what did the court decide about tolls"], "does that affect boats?", "Does what the court decided about tolls affect boats?"),
    (["What happens when my license expires?"], "can i still restore", "Can i still restore when my license expires?"),
]  # fmt: skip
REPLIED = [
    (["can i register a truck => In which state?"], "texas", "Can i register a truck in texas?"),
    (["what is the rule => Would you like to know about the 21-year rule?"], "yes please", "What is the 21-year rule?"),
]
THREE_TURNS = [
    (["who set the mooring tax"], "is it still there", "Is the mooring tax still there?"),
    (["who opposes the fee"], "what do they say", "What do they say (who opposes the fee)?"),
    (["is my 1999 ketch old enough"], "and a 2003 one", "Is my 2003 ketch old enough?"),
    (["what is the fee in summer", "and in winter"], "how do they compare", "Compare fee in summer with fee in winter."),
    (["what is the fee in summer", "and in winter"], "what's the difference?", "Compare fee in summer with fee in winter."),
    (["did the council close the harbour", "when was that"], "by how many votes", "By how many votes did the council close the harbour?"),
    (["did Ada say in May 2019 that the fee would rise to 9%"], "is that the case now", "The fee would rise to 9% now?"),
    (["will the museum really show old lamps"], "which ones", "Which old lamps (the museum will really show old lamps)?"),
    (["default of pack_size"], "and of retries?", "Default of retries?"),
    (["why did ada threaten the harbour with a fine"], "since when", "Since when did ada threaten the harbour with a fine?"),
    (["how big may a ketch be before 1998"], "and in the 1970s", "How big may a ketch be in the 1970s?"),
    (["what does a berth cost now"], "and in 2019", "What does a berth cost in 2019?"),
    (["how much is the fee for a 1998 ketch"], "and a new one?", "How much is the fee for a new ketch?"),
    (["what does the licence allow"], "how many boats", "How many boats does the licence allow?"),
    (["can i camp in texas", "what about georgia"], "and colorado", "Can i camp in colorado?"),
    (["how tall is the tower of Corrant Head", "and of Skarrow Point?"], "when was it built", "When was the tower of Skarrow Point built?"),
    (["how many people came in 2019", "thanks!", "and 2021"], "no i meant 2023", "How many people came in 2023?"),
    (["When was the lamp lit?", "why?"], "and the bell?", "Why was the bell lit?"),
    (["which harbors allow dogs", "which ban them"], "how many are there", "How many harbors ban dogs?"),
    (["which harbors allow dogs"], "and which don't?", "Which harbors don't allow dogs?"),
    (["what are the fees", "who is Ada"], "does she pay them", "Does Ada pay the fees?"),
    (["can i camp in texas", "how tall is the north tower"], "and the south tower?", "How tall is the south tower?"),
]


@pytest.mark.parametrize(("history", "asked", "standalone"), SWAPPED + CORRECTED + SHORT + NAMED + REPLIED + THREE_TURNS)
def test_follow_up_is_written_out(embeddings: Embeddings, history: list[str], asked: str, standalone: str) -> None:
    assert stand_alone(asked, talk(*history), embeddings).lower() == standalone.lower()


@pytest.mark.parametrize("asked", ["the ones on boats too?", "and the ones?"])
def test_a_word_for_anything_takes_no_place(embeddings: Embeddings, asked: str) -> None:
    made = stand_alone(asked, talk("did the court lift the fees on cars", asked), embeddings)
    assert "fees" in made
    assert ("boats" in made) == ("boats" in asked)


@pytest.mark.parametrize(
    ("before", "said", "asked", "standalone"),
    [
        ("how many boats in 2027 under the 2024 plan", "", "and in 2030?", "How many boats in 2030 under the 2024 plan?"),
        ("how accurate is the tide gauge", "", "who built it", "Who built the tide gauge?"),
        ("when was joão brandão born", "He was born in Porto as João Brandão.", "how tall was he", "How tall was João Brandão?"),
        ("what is the pier rule", "", "when did the town say it was closing the quay", "when did the town say it was closing the quay"),
        ("who runs the ferry", "", "thx! can i swim in the basin", "thx! can i swim in the basin"),
    ],
)
def test_what_is_meant_is_told_by_form(embeddings: Embeddings, before: str, said: str, asked: str, standalone: str) -> None:
    assert stand_alone(asked, [(before, said)], embeddings) == standalone


def test_a_name_of_the_corpus_takes_the_place_of_a_name(embeddings: Embeddings) -> None:
    history = talk("what did bell say about the tax")
    assert stand_alone("and sound", history, embeddings, names={"bell", "sound"}) == "What did sound say about the tax?"


COMPLETE = [
    "What does a library card cost for visitors?",
    "is it legal to park on the pier",
    "how long does it take to cross the bay",
    "is it true that the wheel is made of oak",
    "Is there a lift in the tower of Corrant Head?",
    "how many ships were lost this year",
    "does the law say that dogs must be on a lead",
    "which boats are allowed that are older than 25 years",
    "Who built the lamp and when did it burn?",
    "when did the council close the library",
    "can a town make its own rules on parking",
    "if i buy a boat can i moor it in the harbor",
    "those who live on the island pay what for the ferry",
    "harbor fee multihull 2024",
]


@pytest.mark.parametrize("asked", COMPLETE)
@pytest.mark.parametrize("before", ["what is the tariff on japanese cars", "Who was Amos Trewell?", "what are the opening hours, and why?"])
def test_complete_question_drags_nothing_along(embeddings: Embeddings, before: str, asked: str) -> None:
    assert stand_alone(asked, talk(before), embeddings) == asked


def test_sources_decide_between_two_readings(embeddings: Embeddings) -> None:
    """Nothing in the words tells in whose place "gleaners" stand; the sources speak of what gleaners think."""

    def fit(questions: list[str]) -> list[float]:
        return [0.8 if question == "What do gleaners think of the plan?" else 0.4 for question in questions]

    assert stand_alone("gleaners?", talk("what does the quorum think of the plan"), embeddings, fit=fit) == "What do gleaners think of the plan?"


def test_several_things_of_an_earlier_question_are_meant_where_the_sources_come_much_nearer_so(embeddings: Embeddings) -> None:
    turns = talk("what are the fees for boats", "what is a ketch")
    near = stand_alone(
        "who pays them", turns, embeddings, fit=lambda texts: [0.9 if text == "who pays the fees for boats" else 0.5 for text in texts]
    )
    alike = stand_alone("who pays them", turns, embeddings, fit=lambda texts: [0.5 for _ in texts])
    assert (near, alike) == ("Who pays the fees for boats?", "Who pays a ketch?")


BRIEF = [
    ("when does the mooring law of Osterwick start", "what speed limit", "What speed limit with the mooring law of Osterwick?"),
    ("what is the pilot rule", "which form", "Which form with the pilot rule?"),
    ("which ferries sail to Osterwick", "any bill pending", "Any bill pending with ferries?"),
]


@pytest.mark.parametrize(("before", "asked", "standalone"), BRIEF)
def test_few_words_take_their_subject_where_the_sources_come_nearer_so(embeddings: Embeddings, before: str, asked: str, standalone: str) -> None:
    def fit(questions: list[str]) -> list[float]:
        return [0.5 if " with " in question else 0.35 for question in questions]

    assert stand_alone(asked, talk(before), embeddings, fit=fit) == standalone


def test_few_words_that_the_sources_know_are_a_question_of_their_own(embeddings: Embeddings) -> None:
    assert stand_alone("what pier toll", talk("what is the pilot rule"), embeddings, fit=lambda questions: [0.6] * len(questions)) == "what pier toll"


def test_question_that_history_leads_away_from_the_sources_is_new(embeddings: Embeddings) -> None:
    def fit(questions: list[str]) -> list[float]:
        return [0.7 if question == "is it 34.5 or 36.6 mpg" else 0.3 for question in questions]

    assert stand_alone("is it 34.5 or 36.6 mpg", talk("what is the default port"), embeddings, fit=fit) == "is it 34.5 or 36.6 mpg"


@pytest.mark.parametrize("thanks", ["thanks!", "ok", "great, thank you"])
def test_thanks_are_left_alone_and_remembered_by_nobody(embeddings: Embeddings, thanks: str) -> None:
    history = talk("what is the fee in summer", thanks)
    assert stand_alone(thanks, history[:1], embeddings) == thanks
    assert stand_alone("in winter?", history, embeddings) == "What is the fee in winter?"


def test_history_may_be_pairs_or_messages() -> None:
    pairs = [("How high?", "38 m."), ("And wide?", "")]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How high?"},
        {"role": "assistant", "content": [{"type": "text", "text": "38 m."}]},
        {"role": "user", "content": "And wide?"},
    ]
    assert as_turns(pairs) == as_turns(messages) == pairs


# --- invariants ----------------------------------------------------------------------------------------------------------

_pieces = st.sampled_from(
    "what how is are it that they there one the a and not of in for to who why when about lamp fees Ada 2024 £9 25-year ? , . ' ( ) [1] -".split()
)
_messages = st.one_of(st.text(max_size=80), st.lists(_pieces, max_size=12).map(" ".join))


@given(question=_messages)
def test_question_without_history_is_unchanged(question: str) -> None:
    assert stand_alone(question, [], WordEmbeddings()) == " ".join(question.split())


@settings(max_examples=300)
@given(question=_messages, turns=st.lists(st.tuples(_messages, _messages), max_size=4))
def test_anything_said_gives_one_line_of_bounded_length(question: str, turns: list[tuple[str, str]]) -> None:
    made = stand_alone(question, turns, WordEmbeddings(), fit=lambda questions: [0.5] * len(questions))
    assert made == " ".join(made.split())
    assert len(made) <= max(MAXIMUM_LENGTH + 1, len(question))
    assert bool(made) == bool(question.split())


@given(question=_messages, turns=st.lists(st.tuples(_messages, _messages), max_size=3))
def test_same_talk_gives_the_same_question(question: str, turns: list[tuple[str, str]]) -> None:
    assert stand_alone(question, turns, WordEmbeddings()) == stand_alone(question, turns, WordEmbeddings())


# --- all golden questions ------------------------------------------------------------------------------------------------

UNRELATED = [
    "how tall is mount everest",
    "Which birds nest in the reserve?",
    "can i take my dog on the ferry",
    "what is the default port of the server",
]


def test_golden_questions_come_through_a_change_of_subject(embeddings: Embeddings) -> None:
    """At least 97 in 100 without the sources to tell; with them it is 98 in 100 and more."""
    asked = [golden.ask for path in sorted(GOLDEN.glob("*.toml")) for golden in read_golden(path)[1] if not golden.history]
    changed = [
        question for number, question in enumerate(asked)
        if stand_alone(question, [(UNRELATED[number % len(UNRELATED)], "")], embeddings) != " ".join(question.split())
    ]  # fmt: skip
    assert len(changed) <= 0.03 * len(asked)
