"""What a question speaks of, and what in a question points back. Plain English; knows nothing of turns or answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant import english
from assistant.english import AUXILIARY, PREPOSITION, Phrase, Word, capital, decapital, phrases, strip, without_marker, words
from assistant.question import is_name
from index.keywords import STOPWORDS


@dataclass(frozen=True)
class Thing:
    """Something that a question speaks of, as it is named a second time."""

    name: str
    noun: str  # without article and what follows
    is_plural: bool
    is_one_of_many: bool  # so that "one" may stand for it
    start: int
    end: int


def things_of(text: str) -> list[Thing]:
    """What a question speaks of, the likeliest to be spoken of next first.

    >>> [thing.name for thing in things_of("When did Ada build the lamp of the old tower in Rome?")]
    ['the lamp of the old tower', 'Ada', 'Rome']
    """
    found = [phrase for phrase in phrases(text) if _names(phrase)]
    every = words(text)
    auxiliary = next((word for word in every if word.low in english.AUXILIARIES or re.fullmatch(r"wh\w+'?s", word.low)), None)
    being = auxiliary is not None and re.fullmatch(r"(?:what|who)?'?(?:is|are|was|were|s|isn't|aren't)", auxiliary.low) is not None
    ranked: list[tuple[int, Thing]] = []
    subject: Thing | None = None
    for number, phrase in enumerate(found):
        acts = auxiliary is not None and phrase.start > auxiliary.start and phrase.preposition is None
        kept = _extent(text, phrase, found[number + 1 :], every, being=being, is_subject=acts and subject is None)
        thing, rank = _thing(text, phrase, kept), _rank(text, phrase, auxiliary)
        if acts:
            # "did Ada build the lamp": the lamp is an "it", Ada is none
            is_object = subject is not None and not being and phrase.determiner is not None and subject.name.startswith(subject.noun)
            rank = -1 if is_object else 0
        if subject and re.fullmatch(r"\s*(?:still )?have\s+(?:a|an|any|the|its|their)?\s*", text[subject.end : phrase.words[0].start]):
            rank, thing = -2, _thing(text, phrase, kept, owner=subject.name)
        subject = subject or (thing if acts else None)
        ranked.append((rank, thing))
    chosen: list[Thing] = []
    for _, thing in sorted(ranked, key=lambda item: item[0]):
        if not any(other.start <= thing.start and thing.end <= other.end for other in chosen):
            chosen.append(thing)
    return chosen


_NOTHINGS = frozenset("force effect end total fact case general return charge use question place".split())  # "in force", "in total"


def _names(phrase: Phrase) -> bool:
    """Whether a phrase names something that can be spoken of again: no time, no amount, no "in total"."""
    if phrase.is_time or english.shape(phrase.words) not in (None, "order"):
        return False
    if len(phrase.words) == 1 and (english.shape(phrase.words) or (phrase.preposition is not None and phrase.head.low in _NOTHINGS)):
        return False
    return phrase.determiner is None or phrase.determiner.low not in ("each", "every")


_STATES = frozenset("open closed free legal illegal allowed safe due available possible old big cheap expensive important famous called true".split())


def _extent(text: str, phrase: Phrase, following: Sequence[Phrase], every: Sequence[Word], *, being: bool, is_subject: bool) -> tuple[Word, ...]:
    """The words of a thing: of a phrase with what tells which, and without the word that says something about it."""
    asks = every[0].low in english.AUXILIARIES
    last = phrase
    for other in following:
        if other.preposition is None or text[last.end : other.preposition.start].strip() or other.is_time:
            break
        if (other.preposition.low != "of" and (not being or asks)) or other.end - phrase.start > 90:
            break
        last = other
    kept = tuple(word for word in every if phrase.words[0].start <= word.start and word.end <= last.end)
    after = [word.low for word in every if word.start >= last.end]
    if is_subject and len(last.words) > 1 and not kept[-1].text[:1].isupper():  # "is the tower open", "does Europe pay": the last word names nothing
        ends = not after or after[0] in english.PREPOSITIONS | english.ARTICLES | english.CONJUNCTIONS
        says = asks or kept[-1].low in _STATES if being else bool(after) and not any(english.is_verb(low) for low in after)
        if ends and says:
            return kept[:-1]
    if phrase.determiner is not None and after[:1] == ["to"] and len(after) > 1 and english.is_verb(after[1]):
        return tuple(word for word in every if phrase.words[0].start <= word.start)  # "a permit to set pots"
    return kept


def _thing(text: str, phrase: Phrase, kept: tuple[Word, ...], *, owner: str | None = None) -> Thing:
    inner = [word for word in kept if word in phrase.words]
    noun, whole = text[inner[0].start : inner[-1].end], text[kept[0].start : kept[-1].end]
    determiner = phrase.determiner.low if phrase.determiner else None
    several = english.is_plural(inner[-1].low) and determiner not in ("a", "an")
    start = phrase.start if determiner in ("a", "an", "the", "my", "your", "our") else kept[0].start
    if owner:
        name = f"{possessive(owner)} {whole}"
    elif determiner in ("a", "an") and len(kept) > len(inner):
        name = f"the {whole}"
    elif (
        start < kept[0].start
        or not whole[:1].islower()
        or several
        or len(kept) == 1
        or re.search(r"['’]s?\Z", kept[0].text)
        or is_name(kept[-1].text)
    ):
        name = text[start : kept[-1].end]
    else:
        name = f"the {whole}"  # a common noun of a sloppy "boat fee"
    return Thing(name, noun, several, several or determiner != "the", start, kept[-1].end)


def possessive(name: str) -> str:
    return f"{name.rstrip(',')}'" if name.endswith("s") else f"{name.rstrip(',')}'s"


def _rank(text: str, phrase: Phrase, auxiliary: Word | None) -> int:
    if opens(text, phrase):
        return 1
    if phrase.preposition is None:
        return 2 if auxiliary else 0
    return 3 if phrase.preposition.low in ("on", "of", "about", "with", "under", "for") else 4


def statement_of(before: str) -> str | None:
    """What a question asks, as the object of another: "what Ada promised". None for a question that is about one thing.

    >>> statement_of("What did Ada promise in return?"), statement_of("Is a boat allowed there?"), statement_of("What is the fee for boats?")
    ('what Ada promised in return', 'a boat is allowed there', None)
    """
    before = strip(without_marker(before))
    found = words(before)
    auxiliary = next((word for word in found if word.low in english.AUXILIARIES), None)
    asks = bool(found) and found[0].low in ("who", "which", "what")
    if auxiliary is None:
        return decapital(before) if asks and len(found) > 2 else None
    following = [word for word in found if word.start > auxiliary.end]
    if not following or (asks and auxiliary.low in ("is", "are", "was", "were")):
        return None
    subject = min((thing for thing in things_of(before) if thing.start > auxiliary.end), key=lambda thing: thing.start, default=None)
    if following[0].low in english.PERSONS:
        ends = following[0].end
    elif subject and not before[auxiliary.end : subject.start].strip():
        ends = subject.end
    else:
        return None
    rest = [word for word in following if word.start >= ends]
    if not rest:
        return None
    opening = decapital(before[: auxiliary.start]).strip()
    opening = "" if re.fullmatch(r"why|when|where|how|since when|until when", opening) else f"{opening} "
    if auxiliary.low not in ("do", "does", "did"):
        return f"{opening}{before[auxiliary.end : ends].strip()} {auxiliary.low} {before[rest[0].start :]}".strip()
    acting = [word for word in rest if word.low not in english.ADVERBS | english.PREPOSITIONS] or rest
    verb = next((word for word in acting if word.low in english.VERBS), acting[0])
    form = english.present(verb.low) if auxiliary.low == "does" else english.past(verb.low) if auxiliary.low == "did" else verb.low
    return f"{opening}{before[auxiliary.end : verb.start].strip()} {form}{before[verb.end :]}".strip()


_AGREEING = {
    "does": "do", "is": "are", "was": "were", "has": "have", "isn't": "aren't", "doesn't": "don't", "hasn't": "haven't", "wasn't": "weren't",
}  # fmt: skip


def agreeing(before: str, name: str, *, was_plural: bool) -> str:
    """The words before a name with the verb that fits it: "does it" → "do the fines".

    >>> agreeing("Why does ", "the fines for speeding", was_plural=False)
    'Why do '
    """
    found, named = words(before), words(re.split(r" (?:of|on|for|in|from|to|about|with) ", name)[0])
    if not found or not named or english.is_plural(named[-1].low) == was_plural:
        return before
    forms = {many: one for one, many in _AGREEING.items()} if was_plural else _AGREEING
    form = forms.get(found[-1].low)
    if form is None:
        return before
    return before[: found[-1].start] + (capital(form) if found[-1].text[:1].isupper() else form) + before[found[-1].end :]


def members_of(before: str) -> str | None:
    """What a question for several things asked for, as "which of them" means it; None where it asked for no such things.

    >>> members_of("what towns ban dogs"), members_of("which ships can I board"), members_of("what is the fee")
    ('the towns that ban dogs', 'the ships', None)
    """
    thing = next((thing for thing in phrases(before) if opens(before, thing)), None)
    if thing is None or not thing.is_plural:
        return None
    named, rest = " ".join(word.text for word in thing.words), words(before[thing.end :])
    is_subject = len(rest) > 1 and not (rest[0].low in english.AUXILIARIES and rest[1].low in english.PERSONS | english.DETERMINERS)
    return f"the {named} that{before[thing.end :]}" if is_subject else f"the {named}"


def opens(text: str, phrase: Phrase) -> bool:
    """Whether a phrase belongs to the words that ask: "which company"."""
    before = text[: phrase.words[0].start]
    return re.fullmatch(r"(?:in |on |at |for |from )?(?:what|which|how many|how much|whose)\s+(?:the )?", before, re.I) is not None


def has_verb(text: str) -> bool:
    return any(word.low in english.AUXILIARIES or english.is_verb(word.low) for word in words(text))


_TELLING = frozenset("list name tell explain show give describe compare define summarize summarise find help".split())
_OBJECTS = frozenset("it them him".split())
_ASKING_IS = frozenset("what's who's where's when's how's whats whos wheres".split())
_ACTING = frozenset("i you we he she they someone somebody anyone anybody everyone".split())


def is_clause(text: str) -> bool:
    """Whether a text has a verb with its subject, so that it is more than a name of something."""
    found = [word.low for word in words(text)]
    if not found:
        return False
    first = found[0]
    return (
        any(low in english.AUXILIARIES for low in found)
        or (first in ("if", "when", "once", "unless", "while", "because") and len(found) > 2)
        or (len(found) > 1 and any(low in _ACTING for low in found[:3]))
        or (first in english.ASKING and any(english.is_verb(low) for low in found[1:]))
        or (first in _ASKING_IS and len(found) > 1)
        or any(low in _OBJECTS and not english.is_function(earlier) for earlier, low in pairwise(found))  # "likes it"
        or first in _TELLING
    )


# --- pronouns ------------------------------------------------------------------------------------------------------------

POINTING = frozenset("it its they them their theirs he him his she her hers this that these those one ones there".split())
GENDERED = frozenset("he him his she her hers".split())
_NOT_FOR_NOTHING = r"going|able|supposed|required|likely|subject|due|expected|open|related|similar|equal|up|down|back"
_DUMMY = re.compile(  # "it" that stands for nothing: "is it legal to", "how long does it take to"
    r"\b(?:is|was|will|would|can|could|might|may|must|should)\s+it(?:\s+(?:be|been|really|still|also|ever|not|now|even|actually))*\s+"
    rf"(?!(?:{_NOT_FOR_NOTHING})\b)\w+\s+(?:to|that|for|if|when|how|who|which|i|you|we)\b"
    r"|\b(?:does|did|will|would|do|can|could)\s+it\s+(?:\w+ly\s+)?(?:take|cost|make sense|matter|rain|snow|hurt|help|mean)\s+"
    r"(?:\w+\s+){0,2}(?:to|if|that|when|how|whether)\b"
    r"|\bit(?:['’]?s| is| was)\s+(?:\w+\s+)?\w+\s+(?:to|that|for|if)\b|\bis it true\b|\bwhat time is it\b|\bdoes it (?:rain|snow)\b"
    r"|\bis it (?:safe|ok|okay|fine|legal|allowed|possible|worth)\s+\w+ing\b|\bwho (?:is|was) it (?:that|who)\b",
    re.I,
)
_BETWEEN_CLAUSES = re.compile(
    r"(?:^|\s)(?:if|when|before|after|because|since|until|while|and|but|or|that|which|who|to|so|once|unless|than|as|where|how|what|why|though"
    r"|although|whether)\b|[,;:.?!-]\s",
    re.I,
)
_HELPED = re.compile(rf"\b(?:{AUXILIARY})\s+(?:i|you|we|they|he|she|it|that|this|there)\b", re.I)
_SAYING = frozenset("say says said think thinks claim claims true know sure mean means so now all believe heard".split())
# nouns so wide that "that rule" can mean whatever was spoken of
GENERIC = frozenset(
    """law rule date day year month time figure case act amount number price cost fee rate fine limit place state country city town company
    firm maker man woman person guy period event decision ruling court order regulation requirement exemption version method option program
    programme report study group organization organisation agency ban deal agreement change increase rise drop building thing name word idea
    tax money site area region test service""".split()
)


def pronouns_in(text: str) -> list[Word]:
    """The words of a question that point to something said before; those that find it in the question itself are left out.

    >>> [word.text for word in pronouns_in("Is it legal to park there?")], pronouns_in("Who built the lamp and when did it burn?")
    (['there'], [])
    """
    plain = re.sub(r"[\"“].*?[\"”]", lambda match: "x" * len(match[0]), text)
    found = words(plain)
    dummies = [(match.start(), match.end()) for match in _DUMMY.finditer(plain)]
    pointing: list[Word] = []
    for place, word in enumerate(found):
        if word.low not in POINTING or word.text == "IT" or (word.low == "it" and any(start <= word.start < end for start, end in dummies)):
            continue
        before = found[place - 1].low if place else ""
        after = found[place + 1].low if place + 1 < len(found) else ""
        acts = before in english.AUXILIARIES and place + 2 == len(found) and english.is_verb(after)  # "how much do those cost"
        is_told_apart = word.low in ("one", "ones") and place > 1 and found[place - 2].low == "the" and not english.is_function(before)
        if (acts or is_told_apart or _points(word.low, before, after)) and not is_bound(plain, word):
            pointing.append(word)
    return pointing


def _points(low: str, before: str, after: str) -> bool:
    """Whether a word that may point is used so, by the words beside it."""
    if low in ("this", "that", "these", "those"):
        return _demonstrates(low, before, after)
    if low == "there":
        if not after:
            return before not in english.AUXILIARIES and before not in ("out", "over", "still")
        if before == "still" and after == "then":
            return False
        return bool(before) and before not in english.AUXILIARIES | english.ASKING and after not in english.AUXILIARIES and after != "be"
    if low == "one":
        if not after:
            return bool(before) and before not in ("no", "any", "some", "every", "at", "than", "by", "on", "this", "that")
        return before == "the" and after in ("in", "for", "from", "with", "at")
    return True


def _demonstrates(low: str, before: str, after: str) -> bool:
    asked = not before or before in english.AUXILIARIES or before in english.PREPOSITIONS
    if not after:
        return bool(before) and before != "like"
    if low in ("these", "those") and after in ("who", "that", "with", "of", "from", "in", "which", "days"):
        return False
    if low == "that":
        if re.fullmatch(r"much|many|high|low|big|small|far|long|old|late|early|bad|good|expensive|cheap", after):
            return False
        if before in ("say", "says", "said", "think", "thinks", "claim", "claims") and english.is_verb(after) and after.endswith("s"):
            return True  # "how much do they say that costs"
        if after in english.AUXILIARIES and not asked:
            return False  # "boats that are older"
        if before in _SAYING or not (asked or english.is_verb(before) or before in ("why", "how", "of")):
            return False
    if after in english.AUXILIARIES | english.PREPOSITIONS | english.ADVERBS | english.CONJUNCTIONS:
        return asked or english.is_verb(before) or before in english.ASKING
    return asked and english.is_verb(after) and after not in GENERIC


# "the court said it would": the court
_REPORTED = re.compile(
    r"\s+(?:(?:say|claim|announc|believ|decid|hop|argu|warn|declar|admit|deni|insist|explain|report|stat)e?(?:s|d|t?ed|es)?|said|deny|think|thinks|thought|wrote"
    r"|promised?)\s+(?:that\s+)?"
)


def is_bound(text: str, word: Word) -> bool:
    """Whether the question itself names, before, what the pronoun stands for."""
    owning = word.low in ("its", "their", "theirs", "his", "hers")
    is_last = not re.search(r"\w", text[word.end :])
    for phrase in phrases(text):
        if phrase.end > word.start or phrase.is_time or (english.shape(phrase.words) is not None and word.low not in ("one", "ones")):
            continue
        if owning:
            return True
        if opens(text, phrase) or phrase.head.low in _STATES or (phrase.determiner is not None and phrase.determiner.low in POINTING):
            continue
        if word.low in GENDERED and not (_is_person(phrase) or text.islower()):
            continue
        if phrase.preposition is not None and phrase.preposition.low in ("before", "after", "during", "until"):
            continue  # "before the trip, do I need it": not the trip
        between = text[phrase.end : word.start]
        if is_last and word.low in _OBJECTS and re.fullmatch(r"\s+(?:that|who|which)\s+[^,;:?]*", between):
            continue  # "the boy that drew on them": not the boy
        if is_last:  # "than that", "before it": no clause of its own
            between = re.sub(rf"\b(?:{PREPOSITION})\s*$", "", between, flags=re.I)
        if _BETWEEN_CLAUSES.search(between) or (not is_last and _REPORTED.fullmatch(between)) or _HELPED.search(text[phrase.end : word.end]):
            return True
    return False


def _is_person(phrase: Phrase) -> bool:
    return phrase.words[0].text[:1].isupper() or phrase.head.low.endswith(("er", "or", "ist", "man", "ant", "ian", "guy"))


def is_open(bare: str) -> bool:
    """Whether a question leaves open of what it speaks: "who is the head?", "how much is due?".

    >>> is_open("who is the head"), is_open("who is the head of the school"), is_open("what is a lens")
    (True, False, False)
    """
    if re.fullmatch(r"how many \w+(?<!e)ed", bare, re.I):
        return True
    carried = [word.low for word in words(bare) if word.low.removesuffix("'s") not in STOPWORDS and word.low not in english.ADVERBS]
    if len(carried) > 2 or not is_clause(bare) or re.search(r"[A-Z\d]", bare[1:].replace(" I ", " ")):
        return False
    named = [phrase for phrase in phrases(bare) if not phrase.is_time]
    if len(named) == 1:
        defined = named[0].determiner is not None and named[0].determiner.low == "the" and len(named[0].words) == 1
        if defined and not re.match(r"what(?:'s|s| is| are| was| were)\b", bare, re.I):
            return True
        if opens(bare, named[0]) and re.search(rf"\b(?:{AUXILIARY})\s+(?:i|you|we)\s+(?:have to\s+|need to\s+)?\w+$", bare, re.I):
            return True
    if re.match(r"what (?:happened|changed|happens)\s+(?:in|to|at|with)\b", bare, re.I):
        return True
    if re.search(r"\bthe [\w'-]+$", bare, re.I):
        return False
    if len(carried) == 1:
        if re.match(r"(?:is|are|was|were) there (?:a|an|any|some) [\w-]+$", bare, re.I):
            return True
        return (english.is_verb(carried[0]) or carried[0] in GENERIC) and not re.search(r"\ban? [\w-]+$", bare, re.I)
    return all(english.is_verb(low) for low in carried)


# --- names in an answer --------------------------------------------------------------------------------------------------

_TITLE = r"(?:Dr|Mr|Mrs|Ms|Capt|Prof|Sir|Sen|Rep|President|Secretary|Judge|Justice|Captain|Professor|Senator)\.?"
_UPPER, _LOWER = r"[A-Z\u00c0-\u00de]", r"[a-z\u00df-\u017f'’-]"
_PERSON = re.compile(rf"\b{_UPPER}{_LOWER}+(?:\s+(?:{_UPPER}\.|{_UPPER}{_LOWER}+)){{1,2}}\b")


def person_in(text: str, *, about: str = "") -> str | None:
    """The name in a text that looks most like a person's: one with a title, one that a question had a word of, one that is no English words.

    >>> person_in("The Harbour Court heard Ada Reed on Monday.")
    'Ada Reed'
    """
    titled = re.search(rf"\b{_TITLE}\s+[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)?", text)
    if titled:
        return titled[0]
    asked = {word.low for word in words(about)}
    found = [match[0] for match in _PERSON.finditer(text) if not english.is_function(words(match[0])[0].low)]
    named = [name for name in found if any(is_name(word.low) for word in words(name))]
    return next((name for name in found if not asked.isdisjoint(word.low for word in words(name))), next(iter([*named, *found]), None))


def name_in(said: str, *, besides: str) -> str | None:
    """The first name of capitals in an answer's first sentence that a question does not have.

    >>> name_in("The oldest tower is Corrant Head, lit in 1849.", besides="which is the oldest tower")
    'Corrant Head'
    """
    known = set(re.findall(r"[\w-]+", besides.lower()))
    first = re.split(r"(?<=[a-z\d][.!?])\s", without_citations(said).strip(), maxsplit=1)[0]
    for match in re.finditer(r"(?<=[a-z\d,] )[A-Z][\w-]+(?: [A-Z][\w-]+){0,3}", first):
        if not {word.lower() for word in match[0].split()} & known and not english.is_time(words(match[0])):
            return match[0]
    return None


_ORDER = (("first", "1st", "1", "former"), ("second", "2nd", "2", "latter"), ("third", "3rd", "3"), ("fourth", "4th", "4"), ("fifth", "5th", "5"))


def ordinal(text: str) -> int | None:
    """The place that a word of order names, counted from 0, from the end when negative.

    >>> ordinal("the second one"), ordinal("the last of them"), ordinal("both")
    (1, -1, None)
    """
    found = [word.low for word in words(text)]
    return next((place for place, names in enumerate(_ORDER) if set(names) & set(found)), -1 if "last" in found else None)


def items_in(said: str) -> list[str]:
    """What an answer lists: the beginnings of its lines, or the members of its first enumeration.

    >>> items_in("Three lights still burn: Corrant Head, Brannoch Rock and Skarrow Point. [1]")
    ['Corrant Head', 'Brannoch Rock', 'Skarrow Point']
    """
    text = re.sub(r"[\\*]", "", without_citations(re.sub(r"(?m)^\s*[-*•] ", "• ", said)))
    lines = [line[2:] for line in text.splitlines() if line.startswith("• ")]
    if len(lines) > 1:
        return [strip(re.split(r"[:;(–—]|, | (?:is|are|was|were|has|have) ", line)[0])[:80] for line in lines]
    match = re.search(r"((?:[^,.;:\n]{2,50}, )+[^,.;:\n]{2,50}?,? (?:and|or) [^,.;:\n]{2,50})", text)
    if not match:
        return []
    members = re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", match[1])
    members[0] = re.split(r"\b(?:is|are|were|was|include|includes|including|in|by|of|at|from)\s+", members[0])[-1]
    return [strip(member) for member in members]


def without_citations(said: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", said)
