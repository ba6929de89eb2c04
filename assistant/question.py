"""What a question asks: its words and how telling they are, the kind of answer it expects, its parts. Knows nothing of evidence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index import QuestionError
from index.keywords import STOPWORDS, Keywords, is_english, lemma, words_of

MAXIMUM_LENGTH = 2000  # characters; a question longer than a page is a document

Kind = Literal["number", "date", "person", "place", "yes/no", "reason", "list", "any"]


@dataclass(frozen=True)
class Term:
    """A word of a question that evidence can cover."""

    token: str  # as the index knows it
    word: str  # as it was written
    rarity: float  # 0 in every text of the corpus … 1 in none
    known: bool  # whether the corpus holds it at all
    is_name: bool  # whether it names something: a proper name, or a word that no dictionary of English holds


@dataclass(frozen=True)
class Question:
    """A question, taken apart."""

    text: str
    terms: tuple[Term, ...]
    kind: Kind


def check_question(question: object, *, maximum: int = MAXIMUM_LENGTH) -> str:
    """The question as plain text on one line. Raises QuestionError when it is empty, too long or no text."""
    if not isinstance(question, str):
        raise QuestionError(f"A question is text, not {type(question).__name__}. Ask in words.")
    if len(question) > maximum:
        raise QuestionError(f"The question has {len(question):,} characters; the limit is {maximum:,}. Ask something shorter.")
    text = unicodedata.normalize("NFC", question)
    broken = sum(unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") and letter not in "\n\r\t" for letter in text)
    if broken or "\ufffd" in text:
        raise QuestionError("The question holds bytes that are no text. Ask in words.")
    text = re.sub(r"<[^<>]{0,400}>", " ", text)  # a question needs no markup
    text = " ".join(text.split())
    if not re.search(r"\w", text):
        raise QuestionError("The question is empty. Ask in words, for example one of the suggested questions.")
    return text


def analyse(text: str, words: Keywords) -> Question:
    """Take a question apart against the words of a corpus."""
    terms: dict[str, Term] = {}
    shouted = sum(word[:1].isupper() for word in text.split()) > 0.6 * len(text.split())
    for token, word in words_of(text):
        if token not in STOPWORDS and token not in terms:
            capital = word[:1].isupper() and not shouted and not text.startswith(word)
            terms[token] = Term(token, word, words.rarity(token), words.frequency.get(token, 0) > 0, capital or is_name(word))
    return Question(text, tuple(terms.values()), kind_of(text))


def is_name(word: str) -> bool:
    """Whether a word, in whatever case it was typed, names something.

    >>> is_name("vermont"), is_name("insurance")
    (True, False)
    """
    low = word.lower().removesuffix("'s").removesuffix("’s")
    return low.isalpha() and (lemma(low)[:1].isupper() or not is_english(low))


_AUXILIARY = r"(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|may|must|has|have|had|isn't|aren't|don't|doesn't|didn't|can't|won't)"
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("reason", r"\bwhy\b|\bwhat(?:'s| is| was) the reason\b|\bhow come\b|\breasons? (?:for|why|that)\b"),
    ("list", r"\b(?:which|what)\s+(?:\w+\s+){0,2}(?:states|countries|rules|models|makers|companies|cases|tests|standards|documents|ones|kinds|types|options|steps|ways|methods|features|"
             r"people|places|sites|books|cars|vehicles|products|items|names|members|groups|\w+(?:ies|ors|ers|ions|ments))\b(?!\s+(?:is|was)\b)|\blist\b|\bname (?:all|the|some|three|two)\b|\ball (?:of )?the\b"),
    ("number", r"\bhow (?:much|many|long|old|far|fast|big|large|tall|high|heavy|wide|deep|often|expensive|strong)\b|\b(?:rate|price|cost|costs|fee|fees|amount|percentage|percent|"
               r"number|total|size|weight|height|length|speed|limit|duty|value|figure|share|population|age)\b|\bhow (?:\w+ )?(?:cheap|thick|hot|cold)\b"),
    ("date", r"\bwhen\b|\bwhat (?:year|date|day|month|time)\b|\bsince when\b|\bwhich (?:year|date|day|month)\b|\bin what year\b|\bhow long ago\b"),
    ("person", r"\bwho(?:m|se|'s)?\b|\bwhich (?:person|man|woman|president|secretary|minister|judge|senator|author|company)\b"),
    ("place", r"\bwhere\b|\b(?:which|what) (?:state|country|city|town|place|region|island|river|continent|county)\b"),
)  # fmt: skip
_YES_NO = re.compile(rf"^\W*(?:so |and |but |then |ok |hi |hello )*{_AUXILIARY}\b", re.I)


def kind_of(text: str) -> Kind:
    """The kind of answer that a question expects.

    >>> kind_of("when did the rule start?"), kind_of("Can I drive it?"), kind_of("kei truck tariff rate")
    ('date', 'yes/no', 'number')
    """
    if _YES_NO.search(text):
        return "yes/no"
    low = text.lower()
    order: Sequence[tuple[Kind, str]] = sorted(_KINDS, key=lambda item: item[0] != "date") if re.match(r"\W*when\b", low) else _KINDS
    return next((kind for kind, pattern in order if re.search(pattern, low)), "any")


_JOINT = re.compile(
    rf"\?\s+(?=\S)|(?:,|;)?\s+(?:and|or|also|plus|&)\s+(?=(?:also\s+)?(?:how|when|who|whom|why|where|what|which|whose|{_AUXILIARY})\b)|[.;]\s+(?=(?:and\s+)?(?:how|when|who|why|where|what|which|{_AUXILIARY})\b)",
    re.I,
)


def parts_of(text: str) -> list[str]:
    """The questions in a question, in order; one that asks one thing comes back whole.

    >>> parts_of("How old must a truck be and who decides?")
    ['How old must a truck be?', 'who decides?']
    """
    pieces = [piece.strip(" ,;?.!") for piece in _JOINT.split(text)]
    pieces = [piece for piece in pieces if piece]
    full = [piece for piece in pieces if sum(word not in STOPWORDS for word, _ in words_of(piece)) >= 1 and len(piece.split()) >= 2]
    return [f"{piece}?" for piece in pieces] if len(pieces) > 1 and len(full) == len(pieces) else [text]
