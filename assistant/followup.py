"""Earlier turns + a new message → a question that stands alone, without a model. Knows nothing of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from index.embeddings import Embeddings
from index.keywords import STOPWORDS

Turn = tuple[str, str]

_ELLIPSIS = re.compile(
    r"^\W*(?:ok(?:ay)?|well|hmm+|and|but|or|so|then|also|plus)?\W*(?:what|how|and|same|anything|something)?\s*(?:about|for|of|with|in|if|from|on|to|under|after|before|since|by|against)\b|^\W*(?:and|but|or)\b", re.I
)
_LEAD = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|well|hmm+|and|but|or|so|then|also|plus)\b\W*)*(?:(?:what|how) about\b|same (?:question )?(?:for|in|with)\b|what (?:if|of)\b|is it the same (?:for|in)\b)?\W*(?:(?:for|in|from|with|on|of|about)\s+)?(?:the\s+)?", re.I
)
_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|theirs|this|that(?! (?:is|are|was|were|the|a)\b)|these|those|he|him|his|she|her|hers|there|then|such|the same|one|ones)\b", re.I)
_QUESTION_FRAME = re.compile(
    r"^\W*(?:so |and |but |ok )*(?:what(?:'s| is| are| was| were| does| do| did)?|who(?:'s| is| are| was)?|when(?: is| did| does| do| was| were| will)?|where(?: is| are| do| does)?|why(?: is| are| do| does| did| was)?|"
    r"how (?:much|many|old|long|far|fast|big|large|high)?(?: is| are| does| do| did| must| can| was)?|which|is|are|was|were|do|does|did|can|could|will|would|should|has|have|tell me about|explain|define)\b\s*(?:the|a|an|i|we|you|there)?\b", re.I,
)  # fmt: skip


def as_turns(history: Sequence[Turn | Mapping[str, Any]]) -> list[Turn]:
    """Earlier turns as pairs, from pairs or from `{"role", "content"}` messages; anything else is left out."""
    turns: list[Turn] = []
    for item in history:
        if isinstance(item, Mapping):
            content = _words(item.get("content"))
            if item.get("role") == "user":
                turns.append((content, ""))
            elif item.get("role") == "assistant" and turns:
                turns[-1] = (turns[-1][0], content)
        elif isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2:
            turns.append((str(item[0]), str(item[1])))
    return [turn for turn in turns if turn[0].strip()]


def _words(content: object) -> str:
    """The text of a message's content, which may come as a list of blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(_words(block.get("text", "") if isinstance(block, Mapping) else block) for block in content)
    return ""


def stand_alone(question: str, turns: Sequence[Turn], embeddings: Embeddings) -> str:
    """The question as it would be asked without the turns before it; unchanged when it stands alone already."""
    standing = ""
    for earlier in [turn[0] for turn in turns][-4:] + [question]:
        standing = _resolve(" ".join(earlier.split()), standing, embeddings) if standing else " ".join(earlier.split())
    return standing


def content_words(text: str) -> list[str]:
    """The words of a text that carry its subject, as written."""
    return [word for word in re.findall(r"[\w$€£%][\w'’.%$,-]*[\w%]|\w", text) if word.lower().removesuffix("'s") not in STOPWORDS]


def _resolve(question: str, before: str, embeddings: Embeddings) -> str:
    words = content_words(question)
    lead = _ELLIPSIS.match(question)
    if not words:  # "Why?", "And then?"
        return f"{question.rstrip('?!. ')} {topic(before)}?"
    if lead and (len(words) <= 4 and not _has_verb(question)):
        phrase = _LEAD.sub("", question).strip(" ?!.,")
        return _swap(before, phrase or " ".join(words), embeddings)
    if _PRONOUN.search(_without_quotes(question)):
        return _insert(question, topic(before))
    if len(words) <= 2 and not _has_verb(question) and len(question.split()) <= 4:
        return _swap(before, question.strip(" ?!.,"), embeddings)
    if lead and len(words) <= 5:
        return f"{question.rstrip('?!. ')} ({topic(before)})?"
    return question


def _without_quotes(text: str) -> str:
    return re.sub(r"[\"“].*?[\"”]", "", text)


_VERB = re.compile(r"\b(?:is|are|was|were|am|be|do|does|did|can|could|will|would|shall|should|may|might|must|has|have|had|pay|pays|apply|applies|need|needs|cost|costs|work|works|happen|happened|start|starts|started|end|ends|ended)\b", re.I)


def _has_verb(question: str) -> bool:
    return bool(_VERB.search(question))


def topic(question: str) -> str:
    """What a question is about, without the words that ask.

    >>> topic("What is the chicken tax?")
    'chicken tax'
    """
    bare = _QUESTION_FRAME.sub("", question).strip(" ?!.,")
    return bare or question.strip(" ?!.,")


def _insert(question: str, about: str) -> str:
    """The pronoun replaced by what it stands for; where that reads badly, the subject stands behind."""
    match = re.search(r"\b(?:it|they|them|this|these|those)\b(?!\s+(?:\w+ly\s+)?(?:rule|law|year|case|time|way|kind|one|ones)\b)", question, re.I)
    if match and len(about.split()) <= 6:
        return question[: match.start()] + f"the {about}".replace("the the ", "the ") + question[match.end() :]
    return f"{question.rstrip('?!. ')} ({about})?"


def _swap(before: str, phrase: str, embeddings: Embeddings) -> str:
    """The earlier question with the word of the phrase's kind replaced by it; the phrase added where none is of its kind."""
    years = re.findall(r"\b(?:1[89]|20)\d\d\b", phrase)
    old_years = re.findall(r"\b(?:1[89]|20)\d\d\b", before)
    if years and old_years and re.fullmatch(r"(?:in |for |my ?)?\d{4}", phrase, re.I):
        return before.replace(old_years[-1], years[-1])
    candidates = list(dict.fromkeys(content_words(before)))
    if not candidates:
        return f"{before.rstrip('?!. ')} {phrase}?"
    vectors = embeddings.encode([phrase, *candidates])
    cosines = vectors[1:] @ vectors[0]
    best = int(np.argmax(cosines))
    if float(cosines[best]) >= 0.4:
        return re.sub(rf"\b{re.escape(candidates[best])}", phrase.replace("\\", ""), before, count=1)
    return f"{before.rstrip('?!. ')} {phrase}?"
