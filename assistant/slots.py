"""Put something else into the place of its kind in a question: "and in winter?". Knows nothing of turns or answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from assistant import english
from assistant.english import Phrase, article, finish, phrases, plain, words
from assistant.question import is_name
from assistant.reference import agreeing, opens
from index.embeddings import Embeddings
from index.keywords import lemma

Fit = Callable[[Sequence[str]], Sequence[float]]  # how near the sources come to each of some questions: cosines

ALIKE = 0.3  # cosine of two words or short phrases of one kind: "winter" and "summer" have 0.60, "winter" and "first ferry" 0.15
SURELY_ALIKE = 0.45  # the same for a message of two words that may as well be a new question
_PLACING = frozenset("in at on to from near of for about as".split())  # that often change places: "the fee on", "for"
_OPPOSED = ({"before", "after"}, {"with", "without"}, {"over", "under", "above", "below"}, {"since", "until", "from", "till"})
_NOW = re.compile(r"\b(?:right now|now|today|currently|nowadays|at present|at the moment|these days)\b", re.I)
_OWN_TIMES = frozenset("today now currently nowadays yesterday tomorrow last next".split())  # times that need no preposition


def swap(
    before: str, fragment: str, embeddings: Embeddings, fit: Fit | None = None, *, forced: bool = True, names: Set[str] = frozenset()
) -> str | None:  # fmt: skip
    """The question with each phrase of the fragment in the place of its kind, else behind; None when it does not belong and is not forced.

    `names` are words that name something in the corpus, in lower case, beside those that do so in English.
    """
    pieces = [piece for piece in english.joined(phrases(fragment), fragment) if any(word.low not in ("one", "ones") for word in piece.words)]
    if not pieces:
        return f"{plain(before)} {fragment}?" if forced else None
    made = before
    for number, piece in enumerate(pieces):
        if len(pieces) > 1 and piece.stems <= {word.stem for word in words(made)}:
            continue  # "the fee on boats": the fee is spoken of already
        start = 0 if not number else piece.preposition.start if piece.preposition else piece.start
        following = pieces[number + 1] if number + 1 < len(pieces) else None
        end = len(fragment) if following is None else following.preposition.start if following.preposition else following.start
        swapped = Slots(made, embeddings, fit, names).put(fragment[start:end].strip(" ,"), forced=forced or made != before)
        if swapped is None:
            return None
        made = swapped
    return made


def aligned(longer: str, shorter: str, names: Set[str] = frozenset()) -> str | None:
    """Few words with what they leave unsaid of others that stand side by side with them; None where that cannot be told.

    >>> aligned("ketch mooring fee 2019", "yawl mooring"), aligned("Texas boat fee", "Georgia"), aligned("boat fee Texas", "Georgia")
    ('yawl mooring fee 2019', 'Georgia boat fee', 'boat fee Georgia')
    """
    whole, part = [word.text for word in words(longer)], [word.text for word in words(shorter)]
    low = [word.lower() for word in whole]
    if not part or len(part) >= len(whole):
        return None
    if part[-1].lower() in low[1:-1]:
        return " ".join([*part, *whole[low.index(part[-1].lower(), 1) + 1 :]])
    if not all(_is_proper(word, names) for word in part):
        return None
    if all(_is_proper(word, names) for word in whole[: len(part)]):
        return " ".join([*part, *whole[len(part) :]])
    if all(_is_proper(word, names) for word in whole[-len(part) :]):
        return " ".join([*whole[: -len(part)], *part])
    return None


def _is_proper(word: str, names: Set[str]) -> bool:
    """Whether a word is a proper name, in whatever case it was typed."""
    return word.lower() in names or lemma(word.lower())[:1].isupper()


@dataclass(frozen=True)
class Slots:
    """A question and the places in it that something else can take."""

    before: str
    embeddings: Embeddings
    fit: Fit | None = None
    names: Set[str] = frozenset()

    def put(self, fragment: str, *, forced: bool) -> str | None:
        """The question with a fragment of one phrase in the place of its kind, or behind."""
        vague = re.search(r"\s+ones?$", fragment, re.I) is not None  # "the blue one": the noun stays
        fragment = re.sub(r"\s+ones?$", "", fragment, flags=re.I)
        piece = english.joined(phrases(fragment), fragment)[0]
        led = [word.low for word in words(fragment) if word.low in english.PREPOSITIONS and word.end <= piece.start]
        preposition = led[-1] if led else None
        value = fragment[piece.start :]
        present = english.joined(phrases(self.before), self.before, "of(?: the)?")
        kind = english.shape(piece.words)
        alike = sorted(
            present, key=lambda phrase: phrase.preposition is not None and phrase.preposition.low == preposition
        )  # "in 2020" for "in 2019"
        place = self._of_shape(kind, piece, alike) if kind else None
        if place is None and kind == "time":
            timeless = replace(self, before=" ".join(_NOW.sub(" ", self.before).split()))
            return timeless._append(fragment if preposition or not english.is_year(piece.head.low) else f"in {value}")
        if place is None and not vague and (preposition is None or preposition in _PLACING):
            place = self._sharing(piece, present)
            if place is not None:
                return self._replace(place, value, piece, None)
        if place is None and preposition is None:
            place = self._named(piece, present)
        if place is None:
            place = self._alike(piece, preposition, present, bar=ALIKE if forced else SURELY_ALIKE, vague=vague)
        if place is not None:
            if piece.determiner is not None and english.is_year(piece.head.low) and piece.head.low[-1] != "s":
                value = fragment[piece.words[0].start :]  # "a 2003 one" after "my 1999 ketch"
            return self._replace(place, value, piece, preposition)
        if preposition:
            return self._append(fragment) if forced else None
        things = [phrase for phrase in present if not phrase.is_time and not opens(self.before, phrase)] if vague else []
        if things:  # "a new one" after "a 1998 ketch"
            kept = " ".join(word.text for word in things[-1].words if not english.is_year(word.low))
            return self._replace(things[-1], f"{value} {kept}", piece, None)
        return self._judged(value, piece, forced=forced)

    def _append(self, text: str) -> str:
        return f"{plain(self.before)} {text}?"

    # --- places ------------------------------------------------------------------------------------------------------

    def _of_shape(self, kind: str, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """What has the same form: a year for a year, the lowest for the highest."""
        for phrase in reversed(present):
            if kind == "time":
                years = [word for word in phrase.words if english.is_year(word.low)]
                if phrase.is_time:
                    return phrase
                if years and english.is_year(piece.head.low):
                    return Phrase((years[-1],))
            elif kind == "amount" and english.shape(phrase.words) == kind:
                return phrase
            elif kind == "measure":
                pairs = list(zip(phrase.words, phrase.words[1:], strict=False))
                alike = [pair for pair in pairs if english.shape(pair) == kind and pair[1].stem == piece.head.stem]
                if alike:
                    return Phrase(alike[0])
            elif kind == "order":
                ordered = [word for word in phrase.words if english.shape([word]) == kind]
                if ordered:
                    determiner = phrase.determiner if ordered[0] == phrase.words[0] else None
                    return Phrase((ordered[0],) if len(piece.words) == 1 else phrase.words, determiner)
        return None

    def _sharing(self, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """The phrase with the same noun, together with what follows to tell which: "boats from the north" for "southern boats"."""
        if len(piece.words) < 2 or not present:
            return None
        number = max(range(len(present)), key=lambda n: (present[n].head.stem == piece.head.stem) * 2 + len(present[n].stems & piece.stems))
        best, following = present[number], present[number + 1] if number + 1 < len(present) else None
        if not best.stems & piece.stems:
            return None
        if best.head.stem != piece.head.stem or len(best.words) > 1 or following is None or following.preposition is None:
            return best
        tells = following.preposition.low in ("from", "of", "in", "by", "with") and not self.before[best.end : following.preposition.start].strip()
        if tells and self._cosines(_text(piece.words[:-1]), [_text(following.words)])[0] >= ALIKE:
            return Phrase((*best.words, following.preposition, *following.words), best.determiner)
        return best

    def _named(self, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """The only name, for another name."""
        named = [phrase for phrase in present if not phrase.is_time and self._names(phrase)]
        return named[0] if len(named) == 1 and self._names(piece) else None

    def _names(self, phrase: Phrase) -> bool:
        """Whether each of its words is part of a name."""
        return all(word.low in self.names or is_name(word.low) for word in phrase.words)

    def _alike(self, piece: Phrase, preposition: str | None, present: Sequence[Phrase], *, bar: float, vague: bool) -> Phrase | None:
        """The words that mean something of the same kind."""
        asks_which = re.match(r"(?:\w+ )?which\b", self.before, re.I) is not None and not piece.is_plural
        candidates = [phrase for phrase in present[asks_which:] if not phrase.is_time]
        spans = [span for phrase in candidates for span in _spans(phrase, vague=vague) if preposition is None or _may_follow(preposition, span)]
        if not spans:
            return None
        cosines = self._cosines(_text(piece.words), [_text(span.words) for span in spans], singular=english.singular(piece.head.low))
        wholes = {(phrase.words[0].start, phrase.end) for phrase in [*present, *phrases(self.before)]}
        led_alike = sum(phrase.preposition is not None and phrase.preposition.low == preposition for phrase in candidates)
        best, best_score, best_kind = spans[0], -1.0, -1.0
        for span, cosine in zip(spans, cosines, strict=True):
            whole = (span.words[0].start, span.end) in wholes
            if whole:  # a phrase is of the kind of its last words
                ends = [part.end == span.end and part.words[0].start >= span.words[0].start for part in spans]
                cosine = max([cosine, *(other - 0.05 for other, fits in zip(cosines, ends, strict=True) if fits)])
            kind = cosine + _bonus(preposition, span, is_only=whole and led_alike == 1)
            score = kind + 0.1 * (whole and piece.determiner is not None) + (0.08 if len(piece.words) > 1 else 0.03) * whole
            if score > best_score:
                best, best_score, best_kind = span, score, kind
        return best if best_kind >= bar else None

    def _judged(self, value: str, piece: Phrase, *, forced: bool) -> str | None:
        """No place is of its kind: of the readings that English allows the one that the sources come nearest to."""
        places = [phrase for phrase in phrases(self.before) if not phrase.is_time]
        places = [phrase for phrase in places if not opens(self.before, phrase) or (piece.is_plural and phrase.is_plural)][:3]
        if len(places) == 1 and (piece.determiner is not None or re.match(r"who(?:['’]?s| is| are| was| were)\b", self.before, re.I)):
            return self._replace(places[0], value, piece, None)
        readings = [self._append(f"for {value}"), *(self._replace(phrase, value, piece, None) for phrase in places)]
        if self.fit is None:
            return readings[0] if forced else None
        scores = self.fit([*readings, value])
        # what is added leaves all the other words in place and so always comes near
        best = max(range(len(readings)), key=lambda number: scores[number] - 0.05 * (number == 0))
        return readings[best] if forced or scores[best] > scores[-1] + 0.02 else None

    def _cosines(self, text: str, others: Sequence[str], *, singular: str | None = None) -> list[float]:
        """How alike a text is to others; also without the ending of its plural, which may be that of "Smith's"."""
        forms = [text, " ".join([*text.split()[:-1], singular])] if singular else [text]
        vectors = self.embeddings.encode([*forms, *others])
        return [float(cosine) for cosine in (vectors[len(forms) :] @ vectors[: len(forms)].T).max(axis=1)]

    # --- writing -----------------------------------------------------------------------------------------------------

    def _replace(self, place: Phrase, value: str, piece: Phrase, preposition: str | None) -> str:
        """The value in that place, with an article, a preposition and a verb that fit."""
        start, end, last = place.words[0].start, place.end, place.words[-1]
        present = phrases(self.before)
        ends_phrase = end in {phrase.end for phrase in present}
        if place.determiner is not None:
            if piece.determiner is not None or (piece.is_plural and ends_phrase):
                start = place.determiner.start
            elif place.determiner.low in ("a", "an"):
                start, value = place.determiner.start, f"{article(value)} {value}"
        if place.preposition is not None:
            if preposition not in (None, "for", "with", "about", place.preposition.low):  # "for" may stand for any other
                start, value = place.preposition.start, f"{preposition} {value}"
            elif place.is_time and piece.words[0].low in _OWN_TIMES:
                start = place.preposition.start
        if last.low.endswith("'s") and not value.endswith("'s"):
            value += "'s"
        elif piece.is_plural and not english.is_plural(last.low) and not ends_phrase:
            value = value.removesuffix("s")  # before a noun: "smiths" for "the jones proposal"
        earlier = agreeing(self.before[:start], value, was_plural=english.is_plural(last.low)) if ends_phrase else self.before[:start]
        return finish(earlier + value + self.before[end:])


def _text(found: Sequence[english.Word]) -> str:
    return " ".join(word.text for word in found)


def _spans(phrase: Phrase, *, vague: bool) -> list[Phrase]:
    """The parts of a phrase, of four words at most, that can be replaced on their own."""
    spans: list[Phrase] = []
    for size in range(1, min(4, len(phrase.words)) + 1):
        for start in range(len(phrase.words) - size + 1):
            part = phrase.words[start : start + size]
            if english.is_function(part[0].low) or english.is_function(part[-1].low) or english.shape(part[:1]) == "order":
                continue
            if vague and part[-1] == phrase.head:
                continue
            before = phrase.words[start - 1] if start else phrase.preposition
            led = before if before is not None and before.low in english.PREPOSITIONS else None
            spans.append(Phrase(part, None if start else phrase.determiner, led))
    return spans


def _may_follow(preposition: str, span: Phrase) -> bool:
    """Whether something with that preposition can take the place of words with another, or with none."""
    other = span.preposition.low if span.preposition else None
    if other == preposition or (other and any({preposition, other} <= group for group in _OPPOSED)):
        return True
    return {preposition, other} != {"from", "to"} and preposition in _PLACING and (other is None or other in _PLACING)


def _bonus(preposition: str | None, span: Phrase, *, is_only: bool) -> float:
    """What the preposition tells beside the meaning of the words."""
    if preposition is None:
        return 0.0
    if span.preposition is None:
        return -0.2  # "in texas" hardly stands for a thing without a preposition
    if span.preposition.low != preposition:
        return -0.1
    if preposition == "of":
        return 0.3  # what a thing is of changes places with what another is of
    if preposition == "for":
        return 0.05  # "for children" tells more about a ticket for the tower
    return 0.2 if is_only else 0.15
