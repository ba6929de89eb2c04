"""Bend right sentences by program, each in one way that makes it wrong, and count how many the checker catches.

python scripts/bend.py [SENTENCES]    at most so many sentences of each corpus; the sets' own are always taken, without their kept-apart third
    --show     print the bent sentences that pass
    --rules    print for each rule of the checker the sentences that it alone drops
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

import assistant.check as checker
from assistant.check import Near, Source, check
from assistant.citations import as_prose
from index import IndexSettings, read_documents
from index.embeddings import Embeddings, open_embeddings
from index.outline import outline
from index.sentences import sentence_spans

ROOT = Path(__file__).resolve().parent.parent
SETS = sorted((ROOT / "tests" / "golden").glob("sentence-checks*.toml"))
CORPORA = [ROOT / "corpus", *sorted(path for path in (ROOT / "tests" / "corpora").iterdir() if path.is_dir())]
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
NUMBER = r"(?<![\w.,/-])\d+(?:[.,]\d+)*(?![\w/-]|[.,]\d)"
NAMES = "Peru Norway Verdana Ostrava Halvorsen Quintero Zambia Lindqvist".split()
PAIRS = {
    "a unit or a scale": "million/billion km/miles mpg/mph metres/feet £/€ $/€ ¥/$ percent/points %/-percentage-points kg/lb days/weeks year/month",
    "may, must, at most, at least": "may/must must/may should/must at-most/at-least at-least/at-most up-to/at-least",
    "a direction": "rose/fell fell/rose raised/cut cut/raised import/export imports/exports first/last higher/lower lower/higher more/less",
    "a certainty": "proposed/adopted would/will expected/seen estimated/measured planned/built could/does",
    "a time": "before/after after/before until/from",
    "a quantity": "some/all most/all all/some every/almost-no each/no many/few",
}
TAILS = [
    ", which cost $47 million",
    ", because the mayor had asked for it",
    ", and the public welcomed it",
    ", after 17 complaints",
    ", so prices fell",
]
Bend = Callable[[str, random.Random], Iterator[str]]


def _swapped(text: str, pattern: str, chance: random.Random) -> Iterator[str]:
    """A text in which two different things that fit a pattern have changed places."""
    found = list(re.finditer(pattern, text))
    pairs = [(one, two) for place, one in enumerate(found) for two in found[place + 1 :] if one[0] != two[0]]
    for one, two in chance.sample(pairs, min(1, len(pairs))):
        yield text[: one.start()] + two[0] + text[one.end() : two.start()] + one[0] + text[two.end() :]


def _worded(pairs: str) -> Bend:
    def bend(text: str, _: random.Random) -> Iterator[str]:
        for pair in pairs.split():
            one, other = pair.replace("-", " ").split("/")
            pattern = rf"\b{one}\b" if one.isalpha() or " " in one else re.escape(one)
            if re.search(pattern, text):
                yield re.sub(pattern, other, text, count=1)

    return bend


def _numbers(text: str, chance: random.Random) -> Iterator[str]:
    for match in re.finditer(NUMBER, text):
        digits = list(match[0])
        place = chance.choice([place for place, sign in enumerate(digits) if sign.isdigit()])
        digits[place] = str((int(digits[place]) + chance.randint(1, 8)) % 10)
        yield text[: match.start()] + "".join(digits) + text[match.end() :]


def _months(text: str, chance: random.Random) -> Iterator[str]:
    for match in re.finditer(rf"\b(?:{MONTHS})\b(?= \d)", text):
        yield text[: match.start()] + chance.choice([month for month in MONTHS.split("|") if month != match[0]]) + text[match.end() :]


def _names(text: str, chance: random.Random) -> Iterator[str]:
    for match in re.finditer(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b", text):
        if not re.fullmatch(MONTHS, match[0]):
            yield text[: match.start()] + chance.choice(NAMES) + text[match.end() :]


def _denied(text: str, _: random.Random) -> Iterator[str]:
    found = re.search(r"\b(?:is|are|was|were|has|have|may|must|can|will|would|does|do|did)\b(?! not)", text)
    if re.search(r"\b(?:not|no longer|never) ", text):
        yield re.sub(r"\b(?:not|no longer|never) ", "", text, count=1)
    elif found and not re.search(r"\b(?:no|nor|neither|without|nobody|none)\b", text, re.I):
        yield f"{text[: found.end()]} not{text[found.end() :]}"


def _longer(text: str, chance: random.Random) -> Iterator[str]:
    for tail in chance.sample(TAILS, 2):
        yield f"{text.rstrip('.')}{tail}."


BENDS: dict[str, Bend] = {
    "a number": _numbers,
    "a month": _months,
    "a name": _names,
    "a clause added": _longer,
    "a not put in or taken out": _denied,
    **{name: _worded(pairs) for name, pairs in PAIRS.items()},
    "two numbers swapped": lambda text, chance: _swapped(text, rf"(?<!\d )(?<!, ){NUMBER}(?! (?:{MONTHS}))(?!, \d{{4}})", chance),
    "two names swapped": lambda text, chance: _swapped(text, rf"(?<=[a-z,] )(?!{MONTHS})[A-Z][a-z]{{3,}}\b", chance),
}


@cache
def _vector(text: str) -> np.ndarray:
    return np.asarray(_embeddings().encode([text])[0])


@cache
def _embeddings() -> Embeddings:
    settings = IndexSettings.from_environment()
    return open_embeddings(settings.embedding_model, cache=settings.model_cache)


def _near(one: str, other: str) -> float:
    return float(_vector(one) @ _vector(other))


def labelled(label: str) -> Iterator[tuple[str, list[Source]]]:
    """The right or the wrong sentences of the sets with their sources, without the kept-apart third."""
    for path in SETS:
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["evidence"]:
            if int(hashlib.sha256(group["id"].encode()).hexdigest(), 16) % 3:
                headings = group.get("headings", [""] * len(group["quotes"]))
                sources = [Source(quote, heading) for quote, heading in zip(group["quotes"], headings, strict=True)]
                yield from ((text, sources) for _, text in group[label])


def rights(most: int) -> Iterator[tuple[str, list[Source]]]:
    """Right sentences with their sources: those of the sets, and sentences of the corpora, which follow from themselves."""
    yield from labelled("right")
    for corpus in CORPORA:
        sentences = []
        for document in read_documents(corpus):
            for block in outline(document.text):
                if block.kind != "heading":
                    whole = document.text[block.start : block.end]
                    sentences += [as_prose(whole[start:end]) for start, end in sentence_spans(whole)]
        sentences = [sentence for sentence in dict.fromkeys(sentences) if 40 < len(sentence) < 300]
        yield from ((text, [Source(text)]) for text in random.Random(7).sample(sentences, min(most, len(sentences))))


def bend_all(most: int, near: Near) -> dict[str, list[tuple[str, list[Source]]]]:
    """The bent sentences by the way in which they are bent, of right ones that pass as they are."""
    chance = random.Random(5)
    whole = [(text, sources) for text, sources in rights(most) if check(text, sources, near).follows]
    return {name: [(wrong, sources) for text, sources in whole for wrong in bend(text, chance) if wrong != text] for name, bend in BENDS.items()}


def show_rules(most: int, near: Near = _near) -> None:
    """Print what each rule does alone: the right sentences that would pass without it, and the wrong and bent ones that would."""
    bent = [item for items in bend_all(most, near).values() for item in items]
    kinds = {"right": list(labelled("right")), "wrong": list(labelled("wrong")), "bent": bent}
    dropped = {kind: [item for item in items if not check(*item, near).follows] for kind, items in kinds.items()}
    print("dropped in all:", ", ".join(f"{len(items):,} {kind}" for kind, items in dropped.items()))
    rules = checker.RULES
    for rule in rules:
        checker.RULES = tuple(other for other in rules if other is not rule)
        alone = {kind: sum(check(*item, near).follows for item in items) for kind, items in dropped.items()}
        print(f"{rule.__name__.strip('_'):20}", ", ".join(f"{count:,} {kind}" for kind, count in alone.items()), flush=True)
    checker.RULES = rules


def main(most: int = 120, near: Near = _near) -> None:
    """Count what is caught, of sentences that pass as they are."""
    caught_in_all = count = 0
    for name, bent in bend_all(most, near).items():
        passed = [wrong for wrong, sources in bent if check(wrong, sources, near).follows]
        print(f"{name}: {len(bent) - len(passed):,} of {len(bent):,} caught")
        if "--show" in sys.argv:
            print(*(f"    {wrong}" for wrong in passed), sep="\n")
        caught_in_all, count = caught_in_all + len(bent) - len(passed), count + len(bent)
    print(f"in all: {100 * caught_in_all / count:.1f}% of {count:,}")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    (show_rules if "--rules" in sys.argv else main)(*(numbers or [120]))
