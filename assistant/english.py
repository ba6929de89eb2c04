"""Plain English: classes of words, and the phrases of a question. Knows nothing of any subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.keywords import is_english, lemma

ARTICLES = frozenset("a an the".split())
DETERMINERS = ARTICLES | frozenset(
    """my your our his her its their this that these those any some each every no another all both either neither""".split()
)
PREPOSITIONS = frozenset(
    """about above across after against along among around at before behind below beside between beyond by despite during except for from in
    inside into like near of off on onto outside over per since through throughout till to toward towards under until up upon via with within
    without as than""".split()
)
AUXILIARIES = frozenset(
    """is are was were am be been being do does did can could will would shall should may might must has have had isn't aren't wasn't weren't
    don't doesn't didn't can't couldn't won't wouldn't hasn't haven't isnt arent dont doesnt didnt cant wont""".split()
)
ASKING = frozenset("what which who whom whose when where why how what's who's where's when's how's whats whos wheres".split())
PERSONS = frozenset("i you we one someone somebody anyone anybody everyone me us there it he she they them him".split())
CONJUNCTIONS = frozenset(
    """and or but nor so if because although though while whereas unless whether once when where that who which whose whom then""".split()
)
ADVERBS = frozenset(
    """still also ever never always only just really actually already now today yet currently nowadays again too exactly even often usually
    anyway then here there not n't down off out more less much many back please else soon ago""".split()
)
# Verbs that questions are made of, as they stand after "do", "can" or "who".
VERBS = frozenset(
    """add agree allow announce answer apply approve argue arrive ask ban bear become begin belong belongs borrow break bring build buy call camp
    cancel change charge check choose claim climb close come consist contain cost count cover cross cut decide deliver design die dive drive
    drop earn eat employ end enforce enter exist expect expire explain fail fall file find finish fish fly follow get give go grow happen have
    hear help hold hurt import improve increase install invent join keep kill know last launch lead leave lie live look lose lower made make
    manage mean measure meet merge move need offer open operate order own park pass pay permit plan play prefer prevent produce promise
    propose protect prove publish put raise reach read recommend record reduce refuse register reject remain rent restore remove repair repeal
    replace report require rise run sail save say see sell send serve set show sign sit speak spend stand start stay stop store strike suggest
    switch support swim take teach tell think treat try turn update upgrade use visit wait walk want weigh win work write criticize criticise
    complain oppose praise affect concern include exclude involve extend touch""".split()
)
_PAST = dict(
    pair.split(":")
    for pair in """become:became begin:began break:broke bring:brought build:built buy:bought choose:chose come:came cost:cost cut:cut do:did
    drive:drove fall:fell find:found fly:flew get:got give:gave go:went grow:grew have:had hear:heard hold:held hurt:hurt keep:kept
    know:knew lead:led leave:left lose:lost make:made mean:meant meet:met pay:paid put:put read:read rise:rose run:ran say:said
    see:saw sell:sold send:sent set:set show:showed sit:sat speak:spoke spend:spent stand:stood strike:struck take:took teach:taught
    tell:told think:thought win:won write:wrote""".split()
)
DONE = frozenset(
    """lost born built held made sold found begun taken given paid struck kept brought written lit shut shot hung drawn thrown worn seen known
    driven stolen sunk chosen broken grown shown spoken fallen done told heard laid fed bought caught taught sent spent won""".split()
)
_UNITS = frozenset(
    """m km cm mm mi mile miles ft feet foot inch inches yard yards kg g t ton tons tonne tonnes lb lbs pounds l liter liters litre litres gallon
    gallons year years month months week weeks day days hour hours minute minutes second seconds knots mph kb mb gb tb kib mib gib cc hp
    kw kwh watt watts percent euros dollars""".split()
)
_SUBJECTS = frozenset("i you we they he she".split())
_BEFORE_VERBS = AUXILIARIES - {"is", "are", "was", "were", "am"} | {"who", "which", "what", "to", "that"}
MEASURES = frozenset(
    """old long far fast big large tall high heavy wide deep expensive cheap strong thick hot cold good bad close late early small short
    few""".split()
)
TIMES = frozenset(
    """today now currently nowadays yesterday tomorrow january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday spring summer autumn fall winter week weekend weekends month year morning evening
    night afternoon noon midnight christmas easter""".split()
)
# words of chats that say nothing, or stand for one that does
SHORTHAND = frozenset("u ur r rn n w pls plz thx btw bout cuz bc idk lol tho imo asap".split())
_WORD = re.compile(r"(?:[^\s?!,;:()\[\]\"“”]|(?<=\d)[,:](?=\d))+")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d|(?:1[5-9]|20)?[1-9]0s")
_AMOUNT = re.compile(r"[$€£¥]\d[\d.,]*\w*|\d[\d.,]*%")


@dataclass(frozen=True)
class Word:
    """A word of a text and where it stands."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        """In lower case, except for a name of capitals that would be a pronoun: "US"."""
        return self.text if self.text in ("US", "IT", "WHO") else self.text.lower().replace("’", "'")

    @property
    def stem(self) -> str:
        return singular(self.low.removesuffix("'s"))


@dataclass(frozen=True)
class Phrase:
    """Words that name one thing: its article or other determiner apart, with the preposition that leads to it."""

    words: tuple[Word, ...]
    determiner: Word | None = None
    preposition: Word | None = None

    @property
    def start(self) -> int:
        return self.determiner.start if self.determiner else self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end

    @property
    def head(self) -> Word:
        return self.words[-1]

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(word.stem for word in self.words)

    @property
    def is_plural(self) -> bool:
        return is_plural(self.head.low) and not (self.determiner and self.determiner.low in ("a", "an"))

    @property
    def is_time(self) -> bool:
        return is_time(self.words)


def words(text: str) -> list[Word]:
    """The words of a text, without the marks around them.

    >>> [word.text for word in words("Did H.R. 7389 pass in 2025?")]
    ['Did', 'H.R.', '7389', 'pass', 'in', '2025']
    """
    found = []
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".") if match[0].count(".") == 1 and match[0].endswith(".") else match[0]
        word = word.rstrip("'’")
        if re.search(r"\w", word):
            found.append(Word(word, match.start(), match.start() + len(word)))
    return found


def is_function(low: str) -> bool:
    """Whether a word holds a sentence together instead of naming something."""
    return low in DETERMINERS or low in PREPOSITIONS or low in AUXILIARIES or low in ASKING or low in PERSONS or low in CONJUNCTIONS or low in ADVERBS


def is_verb(low: str) -> bool:
    """Whether a word can be one of the verbs that questions are made of."""
    if low in VERBS or low in DONE or low in _PAST.values() or (len(low) > 5 and low.endswith(("ize", "ify"))):
        return True
    return any(low.endswith(ending) and stem in VERBS for ending, stem in _verb_stems(low))


def _verb_stems(low: str) -> Sequence[tuple[str, str]]:
    return [("s", low[:-1]), ("es", low[:-2]), ("ed", low[:-2]), ("d", low[:-1]), ("ies", low[:-3] + "y"), ("ied", low[:-3] + "y"), ("ed", low[:-3])]


def present(verb: str) -> str:
    """A verb as it stands after "she".

    >>> present("pay"), present("carry"), present("reach"), present("have")
    ('pays', 'carries', 'reaches', 'has')
    """
    if verb == "have":
        return "has"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(?:s|x|z|ch|sh|o)$", verb) else "s")


def past(verb: str) -> str:
    """A verb as it stands after "yesterday she".

    >>> past("promise"), past("go"), past("stop"), past("apply")
    ('promised', 'went', 'stopped', 'applied')
    """
    if verb in _PAST:
        return _PAST[verb]
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", verb):
        return verb + verb[-1] + "ed"
    return verb + ("d" if verb.endswith("e") else "ed")


def is_plural(low: str) -> bool:
    """Whether a noun looks like more than one.

    >>> is_plural("boats"), is_plural("kansas")
    (True, False)
    """
    if low in ("people", "children", "men", "women"):
        return True
    return len(low) > 3 and low.endswith("s") and not low.endswith(("ss", "us", "is", "'s")) and lemma(low) != low.capitalize()  # a name's own "s"


def singular(low: str) -> str:
    """A noun without the ending of its plural, near enough to compare."""
    if not is_plural(low) or not low.endswith("s"):
        return low
    return low[:-3] + "y" if low.endswith("ies") else low[:-1]


def is_year(low: str) -> bool:
    return _YEAR.fullmatch(low) is not None


def is_time(found: Sequence[Word]) -> bool:
    """Whether words say when: a year, the seventies in figures, a day, a season, "last week"."""
    told = [is_year(word.low) or word.low in TIMES for word in found]
    return any(told) and all(
        tells or re.fullmatch(r"\d+(?:st|nd|rd|th)?|last|next|early|late|mid|model", word.low) for tells, word in zip(told, found, strict=True)
    )


def shape(found: Sequence[Word]) -> str | None:
    """What kind of value words are when their form tells: a time, an amount, a measure with its unit, a superlative or number of order."""
    if is_time(found):
        return "time"
    if len(found) == 1 and _AMOUNT.fullmatch(found[0].low):
        return "amount"
    if len(found) == 2 and re.fullmatch(r"\d[\d.,]*", found[0].low) and found[1].low in _UNITS:
        return "measure"
    if len(found) <= 2 and re.fullmatch(r"(?:\w{3,}est|best|most|least|worst|first|second|third|fourth|last|next)", found[0].low):
        return "order"
    return None


def phrases(text: str) -> list[Phrase]:
    """The phrases of a question that name things, in order; its verbs are left out where they can be told.

    >>> [text for text in (" ".join(word.text for word in phrase.words) for phrase in phrases("How much does a new lamp cost in the old town?"))]
    ['new lamp', 'old town']
    """
    every = words(text)
    found: list[Phrase] = []
    run: list[Word] = []
    determiner: Word | None = None
    preposition: Word | None = None
    measured = False  # after "how", where "old" names nothing
    acting = False  # a verb may come: after "do", "can", "who" or "to"
    unknown = _unknown_verb(every)

    def close() -> None:
        nonlocal run, determiner, preposition
        if run:
            found.append(Phrase(tuple(run), determiner, preposition))
            run, determiner, preposition = [], None, None

    for place, word in enumerate(every):
        low, earlier = word.low, every[place - 1].low if place else ""
        acts = not is_function(low) and _acts(low, earlier, acting=acting, in_phrase=bool(run), is_last=place + 1 == len(every))
        acts = acts or word is unknown
        if acts or is_function(low):
            close()
            measured = low == "how" or (measured and low in ("much", "more"))
            if not acts and low in DETERMINERS:
                determiner = word
            else:
                determiner, preposition = None, word if low in PREPOSITIONS and not acts else None
            acting = not acts and (acting or low in _BEFORE_VERBS or low in PERSONS)
        elif not (measured and (low in MEASURES or (earlier == "much" and low.endswith("er")) or _is_measured(every, place))):
            if run and (text[run[-1].end : word.start].strip(" &") or _AMOUNT.fullmatch(low)):  # a comma, or a figure that says what the thing is
                close()
            measured = False
            run.append(word)
    close()
    return found


def _is_measured(every: Sequence[Word], place: int) -> bool:
    """Whether a word stands between "how" and a verb's helper: "how accurate is it"."""
    return every[place - 1].low == "how" and place + 1 < len(every) and every[place + 1].low in AUXILIARIES


def _unknown_verb(every: Sequence[Word]) -> Word | None:
    """The verb behind "do" and its subject, where it is none that questions are made of: "does it encrypt names"."""
    helper = next((place for place, word in enumerate(every) if word.low in ("do", "does", "did")), None)
    if helper is None or any(is_verb(word.low) for word in every[helper + 1 :]):
        return None
    behind = [word for word in every[helper + 1 :] if word.low not in DETERMINERS and word.low not in ADVERBS]
    return next((word for place, word in enumerate(behind) if place and not is_function(word.low) and _can_act(word.low)), None)


def _can_act(low: str) -> bool:
    """Whether a dictionary of English has a verb's forms of a word: "threaten", "threatening"."""
    doing = f"{low[:-1] if low.endswith('e') else low}ing"
    return is_english(doing) and lemma(doing) == low


def _acts(low: str, earlier: str, *, acting: bool, in_phrase: bool, is_last: bool) -> bool:
    """Whether a word is the verb there: after a verb's helper, or a participle behind what it is about."""
    done = low.endswith("ed") and not low.endswith("eed")
    if acting and (done or earlier in _SUBJECTS):
        return True
    if (done and earlier == "many") or (in_phrase and ((done and len(low) > 4) or low in DONE)):
        return True
    ruled_out = earlier in DETERMINERS or earlier in PREPOSITIONS - {"to"} or (earlier == "what" and low in VERBS)
    return acting and is_verb(low) and not ruled_out and not (in_phrase and is_last and is_plural(low))


def joined(pieces: Sequence[Phrase], text: str, glue: str = ",|,?\\s*(?:or|and)|of(?: the)?") -> list[Phrase]:
    """Phrases with "X or Y" and "X of Y" as one."""
    found: list[Phrase] = []
    for piece in pieces:
        if found and re.fullmatch(rf"\s*(?:{glue})\s*", text[found[-1].end : piece.start]):
            last = found.pop()
            between = [word for word in words(text) if last.end <= word.start and word.end <= piece.words[0].start]
            found.append(Phrase((*last.words, *between, *piece.words), last.determiner, last.preposition))
        else:
            found.append(piece)
    return found


# --- the words around a question -----------------------------------------------------------------------------------------

AUXILIARY = "|".join(sorted((re.escape(word) for word in AUXILIARIES), key=len, reverse=True))  # for patterns
PREPOSITION = "|".join(sorted(PREPOSITIONS))
_JOINING = r"ok(?:ay)?|well|h+m+|and|but|or|so|then|also|plus|oh|ah|hi|hello|hey|actually|thanks|thank you"
# what a short question added to the one before: "…, and why?"
_ADDED = r"why not|since when|until when|who says so|when|where|why|how(?: \w+)?|by how much|by whom|who|\w+ (?:it|that|them)"
TACKED = re.compile(rf", and (?:\w+ )?(?:{_ADDED})$", re.I)
_REACTING = r"great|cool|nice|good|right|yes|yeah|no|nope|alright|please|now|interesting|i see|got it|perfect"
MARKER = re.compile(rf"^\W*(?:(?:{_JOINING})\b[\s,.!…-]*|(?:{_REACTING})\b(?:\s*[,.!…-]+\s*|\s+(?=(?:{_JOINING})\b)))+", re.I)


def without_marker(text: str) -> str:
    """The text without "ok, and …" in front, where something is left."""
    bare = MARKER.sub("", text)
    return bare if re.search(r"\w", bare) else text


def strip(text: str) -> str:
    return text.strip(" ?!.,;:…")


def plain(question: str) -> str:
    """The question without marks and without what was tacked on to it."""
    return TACKED.sub("", strip(question))


def article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def decapital(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def finish(text: str) -> str:
    """One mark at the end, and no article twice."""
    text = re.sub(r",\s*(?=[?!.,]|$)", "", text)
    text = re.sub(r"\b(the|a|an) (?:the|a|an)\b", r"\1", " ".join(text.split()), flags=re.I)
    asks = re.match(r"(?:tell|explain|show|give|list|describe|compare)\b", text, re.I) is None
    return strip(text) + ("?" if asks else ".")


_FRAME = re.compile(
    r"^(?:(?:what|who|where|when|why|how|which|whose|whom)(?:['’]?s)?\b"
    r"(?:\s+(?:much|many|old|long|far|fast|big|large|high|tall|often)\b|(?<=how)\s+\w+(?=\s+(?:is|are|was|were)\b))?"
    rf"(?:\s+(?:{AUXILIARY})\b)?|(?:{AUXILIARY})\b|tell me about\b|explain\b|define\b)(?:\s+(?:a|an|the|i|we|you|there)\b)*\s*",
    re.I,
)


def topic(question: str) -> str:
    """What a question is about, without the words that ask.

    >>> topic("What is the harbor fee?")
    'harbor fee'
    """
    return _FRAME.sub("", strip(without_marker(question))) or strip(question)
