"""Questions to go on with: examples of the corpus that share telling words with an answer. Knows nothing of how they are shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache

from assistant import Answer
from index.keywords import tokenize

LIMIT = 3
TELLING = 0.3  # a word in more of the examples than this share tells nothing


def follow_ups(answer: Answer, examples: Sequence[str], asked: Collection[str] = ()) -> tuple[str, ...]:
    """The examples nearest to the question and to what its answer cites, without those that were asked."""
    known = {_words(question) for question in (answer.question, answer.standalone_question, *asked)}
    cited = " ".join(f"{citation.title} {citation.section}" for citation in answer.citations)
    told = frozenset(tokenize(f"{answer.standalone_question} {cited}"))
    weights = _weights(tuple(examples))
    scores = {example: sum(weights.get(token, 0.0) for token in _tokens(example) & told) for example in examples if _words(example) not in known}
    return tuple(example for example in sorted(scores, key=lambda example: -scores[example]) if scores[example])[:LIMIT]


def _words(question: str) -> tuple[str, ...]:
    """A question without case and marks, which people leave out."""
    return tuple(re.findall(r"\w+", question.casefold()))


@lru_cache(maxsize=256)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(tokenize(text))


@lru_cache(maxsize=8)
def _weights(examples: tuple[str, ...]) -> dict[str, float]:
    counts = Counter(token for example in examples for token in _tokens(example))
    return {token: 1 / count for token, count in counts.items() if count <= max(1, TELLING * len(examples))}
