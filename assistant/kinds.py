"""The kinds of answer that questions expect, and what such an answer looks like. General English; knows no subject."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from index.keywords import STOPWORDS, stem

Kind = Literal["definition", "number", "date", "person", "place", "yes/no", "reason", "list", "any"]

AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|shall|should|may|must|has|have|had|"
    r"isn't|aren't|don't|doesn't|didn't|can't|won't)"
)  # fmt: skip
_YES_NO = re.compile(rf"^\W*(?:so |and |but |then |ok |hi |hello )*{AUXILIARY}\b", re.I)

# The first that applies decides; a question that begins or ends with "when" is asked for the date first.
_ASKED: Mapping[Kind, str] = {
    "reason": r"\bwhy\b|\bon\ what\ (?:\w+\ )?grounds?\b|\bwhat(?:'s|\ is|\ was)\ the\ reason\b|\bhow\ come\b|\breasons?\ (?:for|why|that)\b",
    "list": r"""
        \b(?:which|what)\s+(?!about\b|(?:year|date|day|month|time)\b)(?:\w+\s+){0,2}
            (?:states|countries|rules|models|makers|companies|cases|tests|standards|documents|ones|kinds|types|options|steps|ways|methods|features|people
              |places|sites|books|products|items|names|members|groups|\w+(?:ies|ors|ers|ions|ments))\b(?!\s+(?:is|was)\b)
        |\b(?:which|what)\s+(?!about\b|(?:year|date|day|month|time)\b)(?:\w+\s+){0,2}\w{2,}[^\Wsui]s\s+(?:are|were|do|did|can|could|will|may|must|should|have|had|need)\b
        |\blist\b|\bname\ (?:all|the|some|three|two)\b|\ball\ (?:of\ )?the\b""",
    "number": r"""
        \bhow\ (?:much|many|long|old|far|fast|big|large|tall|high|heavy|wide|deep|often|expensive|strong)\b
        |\bhow\ (?:\w+\ )?(?:cheap|thick|hot|cold)\b
        |\b(?:rate|price|costs?|fees?|amount|percentage|percent|number|total|size|weight|height|length|speed|limit|value|figure|share|population|age)\b""",
    "date": rf"""
        ^\W*(?:(?:so|and|but|ok|hi|hello)\b\W*)*when\b
        |^(?:(?!\b(?:what|how|why|whom?|whose|which|where)\b).)*\bwhen(?=\W*$|\W+(?:and|or|exactly|{AUXILIARY})\b)  # not "what happens when"
        |\bwhat\ (?:year|date|day|month|time)\b|\bsince\ when\b|\bwhich\ (?:year|date|day|month)\b|\bin\ what\ year\b|\bhow\ long\ ago\b""",
    "person": r"\bwho(?:m|se|'s)?\b|\bwhich\ (?:person|man|woman|president|secretary|minister|judge|senator|author|company)\b",
    "place": r"\bwhere\b|\b(?:which|what)\ (?:state|country|city|town|place|region|island|river|continent|county)\b",
}
# "What is a berth?" and its like, with nothing else in the question.
_DEFINED = re.compile(
    r"""^\W*(?:so\ |and\ |but\ |ok\ |hi\ |hello\ )*
        (?:what\ ?(?:'s|is|are|was|were|s)|what\ (?:does|do)|define|meaning\ of|what\ (?:counts?|qualifies)\ as)\s+
        (?:the\ (?:meaning|definition)\ of\s+)?(?:an?\s+|the\s+)?
        (?P<subject>[\w'’.-]+(?:\s+[\w'’.-]+){0,2}?)(?:\s+(?:mean|means|stand\ for|(?P<acts>do)))?\s*[?.!]*\s*$""",
    re.I | re.X,
)
# What a thing is, or what it does: "A berth is …", "The berth rule exempts …".
_OPENING = re.compile(
    r"\W*(.{0,90}?)(?<![(])\b(?:is|are|was|were|means?|stands? for|consists? of|refers? to|lets?|allows?|permits?|exempts?|requires?|sets?|"
    r"measures?|limits?|covers?|has|have)\b"
)
_ACTING = re.compile(r"\W*((?:[\w'’.-]+`?\W+){1,3}?)(?!(?:is|was|has|does|its|this)\b)[a-z]+s\b(?!\s+(?:is|are|was|were|of)\b)")
# "A berth holds …", and the row of a table that begins with it.
_TELLING = re.compile(
    r"\|\W*(?P<row>[^|]{1,60}?)\W*\||\W*An?\s+(?P<thing>[^.,;:|]{1,60}?)\W+(?!(?:is|was|has|its|this|less)\b)[a-z]{2,}s\b(?!\s+of\b)"
)
_COMPLEMENTS = frozenset("of for in under on as at to by from since".split())  # "Section 5 of the Harbour Act lets …"
_OF_HISTORY = re.compile(
    r"""\b(?:the\ )?(?:history|timeline|chronology|evolution)\ of\b
        |\W*\b(?:history|timeline|chronology)\W*$
        |\bhow\ (?:has|have|did)\ (?=.{2,90}\b(?:chang\w+|evolv\w+)\b(?:\W*$|\ (?:over|since|from|between|through)\b))
        |\bover\ (?:time|the\ years)\b""",
    re.I | re.X,
)
_CHANGE = re.compile(r"\b(?:chang\w+|evolv\w+)\b(?=\W*$)", re.I)  # what is left of "how did … change"
# "Can I moor here?" wants a sentence that says who can, may, must not or is allowed to do that.
_WISHED = re.compile(
    r"""\b(?:can|could|may|must|should|do|does)\ (?:i|we|you|one|people|someone|anyone)\ (?:(?:still|legally|really|also|even|have\ to|need\ to)\ )*
        (?P<verb>[a-z]{3,})""",
    re.I | re.X,
)
_RULED = re.compile(
    r"\b(?:can(?:not|['’]t)?|may|must|shall|need(?:s|ed)?|allow(?:s|ed)?|permit(?:s|ted)?|ban(?:s|ned)?|bars?|barred|prohibit(?:s|ed)?|forbid(?:s|den)?|legal|"
    r"illegal|lawful|unlawful|required?|requires)\b((?:\W+[\w'’-]+){1,6})",
    re.I,
)
_ASKED_FOR = {kind: re.compile(pattern, re.I | re.X) for kind, pattern in _ASKED.items()}


def history_asked(text: str) -> str | None:
    """What the history of is asked for; None where no history is.

    >>> history_asked("history of the mooring fee"), history_asked("How did the mooring fee change over the years?"), history_asked("mooring fee")
    ('the mooring fee', 'the mooring fee?', None)
    """
    if not _OF_HISTORY.search(text):
        return None
    return " ".join(_CHANGE.sub(" ", _OF_HISTORY.sub(" ", text)).split()).replace(" ?", "?")


def kind_of(text: str, *, may_define: bool = True) -> Kind:
    """The kind of answer that a question expects; `may_define=False` leaves out definitions.

    >>> kind_of("when did the rule start?"), kind_of("Can I moor here?"), kind_of("mooring fee"), kind_of("what is a berth")
    ('date', 'yes/no', 'number', 'definition')
    >>> kind_of("harbour rule when?"), kind_of("what happens when a rope breaks"), kind_of("went out when raining"), kind_of("9% from when")
    ('date', 'any', 'any', 'date')
    """
    if _YES_NO.search(text):
        return "yes/no"
    if may_define and _DEFINED.search(text):
        return "definition"
    first: tuple[Kind, ...] = ("date",) if re.search(r"^\W*when\b|\bwhen\W*$", text, re.I) else ()
    return next((kind for kind in (*first, *_ASKED_FOR) if _ASKED_FOR[kind].search(text)), "any")


_NUMERAL = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty)"
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_GIVEN: Mapping[Kind, re.Pattern[str]] = {
    "number": re.compile(rf"\d|\b(?:{_NUMERAL}|hundred|thousand|million|billion|half|twice|none|zero|nobody)\b", re.I),
    "date": re.compile(
        rf"\b(?:1[5-9]|20)\d\d\b|\b(?:{_MONTHS})\b|\b\d+ (?:days?|weeks?|months?|years?)\b|\b\d{{1,2}}(?::\d\d)? ?[ap]\.?m\b|\bcentury\b"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:mornings?|afternoons?|evenings?|nights?|noon|midnight|spring|summer|autumn|winter)\b",
        re.I,
    ),
    "person": re.compile(r"(?:^|[a-z,;(\"“] ?)\b[A-Z][\w'’.-]+(?: (?:[A-Z][\w'’.-]+|of|de|van|von|bin))* ?[A-Z][\w'’-]+"),
    "place": re.compile(
        r"\b(?:in|at|on|near|off|along|from|between|around|beside|under|outside|inside|across|into|through|above|below|behind|within|by|to|where)\b"
        r"|https?://|[./]\w+/",
        re.I,
    ),
}

# What a figure has to look like, by what is asked for; the first line that applies decides.
_MONEY = r"""
    [$€£¥]\s?\d
    |\d[\d.,]*\s*(?:million|billion|trillion|thousand)?\s*(?:dollars?|euros?|pounds?|yen|won|cents?|pence|francs?|rupees?)\b
    |\bfree\b|\bnothing\b|\bno\ (?:fee|charge|cost|tax|duty|fine|penalty)
    |\b(?:costs?|prices?|fees?|fines?|charges?|deposits?|rent|pays?|paid)\b[^.;\d]{0,40}(?<![\d§])(?!(?:1[5-9]|20)\d\d\b)\d+(?:[.,]\d+)*\b(?!\s?(?:days?|weeks?|months?|years?|%))"""
_SHARE = r"\d\s?%|\bper\s?cent\b|\d\ (?:in|of|out\ of)\ \d|\bhalf\b|\bthird\b|\bquarter\b"
_TIME = rf"""
    \d[\d.,]*[\s-]*(?:seconds?|minutes?|min|hours?|h|days?|weeks?|months?|years?|decades?|centur)
    |\b{_NUMERAL}\ (?:seconds|minutes|hours?|days?|weeks?|months?|years?)
    |\b(?:1[5-9]|20)\d\d\b"""
_LENGTH = r"\d[\d.,]*[\s-]?(?:m|km|mm|cm|ft|feet|foot|in|inch|inches|(?:nautical\s)?miles?|(?:kilo|centi|milli)?met(?:re|er)s?|yards?)\b"
_FIGURES = tuple(
    (re.compile(asked, re.I | re.X), re.compile(given, re.I | re.X))
    for asked, given in (
        (r"\b(?:percent|percentage|share)\b", _SHARE),
        (
            r"""\b(?:salary|prices?|priced|fees?|fines?|penalty|penalties|revenue|budget|worth|dollars?|expensive|cheap|cheaper|savings?|money|costs?|pay|paid
                |pays|charge)\b|\bhow\ much\ (?:is|are|does|do|did|was|were|will|would|money)\b""",
            f"{_MONEY}|{_SHARE}",
        ),
        (r"\b(?:rates?|tax|taxes|duty|duties|interest)\b", f"{_SHARE}|{_MONEY}"),
        (
            r"\b(?:speed|how\ fast)\b",
            r"\d\s?(?:mph|km/h|kmh|kph|knots?|m/s|kn\b|mb|gb|times|%)|\bspeed|\b(?:per|an?|each|every)\ (?:second|minute|hour|day)\b",
        ),
        (r"\b(?:how\ old|age|how\ long\ ago)\b", _TIME),
        (r"\bhow\ long\b", rf"{_TIME}|{_LENGTH}|\bfrom\b.*\b(?:to|until)\b|\bsince\b|\buntil\b"),
        (r"\bhow\ (?:tall|deep|wide|thick)\b", _LENGTH),
        (r"\b(?:how\ (?:hot|cold|warm)|temperatures?)\b", r"\d\s?(?:°|degrees?|[CFK]\b)"),
        (r"\b(?:weight|weigh|weighs|heavy)\b", r"\d[\d.,]*\s?(?:kg|g|lb|lbs|pounds?|tons?|tonnes?|kilograms?|grams?|ounces?|oz)\b"),
    )
)
_NOBODY = re.compile(r"\b(?:nobody|no one)\b", re.I)
_DEFAULT = re.compile(r"\bdefaults?\b[^\w;.]*(?:(?:is|to|of)\s+)?\d", re.I)  # a manual tells the count of a thing with its name
_COUNTED = re.compile(r"\bhow many (?:(?:of|other|more|different|the|new|total|separate) )*([^\W\d_][\w-]*)(?: ([^\W\d_][\w-]*))?", re.I)
_DOING = re.compile(r"\w+(?<!e)ed|went|came|fell|won|lost|left|took|sold|bought|chose|knew", re.I)  # "how many voted": people, or whatever did
_NONE: Mapping[str, frozenset[str]] = {}
# Not a share, nor a year or the day of a month.
_AMOUNT = rf"(?!(?:1[5-9]|20)\d\d\b)\d[\d.,]*(?!\s?(?:%|per\s?cent\b|(?:{_MONTHS})\b))"
_COUNT = re.compile(
    rf"\b(?:{_AMOUNT}|{_NUMERAL}|dozens?|hundreds?|thousands?|millions?|billions?|several|both|(?<!among )(?<!of )all|no|none|neither)\b"
    r"((?:[^\w.;]+[\w%'’-]+){1,6})",
    re.I,
)


def fits(question: str, kind: Kind, sentence: str, alike: Mapping[str, frozenset[str]] = _NONE) -> bool:
    """Whether a sentence holds what a question of that kind asks for: a date, a name, a figure with its unit, a count of the thing counted.

    `alike` has the stems that stand for one of the question.

    >>> fits("How many ships sank?", "number", "In 1902 three ships sank."), fits("How many ships sank?", "number", "Ships sank in 1902.")
    (True, False)
    >>> fits("What does a winch do?", "definition", "A winch lifts boats."), fits("What does a winch do?", "definition", "Oil the winch.")
    (True, False)
    >>> fits("What is a winch?", "definition", "A winch lifts boats."), fits("What does W2 mean?", "definition", "| `W2` | winch stuck |")
    (True, True)
    """
    if kind == "definition":
        return _defines(question, sentence)
    given = _GIVEN.get(kind)
    if given is not None and not given.search(sentence):
        return False
    if counted := _counted(question):
        counted = counted.union(*(alike.get(token, ()) for token in counted))
        return bool(_NOBODY.search(sentence) or _DEFAULT.search(sentence)) or any(
            counted & {stem(word) for word in re.findall(r"[a-z]+", words.lower())} for words in _COUNT.findall(sentence)
        )
    figure = _figure(question) if kind == "number" else None
    return figure is None or bool(figure.search(sentence))


_NAMED = re.compile(r"(?:is|are|was|were)\s+(?:an?|the|any|one|another|what)\b|(?:means?|stands? for|refers? to|consists? of)\b", re.I)


def names_kind(question: str, sentence: str) -> bool:
    """Whether a sentence that defines a thing says what kind of thing it is: not only what it has, needs or does.

    >>> names_kind("What is a berth?", "A berth is a place for a boat."), names_kind("What is a berth?", "A berth requires a licence.")
    (True, False)
    """
    opening = _OPENING.match(sentence)
    return opening is not None and bool(_NAMED.match(sentence, opening.end(1))) and _defines(question, sentence)


def rules_on(question: str, sentence: str) -> bool:
    """Whether a sentence says that one can, may, must or must not do what a question asks whether one can.

    >>> rules_on("Can I moor here?", "Boats may not moor at the pier."), rules_on("Can I moor here?", "Mooring and anchoring differ.")
    (True, False)
    """
    verb = _wished(question)
    return verb is not None and any(verb in {stem(word) for word in re.findall(r"[a-z]+", said.lower())} for said in _RULED.findall(sentence))


_STEPS = re.compile(r"\bwhat (?:do|should|can|must) (?:i|we|you) do\b|\bwhat now\b|\bhow (?:do|can|should|would) (?:i|we|you)\b|\bhow to\b", re.I)


def asks_for_steps(question: str) -> bool:
    """Whether a question asks what to do, which often takes a text two sentences to tell.

    >>> asks_for_steps("The winch is stuck, what do I do?"), asks_for_steps("How does a winch work?")
    (True, False)
    """
    return bool(_STEPS.search(question))


_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order to|reasons?|as a result|thus|therefore|cause[sd]?|why|so as to|owing to|thanks to|blame[sd]?)\b",
    re.I,
)


def gives_reason(sentence: str) -> bool:
    """Whether a sentence says that something is so because of something else.

    >>> gives_reason("The pier was closed because of the storm."), gives_reason("The pier was closed in May.")
    (True, False)
    """
    return bool(_REASON.search(sentence))


_ENUMERATION = re.compile(r"[,;] (?:(?!\. )[^,;]){1,60}[,;]? (?:and|or) \w|(?:[;,] [^,;]{1,60}){3}")


def enumerates(sentence: str) -> bool:
    """Whether a sentence names three things or more, one after the other.

    >>> enumerates("Nets, lines and pots are allowed."), enumerates("Nets are allowed, pots are not.")
    (True, False)
    """
    return bool(_ENUMERATION.search(sentence))


# How English says that a fact is not to be had.
_LEARNT = (
    "known|clear|stated|given|confirmed|covered|recorded|published|found|seen|studied|measured|tested|examined|analy[sz]ed|investigated|assessed"
)
_ABSENCE = re.compile(
    rf"\b(?:is|are|was|were|remains?|has|have|had|been) (?:not (?:yet )?(?:been )?|un)(?:{_LEARNT})\b"
    rf"|\bno\b[^.;:]{{0,160}}\b(?:was|were|is|are|has been|have been) (?:{_LEARNT}|announced)\b"
    r"|\b(?:do|does|did) not (?:say|state|tell)\b(?! that\b)|\bcannot be (?:told|said)\b|\b(?:says?|said|known) nothing (?:about|of|on)\b"
    r"|\b(?:sources?|documents?|reports?|records?|articles?|texts?|papers?|data)\b[^.;:]{0,60}\b(?:do|does|did) not (?:give|cover|record|show)\b",
    re.I,
)


def states_absence(text: str) -> bool:
    """Whether a sentence says that something is not known.

    >>> states_absence("The price is not known."), states_absence("The sources do not cover it."), states_absence("The fee does not cover dogs.")
    (True, True, False)
    >>> states_absence("The mayor did not say when."), states_absence("The mayor did not say that it was free: she said that it may be.")
    (True, False)
    """
    return bool(_ABSENCE.search(text))


@lru_cache(maxsize=256)
def _wished(question: str) -> str | None:
    """The stem of what somebody wants to do, where a question is whether they can."""
    match = _WISHED.search(question)
    return stem(match["verb"].lower()) if match else None


def _defines(question: str, sentence: str) -> bool:
    """Whether a sentence begins with the thing that is asked about, by its name or its initials, and goes on to say what it is."""
    match = _DEFINED.search(question)
    if match and match["acts"] and (acting := _ACTING.match(sentence)):  # "The winch lifts …"
        return _stems(acting[1])[-len(_stems(match["subject"])) :] == _stems(match["subject"])
    wanted = _stems(match["subject"]) if match else []
    if wanted and (found := _TELLING.match(sentence)) and _stems(found["row"] or found["thing"]) == wanted:
        return True
    opening = _OPENING.match(sentence)
    if not match or not opening:
        return False
    initials = re.search(rf"\(([^()]+)\)(?:\s+(?:{'|'.join(_COMPLEMENTS)})\b[^()]*)?\s*\Z", opening[1])
    if initials and wanted == _stems(initials[1]):  # another word for it, or the name that they stand for begins the sentence
        return initials[1].islower() or re.sub(r"^\W*(?:an?|the)\s", "", opening[1].lower()).startswith(initials[1][:1].lower())
    words = re.findall(r"\w+", re.sub(r"\([^()]*\)", " ", opening[1]).lower())
    said = [stem(word) for word in words]
    place = next((place for place in range(3) if said[place : place + len(wanted)] == wanted), None)
    if place is None or (place and words[place - 1].endswith("ing")):  # "Cleaning a berth is …"
        return False
    after = said[place + len(wanted) :]
    return not after or after[0] in _COMPLEMENTS


def _stems(text: str) -> list[str]:
    return [stem(word.lower()) for word in re.findall(r"\w+", text)]


@lru_cache(maxsize=256)
def _counted(question: str) -> frozenset[str]:
    """The stems of the thing that a question counts, if it counts any."""
    match = _COUNTED.search(question)
    if not match or match[1].lower() in STOPWORDS or _DOING.fullmatch(match[1]):  # "how many are left"
        return frozenset()
    return frozenset(stem(word.lower()) for word in match.groups() if word and word.lower() not in STOPWORDS)


@lru_cache(maxsize=256)
def _figure(question: str) -> re.Pattern[str] | None:
    """What the figure that a question asks for has to look like."""
    return next((given for asked, given in _FIGURES if asked.search(question)), None)
