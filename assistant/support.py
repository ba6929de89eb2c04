"""Is the question covered by this evidence? Says how likely, and what is missing. Knows nothing of writers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.evidence import Evidence, weights
from assistant.kinds import fits, states_absence
from assistant.question import Question, Term

BEST = 3  # sentences that the decision looks at: what an answer would hold
NEAR = 0.45  # cosine of a sentence that speaks of what is asked, if in other words
RARE_NAME = 0.5  # rarity of a name from which a question is about that, and not about what is near
LACKING_NAME = 0.3  # rarity of a name without which little else may count
LACKING_SHARE = 3.0  # of the threshold: a question whose name no good sentence has is declined sooner
ELSEWHERE_SHARE = 12.0  # the same where it is the place asked about, for what holds in another place misleads
NEAR_SHARE = 0.5  # of the threshold: a question with such a sentence is answered with a reserve rather than declined
FAR = 0.28  # cosine below which the best sentence is of something else, whatever words it has in common with a question
FAR_SHARE = 6.0  # of the threshold: with such a sentence a question is declined much sooner
SECOND = 0.3  # what it counts that the kind of thing asked for stands not in the best sentence, but in one of the next
FEATURES = ("cosine", "covered", "rarest_name", "kind", "terms")


@dataclass(frozen=True)
class Support:
    """How well evidence covers a question."""

    probability: float  # that the evidence answers it
    status: Literal["answered", "partial", "declined"]
    missing: tuple[Term, ...]  # telling words of the question that the best evidence does not have, most telling first
    features: Mapping[str, float]


def assess(question: Question, evidence: Sequence[Evidence]) -> Support:
    """The support that evidence, best first, gives a question: a logistic regression on plain signals."""
    features = features_of(question, evidence)
    fitted = weights("support")
    total = fitted["intercept"] + sum(fitted.get(name, 0.0) * value for name, value in features.items())
    probability = 1 / (1 + math.exp(-total)) if question.terms and evidence else 0.0
    status: Literal["answered", "partial", "declined"] = "answered"
    is_near = features["cosine"] >= NEAR and features["rarest_name"] < RARE_NAME
    missing = missing_terms(question, evidence[:BEST])
    share = NEAR_SHARE if is_near else 1.0
    if features["rarest_name"] >= LACKING_NAME:
        lacks_place = any(term.is_name and term.word.lower() in question.where for term in missing)
        share = ELSEWHERE_SHARE if lacks_place else LACKING_SHARE
    if features["cosine"] < FAR:
        share = max(share, FAR_SHARE)
    if probability < fitted["declined_below"] * share:
        status = "declined"
    elif probability < fitted["answered_from"] or features["rarest_name"] >= RARE_NAME or states_absence(evidence[0].prose):
        status = "partial"
    return Support(probability, status, missing, features)


def features_of(question: Question, evidence: Sequence[Evidence]) -> dict[str, float]:
    """The signals of a decision, each between about 0 and 1, for the few best sentences."""
    top = evidence[:BEST]
    if not top or not question.terms:
        return dict.fromkeys(FEATURES, 0.0)
    together = frozenset().union(*(item.covered for item in top))
    lacking = [term for term in _words(question) if not _has(term, question, together)]
    return {
        "cosine": top[0].features["cosine"],
        "covered": top[0].features["covered"],
        "rarest_name": max((term.rarity for term in lacking if term.is_name), default=0.0),
        "kind": max(float(_is_of_kind(question, top[0])), SECOND * any(_is_of_kind(question, item) for item in top)),
        "terms": min(1.0, len(_words(question)) / 10),
    }


def _is_of_kind(question: Question, item: Evidence) -> bool:
    """Whether a sentence holds the kind of thing asked for."""
    return bool(item.features["kind"]) or fits(question.text, question.kind, item.prose)


def missing_terms(question: Question, evidence: Sequence[Evidence]) -> tuple[Term, ...]:
    """The telling words of a question that none of some evidence has: names and figures first, then by rarity."""
    together = frozenset().union(*(item.covered for item in evidence))
    lacking = [term for term in _words(question) if not _has(term, question, together) and term.rarity >= 0.3]
    return tuple(sorted(lacking, key=lambda term: (not term.is_name, not term.token[:1].isdigit(), -term.rarity)))


def _words(question: Question) -> list[Term]:
    """The question's terms, each word of it once: a compound stands for its parts."""
    return list({term.word: term for term in reversed(question.terms)}.values())[::-1]


def _has(term: Term, question: Question, covered: frozenset[str]) -> bool:
    """Whether a word is covered: whole, or in one of its parts."""
    return any(other.token in covered for other in question.terms if other.word == term.word)
