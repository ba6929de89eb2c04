"""Take a sentence apart: figures, dates, names, words with what stands around them, and the words that turn its sense. Knows nothing of evidence.

The words it knows are general English and stand in `wording.toml`. Texts that mean the same in another notation come out the same.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from index.keywords import stem
from index.sentences import sentence_spans

Kind = Literal["word", "name", "number", "date", "citation", "code"]
WORDING = Path(__file__).with_name("wording.toml")
THESAURUS = Path(__file__).with_name("thesaurus.toml")


@dataclass(frozen=True)
class Token:
    """A word, figure or the like that carries a claim, with what stands around it."""

    kind: Kind
    key: Any  # what is compared: a stem, a (value, unit), a (year, month, day), …
    text: str
    place: int  # among all words, those without a claim counted too
    segment: int  # what stands between commas and "and"
    clause: int  # what stands between stronger marks
    relation: str = ""  # the bound in front of a figure ("from", "least"), or another preposition
    is_oblique: bool = False  # hangs on a preposition: it is not what the verb speaks of
    is_verb: bool = False
    joined: bool = False  # part of a compound with a hyphen
    label: str = ""  # of a number: the word in front, "section"


@dataclass(frozen=True)
class Cue:
    """A word that changes what is said: a negation, an obligation, a plan, …"""

    family: str
    word: str
    place: int
    segment: int
    clause: int


@dataclass(frozen=True)
class Reading:
    """A text, taken apart."""

    tokens: tuple[Token, ...]
    cues: tuple[Cue, ...]
    words: tuple[str, ...]  # all of them, lower case
    segments: tuple[int, ...]  # of each word
    clauses: tuple[int, ...]  # of each word
    told: frozenset[int]  # the clauses that say what someone says
    verbs: frozenset[int]  # places of the words that are verbs, those without a claim too

    def of(self, *families: str) -> list[Cue]:
        return [cue for cue in self.cues if cue.family in families]


# --- taking a text apart ---------------------------------------------------------------------------------------------

_MONTH_NAMES = (
    "January Jan", "February Feb", "March Mar", "April Apr", "May", "June Jun", "July Jul", "August Aug", "September Sept Sep", "October Oct",
    "November Nov", "December Dec",
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"


@cache
def _pattern() -> re.Pattern[str]:
    wording = vocabulary()
    units = "|".join(re.escape(unit) for unit in sorted(wording["unit_of"], key=len, reverse=True) if unit[0].isalnum() or unit[0] in "%°")
    scales = "|".join(sorted(wording["scales"], key=len, reverse=True))
    return re.compile(
        rf"""
        (?P<citation>\b\d+\s+(?:U\.?\s?S\.?\s?C\.?|C\.?\s?F\.?\s?R\.?|Fed\.\s?Reg\.|F\.?R\.?|Stat\.)\s*(?:§+\s*|[Pp]arts?\s+|[Ss]ections?\s+)?\d[\w.-]*(?:\([A-Za-z0-9]+\))*)
      | (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
      | (?P<day_first>\b(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<month1>{_MONTH})\b\.?,?(?:\s+(?P<year1>\d{{4}})\b)?)
      | (?P<month_first>\b(?P<month2>{_MONTH})\b\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+(?P<year2>\d{{4}})\b)?)
      | (?P<month_only>\b(?P<month3>{_MONTH})\b\.?(?:\s+(?:of\s+)?(?P<year3>\d{{4}})\b)?)
      | (?P<path>~?/[\w./-]*\w|\b[A-Za-z_]\w*(?:[._]\w+)*(?:\.\w*_\w+|_\w+|\.[a-z]\w+)|(?<!\S)--?[a-z][\w-]+)
      | (?P<clock>\b(?P<hour>[01]?\d|2[0-4])(?::(?P<minute>[0-5]\d)(?!\d|:\d))?(?(minute)(?:\s?(?P<half>[ap])\.?m\b\.?)?|\s?(?P<noon>[ap])\.?m\b\.?))
      | (?P<code>\b[A-Z]{{1,6}}\d[\w-]*\b|\b[A-Z]+-\d+\b|\b\d+(?:\.\d+){{2,}}\b|\b\d{{3,}}-\d{{1,2}}\b(?!-)|\b\d+-\d{{3,}}\b(?<!\d{{4}}-\d{{4}})
            |\b\d+[A-Za-z]\w*\d\b|\b\d+[acd]\b|\b\d{{4}}s\b)
      | (?P<number>(?:(?:US|CA?|A|NZ|HK)?(?P<currency>[$€£¥₩])\s?)?(?P<sign>(?<![\w)])[-−])?(?P<figure>{_FIGURE})(?:st|nd|rd|th)?
            (?:[\s-]?(?P<scale>{scales})\b)?(?:[\s-]?(?P<unit>{units})(?![A-Za-z²³/]))?)
      | (?P<initials>\b(?:[A-Za-z]\.){{2,}})
      | (?P<word>[^\W\d_][\w’']*)
      | (?P<clause>[;—–]|(?<!\d):|:(?!\d)|\s-\s)
      | (?P<segment>,)
        """,
        re.X,
    )  # fmt: skip


@lru_cache(maxsize=8192)
def read(text: str) -> Reading:
    """A text taken apart. Texts that mean the same in another notation come out the same."""
    plain = _ends_as_clauses(_plain(text))
    wording = vocabulary()
    tokens: list[Token] = []
    cues: list[Cue] = []
    words: list[str] = []
    segments: list[int] = []
    clauses: list[int] = []
    told: set[int] = set()
    verbs: set[int] = set()
    segment = clause = last_clause = 0
    resumed: int | None = None
    opens_next = False  # behind "said", where no "that" stands
    relation, relation_place = "", -9
    matches = list(_pattern().finditer(plain))
    for position, match in enumerate(matches):
        kind = str(match.lastgroup)
        kind = next(
            name
            for name in (
                "citation",
                "iso",
                "day_first",
                "month_first",
                "month_only",
                "path",
                "clock",
                "code",
                "number",
                "initials",
                "word",
                "clause",
                "segment",
            )
            if match[name] is not None
        )
        raw = match[0]
        if kind == "clause" and not (raw.strip() in "–—-" and position and _is_range(matches, position)):
            if raw == ":":
                cues.append(Cue("explanation", raw, len(words), segment + 1, clause + 1))
            last_clause = clause = last_clause + 1
            segment, relation, resumed = segment + 1, "", None
            continue
        if kind in ("clause", "segment"):
            segment += kind == "segment" and not _joins_figures(matches, position)
            if kind == "segment" and _opens_clause(matches, position + 1):
                resumed = clause if _next_word(matches, position) in _RELATIVES else None
                last_clause = clause = last_clause + 1
            elif (
                kind == "segment"
                and clause == 0
                and words
                and words[0] in _SUBORDINATE
                and any(word in AUXILIARIES or _is_verb(word) for word in words)
            ):
                last_clause = clause = last_clause + 1  # "while the boat is new, the fee is $5"
            elif kind == "segment" and resumed is not None:  # "the fee, which is paid at noon, is $5"
                clause, resumed = resumed, None
            relation = ""
            continue
        low = raw.lower()
        place = len(words)
        words.append(low)
        if (
            kind == "word"
            and low in _SPLITTERS
            and not _joins_figures(matches, position)
            and not (low == "or" and _next_word(matches, position) in _COMPARED)
        ):
            segment += 1
            if low in _CLAUSE_WORDS and low not in ("and", "or"):
                last_clause = clause = last_clause + 1
            relation = ""
        if low in ("said", "says") and _next_word(matches, position) not in _AFTER_SAYING:
            opens_next = True
        elif opens_next and kind == "word":
            opens_next = False
            last_clause = clause = last_clause + 1
            segment, relation = segment + 1, ""
            told.add(clause)
        if low == "that" and any(word in wording["reporting"] for word in words[max(0, place - 5) : place]):
            last_clause = clause = last_clause + 1
            segment, relation = segment + 1, ""
            told.add(clause)
        segments.append(segment)
        clauses.append(clause)
        acts = kind == "word" and _may_be_verb(words) and not _is_subject(low, matches, position)
        acts = acts and (_is_verb(low) or _is_act(low, matches, position) or _is_going_on(words))
        if (
            kind == "word"
            and (low in AUXILIARIES or acts)
            and "-" not in (plain[match.start() - 1 : match.start()], plain[match.end() : match.end() + 1])
        ):
            verbs.add(place)
        if kind == "word":
            for family in wording["cue_of"].get(low, ()) if (low, "neither" in words) != ("nor", True) else ():
                cues.append(Cue(family, low, place, segment, clause))
            if low == "since" and _opens_clause(matches, position):
                cues.append(Cue("cause", low, place, segment, clause))
            bound = wording["relation_of"].get(low)
            is_dated = not {"date", "dates", "dated", "dating"}.isdisjoint(words[max(0, place - 8) : place])  # "dates the boat to 1935"
            if low == "to" and (is_dated or words[place - 1 : place] == ["according"]):
                bound, relation, relation_place = None, "at", place
            if low == "to" and _is_change(tokens, clause, matches, position):
                bound, relation, relation_place = None, "into", place
            if bound and (low not in _OPENING or _leads_on(matches, position)):
                relation, relation_place = bound, place
                continue
            if low in wording["neutral"]:
                relation, relation_place = low, place
        near = relation if place - relation_place <= 3 else ""
        if near in ("above", "below") and kind == "number" and words[place - 1] == "the":  # "under the 2010 rule"
            near = ""
        made = _tokens(kind, match, matches, position)
        for one_kind, key, shown, label in made:
            joined = (match.start() > 0 and plain[match.start() - 1] == "-") or plain[match.end() : match.end() + 1] == "-"
            is_verb = one_kind == "word" and acts and _next_word(matches, position) != "of"
            tokens.append(Token(one_kind, key, shown, place, segment, clause, near, bool(relation), is_verb, joined, label))
        if made and (made[0][0] in ("number", "date", "citation", "code") or tokens[-1].is_verb):
            relation = ""  # a bound belongs to the next figure alone
    return Reading(tuple(_complete(tokens, words)), tuple(cues), tuple(words), tuple(segments), tuple(clauses), frozenset(told), frozenset(verbs))


def _leads_on(matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether a word like "starting" is a bound there, and no attribute as in "the starting dose"."""
    behind = matches[position + 1] if position + 1 < len(matches) else None
    return behind is not None and (not behind["word"] or behind[0].lower() in _BEHIND)


_OPENING = frozenset("starting beginning ending following".split())  # bounds in front of a figure, else words: "the starting dose"
_BEHIND = frozenset("in on from at with the a an model".split())
_CLAUSE_WORDS = frozenset("and or but while whereas although though which who whose so because where if unless unlike".split())
_SUBORDINATE = frozenset("while if when although though whereas because once".split())
_COMPARED = frozenset("more less later earlier below above under over fewer higher lower newer older greater".split())  # "or more", "at or below"


def _ends_as_clauses(text: str) -> str:
    """A text in which a full stop between two sentences is a semicolon, and one of an abbreviation is not."""
    if not STOP.search(text):
        return text
    text = re.sub(r"(?<=\w{4})(?<!approx)\.\s+(?=[a-z])", "; ", text)
    for start, end in sentence_spans(text)[:-1]:
        last = text.rfind(".", start, end)
        if last >= 0 and not text[last + 1 : end].strip('"”’)]'):
            text = f"{text[:last]};{text[last + 1 :]}"
    return text


STOP = re.compile(r"[.!?][\"”’)\]]*\s+\S")
_AFTER_SAYING = frozenset("that on in at to by of so this when as and but .".split()) | {""}
_RELATIVES = frozenset("which who whose where unlike".split())  # a clause that ends at the next comma
_SPLITTERS = frozenset("and or but while whereas although though which because unless plus".split())


def subject_of(sentence: str) -> str:
    """The words with which a sentence begins, up to its verb: what a following "it" points to. Empty when that cannot be told.

    >>> subject_of("The northern light was built in 1847.")
    'The northern light'
    """
    words = sentence.split()
    if words and words[0].lower().strip(",") in (
        "in",
        "on",
        "at",
        "under",
        "since",
        "before",
        "after",
        "from",
        "by",
        "for",
        "according",
        "as",
        "if",
        "although",
        "when",
    ):
        words = sentence.partition(", ")[2].split()
    for place, word in enumerate(words):
        low = word.lower().strip(",.;:")
        if place and (low in AUXILIARIES or (_is_verb(low) and words[place - 1].lower() not in _NOUN_MARKS and low == word)):
            return " ".join(words[:place]).rstrip(",")
    return ""


def has_subject(clause: str) -> bool:
    first = clause.split()[0].strip(",.").lower()
    return not _is_verb(first) and first not in AUXILIARIES and first not in ("it", "they", "he", "she")


def _is_range(matches: Sequence[re.Match[str]], position: int) -> bool:
    return position + 1 < len(matches) and matches[position - 1]["number"] is not None and matches[position + 1]["number"] is not None


def _next_word(matches: Sequence[re.Match[str]], position: int) -> str:
    return matches[position + 1][0].lower() if position + 1 < len(matches) else ""


def _opens_clause(matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether a clause begins there; "since" before a figure is a preposition."""
    word = matches[position][0].lower() if position < len(matches) else ""
    return word in _CLAUSE_WORDS or (word == "since" and position + 1 < len(matches) and matches[position + 1]["word"] is not None)


def _joins_figures(matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether an "and", "or" or comma stands between two figures, as in "2, 3 and 4", where nothing ends; in "in 2023, $4" something does."""
    figures = ("number", "iso", "day_first", "month_first")
    if not (0 < position < len(matches) - 1 and all(any(matches[place][kind] for kind in figures) for place in (position - 1, position + 1))):
        return False
    first, second = matches[position - 1], matches[position + 1]
    return not (re.fullmatch(r"(?:1[5-9]|20)\d\d", first[0]) and (second["currency"] or second["unit"] or "." in second[0]))


def _tokens(kind: str, match: re.Match[str], matches: Sequence[re.Match[str]], position: int) -> list[tuple[Kind, Any, str, str]]:
    raw = match[0].strip()
    if kind == "citation":
        return [("citation", _citation(raw), raw, "")]
    if kind == "iso":
        return [("date", tuple(int(part) for part in raw.split("-")), raw, "")]
    if kind in ("day_first", "month_first", "month_only"):
        number = {"day_first": "1", "month_first": "2", "month_only": "3"}[kind]
        month = _MONTHS[match[f"month{number}"]]
        year = int(match[f"year{number}"]) if match[f"year{number}"] else None
        day = None if number == "3" else int(match[f"day{number}"])
        if number != "2" or day is not None:
            return [("date", (year, month, day), raw, "")]
    if kind == "path":
        return [("code", raw.lower().strip("-"), raw, "")]
    if kind == "clock":
        half = (match["half"] or match["noon"] or "").lower()
        hour = int(match["hour"]) % 12 + 12 * (half == "p") if half else int(match["hour"])
        return [("code", f"{hour}:{match['minute'] or '00'}", raw, "")]
    if kind == "code":
        year_code = re.fullmatch(r"([A-Z]{2,4})((?:19|20)\d\d)(?:-(\d{2}|\d{4}))?", raw)
        if year_code:
            years = [year_code[2]] + ([year_code[2][: 4 - len(year_code[3])] + year_code[3]] if year_code[3] else [])
            return [("date", (int(year), None, None), raw, "") for year in years]
        return [("code", raw.lower().replace("-", ""), raw, _label(matches, position))]
    if kind == "number":
        return [_number(match, matches, position)]
    if kind == "initials":
        return [("name", raw.replace(".", "").lower(), raw, "")]
    return _word(raw, matches, position)


def _number(match: re.Match[str], matches: Sequence[re.Match[str]], position: int) -> tuple[Kind, Any, str, str]:
    wording = vocabulary()
    raw = match[0].strip()
    figure = match["figure"]
    if (
        (re.fullmatch(r"(?:1[5-9]|20)\d\d", figure) or (re.fullmatch(r"1[0-4]\d\d", figure) and _before_word(matches, position) in _DATING))
        and not (match["currency"] or match["scale"] or match["unit"] or match["sign"])
        and not _label(matches, position)
    ):
        return ("date", (int(figure), None, None), raw, "")
    value = Decimal(figure.replace(",", "")) * (-1 if match["sign"] else 1)
    if match["scale"] and not (match["scale"] in ("m", "b") and not match["currency"]):
        value *= wording["scales"][match["scale"].lower()]
    unit = match["currency"] or (match["unit"] or ("m" if match["scale"] == "m" and not match["currency"] else ""))
    return ("number", (value.normalize(), wording["unit_of"].get(unit, wording["unit_of"].get(unit.lower(), unit))), raw, _label(matches, position))


_DATING = frozenset("in since until from by before after of".split())


def _before_word(matches: Sequence[re.Match[str]], position: int) -> str:
    return matches[position - 1][0].lower() if position else ""


_LABELS = frozenset(
    """section sections part article chapter version title table page heading headings level code box no number form order proclamation law rule
    sb hb hr ab""".split()
)


def _label(matches: Sequence[re.Match[str]], position: int) -> str:
    """The word that a number is the name of: "section" in "section 5"."""
    if not position or matches[position - 1].end() + 2 < matches[position].start():
        return ""
    before = matches[position - 1]
    if before[0].lower() in (",", "and", "or", "to") and position > 1 and (matches[position - 2]["number"] or matches[position - 2]["code"]):
        return _label(matches, position - 2)  # "headings 5 and 6"
    if before["initials"]:
        return before[0].replace(".", "").lower()
    is_label = before["word"] and ((before[0].lower() in _LABELS and before[0] != "no") or (before[0].isupper() and len(before[0]) > 1))
    return str(stem(before[0].lower())) if is_label else ""


def _complete(tokens: list[Token], words: list[str]) -> list[Token]:
    """Ranges: "2.55 to 1.5 million yen" gives its scale and unit to both, "¥2–3" its sign to the second."""
    done = list(tokens)
    for place, (first, second) in enumerate(pairwise(tokens)):
        if first.kind != "number" or second.kind != "number" or words[first.place + 1 : second.place] not in (["to"], ["or"]):
            continue
        value, unit = first.key
        if not re.search(r"[A-Za-z]", first.text.lstrip("US")) and value < 1000:
            scales = vocabulary()["scales"].items()
            is_money = second.key[1] in _CURRENCIES  # "8 to 12 m" are metres
            value *= next((factor for word, factor in scales if re.search(rf"\d\s?{word}\b", second.text) and (is_money or len(word) > 1)), 1)
        done[place] = Token(first.kind, (value.normalize(), unit or second.key[1]), *_rest(first))
        if not second.key[1]:
            done[place + 1] = Token(second.kind, (second.key[0], unit), *_rest(second))
    return done


_CURRENCIES = frozenset("$€£¥₩")


def _rest(token: Token) -> tuple[str, int, int, int, str, bool, bool, bool, str]:
    return token.text, token.place, token.segment, token.clause, token.relation, token.is_oblique, token.is_verb, token.joined, token.label


def _citation(raw: str) -> str:
    """ "49 U.S.C. § 30112(b)(9)" → "49usc30112(b)(9)"."""
    text = re.sub(r"§+|\b[Pp]arts?\b|\b[Ss]ections?\b", "", raw).lower()
    text = text.replace("fed. reg.", "fr").replace("fed.reg.", "fr")
    head = re.match(r"\s*(\d+)\s*([a-z.\s]+?)\s*(\d.*)", text)
    return f"{head[1]}{re.sub(r'[^a-z]', '', head[2])}{head[3].strip('.')}" if head else text


def _word(raw: str, matches: Sequence[re.Match[str]], position: int) -> list[tuple[Kind, Any, str, str]]:
    wording = vocabulary()
    bare = re.sub(r"[’']s?$", "", raw)
    low = bare.lower()
    if bare.isupper() and len(bare) > 1:
        return [("name", low, raw, "")]
    if low in wording["function"] or low in wording["light"] or stem(low) in wording["light"]:
        return []
    if bare[0].isupper() and position and not _opens(matches, position):
        return [("name", stem(low), raw, "")]
    return [("word", stem(low), raw, "")]


def _opens(matches: Sequence[re.Match[str]], position: int) -> bool:
    before = matches[position].string[: matches[position].start()].rstrip()
    return not before or before[-1] in '.?!:"“('


def _plain(text: str) -> str:
    """One notation for what is written in several."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) not in ("Cf", "Co"))
    plain = plain.replace("\u2019", "'")
    plain = re.sub(r"[\u2010\u2011]", "-", plain)
    plain = re.sub(r"(?<=\d)\s?[\u2012-\u2015]\s?(?=[$€£¥₩\d])", " to ", plain)
    plain = re.sub(r"\bn't\b", " not", re.sub(r"(?<=[a-z])n't\b", " not", re.sub(r"\bcan't\b", "can not", plain)))
    plain = re.sub(r"\bPub\.\s?L\.\s?(?:No\.\s?)?", "Public Law ", plain)
    plain = re.sub(r"\b[Ss]ection (\d[\w.()-]*) of title (\d+)(?:,? (?:of the )?(?:U\.?S\.?|United States) Code)?", r"\2 U.S.C. \1", plain)
    plain = re.sub(r"\bE\.?O\.? (?=\d)", "Executive Order ", plain)
    plain = re.sub(r"\b[Nn]o[ -]one\b", "nobody", plain)
    plain = re.sub(r"\ANo, (?=.*\b(?:no|not|only|never|cannot|without)\b)", "", plain)  # an answer that denies something itself
    plain = _SWITCH.sub(lambda match: f"{match[1]} {_SWITCHED[match[2]]}", plain)
    for short, forms in names().items():
        plain = re.sub(forms, short, plain)
    plain = _figures(plain)
    plain = re.sub(rf"\b(between)\b(\s+[^.;:]{{0,24}}?\d[^.;:]{{0,16}}?)\s+and\s+(?=[$€£¥₩\d]|(?:{_MONTH})\b)", r"from\2 to ", plain, flags=re.I)
    plain = re.sub(r"(\b(\d{4})) \([A-Z]{2,4}\2\)", r"\1", plain)  # "model year 2031 (MY2031)"
    plain = re.sub(r"(\b(\d{4}) (?:to|and|or|through) (\d{4})) \([A-Z]{2,4}\2(?:-| to )\3\)", r"\1", plain)  # "2016 to 2017 (MY2016-2017)"
    plain = re.sub(r"\b(as (?:\w+ ){2,5})as\b", r"\1than", plain)  # "4 times as many boats as": what stands on either side keeps to it
    plain = _OR_LESS.sub(r"at most \1", _OR_MORE.sub(r"at least \1", plain))
    plain = re.sub(r"(?<=, )(up|down)(?= [$€£¥₩]?\d+(?:\.\d+)?\s?%)", lambda match: {"up": "higher", "down": "lower"}[match[1]], plain)
    low = plain.lower()
    for needle, phrase, meaning in _phrases():
        if needle in low and (changed := phrase.sub(meaning, plain)) != plain:
            plain, low = changed, changed.lower()
    return plain


_SWITCH = re.compile(r"\b(is|are|was|were|be|been|turned|switched) (on|off)\b(?= (?:by|at|when|if|until|unless)\b|\s*[.,;:)]|$)")
_SWITCHED = {"on": "enabled", "off": "disabled"}
_AMOUNT = rf"((?:[$€£¥₩]\s?)?\b(?:{_FIGURE})(?:\s?%|\s(?!or\b)[A-Za-z]{{1,7}})?)"
_OR_LESS = re.compile(rf"{_AMOUNT} or (?:less|fewer|under|below|lower|shorter|younger|earlier|older versions)\b(?! than)")
_OR_MORE = re.compile(rf"{_AMOUNT} or (?:more|over|above|higher|longer|older|greater|later|newer)\b(?! than)")


def _figures(text: str) -> str:
    """Number words as figures.

    >>> _figures("twenty-five of six hundred")
    '25 of 600'
    """
    numbers = vocabulary()["numbers"]
    small = "|".join(word for word, value in numbers.items() if value < 100 and value != Decimal("0.5") and word != "dozen")

    def figure(match: re.Match[str]) -> str:
        value = sum(numbers[part] for part in match[1].lower().split("-"))
        for factor in (match[2] or "").split():
            value *= numbers[factor.lower()]
        return str(value)

    return re.sub(rf"\b((?:{small})(?:-(?:{small}))?)\b((?:\s+(?:hundred|thousand)\b)*)", figure, text, flags=re.I)


def _is_verb(word: str) -> bool:
    return word in vocabulary()["verbs"] or (word.endswith("ed") and len(word) > 4)


def _is_subject(word: str, matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether a word that can be a noun has its verb right behind it: "the file takes"."""
    behind = _next_word(matches, position)
    nouns = vocabulary()["nouns"]
    return word in nouns and (behind in _FINITE or (behind.endswith("s") and behind not in nouns and _is_verb(behind)))


def _is_going_on(words: Sequence[str]) -> bool:
    """Whether the last word is what somebody is doing: "is pushing"."""
    return words[-1].endswith("ing") and words[-2:-1] in (["is"], ["are"], ["was"], ["were"], ["been"], ["be"])


def _is_act(word: str, matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether a word that ends in "s" is a verb by what follows it: "the board releases the lock"."""
    return (
        len(word) > 3
        and word.endswith("s")
        and not word.endswith("ss")
        and _next_word(matches, position) in ("the", "a", "an", "its", "their", "it", "them")
        and not (_next_word(matches, position) == "a" and _next_word(matches, position + 1) in _PERIODS)  # "three boats a day"
    )


_PERIODS = frozenset("day night week month quarter year hour minute second person head piece".split())


def may_state(reading: Reading) -> bool:
    """Whether a sentence has a word that can be a verb, though it may be a noun as well: "the lights last"."""
    said = reading.words
    if any(one.endswith("ly") and two.endswith(("s", "ed")) for one, two in pairwise(said)):
        return True  # "usually hibernates"
    return any(word in vocabulary()["acts"] and place and _may_be_verb(reading.words[: place + 1]) for place, word in enumerate(reading.words))


def _may_be_verb(words: Sequence[str]) -> bool:
    """Whether the last word does not follow one behind which a noun stands."""
    return len(words) < 2 or (words[-2] not in _NOUN_MARKS and not words[-2].endswith(("'s", "s'")))


def _is_change(tokens: Sequence[Token], clause: int, matches: Sequence[re.Match[str]], position: int) -> bool:
    """Whether a "to" tells what something comes to, as in "raised the fee to $5", and not where a range ends."""
    ahead = matches[position + 1] if position + 1 < len(matches) else None
    if ahead is None or ahead["number"] is None or matches[position - 1]["number"] is not None:
        return False
    return not any(token.kind == "number" and token.relation == "from" and token.clause == clause for token in tokens)


AUXILIARIES = frozenset("is are was were be been being has have had do does did will would shall should can could may might must".split())
_FINITE = frozenset("is are was were has had does did will would can could may might must should".split())
_NOUN_MARKS = frozenset("the a an its their his her this these those our your my of in for by on from with no any".split())  # a noun follows


# --- the words -------------------------------------------------------------------------------------------------------


@cache
def vocabulary() -> dict[str, Any]:
    data = tomllib.loads(WORDING.read_text(encoding="utf-8"))
    cue_of: dict[str, list[str]] = {}
    plain = ("necessity", "permission", "advice", "conditional", "unproven", "condition")
    named = {"negations": "negation", "reversals": "reversal", "causes": "cause", "quantities": "quantity"}
    for name, family in (*named.items(), *((name, name) for name in plain)):
        for word in data[name].split():
            cue_of.setdefault(word, []).append(family)
    relation_of = {phrase.replace(" ", ""): name for name, phrases in data["bounds"].items() for phrase in phrases}
    return {
        "function": frozenset(data["function"].split()),
        "light": frozenset(stem(word) for word in data["light"].split()),
        "neutral": frozenset("of in on at by for with as into onto under through during within between".split()),
        "verbs": frozenset(_forms(data["verbs"].split())) | frozenset(data["irregular_verbs"].split()) | _plain_verbs(),
        "plain": frozenset(data["verbs"].split()) | frozenset(thesaurus()["verbs"].split()),
        "past": frozenset(data["irregular_verbs"].split()),
        "acts": frozenset(_forms(set(thesaurus()["verbs"].split()) | set(thesaurus()["nouns"].split()) | set(data["verbs"].split()))),
        "nouns": frozenset(_forms(thesaurus()["nouns"].split())),
        "reckoning": frozenset(data["reckoning"].split()),
        "reporting": frozenset(data["reporting"].split()),
        "cue_of": cue_of,
        "relation_of": relation_of,
        "unit_of": {form: unit for unit, forms in data["units"].items() for form in forms},
        "scales": data["scales"],
        "numbers": {word: Decimal(str(value)) for word, value in data["numbers"].items()},
        "data": data,
    }


def _forms(verbs: Iterable[str]) -> Iterator[str]:
    for verb in verbs:
        yield verb
        yield verb + ("d" if verb.endswith("e") else "ed")
        yield (
            verb[:-1] + "ies"
            if verb.endswith("y") and verb[-2] not in "aeo"
            else verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")
        )


@cache
def thesaurus() -> dict[str, Any]:
    return tomllib.loads(THESAURUS.read_text(encoding="utf-8"))


def _plain_verbs() -> frozenset[str]:
    """The thesaurus's words that are verbs and hardly ever nouns, in all their forms."""
    verbs, others = (set(thesaurus()[name].split()) for name in ("verbs", "others"))
    return frozenset(_forms(verbs - others - set(thesaurus()["nouns"].split())))


@cache
def bounds() -> frozenset[str]:
    return frozenset(vocabulary()["data"]["bounds"])


@cache
def groups() -> Mapping[str, frozenset[int]]:
    groups: dict[str, set[int]] = {}
    lines = [line for text in (vocabulary()["data"]["synonyms"], thesaurus()["verbs"], thesaurus()["others"]) for line in text.strip().splitlines()]
    for number, line in enumerate(lines):
        for word in line.split():
            groups.setdefault(stem(word), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in groups.items()}


@cache
def _members() -> Mapping[int, frozenset[str]]:
    """The stems in each of the groups."""
    found: dict[int, set[str]] = {}
    for word, numbers in groups().items():
        for number in numbers:
            found.setdefault(number, set()).add(word)
    return {number: frozenset(words) for number, words in found.items()}


def related(word: str) -> frozenset[str]:
    """The stems that may stand for a stem, itself among them."""
    return frozenset({word}).union(*(_members()[number] for number in groups().get(word, ())))


def says_little(word: str) -> bool:
    """Whether a stem is of a word that a text can do without: a general verb, or one that says next to nothing by itself.

    >>> says_little("subject"), says_little("reach"), says_little("insur")
    (True, True, False)
    """
    return word in faint() or word in _general_verbs()


@cache
def _general_verbs() -> frozenset[str]:
    return frozenset(stem(verb) for verb in _plain_verbs())


@cache
def opposites() -> frozenset[frozenset[str]]:
    pairs = set()
    for line in vocabulary()["data"]["opposites"].strip().splitlines():
        left, right = (side.split() for side in line.split("|"))
        pairs |= {frozenset((stem(one), stem(other))) for one in left for other in right}
    return frozenset(pairs)


@cache
def covered_by() -> Mapping[str, frozenset[str]]:
    """The stems of words that little words of a source cover, each with those."""
    found: dict[str, set[str]] = {}
    for line in thesaurus()["covered"].strip().splitlines():
        little, words = (side.split() for side in line.split("|"))
        for word in words:
            found.setdefault(stem(word), set()).update(little)
    return {word: frozenset(little) for word, little in found.items()}


@cache
def linking() -> frozenset[str]:
    """The stems of verbs that tie a sentence together without a claim of their own."""
    return frozenset(stem(word) for word in thesaurus()["linking"].split())


@cache
def bans() -> frozenset[str]:
    return frozenset(thesaurus()["bans"].split())


@cache
def faint() -> frozenset[str]:
    """The stems of words that say next to nothing by themselves."""
    return frozenset(stem(word) for word in thesaurus()["faint"].split())


@cache
def quantities() -> Mapping[str, int]:
    return {word: number for number, line in enumerate(vocabulary()["data"]["quantities"].strip().splitlines()) for word in line.split()}


@cache
def names() -> Mapping[str, str]:
    table = {}
    for line in vocabulary()["data"]["names"].strip().splitlines():
        forms = sorted(line.split("|"), key=len, reverse=True)
        spelt = [".?".join(re.escape(letter) for letter in form) + r"\.?(?=\W|$)" if form.isupper() else re.escape(form) + r"\b" for form in forms]
        table[line.split("|")[0]] = rf"\b(?:{'|'.join(spelt)})(?!\s?\$|\.?\s?[CS]\.)"
    return table


@cache
def _phrases() -> list[tuple[str, re.Pattern[str], str]]:
    """What is written for what, each with a string that a text must have for it."""
    data = vocabulary()["data"]
    phrasal = [[part.strip() for part in line.split("|")] for line in thesaurus()["phrasal"].strip().splitlines()]
    found = []
    for forms, particle, meaning in phrasal:
        ahead = r"(?! to [$€£¥₩]?\d)" if meaning != "rises" else ""  # to hold up to 5 boats is to delay none
        found.append((f" {particle}", re.compile(rf"\b(?:{forms.replace(' ', '|')}) {particle}\b{ahead}", re.I), meaning))
    pairs = list(data["phrases"].items())
    bounds = sorted((phrase for phrases in data["bounds"].values() for phrase in phrases if " " in phrase), key=len, reverse=True)
    pairs += [(phrase, phrase.replace(" ", "")) for phrase in bounds]
    for phrase, meaning in pairs:
        ahead = r"(?=\s+(?:about\s+|roughly\s+)?[$€£¥₩]?\d)" if phrase.endswith("er than") and phrase != "rather than" else ""  # "heavier than 5 kg"
        found.append((phrase.lower(), re.compile(rf"\b{re.escape(phrase)}" + (r"\b" if phrase[-1].isalpha() else "") + ahead, re.I), meaning))
    return found
