"""Find the day that a question asks about, in plain English. Knows nothing of evidence or of any subject."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from index.configuration import Period

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # first month, of three

_MONTH = "(?P<month>" + "|".join(rf"{name[:3]}(?:{name[3:]})?" for name in MONTHS).replace("sep(?:tember)?", "sept?(?:ember)?") + r")\.?"
_DATE = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)"
_SHARE = (
    r"(?:(?P<share>early|mid|late|(?:the )?(?:beginning|start|first half|first days|middle|end|last days|second half)(?: of)?)"
    r"[ -](?:in )?(?:the )?)?"
)
_NUMBER = r"(?P<number>an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})"
_NUMBERS = {"a": 1, "an": 1, **{word: place for place, word in enumerate("one two three four five six seven eight nine ten".split(), start=1)}}

# Words right before a date that make it the time asked about, and those that make it part of a name.
_LEAD = re.compile(
    r"(?P<lead>\b(?:as (?:of|at)|in|on|during|throughout|by|around|about|before|prior to|until|till|up to|after|since|from|between|and|to|for|at|"
    r"back in|early in|late in|of|the|a|an|this|that|these|those)|['’]s?)\s+(?:(?:the )?(?:time|day|month|year|entries|period) (?:of|in|from)\s+)?\Z",
    re.I,
)
_NAMES_A_THING = re.compile(
    r"\s+(?!(?:did|do|does|was|were|is|are|had|has|have|could|can|would|will|how|what|which|who|when|where|why|and|or|but|for|on|in|at|to|of|"
    r"under|per|with|from|by|if|as|the|a|an|vs|versus|compared|than|please|it|they|you|i)\b)[a-z]",
    re.I,
)
_MODEL_YEAR = re.compile(
    r"\b(?:model[ -]years?|my)[ -]?(?:19|20)\d\d(?:(?:\s*(?:-|–|to|and|through|,)\s*)(?:my)?(?:19|20)\d\d)*|\b(?:19|20)\d\d[ -]model\b", re.I
)
_NOW = re.compile(
    r"\b(?:today|now|nowadays|currently|current|presently|at present|at the moment|at this point|these days|still|any ?more|any longer|yet|"
    r"as things stand)\b",
    re.I,
)
_PAST = re.compile(
    r"\b(?:was|were|did|didn't|had|used to|previous(?:ly)?|former(?:ly)?|earlier|once|originally|back then|back when|at the time|paid)\b", re.I
)
_BEFORE = re.compile(r"\b(?:before|prior to|until|previous(?:ly)?|former(?:ly)?|used to)\b", re.I)
_SINCE_WHEN = re.compile(r"\b(?:since|from|until|till|as of) (?:when|what (?:day|date))\b|\bwhen\b", re.I)


_NAMED = re.compile(
    rf"(?:\b(?P<day>[0-3]?\d) )?\b{_MONTH} (?:(?P<after>[0-3]?\d), )?{_YEAR}\b|\b(?:in|since|from|until|before|of) (?P<alone>(?:19|20)\d\d)\b", re.I
)

# What stands right before the day on which something was written or said.
_UP_TO = re.compile(r"\b(?:before|prior to|until|till|up to|since before)\s+\Z", re.I)
_SAID = re.compile(r"\b(?:report(?:ed|s)?|wrote|writes|said|says|told|stated)\s+(?:(?!that\b)\w+\s+){0,2}(?:(?:on|in|of)\s+)?\Z", re.I)

# A name of a time, used as one: "before the war", "under Smith's rules", "pre-war prices", "the Smith-era fee".
_USED_AS_TIME = (
    r"\b(?:(?P<lead>before|prior to|until|till|up to|after|since|under|during|throughout|in)\s+(?:the\s+)?|(?P<pre>pre)[- ]){name}\b"
    r"|\b{name}[- ](?:era|time)\b"
)


@dataclass(frozen=True)
class Asked:
    """The time a question asks about: all days from `begin` to `end`, as `YYYY-MM-DD`."""

    begin: str
    end: str
    words: str = ""  # the words of the question that say so; none when it was told beside the question or nobody said
    is_told: bool = False  # by the question's words or beside it; otherwise it is taken to be today
    is_former: bool = False  # what was before something that has no date in the question
    is_past: bool = False  # the question speaks of the past without a day, of when something came about, or of a model year

    def day(self, today: str) -> str:
        """The one day that stands for it: its last, or today where that lies inside.

        >>> Asked("2026-01-01", "2026-12-31").day("2026-11-22")
        '2026-11-22'
        """
        return self.begin if self.begin > today else min(self.end, today)


def asked(question: str, *, today: datetime.date, as_of: datetime.date | None = None, periods: Sequence[Period] = ()) -> Asked:
    """The time a question asks about; `as_of` is the day it is put on, where that is not today; `periods` are times that have names.

    >>> day = datetime.date(2026, 11, 22)
    >>> asked("What did it cost in July 2025?", today=day).end
    '2025-07-31'
    >>> asked("What does the 2022 rule say for model year 2026?", today=day).is_told
    False
    >>> asked("What did it cost before the war?", today=day, periods=[Period(("war",), "1939-09-03", "1945-05-08")]).end
    '1939-09-02'
    """
    now = as_of or today
    text = _MODEL_YEAR.sub(lambda match: "#" * len(match[0]), question)
    found = [*_periods(text, now), *_by_name(text, now, periods)]
    day = now.isoformat()
    current = _NOW.search(text)
    if current:
        found.append(Asked(day, day, current[0], is_told=True))
    if found:
        words = " ".join(time.words for time in found)
        return Asked(min(time.begin for time in found), max(time.end for time in found), words, is_told=True)
    former = bool(_BEFORE.search(text))
    # subtle: what a rule asks of a model year is no matter of the day, whether it has been replaced since or not
    undated = text != question or bool(_PAST.search(text) or _SINCE_WHEN.search(text))
    past = former or ((as_of is None or as_of == today) and undated)
    return Asked(day, day, is_told=as_of is not None and not past, is_former=former, is_past=past)


# Words for a time that hang on the day on which they are said.
_HANGING = re.compile(rf"\b(?:last|this) (?:year|month)\b|\b{_NUMBER} (?:year|month)s? ago\b", re.I)


_IN_FULL = {name[:3]: name.title() for name in MONTHS if len(name) > 3} | {"sept": "September"}
_CUT = "|".join(sorted(_IN_FULL, key=len, reverse=True))
_CUT_MONTH = re.compile(rf"\b({_CUT})\b\.?(?=,?\s+\d)|(?<=\d\s)({_CUT})\b\.?", re.I)


def months_in_full(text: str) -> str:
    """A text in which the months beside a figure are written out.

    >>> months_in_full("mooring fee in dec 2025, as of 3 Sept. 2024"), months_in_full("a boat of 1999 may be moored")
    ('mooring fee in December 2025, as of 3 September 2024', 'a boat of 1999 may be moored')
    """
    return _CUT_MONTH.sub(lambda match: _IN_FULL[(match[1] or match[2]).lower()], text)


def in_figures(question: str, time: Asked) -> str:
    """A question with the year or month itself in place of "last year", "this month" or "two years ago", as sources have it.

    >>> in_figures("Ships sunk last year?", Asked("2025-01-01", "2025-12-31", "last year", is_told=True))
    'Ships sunk 2025?'
    """
    match = _HANGING.search(question)
    if not match or match[0] != time.words:
        return question
    begin = datetime.date.fromisoformat(time.begin)
    figures = f"{MONTHS[begin.month - 1].title()} {begin.year}" if "month" in match[0].lower() else str(begin.year)
    return question[: match.start()] + figures + question[match.end() :]


@cache
def earliest(sentence: str) -> str | None:
    """The first day of the earliest month, day or year that a sentence names, as `YYYY-MM-DD`; the day on which something was written is none.

    >>> earliest("From 3 April to 15 September 2025 the fee was $5."), earliest("The fee of May 2024 ended in 2025.")
    ('2025-09-15', '2024-05-01')
    >>> earliest("Ten ships sank, the Times reported in May 2025.") is None
    True
    """
    text = _MODEL_YEAR.sub("", sentence)
    return min((_first_day(match) for match in _NAMED.finditer(text) if not _SAID.search(text[: match.start()])), default=None)


@cache
def named_days(sentence: str) -> frozenset[str]:
    """The days that a sentence names in full, as `YYYY-MM-DD`, but those before which something was.

    >>> sorted(named_days("From 3 April to 15 September 2025 the fee was $5.")), sorted(named_days("Until 15 May 2025 it was $4."))
    (['2025-09-15'], [])
    """
    days = (match for match in _NAMED.finditer(sentence) if match["day"] or match["after"])
    return frozenset(_first_day(match) for match in days if not _UP_TO.search(sentence[: match.start()]))


def _first_day(match: re.Match[str]) -> str:
    if not match["month"]:
        return f"{match['alone']}-01-01"
    day = min(28, int(match["day"] or match["after"] or 1))
    return f"{match['year']}-{_month_number(match['month']):02}-{day:02}"


def _periods(text: str, now: datetime.date) -> Iterator[Asked]:
    """The times named in a text that are times asked about, in order of their forms: the most exact first."""
    taken: list[tuple[int, int]] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            lead = _LEAD.search(text[: match.start()])
            before = " ".join(lead["lead"].lower().split()) if lead else ""
            names = bool(_NAMES_A_THING.match(text, match.end()))
            if before in ("of", "'s", "’s", "'", "’", "a", "an", "since", "from") or (names and before in ("the", "this", "that", "these", "those")):
                continue
            try:
                span = read(match, now, before)
            except ValueError:  # the 31st of June
                continue
            if span is not None:
                begin, end = _shifted(*span, before)
                yield Asked(begin.isoformat(), end.isoformat(), match[0], is_told=True)


def _by_name(text: str, now: datetime.date, periods: Sequence[Period]) -> Iterator[Asked]:
    """The times that a text names by their names, right behind a word that makes the name a time; the longest name first.

    A name that several periods share is left alone where no word of the question tells which is meant.
    """
    low = text.lower()
    names = sorted({name.lower() for period in periods for name in period.names if name.lower() in low}, key=len, reverse=True)
    words = set(re.findall(r"\w+", low))
    for name in names:
        match = re.search(_USED_AS_TIME.format(name=re.escape(name)), text, re.I)
        if not match:
            continue
        named = [period for period in periods if name in map(str.lower, period.names)]
        meant = [period for period in named if words & set(map(str.lower, period.about))] or [period for period in named if not period.about]
        if len(meant) != 1:
            continue
        if (match["lead"] or "").lower() == "in" and not meant[0].end:  # what is in a treaty is no time
            continue
        text = text[: match.start()] + text[match.end() :]
        begin = datetime.date.fromisoformat(meant[0].begin or "0001-01-02")
        end = datetime.date.fromisoformat(meant[0].end) if meant[0].end else max(now, begin)
        lead = "before" if match["pre"] else (match["lead"] or "during").lower()
        if lead in ("after", "since") and not meant[0].end:
            lead = "during"
        begin, end = _shifted(begin, end, lead)
        yield Asked(begin.isoformat(), end.isoformat(), match[0], is_told=True)


Span = tuple[datetime.date, datetime.date]
_DAY = datetime.timedelta(days=1)


def _shifted(begin: datetime.date, end: datetime.date, before: str) -> Span:
    if before in ("before", "prior to"):
        return begin - _DAY, begin - _DAY
    if before in ("until", "till", "up to"):
        return begin, begin
    return (end + _DAY, end + _DAY) if before == "after" else (begin, end)


def _month_number(name: str) -> int:
    return next(number for number, month in enumerate(MONTHS, start=1) if month.startswith(name.lower()[:3]))


def _share_of(span: Span, share: str | None) -> Span:
    """A third of a span for early, middle and late; a half where halves are named."""
    if not share:
        return span
    begin, end = span
    word = re.sub(r"^the |\s*of$", "", share.lower())
    parts = 2 if "half" in word else 3
    place = 0 if word in ("early", "beginning", "start", "first half", "first days") else 1 if word in ("mid", "middle") else parts - 1
    length = (end - begin).days + 1
    return begin + _DAY * (length * place // parts), begin + _DAY * (length * (place + 1) // parts - 1)


def _of_month(year: int, month: int) -> Span:
    return datetime.date(year, month, 1), datetime.date(year, month, calendar.monthrange(year, month)[1])


def _of_season(year: int, season: str) -> Span:
    first = SEASONS[season.lower()]
    last = (year + 1, 2) if first == 12 else (year, first + 2)
    return datetime.date(year, first, 1), _of_month(*last)[1]


def _latest(span_of: Callable[[int], Span], now: datetime.date, *, over: bool = False) -> Span:
    """The latest of a yearly span that has begun, or with `over` has ended, by `now`."""
    year = next(year for year in range(now.year, now.year - 3, -1) if span_of(year)[1 if over else 0] <= now)
    return span_of(year)


def _exact(match: re.Match[str], now: datetime.date, before: str) -> Span:
    year = match["year"]
    month, day = _month_number(match["month"]), int(match["day"])
    if year:
        date = datetime.date(int(year), month, day)
        return date, date
    return _latest(lambda year: (datetime.date(year, month, day),) * 2, now)


def _iso(match: re.Match[str], now: datetime.date, before: str) -> Span:
    date = datetime.date.fromisoformat(match[0])
    return date, date


def _month(match: re.Match[str], now: datetime.date, before: str) -> Span:
    return _share_of(_of_month(int(match["year"]), _month_number(match["month"])), match["share"])


def _month_alone(match: re.Match[str], now: datetime.date, before: str) -> Span:
    month = _month_number(match["month"])
    return _latest(lambda year: _of_month(year, month), now, over=match["which"].lower() == "last")


def _season(match: re.Match[str], now: datetime.date, before: str) -> Span:
    return _share_of(_of_season(int(match["year"]), match["season"]), match["share"])


def _season_alone(match: re.Match[str], now: datetime.date, before: str) -> Span:
    season = match["season"]
    return _latest(lambda year: _of_season(year, season), now, over=match["which"].lower() == "last")


_OF_YEARS = (
    "in", "during", "throughout", "by", "around", "before", "prior to", "until", "till", "up to", "after", "as of", "back in", "early in",
    "late in", "between",
)  # fmt: skip


def _year(match: re.Match[str], now: datetime.date, before: str) -> Span | None:
    if not match["share"] and before not in _OF_YEARS:
        return None  # a year without such a word names a thing: the 2022 rule, a 1999 edition
    year = int(match["year"])
    share = match["share"] or ({"early in": "early", "late in": "late"}.get(before))
    return _share_of((datetime.date(year, 1, 1), datetime.date(year, 12, 31)), share)


def _relative(match: re.Match[str], now: datetime.date, before: str) -> Span:
    step = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    if match["unit"].lower() == "year":
        return datetime.date(now.year + step, 1, 1), datetime.date(now.year + step, 12, 31)
    years, month = divmod(now.year * 12 + now.month - 1 + step, 12)
    return _of_month(years, month + 1)


def _ago(match: re.Match[str], now: datetime.date, before: str) -> Span:
    number = _NUMBERS.get(match["number"].lower()) or int(match["number"])
    unit = match["unit"].lower()
    if unit in ("day", "week"):
        date = now - _DAY * number * (7 if unit == "week" else 1)
        return date, date
    years, month = divmod(now.year * 12 + now.month - 1 - number * (12 if unit == "year" else 1), 12)
    date = datetime.date(years, month + 1, min(now.day, calendar.monthrange(years, month + 1)[1]))
    return date, date


def _yesterday(match: re.Match[str], now: datetime.date, before: str) -> Span:
    return now - _DAY, now - _DAY


_FORMS: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str], datetime.date, str], Span | None]]] = tuple(
    (re.compile(rf"(?<![\w.,-]){pattern}(?![\w-])", re.I), read)
    for pattern, read in (
        (r"\d{4}-\d\d-\d\d", _iso),
        (rf"{_DATE}(?: of)? {_MONTH},? {_YEAR}", _exact),
        (rf"{_MONTH} {_DATE},? {_YEAR}", _exact),
        (rf"{_SHARE}{_MONTH},?(?: of)? {_YEAR}", _month),
        (rf"{_SHARE}{_SEASON},?(?: of)? {_YEAR}", _season),
        (rf"(?<=\bon )(?:the )?{_DATE}(?: of)? {_MONTH}(?P<year>)", _exact),
        (rf"(?<=\bon ){_MONTH} {_DATE}(?P<year>)", _exact),
        (rf"(?P<which>last|this|in) {_MONTH}", _month_alone),
        (rf"(?P<which>last|this) {_SEASON}", _season_alone),
        (rf"{_SHARE}{_YEAR}", _year),
        (r"(?P<which>last|this|next) (?P<unit>year|month)", _relative),
        (rf"{_NUMBER} (?P<unit>year|month|week|day)s? ago", _ago),
        (r"yesterday", _yesterday),
    )
)
