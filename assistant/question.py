"""What a question asks: its words and how telling they are, the kind of answer it expects, its parts. Knows nothing of evidence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from assistant.english import ADVERBS, MEASURES, PREPOSITIONS, SHORTHAND, is_verb, phrases
from assistant.kinds import AUXILIARY, Kind, kind_of
from assistant.reading import says_little
from index import QuestionError
from index.keywords import STOPWORDS, Keywords, is_english, lemma, words_of

MAXIMUM_LENGTH = 2000  # characters; a question longer than a page is a document
SUBJECT_WORDS = 3  # stop words left out
FAINT_SHARE = 0.5  # of the rarity of a word that the corpus lacks, but that says little wherever it stands

_FAINT = ADVERBS | PREPOSITIONS | MEASURES
_NO_TERMS = frozenset("may vs versus".split())  # the month is written with a capital
_CURRENCY = re.compile(r"(?<=\d)\s*k?\s+(?:us\s+)?(dollars?|bucks?|usd|euros?|pounds?|yen)\b", re.I)


@dataclass(frozen=True)
class Term:
    """A word of a question that evidence can cover."""

    token: str  # as the index knows it
    word: str  # as it was written
    rarity: float  # 0 in every text of the corpus … 1 in none
    known: bool  # whether the corpus holds it at all
    is_name: bool  # whether it names something: a proper name, or a word that no dictionary of English holds

    @property
    def is_faint(self) -> bool:
        """Whether it says too little for an answer to need it."""
        return not self.is_name and (says_little(self.token) or self.word.lower() in _FAINT)

    @property
    def shown(self) -> str:
        """The word as it is shown to a person: a proper name with its capital, however it was typed."""
        proper = lemma(self.word.lower())
        return proper if proper[:1].isupper() and proper.lower() == self.word.lower() else self.word


@dataclass(frozen=True)
class Question:
    """A question, taken apart."""

    text: str
    terms: tuple[Term, ...]
    kind: Kind
    where: frozenset[str] = frozenset()  # the words that say in, at or near what, in lower case


def check_question(question: object, *, maximum: int = MAXIMUM_LENGTH) -> str:
    """The question as plain text on one line. Raises QuestionError when it is empty, too long or no text."""
    if not isinstance(question, str):
        raise QuestionError(f"A question is text, not {type(question).__name__}. Ask in words.")
    if len(question) > maximum:
        raise QuestionError(f"The question has {len(question):,} characters; the limit is {maximum:,}. Ask something shorter.")
    text = unicodedata.normalize("NFC", question)
    broken = sum(unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") and letter not in "\n\r\t" for letter in text)
    if broken or "\ufffd" in text:
        raise QuestionError("The question holds bytes that are no text. Ask in words.")
    text = re.sub(r"<[^<>]{0,400}>", " ", text)  # a question needs no markup
    text = " ".join(text.split())
    if not re.search(r"\w", text):
        raise QuestionError("The question is empty. Ask in words, for example one of the suggested questions.")
    return text


# Words around a question that ask, but say nothing of what is asked.
_FRAME = re.compile(
    r"""\b(?:(?:can|could|would)\ you\ (?:please\ )?(?:tell|explain|show)(?:\ (?:me|us))?|tell\ me(?:\ about)?|i\ (?:want|need|would\ like)\ to\ know
        |i(?:\ have|'ve)?\ (?:heard|read)(?:\ that)?|is\ it\ true(?:\ that)?|do\ you\ know|what\ do\ you\ know\ about
        |is\ that\ (?:right|true|how\ it\ works|so)|i(?:'m|\ am)\ (?:wondering|asking)|(?:am\ i|are\ we)\ right\ that|right\s*\?$
        |explain|please|right\ now|today|nowadays|currently|at\ present|these\ days|at\ the\ moment)\b""",
    re.I | re.X,
)  # fmt: skip


_WHAT_IT_MEANS = re.compile(r"(.+?)[,.;:–-]\s+what(?: does| do|['’]?s)? (?:that|it|this|they|these) (?:mean|means|stand for)\W*", re.I)


def bare(text: str) -> str:
    """A question without the words that only ask; itself when nothing else is in it.

    >>> bare("Can you tell me what a berth costs?"), bare("it says E12, what does that mean")
    ('what a berth costs?', 'what does E12 mean?')
    """
    plain = re.sub(r"\bwhat (?:counts?|qualifies) as\b", "what is", text, flags=re.I)
    if (told := _WHAT_IT_MEANS.fullmatch(plain)) and (named := phrases(told[1])):
        verbs = [place for place, word in enumerate(named[-1].words) if is_verb(word.low)]
        of_it = [word.text for word in named[-1].words[max(verbs, default=-1) + 1 :]]
        plain = f"what does {' '.join(of_it)} mean?" if of_it else plain
    stripped = " ".join(_FRAME.sub(" ", plain).split()).lstrip(" ,;:")
    return stripped if re.search(r"\w{3}", stripped) else text


_SUBJECT = re.compile(r"\W*(?:(?:the|an?)\s+)?[^\W\d][\w'’.-]*(?:\s+[\w'’.-]+){0,2}\W*")


def as_whole(text: str) -> str:
    """A subject and nothing else, as the question what it is; any other text as it is.

    >>> as_whole("berths"), as_whole("the mooring fee"), as_whole("who pays")
    ('what is berths?', 'what is the mooring fee?', 'who pays')
    """
    found = words_of(text)
    is_subject = _SUBJECT.fullmatch(text) and 0 < len({word for _, word in found}) <= SUBJECT_WORDS and len(found) <= 2 * SUBJECT_WORDS
    if not is_subject or _ASKS.search(text) or any(is_verb(word.lower()) for _, word in found):
        return text
    return f"what is {text.strip(' ?.!')}?"


def analyse(text: str, words: Keywords) -> Question:
    """Take a question apart against the words of a corpus."""
    terms: dict[str, Term] = {}
    kind = kind_of(text)
    orders = re.match(r"\W*(?:name|list)\b", text, re.I) if kind == "list" else None  # "name the ships that sank"
    shouted = sum(word[:1].isupper() for word in text.split()) > 0.6 * len(text.split())
    signs = {match.lower() for match in _CURRENCY.findall(text)}  # of a sum, which a text may give with a sign
    for token, word in words_of(text[orders.end() :] if orders else text):
        is_shorthand = word in SHORTHAND and not words.frequency.get(token)
        if token not in STOPWORDS and token not in terms and word not in _NO_TERMS and not is_shorthand and word.lower() not in signs:
            capital = word[:1].isupper() and not shouted and not text.startswith(word)
            term = Term(token, word, words.rarity(token), words.frequency.get(token, 0) > 0, capital or is_name(word))
            terms[token] = term if term.known or not term.is_faint else replace(term, rarity=FAINT_SHARE * term.rarity)
    led = [phrase for phrase in phrases(text) if phrase.preposition and phrase.preposition.low in ("in", "at", "near")]
    return Question(text, tuple(terms.values()), kind, frozenset(word.low for phrase in led for word in phrase.words))


def is_name(word: str) -> bool:
    """Whether a word, in whatever case it was typed, names something.

    >>> is_name("vermont"), is_name("insurance")
    (True, False)
    """
    low = word.lower().removesuffix("'s").removesuffix("’s")
    return low.isalpha() and (lemma(low)[:1].isupper() or not is_english(low))


_KIND = re.compile(r"\b(?:which|what)\s+(?:(?:kinds?|types?|sorts?)\s+of\s+)?([a-z]+)\b")


def kinds_named(text: str) -> frozenset[str]:
    """The words that say of what kind the thing is that is asked for: an answer names the thing.

    >>> sorted(kinds_named("which company owns the pier and in what region is it"))
    ['company', 'region']
    """
    return frozenset(_KIND.findall(text.lower()))


_ASKS = re.compile(rf"\b(?:how|when|who|whom|why|where|what|which|whose|{AUXILIARY})\b", re.I)
_ASKING = rf"(?:how|when|who|whom|why|where|what|which|whose|{AUXILIARY})\b"
_YES_NO_FIRST = re.compile(rf"\W*{AUXILIARY}\b", re.I)
_JOINT = re.compile(
    rf"\?\s+(?=\S)|(?:,|;)?\s+(?:and|or|also|plus|&)\s+(?=(?:also\s+)?{_ASKING})|[.;]\s+(?=(?:and\s+)?{_ASKING})", re.I
)  # fmt: skip
_BEHIND = (
    rf"(?:who\s+[a-z]+s|(?:(?:who|what|why|how)(?:\s+\w+)?|when|where)\s+{AUXILIARY}|{AUXILIARY}\s+(?:i|we|you|one|they|it|he|she|the|an?|there))\b"
)
_ASKED_FIRST = re.compile(
    rf"^\W*(?:(?:what|who|where|why|how|when|which)(?:\s+\w+)?(?:\s+{AUXILIARY}\b|['’]?s\b)[^,]*|{AUXILIARY}\s[^,]*)(,)\s+(?={_BEHIND})", re.I
)


def parts_of(text: str) -> list[str]:
    """The questions in a question, in order; one that asks one thing comes back whole.

    >>> parts_of("How old must a pilot be and who decides?"), parts_of("where is the ferry, can i board it")
    (['How old must a pilot be?', 'who decides?'], ['where is the ferry?', 'can i board it?'])
    """
    joined = text
    if match := _ASKED_FIRST.match(text):  # a comma alone, between two whole questions
        joined = f"{text[: match.start(1)]}?{text[match.end(1) :]}"
    pieces = [piece.strip(" ,;?.!") for piece in _JOINT.split(joined)]
    pieces = [piece for piece in pieces if piece]
    full = [piece for piece in pieces if sum(word not in STOPWORDS for word, _ in words_of(piece)) >= 1 and len(piece.split()) >= 2]
    return [f"{piece}?" for piece in pieces] if len(pieces) > 1 and len(full) == len(pieces) else [text]


# A year that says which thing is meant: "a 1999 boat", but neither "in 1999" nor "1999 to 2004".
_OF_MAKE = re.compile(
    r"(?<!\bin\s)(?<!\bto\s)(?<!\bof\s)(?<!\bby\s)(?<!\bfor\s)(?<!\bsince\s)(?<!\bfrom\s)(?<!\buntil\s)(?<!\bbefore\s)(?<!\bafter\s)(?<!\byear\s)"
    r"\b((?:19|20)\d\d)(?=\s+[a-z])(?!\s+(?:to|and|or|until|till|through)\b)",
    re.I,
)
_AGE = re.compile(
    r"\b\d{1,3}\s+or\s+more\s+years?\s+old\b|\b\d{1,3}(?:[- ]|\s+calendar\s+)years?[- ](?:old|rule|or\s+(?:more|older)|of\s+age)\b"
    r"|\b(?:at\s+least|under|over)\s+\d{1,3}\s+(?:calendar\s+)?years?\b",
    re.I,
)


def years_of_make(text: str) -> frozenset[str]:
    """The years by which a question tells its things apart.

    >>> sorted(years_of_make("may i moor a 1999 boat")), sorted(years_of_make("fees in 1999"))
    (['1999'], [])
    """
    return frozenset(_OF_MAKE.findall(text))


def speaks_of_age(sentence: str) -> bool:
    """Whether a sentence says how many years old something is, or has to be.

    >>> [speaks_of_age(text) for text in ("Boats at least 30 years old are free.", "Boats 30 or more years old are.", "It ran for 30 years.")]
    [True, True, False]
    """
    return bool(_AGE.search(sentence))


def broadened(text: str, kinds: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """A text with the kinds of things in place of the things, and each thing as it was written with its kind.

    >>> broadened("may i keep a Dachshund here", {"dachshund": "dog"})
    ('may i keep a dog here', {'Dachshund': 'dog'})
    """
    told: dict[str, str] = {}
    low = text.lower()
    for name in sorted((name for name in kinds if name.lower() in low), key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(s?)(?![\w-])", re.I)
        if match := pattern.search(text):
            text = pattern.sub(rf"{kinds[name]}\1", text)
            told[match[0]] = kinds[name]
    return text, told


_OF_TWO = re.compile(
    rf"^(?P<asked>\W*(?:{_ASKING}|\w+\s+(?:who|what|where|when|which|how)\b)[^,:?]*?)\s*[,:?]\s*(?P<options>[^?]+\s+or\s+[^,?]+)\W*$",
    re.I,
)


def without_options(text: str) -> str | None:
    """A question without the answers that it offers to choose from; None where it offers none.

    >>> without_options("who pays the fee, the captain or the owner?"), without_options("boats or ships?")
    ('who pays the fee?', None)
    """
    match = _OF_TWO.match(text)
    if not match or _YES_NO_FIRST.match(text) or _ASKS.search(match["options"]) or len(match["asked"].split()) < 3:
        return None
    return f"{match['asked'].strip()}?"


_COMPARED = re.compile(
    r"""(?:\bdifferences?\ between\ (?P<first>.+?)\ and\ |\bcompare\ (?P<one>.+?)\ (?:and|with|to)\s
            |\bhow\ (?:do|does|did)\ (?P<subject>.+?)\ (?:compare|differ)\ (?:with|to|from)\s
            |^\W*(?P<this>.+?)\ (?:vs\.?|versus|compared\ (?:to|with))\ )
        (?P<other>.+?)(?P<rest>\ (?:in|on|for|under|about|when|of|at|by)\ .+?|,\ .+?)?[\s?.!]*$""",
    re.I | re.X,
)  # fmt: skip


_WHICH_IS_MORE = re.compile(
    r"""^\W*(?:which|what|who)(?:\ (?:one|of\ (?:the\ two|them|these)|(?P<noun>\w+(?:\ \w+)?)))?\ (?P<verb>is|are|was|were|has|have|had|costs?
        |\w+s|\w+ed|sold|made|paid|won|lost|built|got|took|gave|spent)\ (?P<more>more|less|fewer|better|worse|\w{2,}er)\b
        (?:(?P<rest>[^,:?]*)[,:]|[?,:]?)\s*(?P<first>.+?)\ or\ (?P<other>.+?)[\s?.!]*$""",
    re.I | re.X,
)
_IS = frozenset("is are was were".split())


def _apart(match: re.Match[str]) -> list[str]:
    """What each of two things would be asked, of which one is said to be or have more."""
    verb, more, rest = match["verb"].lower(), match["more"].lower(), (match["rest"] or "").strip()
    counts = {"more": "how much", "less": "how much", "fewer": "how many", "better": "", "worse": ""}
    if more in counts:
        noun, rest = ("", rest) if rest.partition(" ")[0].lower() in PREPOSITIONS else (rest, "")
        asking = [counts[more], noun, "" if verb in _IS else verb]
    else:
        base = more[:-3] if more[-3] == more[-4:-3] else more[:-2]  # "bigger", which no dictionary has under "big"
        asking = ["how", base if lemma(more) == more else lemma(more), verb]
    return [" ".join(filter(None, (*asking, match["noun"], match[side], rest))) + "?" for side in ("first", "other")]


def sides_of(text: str) -> list[str]:
    """For a comparison, what each of the two things compared would be asked by itself; nothing for another question.

    >>> sides_of("difference between a ketch and a yawl"), sides_of("Corrant vs Brannoch on mooring fees")
    (['what is a ketch?', 'what is a yawl?'], ['Corrant on mooring fees?', 'Brannoch on mooring fees?'])
    >>> sides_of("which is longer, a ketch or a yawl?"), sides_of("which costs more: berths or buoys")
    (['how long is a ketch?', 'how long is a yawl?'], ['how much costs berths?', 'how much costs buoys?'])
    """
    if match := _WHICH_IS_MORE.search(text):
        return _apart(match)
    match = _COMPARED.search(text)
    if not match:
        return []
    rest = (match["rest"] or "").rstrip()
    sides = [match["first"] or match["one"] or match["subject"] or match["this"], match["other"]]
    return [f"{side}{rest}?" if rest else f"what is {side}?" for side in sides]
