"""Is the question covered by this evidence? Says how likely, and what is missing. Knows nothing of writers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.evidence import Evidence, fits
from assistant.question import Question, Term

COEFFICIENTS = Path(__file__).with_name("support.json")


@dataclass(frozen=True)
class Support:
    """How well evidence covers a question."""

    probability: float  # that the evidence answers it
    missing: tuple[Term, ...]  # telling words of the question that no evidence has
    features: Mapping[str, float]


@cache
def coefficients() -> Mapping[str, float]:
    """The fitted weight of each feature, `intercept` and `threshold`; the file says from which data."""
    data: dict[str, float] = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))["coefficients"]
    return data


def assess(question: Question, evidence: Sequence[Evidence]) -> Support:
    """The support that evidence, best first, gives a question: a logistic regression on plain signals."""
    features = features_of(question, evidence)
    weights = coefficients()
    total = weights["intercept"] + sum(weights.get(name, 0.0) * value for name, value in features.items())
    return Support(1 / (1 + math.exp(-total)), missing_terms(question, evidence), features)


def features_of(question: Question, evidence: Sequence[Evidence], *, best: int = 4) -> dict[str, float]:
    """The signals of a decision, each between about 0 and 1, for the best few sentences."""
    top = evidence[:best]
    if not top or not question.terms:
        return {name: 0.0 for name in ("cosine", "cosine_mean", "cosine_max", "covered", "covered_one", "rarest", "unknown", "figures", "kind")}
    total = sum(term.rarity for term in question.terms) or 1.0
    together = frozenset().union(*(item.tokens | item.context for item in top))
    rarest = max(question.terms, key=lambda term: term.rarity)
    figures = [term for term in question.terms if any(letter.isdigit() for letter in term.token)]
    return {
        "cosine": top[0].features["cosine"],
        "cosine_mean": sum(item.features["cosine"] for item in top) / len(top),
        "cosine_max": max(item.features["cosine"] for item in evidence[:20]),
        "covered": sum(term.rarity for term in question.terms if term.token in together) / total,
        "covered_one": max(item.features["coverage"] for item in top),
        "rarest": float(rarest.token in together),
        "unknown": sum(term.rarity for term in question.terms if not term.known) / total,
        "figures": sum(term.token not in together for term in figures) / len(figures) if figures else 0.0,
        "kind": float(any(fits(question.kind, item.prose) for item in top[:2])),
    }


def missing_terms(question: Question, evidence: Sequence[Evidence]) -> tuple[Term, ...]:
    """The telling words of a question that the evidence does not have, rarest first."""
    together = frozenset().union(*(item.tokens | item.context for item in evidence[:8])) if evidence else frozenset()
    lacking = [term for term in question.terms if term.token not in together and (not term.known or term.rarity > 0.5)]
    return tuple(sorted(lacking, key=lambda term: -term.rarity))
