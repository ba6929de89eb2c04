"""Put something else into the place of its kind in a question: "and in winter?". Knows nothing of turns or answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant import english
from assistant.english import TACKED, Phrase, article, finish, phrases, strip, words
from assistant.reference import agreeing, opens
from index.embeddings import Embeddings

Fit = Callable[[Sequence[str]], Sequence[float]]  # how near the sources come to each of some questions

ALIKE = 0.3  # cosine of two words or short phrases of one kind: "georgia" and "texas" have 0.59, "georgia" and "truck" 0.09
SURELY_ALIKE = 0.45  # the same for a message of two words that may as well be a new question
_PLACING = frozenset("in at on to from near of for about by as".split())  # that often change places: "the tariff on", "for"
_OPPOSED = ({"before", "after"}, {"with", "without"}, {"over", "under", "above", "below"}, {"since", "until", "from", "till"})


@dataclass(frozen=True)
class Slots:
    """A question and the places in it that something else can take."""

    before: str
    embeddings: Embeddings
    fit: Fit | None = None

    @property
    def _plain(self) -> str:
        return TACKED.sub("", strip(self.before))

    def put(self, fragment: str, *, forced: bool) -> str | None:
        """The question with the fragment in the place of its kind, else behind; None when it does not belong and is not forced."""
        pieces = english.joined(phrases(fragment), fragment)
        if not pieces:
            return f"{self._plain} {fragment}?" if forced else None
        made = self.before
        changed = False
        for number, piece in enumerate(pieces):
            text = fragment[piece.start if number else 0 : pieces[number + 1].preposition.start if number + 1 < len(pieces) and pieces[number + 1].preposition else (pieces[number + 1].start if number + 1 < len(pieces) else len(fragment))].strip(" ,")  # type: ignore[union-attr]
            if number and piece.preposition:
                text = fragment[piece.preposition.start : piece.preposition.end] + " " + text
            if len(pieces) > 1 and piece.stems <= {word.stem for word in words(made)}:
                continue
            following = Slots(made, self.embeddings, self.fit)._put(text, forced=forced or changed)
            if following is None:
                return None
            made, changed = following, True
        return made if changed else self.before

    def _put(self, fragment: str, *, forced: bool) -> str | None:
        vague = re.search(r"\s+ones?$", fragment, re.I) is not None
        fragment = re.sub(r"\s+ones?$", "", fragment, flags=re.I)
        piece = english.joined(phrases(fragment), fragment)[0]
        led = [word.low for word in words(fragment) if word.low in english.PREPOSITIONS and word.end <= piece.start]
        preposition = led[-1] if led else None
        value = fragment[piece.start :]
        kinds = english.shape(piece.words)
        present = english.joined(phrases(self.before), self.before, "of(?: the)?")
        if kinds:
            place = self._of_shape(kinds, piece, present)
            if place is not None:
                return self._replace(place, value, piece, preposition)
            if kinds == "time":
                return self._append(fragment if preposition else f"{'in ' if english.is_year(piece.head.low) else ''}{value}")
        if preposition is None or preposition in _PLACING:
            shared = None if vague else self._sharing(piece, present)
            if shared is not None:
                return self._replace(shared, value, piece, None)
        place = self._alike(piece, preposition, present, forced=forced, vague=vague)
        if place is not None:
            return self._replace(place, value, piece, preposition)
        if preposition:
            return self._append(fragment) if forced else None
        return self._judged(value, piece, present, forced=forced)

    def _append(self, text: str) -> str:
        return f"{self._plain} {text}?"

    def _of_shape(self, kind: str, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """What has the same form: a year for a year, the lowest for the highest."""
        for phrase in reversed(present):
            if kind == "time" and phrase.is_time:
                return phrase
            if kind == "time":
                dated = [word for word in phrase.words if english.is_year(word.low)]
                if dated and english.is_year(piece.head.low):
                    return Phrase((dated[-1],))
            if kind == "amount" and english.shape(phrase.words) == "amount":
                return phrase
            if kind == "measure":
                pair = next((pair for pair in zip(phrase.words, phrase.words[1:], strict=False) if english.shape(pair) == "measure" and pair[1].stem == piece.head.stem), None)
                if pair:
                    return Phrase(pair)
            if kind == "order":
                ordered = [word for word in phrase.words if english.shape([word]) == "order"]
                if ordered:
                    return Phrase((ordered[0],) if len(piece.words) == 1 else phrase.words, phrase.determiner if ordered[0] == phrase.words[0] else None)
        return None

    def _sharing(self, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """The phrase with the same noun, together with what follows to tell which: "cars from the EU" for "British cars"."""
        if len(piece.words) < 2:
            return None
        best = max(present, key=lambda phrase: (phrase.head.stem == piece.head.stem) * 2 + len(phrase.stems & piece.stems), default=None)
        if best is None or not best.stems & piece.stems:
            return None
        if best.head.stem == piece.head.stem and len(best.words) == 1:
            following = present[present.index(best) + 1] if present.index(best) + 1 < len(present) else None
            if following and following.preposition and following.preposition.low in ("from", "of", "in", "by", "with") and not self.before[best.end : following.preposition.start].strip():
                modifier = " ".join(word.text for word in piece.words[:-1])
                if self._cosines(modifier, [" ".join(word.text for word in following.words)])[0] >= ALIKE:
                    return Phrase((*best.words, following.preposition, *following.words), best.determiner)
        return best

    def _alike(self, piece: Phrase, preposition: str | None, present: Sequence[Phrase], *, forced: bool, vague: bool) -> Phrase | None:
        """The words that mean something of the same kind."""
        bare = piece.words
        spans: list[Phrase] = []
        opening = re.match(r"(?:\w+ )?which\b", self.before, re.I)
        for number, phrase in enumerate(present):
            if phrase.is_time or (opening and number == 0 and not piece.is_plural):
                continue
            for size in range(1, min(4, len(phrase.words)) + 1):
                for start in range(len(phrase.words) - size + 1):
                    part = phrase.words[start : start + size]
                    led = phrase.preposition if start == 0 else phrase.words[start - 1] if phrase.words[start - 1].low in english.PREPOSITIONS else None
                    if (vague and part[-1] == phrase.head) or english.shape(part[:1]) == "order" or english.is_function(part[0].low) or english.is_function(part[-1].low):
                        continue
                    span = Phrase(part, phrase.determiner if start == 0 else None, led)
                    if preposition is None or self._may_follow(preposition, span):
                        spans.append(span)
        if not spans or not bare:
            return None
        cosines = self._cosines(" ".join(word.text for word in bare), [" ".join(word.text for word in span.words) for span in spans], english.singular(bare[-1].low))
        wholes = {(phrase.words[0].start, phrase.end) for phrase in present}
        scored = []
        for span, cosine in zip(spans, cosines, strict=True):
            whole = (span.words[0].start, span.end) in wholes
            if whole:  # a phrase is of the kind that a part of it is of
                inner = [other for part, other in zip(spans, cosines, strict=True) if span.words[0].start <= part.words[0].start and part.end == span.end]
                cosine = max(cosine, max(inner) - 0.05)
            same = preposition is not None and span.preposition is not None and span.preposition.low == preposition
            full = whole and piece.determiner is not None
            stray = preposition is not None and span.preposition is None  # "in texas" for a thing without a preposition
            only = same and whole and sum(other.preposition is not None and other.preposition.low == preposition and not other.is_time for other in present) == 1
            # "for children" tells more about a ticket for the tower; "in winter" stands for "in summer"
            other = preposition is not None and span.preposition is not None and not same
            kind = cosine - 0.1 * other + (0.05 if same and preposition == "for" else 0.2 if only else 0.15 * same) - 0.2 * stray
            scored.append((kind + 0.1 * full + (0.08 if len(bare) > 1 else 0.03) * whole, kind, span))
        _, cosine, best = max(scored, key=lambda item: item[0])
        return best if cosine >= (ALIKE if forced else SURELY_ALIKE) else None

    def _may_follow(self, preposition: str, phrase: Phrase) -> bool:
        other = phrase.preposition.low if phrase.preposition else None
        if other == preposition:
            return True
        if preposition in ("from", "to") and other in ("from", "to"):
            return False
        if other and any(preposition in pair and other in pair for pair in _OPPOSED):
            return True
        return preposition in _PLACING and preposition != "by" and (other is None or other in _PLACING)

    def _judged(self, value: str, piece: Phrase, present: Sequence[Phrase], *, forced: bool) -> str | None:
        """No place is of its kind: of the readings that English allows the one that the sources come nearest to."""
        places = [phrase for phrase in phrases(self.before) if not phrase.is_time and not (opens(self.before, phrase) and not (piece.is_plural and phrase.is_plural))][:3]
        if len(places) == 1 and re.match(r"who(?:['’]?s| is| are| was| were)\b", self.before, re.I):
            return self._replace(places[0], value, piece, None)
        readings = [self._append(f"for {value}"), *(self._replace(phrase, value, piece, None) for phrase in places)]
        if self.fit is None:
            return readings[0] if forced else None
        scores = self.fit([*readings, value])
        # what is added leaves all the other words in place and so always comes near
        best = max(range(len(readings)), key=lambda number: scores[number] - 0.05 * (number == 0))
        return readings[best] if forced or scores[best] > scores[-1] + 0.02 else None

    def _cosines(self, text: str, others: Sequence[str], head: str | None = None) -> list[float]:
        """How alike a text is to others; also without the ending of its plural, which may be that of "Smith's"."""
        forms = [text, " ".join([*text.split()[:-1], head])] if head else [text]
        vectors = self.embeddings.encode([*forms, *others])
        return [float(cosine) for cosine in (vectors[len(forms) :] @ vectors[: len(forms)].T).max(axis=1)]

    def _replace(self, place: Phrase, value: str, piece: Phrase, preposition: str | None) -> str:
        """The value in that place, with an article and a preposition that fit."""
        start, end = place.words[0].start, place.end
        if place.determiner is not None:
            determiner = place.determiner.low
            if piece.determiner is not None or piece.is_plural and place.end in {phrase.end for phrase in phrases(self.before)}:
                start = place.determiner.start
            elif determiner in ("a", "an"):
                start, value = place.determiner.start, f"{article(value)} {value}"
        if place.preposition is not None and preposition and preposition != place.preposition.low:
            start, value = place.preposition.start, f"{preposition} {value}"
        if place.preposition is not None and place.is_time and piece.is_time and piece.words[0].low in ("today", "now", "currently", "nowadays", "yesterday", "tomorrow", "last", "next"):
            start, value = place.preposition.start, value
        possessive = "'s" if place.words[-1].low.endswith("'s") and not value.endswith("'s") else ""
        if english.is_plural(piece.head.low) and not english.is_plural(place.head.low) and any(phrase.words[0].start <= start and end < phrase.end for phrase in phrases(self.before)):
            value = value.removesuffix("s")  # before a noun: "bidens" in "the trump proposal"
        earlier = self.before[:start]
        if place.end in {phrase.end for phrase in phrases(self.before)}:
            earlier = agreeing(earlier, "they" if english.is_plural(place.head.low) else "it", value)
        return finish(earlier + value + possessive + self.before[end:])
