"""Name what a question points back to: pronouns, "that law", "the second one", and what it leaves unsaid altogether."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant import english
from assistant.english import AUXILIARIES, AUXILIARY, PREPOSITION, Word, article, finish, phrases, plain, strip, topic, without_marker, words
from assistant.question import is_name
from assistant.reference import (
    GENDERED,
    GENERIC,
    Thing,
    agreeing,
    is_bound,
    is_open,
    items_in,
    members_of,
    name_in,
    ordinal,
    person_in,
    possessive,
    pronouns_in,
    statement_of,
    things_of,
    without_citations,
)
from assistant.slots import Fit
from index.keywords import STOPWORDS

_PLURAL = frozenset("they them their theirs these those".split())
BRIEF = 0.1  # by how much nearer the sources come to a question of a few words once it says about what
_OWNING = frozenset("its their theirs his hers".split())
_PLACES = frozenset("in at to on from near".split())
_COMPARED = r" (?:(?:also|still|so|that|much|even|a lot) )*(?:more|less|much|many|few|expensive|(?:high|low|cheap|lat|earl|long)(?:e|y|er|ier)?)\b"
_DESCRIBED = r"\b(?:a|an|the|this|that|which|\w+est|\w+er|each|every|another|new|old|good|big|small|first|second|last|next|the [\w.%$-]+)\s+$"
_SUPERLATIVE = r"(which|what|who)(?:['’]?s|\b.*?\b(?:is|are|was|were))\s+(?:the\s+)?(?:[\w-]+\s+)?(?:\w+est|most|first|last|only|main|worst|least)\b"
_SHARED_OUT = r"\b(?:which|how many|any|all|none|most|some|each|one|two|three) of $"
_SAYING = r"say|said|claim|tell|announce|write|promise|post"
_PERIODS = r"year|month|week|day|time|morning|evening|summer|winter|spring|autumn|season|century"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY = rf"\b\d{{1,2}} (?:{_MONTH})(?: \d{{4}})?|\b(?:{_MONTH}) \d{{1,2}}(?:, \d{{4}})?|\b(?:{_MONTH}) \d{{4}}"


@dataclass(frozen=True)
class Naming:
    """The question before, standing alone, and what was answered to it."""

    before: str
    said: str
    fit: Fit | None = None
    earlier: Sequence[str] = ()  # the questions before that one, standing alone

    def whole(self, asked: str) -> str:
        """A whole question with what it points back to by name; unchanged where nothing in it points back."""
        bare = without_marker(asked)
        made = self._pronouns(self._that(self._counted(self._which(self._place_in_list(self.day(bare))))))
        if made != bare:
            return self._in_context(finish(made))
        bare = strip(bare)
        if is_open(bare):
            return self._in_context(self.complete(bare))
        carried = sum(word.low not in STOPWORDS for word in words(bare))
        led = re.match(r"\W*(?:and|but|so|then|also)\b", asked, re.I) is not None
        if self.fit and carried <= (4 if led else 3) and (led or not any(is_name(word.text) for word in words(bare))):
            complete, short = self.complete(bare), finish(bare)
            near, nearer = self.fit([short, complete])
            return complete if nearer > near + (0.05 if led else BRIEF) else short if led else asked
        return asked

    @property
    def things(self) -> list[Thing]:
        """What the question before speaks of; the thing that it asked for goes by the name in the answer as well."""
        things = things_of(plain(self.before))
        asked = re.match(_SUPERLATIVE, self.before, re.I)
        name = name_in(self.said, besides=self.before) if asked else None
        if not asked or not name:
            return things
        if asked[1].lower() == "what" and things and english.shape(words(things[0].noun)[:1]) == "order":
            return [replace(things[0], name=f"{things[0].name}, {name},"), *things[1:]]
        return [Thing(name, name, is_plural=False, is_one_of_many=False, start=0, end=0), *things]

    @property
    def statement(self) -> str:
        """What was asked before, to stand in parentheses."""
        return statement_of(plain(self.before)) or topic(plain(self.before))

    def which_ones(self) -> str | None:
        """Which of the things are meant that the question before spoke of; None where it spoke of one only."""
        before = plain(self.before)
        if members_of(before):
            return f"{before}?"
        several = [phrase for phrase in phrases(before) if phrase.is_plural and not phrase.is_time]
        if not several:
            return None
        return f"Which {' '.join(word.text for word in several[-1].words)} ({self.statement})?"

    def complete(self, bare: str) -> str:
        """A question that leaves open of what it speaks, with what the question before was about."""
        when = re.match(r"what (?:happens|happened|would happen|will happen)\s+((?:when|if|after|once)\b.+)$", plain(self.before), re.I)
        if when:
            return finish(f"{bare} {when[1]}")
        readings = [finish(f"{bare} {_link(bare)} {thing.name}") for thing in self.things[:3]]
        about = f"{bare} ({topic(plain(self.before))})?"
        return self._nearest([*readings, about]) if readings else about

    def _nearest(self, readings: Sequence[str]) -> str:
        """The reading that the sources come nearest to; the likelier one in English where they are near alike."""
        if self.fit is None or len(readings) < 2:
            return readings[0]
        scores = self.fit(readings)
        return readings[max(range(len(readings)), key=lambda place: scores[place] - 0.02 * place)]

    def _in_context(self, made: str) -> str:
        """The question with what the one before said of place and the like, where the sources speak of it in that connection."""
        present = {word.stem for word in words(made)}
        before = plain(self.before)
        led = [(phrase.preposition, phrase) for phrase in phrases(before) if not phrase.is_time and not phrase.stems & present]
        context = [before[preposition.start : phrase.end] for preposition, phrase in led if preposition is not None and preposition.low != "of"]
        if self.fit is None or not context or made.endswith(")?"):
            return made
        readings = [made, *(finish(f"{strip(made)} {text}") for text in context[:2])]
        scores = self.fit(readings)
        best = max(range(len(readings)), key=lambda number: scores[number])
        return readings[best] if scores[best] > scores[0] + 0.03 else made

    # --- what the answer names ---------------------------------------------------------------------------------------

    def point(self, text: str) -> str | None:
        """ "the second one": what stands in that place of the answer before."""
        place_of = r"first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th|former|latter|\d"
        after = r"one|of them|of those|point|item|option|thing"
        match = re.fullmatch(rf"(?:the |number |no\.? ?|in |for |of |about |on )*(?P<place>{place_of})(?: (?:{after}))?", text, re.I)
        if not match or (match["place"].isdigit() and "one" not in text and "number" not in text):
            return None
        place, items = ordinal(match["place"]), items_in(self.said)
        return items[place] if place is not None and -len(items) <= place < len(items) else None

    def _place_in_list(self, text: str) -> str:
        ends = r"\W*$| (?:is|was|cost|do|does|did|has|had|mean|of)\b"
        match = re.search(rf"\bthe (?:first|second|third|fourth|fifth|last|latter|former)(?: one)?(?={ends})", text, re.I)
        item = self.point(match[0]) if match else None
        return text[: match.start()] + item + text[match.end() :] if match and item else text

    def day(self, text: str) -> str:
        """The text with "that day" and the like as the answer before gives it."""
        match = re.search(r"\b(?:that|this|those|these)\s+(date|day|time|year|month)\b", text, re.I)
        if not match:
            return text
        pattern = {"year": r"\b(?:1[5-9]|20)\d\d\b", "month": rf"\b(?:{_MONTH})\b(?: \d{{4}})?"}.get(match[1].lower(), _DAY)
        found = re.search(pattern, self.said)
        if not found:
            return text
        led = words(text[: match.start()])
        preposition = "in" if re.fullmatch(r"\d{4}|[A-Z]\w+(?: \d{4})?", found[0]) else "on"
        return f"{text[: match.start()]}{'' if led and led[-1].low in english.PREPOSITIONS else f'{preposition} '}{found[0]}{text[match.end() :]}"

    def _that(self, text: str) -> str:
        """The text with "that law" named in full, as the turn before named it."""
        ends = rf"\W*$|\s+(?:{AUXILIARY}|(?!of\b)(?:{PREPOSITION})|\w+ed)\b"
        match = re.search(rf"(?:^|\b(?P<led>[\w']+)\s+)(?P<whole>(?:that|this|these|those)\s+(?P<noun>[a-z][\w-]+))(?={ends})", text, re.I)
        if not match or not _is_pointing_noun(match["noun"].lower(), (match["led"] or "").lower()):
            return text
        start, end = match.span("whole")
        acts = (match["led"] or "").lower() in AUXILIARIES and english.is_verb(match["noun"].lower())
        if acts and not any(english.is_verb(word.low) for word in words(text[end:])):
            return text  # "how much do those cost"
        if is_bound(text, Word(match["noun"], start, end)):
            return text
        for source in (plain(self.before), without_citations(self.said)):
            named = [phrase for phrase in phrases(source) if phrase.head.stem == english.singular(match["noun"].lower()) and len(phrase.words) > 1]
            if named:
                return f"{text[:start]}the {' '.join(word.text for word in named[0].words)}{text[end:]}"
        things = things_of(plain(self.before))
        if len(things) == 1:
            return text[:start] + things[0].name + text[end:]
        return f"{strip(text)} ({self.statement})?" if match["noun"].lower() in GENERIC else text

    # --- pronouns ----------------------------------------------------------------------------------------------------

    def _pronouns(self, text: str) -> str:
        pronouns = pronouns_in(text)
        if not pronouns:
            return text
        used: list[str] = []
        made, at, unclear = "", 0, False
        for word in pronouns:
            named = self._name(word, text, used)
            if named is None:
                unclear = True
                continue
            made += agreeing(text[at : word.start], named, was_plural=word.low in _PLURAL) + named
            at = word.end
        made += text[at:]
        left = {word.stem for word in words(topic(self.before))} - {word.stem for word in words(made)} - STOPWORDS
        return f"{strip(made)} ({self.statement})?" if unclear and left and self.statement not in made else made

    def _name(self, word: Word, text: str, used: list[str]) -> str | None:
        """What a pronoun stands for, in the form that fits its place; None when it cannot be told."""
        after = text[word.end :]
        owns = word.low in _OWNING or (word.low == "her" and re.match(r"\s+\w", after) is not None)
        if word.low in GENDERED:
            name = self._person(word.low, in_apposition=not used and not owns)
        elif word.low == "there":
            return self._place(text[: word.start])
        elif word.low in ("one", "ones"):
            name = self._one(several=word.low == "ones", is_described=re.search(_DESCRIBED, text[: word.start], re.I) is not None)
        else:
            name = self._thing(word, text, used)
        if name is None:
            return None
        used.append(name)
        return possessive(name) if owns else name

    def _thing(self, word: Word, text: str, used: Sequence[str]) -> str | None:
        """What "it", "they" or "that" stands for: a thing, or all that the question before asked."""
        earlier, after = text[: word.start], text[word.end :]
        is_last, many = not strip(after), word.low in _PLURAL
        if is_last and re.search(r"\w\s+(?:do|done|doing)\s+$", earlier, re.I):
            return None  # "when did they do that"
        if is_last and word.low == "that" and used and re.search(rf"\b(?:{_SAYING})\s+$", earlier, re.I):
            return None  # "when did he say that"
        if many and not used and re.match(r"who\s+(?!(?:is|was|are|were)\b)", self.before, re.I):
            return None  # "what do they say" after "who opposes the fee"
        asked = None if used else statement_of(plain(self.before))
        if asked and words(asked)[0].low in english.ASKING and (word.low in ("this", "that") or re.match(_COMPARED, after, re.I)):
            return asked  # "is that more than last year"
        if asked and word.low == "that":  # "who announced that" takes the statement as it stands
            takes = is_last and not re.search(r"\b(?:is|was|are|of|about|for|before|after)\s*$", earlier, re.I)
            return f"that {asked}" if takes else None
        if re.search(_SHARED_OUT, earlier, re.I) and (wanted := members_of(plain(self.before))):
            return wanted
        things = self.things
        acts = bool(things) and re.search(rf"\b(?:do|does|did)\s+{re.escape(things[0].name)}", self.before, re.I) is not None
        if many and not acts and not any(thing.is_plural for thing in things) and re.search(r"\bits?\b", text, re.I):
            return None
        present = {other.low for other in words(text)}
        names = [thing.name for thing in sorted(things, key=lambda thing: thing.is_plural != many)]
        names = [name for name in names if name not in used and not {other.low for other in words(name)} - STOPWORDS <= present]
        if asked and not many and re.match(r"what (?!.*\b(?:do|cost|mean|say|think|look|weigh|happen)\b)", plain(self.before), re.I):
            names.insert(1, asked)
        several = [thing.name for question in reversed(self.earlier) for thing in things_of(plain(question)) if thing.is_plural] if many else []
        if not names or used:
            return next(iter([*names, *(name for name in several if name not in used)]), None)
        readings = [earlier + name + after for name in names[:3]]
        named = names[readings.index(self._nearest(readings))]
        is_alone = len(pronouns_in(text)) == 1
        return self._much_nearer([named, *several[:2]], earlier, after) if is_alone and not any(thing.is_plural for thing in things) else named

    def _much_nearer(self, names: Sequence[str], earlier: str, after: str) -> str:
        """The name with which the sources come much nearer to a question than with the first; else the first."""
        if self.fit is None or len(names) < 2:
            return names[0]
        scores = self.fit([earlier + name + after for name in names])
        best = max(range(len(names)), key=lambda place: scores[place])
        return names[best] if scores[best] > scores[0] + BRIEF else names[0]

    def _person(self, pronoun: str, *, in_apposition: bool) -> str | None:
        """Of whom the turn before speaks: by name in the question or in its answer, else by office."""
        first = next(iter(self.things), None)
        who = re.match(r"who(?:['’]?s| is| was| are| were)\s+(.+)$", plain(self.before), re.I)
        asks_who = re.match(r"who\b", self.before, re.I) is not None
        by_name = who is not None and not re.match(r"(?:the|an?)\s", who[1], re.I)
        if first and (by_name or (person_in(first.name) and (who or not asks_who))):
            return re.split(r"['’]s?\s", first.name)[0]
        person = person_in(self.said, about=plain(self.before))
        if person:
            return f"{person}, {who[1]}," if who and in_apposition else person
        is_one = first is not None and (pronoun in ("she", "her") or re.search(r"(?:er|or|ist|man|ian|ant)$", first.noun))  # a ship is a she
        return first.name if first and is_one else None

    def _place(self, earlier: str) -> str | None:
        """What "there" stands for, with its preposition."""
        led = [(phrase.preposition, phrase) for phrase in phrases(self.before) if not phrase.is_time]
        for preposition, phrase in led:
            if preposition is not None and preposition.low in _PLACES:
                goes = re.search(r"\b(?:get|go|travel|come|sail|drive)\s*$", earlier, re.I)
                return f"{'to' if goes else 'in' if preposition.low in ('to', 'from') else preposition.low} {self.before[phrase.start : phrase.end]}"
        return next((f"at {thing.name}" for thing in self.things), None)

    def _one(self, *, several: bool, is_described: bool) -> str | None:
        """The noun for "one" and "ones": of a thing that was one of many."""
        for thing in things_of(plain(self.before)):
            if several and thing.is_plural:
                return thing.noun
            if not several and thing.is_one_of_many:
                head = words(thing.noun)[-1]
                noun = thing.noun[: head.start] + (english.singular(head.low) if thing.is_plural else head.text)
                return noun if is_described else f"{article(noun)} {noun}"
        things = things_of(plain(self.before))
        return words(things[-1].noun)[-1].text if things and is_described and not several else None

    def _which(self, text: str) -> str:
        """ "which ban them", "which don't": of the things that the question before asked for."""
        wanted = re.match(r"the (?P<noun>.+?)(?: that (?P<acts>.+)|$)", members_of(plain(self.before)) or "", re.I)
        opening = re.match(r"which (?:ones )?(?=(?P<verb>[\w'’]+)(?P<more> .*)?$)", strip(text), re.I)
        if not wanted or not opening:
            return text
        verb = opening["verb"]
        if wanted["acts"] and not opening["more"] and verb.lower().replace("’", "'") in ("do", "don't", "dont", "did", "didn't", "didnt"):
            return f"Which {wanted['noun']} {verb} {wanted['acts']}?"
        return f"Which {wanted['noun']} {text[opening.end() :]}" if english.is_verb(verb.lower()) else text

    def _counted(self, text: str) -> str:
        """ "how many can I take", "who has the most": of the things that the question before was about."""
        asked = re.match(r"(?:what|which)(?= \w)", self.before, re.I)
        alone = r"how many(?: of (?:them|those)| (?:are|were) (?:there|they|those))?"
        if asked and members_of(plain(self.before)) and re.fullmatch(alone, strip(text), re.I):
            return f"How many{plain(self.before)[asked.end() :]}?"
        present = phrases(plain(self.before))
        many = next((" ".join(word.text for word in phrase.words) for phrase in present if phrase.is_plural), None)
        if many and re.search(r"\b(?:the (?:most|least|fewest)|how many)\W*$", text, re.I):
            return f"{strip(text)} {many}?"
        done = "|".join(sorted(english.DONE))
        opening = re.match(rf"how many(?=\s+(?:{AUXILIARY})\s+(?:i|you|we|they|one|be|\w*(?:ed|en|{done}))\b)", text, re.I)
        if not opening:
            return text
        last = present[-1] if present else None
        if not many and last and not last.is_time and last.preposition is not None and last.preposition.low in ("for", "of", "on"):
            many = " ".join(word.text for word in last.words)
        many = many or next((f"of {thing.name}" for thing in self.things), None)
        return f"{opening[0]} {many}{text[opening.end() :]}" if many else text


def _is_pointing_noun(noun: str, led: str) -> bool:
    """Whether "that" before a noun points to what was said, by the noun and by the word before."""
    if english.is_function(noun) or re.fullmatch(_PERIODS, noun) or (english.is_verb(noun) and noun not in GENERIC):
        return False
    if led in ("say", "says", "said", "think", "mean", "means", "know", "claim"):
        return False
    return not led or led in english.AUXILIARIES or led in english.PREPOSITIONS or english.is_verb(led)


def _link(bare: str) -> str:
    """The preposition by which a question takes what it is about."""
    last = [word.low for word in words(bare)][-2:]
    if last[-1] in ("in", "into", "on", "at", "for", "from", "to") or (last[0] == "to" and last[-1] in english.VERBS):
        return ""
    if re.search(r"\bthere\b|^(?:which|what) \w+ (?:do|can|must|should) ", bare, re.I):
        return "for"
    if re.search(r"\bthe [\w'-]+$", bare):
        return "of"
    return "about" if last[-1] in ("say", "said", "argue", "think", "claim", "write", "know", "complain") else "with"
