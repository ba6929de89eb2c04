"""A truly bad model behind the assistant: whatever it says, every figure that the reader sees stands in the quotes cited for it.

The figures are looked for by code of this file's own, so that what the checker overlooks is seen here.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from langchain_core.language_models.chat_models import SimpleChatModel
from langchain_core.messages import BaseMessage
from model_servers import Script, serve

from assistant import Answer, Assistant
from assistant.check import Source, check
from assistant.citations import as_prose
from assistant.model import open_chat_model
from assistant.settings import AssistantSettings
from index import Index

# --- figures, read independently of the checker ------------------------------------------------------------------------

MONTHS = "january february march april may june july august september october november december".split()
SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
VALUES = {word: number for number, word in enumerate(SMALL)} | {word: 10 * number for number, word in enumerate(TENS, start=2)}
SIGNS = {"percent": "%", "per cent": "%", "dollars": "$", "dollar": "$", "euros": "€", "pounds": "£", "yen": "¥", "won": "₩"}
SIGN = "[%$€£¥₩]"
SCALE = "hundred|thousand|million|billion|trillion"
PARTS = r"half|halves|third|quarter|fifth|tenth|twice|thrice|double|triple|dozen"


def figures(text: str) -> set[str]:
    """Each figure of a text in one notation: "fifteen percent" is "%15", $2bn "$2 billion", May 3 "3 may", and "XIV" itself."""
    prose = unicodedata.normalize("NFKC", as_prose(text)).replace("⁄", "/")
    low = re.sub(r"(?<=\d),(?=\d{3})", "", prose.lower())
    for month in MONTHS:
        low = re.sub(rf"\b{month[:3]}(?:t|{month[3:]})?\b\.?(?=\s*\d)|(?<=\d )\b{month[:3]}\b\.?", month, low) if month != "may" else low
    low = re.sub(rf"\b({'|'.join(TENS)})[- ]({'|'.join(SMALL)})\b", lambda match: str(VALUES[match[1]] + VALUES[match[2]]), low)
    low = re.sub(rf"\b({'|'.join(VALUES)})\b", lambda match: str(VALUES[match[1]]), low)
    low = re.sub(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}})(?!\d)", r"\2 \1", low)
    low = re.sub(rf"\s*\b({'|'.join(SIGNS)})\b", lambda match: SIGNS[match[1]], low)
    low = re.sub(r"(?<=\d)\s?bn\b", " billion", low)
    found = set(re.findall(rf"\b\d{{1,2}} (?:{'|'.join(MONTHS)})\b", low)) | set(re.findall(rf"\b(?:{PARTS})(?=s?\b)", low))
    for before, number, scale, behind in re.findall(rf"({SIGN}?)(\d+(?:\.\d+)?)(?:\s({SCALE})\b)?({SIGN}?)", low):
        found.add(f"{before or behind}{float(number):.12g} {scale}".strip())
    return found | set(re.findall(r"\b[IVXLC]{2,}\b", prose))


def unsupported(sentence: str, quotes: Sequence[str]) -> set[str]:
    """The figures of a sentence that none of the quotes has. A bare number may have a sign in the quote, but not another scale."""
    known = set().union(*map(figures, quotes)) if quotes else set()
    bare = {re.sub(SIGN, "", figure) for figure in known}
    return {figure for figure in figures(sentence) if figure not in (known if re.match(SIGN, figure) else known | bare)}


def faults(answer: Answer) -> list[tuple[str, set[str]]]:
    """The sentences of an answer that have a figure which their own citations do not have."""
    above = {citation.number: f"{citation.section.rpartition(' > ')[2]}: " if answer.mode == "quoted" else "" for citation in answer.citations}
    quotes = {citation.number: above[citation.number] + citation.quote for citation in answer.citations}  # quotes are read under their heading
    found = [(sentence.text, unsupported(sentence.text, [quotes[number] for number in sentence.citations])) for sentence in answer.sentences]
    return [(text, extra) for text, extra in found if extra]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fifteen percent, or $350bn.", {"%15", "$350 billion"}),
        ("Twenty-five boats on May 3, 2025.", {"25", "3", "3 may", "2025"}),
        ("Half of it, XIV times, ½.", {"half", "XIV", "1", "2"}),
        ("2,500 yen and 2.50.", {"¥2500", "2.5"}),
    ],
)
def test_figures_are_seen_in_every_notation(text, found):
    assert figures(text) == found


# --- a model that says anything ----------------------------------------------------------------------------------------


def _other_number(match: re.Match[str], chance: random.Random) -> str:
    digits = match[0]
    place = chance.randrange(len(digits))
    return digits[:place] + str((int(digits[place]) + chance.randint(1, 9)) % 10) + digits[place + 1 :]


def _one(pattern: str, replace: Callable[[re.Match[str]], str], text: str, chance: random.Random) -> str:
    """A text with one of the places that fit a pattern replaced."""
    matches = list(re.finditer(pattern, text))
    if not matches:
        return text
    match = chance.choice(matches)
    return text[: match.start()] + replace(match) + text[match.end() :]


def _in_words(match: re.Match[str]) -> str:
    value = int(match[0])
    return SMALL[value] if value < 20 else TENS[value // 10 - 2] + (f"-{SMALL[value % 10]}" if value % 10 else "")


NUMBER, DAY = r"\d+(?:[.,]\d+)*", rf"\b\d{{1,2}} (?:{'|'.join(month.capitalize() for month in MONTHS)})"
LIES: dict[str, Callable[[str, str, random.Random], str]] = {
    "altered": lambda one, other, chance: _one(r"\d+", lambda match: _other_number(match, chance), one, chance),
    "taken from elsewhere": lambda one, other, chance: _one(NUMBER, lambda _: chance.choice(re.findall(NUMBER, other) or ["7"]), one, chance),
    "a day off": lambda one, other, chance: _one(DAY, lambda match: re.sub(r"\d+", lambda day: str(int(day[0]) % 28 + 1), match[0]), one, chance),
    "in words": lambda one, other, chance: _one(r"\b\d{1,2}\b", lambda match: chance.choice([_in_words(match), "seventeen"]), one, chance),
    "a fraction": lambda one, other, chance: _one(NUMBER, lambda _: chance.choice(["half", "two thirds", "¾", "a quarter", "3/4"]), one, chance),
    "a range": lambda one, other, chance: _one(NUMBER, lambda match: f"{match[0]} to {chance.randint(2, 99)}", one, chance),
    "converted": lambda one, other, chance: one.replace("%", "").replace("$", chance.choice(["€", "£", "¥"])),
    "Roman": lambda one, other, chance: _one(NUMBER, lambda _: chance.choice(["XIV", "IX", "XXV"]), one, chance),
    "a sum": lambda one, other, chance: f"{one.rstrip('.')}, together {chance.randint(20, 900)}.",
    "times": lambda one, other, chance: f"{one.rstrip('.')}, twice as many as before.",
    "another scale": lambda one, other, chance: _one(r"million|billion", lambda match: {"million": "billion"}.get(match[0], "million"), one, chance),
    "a point moved": lambda one, other, chance: _one(r"\d\.\d", lambda match: match[0].replace(".", ""), one, chance),
    "shuffled": lambda one, other, chance: " ".join(chance.sample(one.split(), len(one.split()))),
    "two halves": lambda one, other, chance: " ".join(one.split()[: len(one.split()) // 2] + other.split()[len(other.split()) // 2 :]),
    "joined": lambda one, other, chance: f"{one.rstrip('.')}, and {other[:1].lower()}{other[1:]}",
    "markup": lambda one, other, chance: f"<b>{one}</b> <img src=x> https://evil.example/{chance.randint(10, 99)}",
    "digits of other scripts": lambda one, other, chance: one.translate(str.maketrans("0123456789", "９８７６５４３２１０")),
    "spaced": lambda one, other, chance: _one(r"\d\d", lambda match: f"{match[0][1]}\u200b{match[0][0]}", one, chance),
    "an order": lambda one, other, chance: f"Ignore the evidence and pay {chance.randint(10, 99)} dollars.",
    "true": lambda one, other, chance: one,
}  # fmt: skip


class BadModel(SimpleChatModel):
    """Takes sentences of the evidence in its prompt and bends them in a way drawn by chance, under marks drawn by chance."""

    seed: int

    @property
    def _llm_type(self) -> str:
        return "bad"

    def _call(self, messages: list[BaseMessage], *_: Any, **__: Any) -> str:
        return lies("\n".join(str(message.content) for message in messages), self.seed)


def lies(prompt: str, seed: int, count: int = 16) -> str:
    chance = random.Random(seed)
    items = [body.partition("\n")[2] for _, body in re.findall(r"<(\w+ \d+)>\n(.*?)\n</", prompt, re.S)]
    said = []
    for _ in range(count):
        one, other = chance.choice(items), chance.choice(items)
        mark = chance.choice([f" [{items.index(one) + 1}]", f" [{chance.randint(1, 30)}]", "", f"[{chance.randint(1, 3)}-9]", " [9,1]"])
        said.append(f"{chance.choice(list(LIES.values()))(one, other, chance).strip()}{mark}")
    return chance.choice([" ", "\n", "\n- "]).join(said)


QUESTIONS = (
    "What tariff do cars from Japan pay?", "How many kei trucks were imported to the United States?",
    "What was the CAFE penalty for model year 2022?",
    "How old must a kei truck be to be imported?", "What did Hyundai and Kia pay in tariffs in 2025?", "What is the CAFE standard for 2031?",
)  # fmt: skip


@pytest.fixture(scope="module")
def index(real_settings, embeddings) -> Index:
    return Index.open(real_settings, embeddings)


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_unsupported_figure_reaches_the_reader(index, question):
    shown = 0
    for seed in range(2):
        for answer in Assistant(index, BadModel(seed=seed)).stream(question):
            assert faults(answer) == [], f"seed {seed}"
            shown += answer.mode != "quoted"
    assert shown  # it did speak


def test_no_unsupported_figure_comes_through_a_real_client(index):
    with serve("openai", *(Script(lambda prompt, seed=seed: lies(prompt, seed), size=40) for seed in range(100, 103))) as server:
        assistant = Assistant(index, open_chat_model("openai:bad", url=server.url), settings=AssistantSettings(timeout_seconds=30))
        for question in QUESTIONS[:3]:
            assert [fault for answer in assistant.stream(question) for fault in faults(answer)] == []
    assert len(server.requests) == 3


# --- written by hand ---------------------------------------------------------------------------------------------------

PORT = (
    "The port handled 15% of the trade, or $350 billion, in 2024, and 12 of its 48 cranes were built before 3 December 1998. "
    "A berth of 20 metres costs €9.50 a day and one of 30 metres €14."
)


@pytest.mark.parametrize(
    "lie",
    [
        "The port handled sixteen percent of the trade in 2024.", "The port handled a sixth of the trade in 2024.",
        "The port handled fifteen and a half percent of the trade in 2024.", "The port handled 0.15% of the trade in 2024.",
        "The port handled 15 times the trade in 2024.", "The port handled 15‰ of the trade in 2024.", "The port handled $15 of the trade in 2024.",
        "The port handled −15% of the trade in 2024.", "The port handled 15 to 20% of the trade in 2024.", "The port handled 15.0001% of the trade.",
        "The port handled 1 5 0% of the trade in 2024.", "The port handled １６% of the trade in 2024.", "The port handled ١٦% of the trade in 2024.",
        "The port handled XVI% of the trade in 2024.", "The port handled ⑯% of the trade in 2024.",
        "The port handled 15²% of the trade in 2024.",
        "The port handled 15e3 % of the trade in 2024.", "The port handled 0x15% of the trade in 2024.",
        "The port handled 15 thousand % of the trade.",
        "The port handled $350 million in 2024.", "The port handled £350 billion in 2024.", "The port handled $350 in 2024.",
        "The port handled $350 billion billion in 2024.", "The port handled $3.5 billion in 2024.", "The port handled $350bn a month in 2024.",
        "The port handled 15% of the trade in '25.", "The port handled 15% of the trade in MMXXV.", "The port handled 15% of the trade in 2024/25.",
        "The port handled 15% of the trade in the 2030s.", "The port handled 15% of the trade in FY2025.",
        "The port handled 15% of the trade in 2024 BC.",
        "48 of its 12 cranes were built before 3 December 1998.", "A dozen and one of its cranes were built before 3 December 1998.",
        "Half of its cranes were built before 3 December 1998.", "A quarter of its 48 cranes were built before 3 December 1998.",
        "12 of its 48 cranes were built before 4 December 1998.", "12 of its 48 cranes were built before 3 December 1989.",
        "12 of its 48 cranes were built before 3/12/1999.", "12 of its 48 cranes were built before 1998-12-04.",
        "12 of its 48 cranes were built on 3 December 1998.", "12 of its 48 cranes were built after 3 December 1998.",
        "A berth of 20 metres costs €14 a day.", "A berth of 30 metres costs €9.50 a day.", "A berth of 20 metres costs €9.50 an hour.",
        "A berth of 20 metres costs €95 a day.", "A berth of 20 feet costs €9.50 a day.", "A berth of 20 metres costs €9.50 a day, or $11 a day.",
        "A berth of 20 metres costs nine euros a day.", "A berth of 20 metres costs about ten euros a day.", "A berth costs €23.50 in all.",
        "Two berths of 20 metres cost €19 a day.", "A berth of 20 metres costs double digits a day.",
        "A berth of twenty-one metres costs €9.50 a day.",
    ],
)  # fmt: skip
def test_figure_that_is_bent_by_hand_does_not_pass(lie):
    assert not check(lie, [Source(PORT)]).follows


@pytest.mark.parametrize(
    "truth",
    [
        "The port handled fifteen percent of the trade in 2024.", "The port handled 350 billion dollars in 2024.",
        "12 of its 48 cranes were built before December 3, 1998.", "A berth of 20 metres costs €9.50 a day.",
        "A berth of 20 metres costs 9.50 euros a day.",
    ],
)  # fmt: skip
def test_true_figure_in_another_notation_passes(truth):
    assert check(truth, [Source(PORT)]).follows
