"""What a question speaks of, and what in a question points back. Plain English; knows nothing of turns or answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import english
from assistant.english import AUXILIARY, Phrase, Word, article, capital, decapital, phrases, strip, words, without_marker
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
    found = [phrase for phrase in phrases(text) if not phrase.is_time and english.shape(phrase.words) is None and not _names_nothing(phrase)]
    every = words(text)
    auxiliary = next((word for word in every if word.low in english.AUXILIARIES or re.fullmatch(r"wh\w+'?s", word.low)), None)
    being = auxiliary is not None and auxiliary.low.removeprefix("what").removeprefix("who") in ("is", "are", "was", "were", "'s", "s", "isn't", "aren't")
    ranked: list[tuple[int, Thing]] = []
    subject: Thing | None = None
    for number, phrase in enumerate(found):
        acts = auxiliary is not None and phrase.start > auxiliary.start and phrase.preposition is None
        kept = _extent(text, phrase, found[number + 1 :], every, being=being, is_subject=acts and subject is None)
        thing = _thing(text, phrase, kept)
        if acts and subject is None:
            subject, rank = thing, 0
        elif acts:
            # "did Ada build the lamp": the lamp is an "it", Ada is none
            named = subject is not None and subject.name[:1] == subject.noun[:1]
            rank = -1 if not being and named and phrase.determiner is not None and english.is_function(subject.name.split()[0].lower()) is False else 0
        else:
            rank = _rank(text, phrase, auxiliary)
        if subject and auxiliary and re.fullmatch(r"\s*(?:still )?have\s+(?:a|an|any|the|its|their)?\s*", text[subject.end : phrase.words[0].start]):
            rank, thing = -2, _thing(text, phrase, kept, owner=subject.name)
        ranked.append((rank, thing))
    ranked.sort(key=lambda item: item[0])
    chosen: list[Thing] = []
    for _, thing in ranked:
        if not any(other.start <= thing.start and thing.end <= other.end for other in chosen):
            chosen.append(thing)
    return chosen


def _extent(text: str, phrase: Phrase, following: Sequence[Phrase], every: Sequence[Word], *, being: bool, is_subject: bool) -> tuple[Word, ...]:
    """The words of a thing: of a phrase with what tells which, and without the word that says something about it."""
    asks = every[0].low in english.AUXILIARIES
    last = phrase
    for other in following:
        if other.preposition is None or text[last.end : other.preposition.start].strip() or other.is_time:
            break
        if other.preposition.low != "of" and (not being or asks) or other.end - phrase.start > 90:
            break
        last = other
    kept = tuple(word for word in every if phrase.words[0].start <= word.start and word.end <= last.end)
    if is_subject and len(last.words) > 1 and not kept[-1].text[:1].isupper():  # "is the tower open", "does Europe pay": the last word is no part of the name
        after = [word for word in every if word.start >= last.end]
        ends = not after or after[0].low in english.PREPOSITIONS or after[0].low in english.ARTICLES or after[0].low in english.CONJUNCTIONS
        if ends and (asks or kept[-1].low in _STATES if being else bool(after) and not any(english.is_verb(word.low) for word in after)):
            return kept[:-1]
    if phrase.determiner is not None and re.match(r"\s+to\s+(\w+)", text[last.end :]) and english.is_verb(re.findall(r"\w+", text[last.end :])[1].lower()):
        return tuple(word for word in every if phrase.words[0].start <= word.start)  # "a permit to set pots"
    return kept


def _thing(text: str, phrase: Phrase, kept: tuple[Word, ...], *, owner: str | None = None) -> Thing:
    inner = [word for word in kept if word in phrase.words]
    noun = text[inner[0].start : inner[-1].end]
    whole = text[kept[0].start : kept[-1].end]
    determiner = phrase.determiner.low if phrase.determiner else None
    several = english.is_plural(inner[-1].low) and determiner not in ("a", "an")
    start = phrase.determiner.start if phrase.determiner and determiner in ("a", "an", "the", "my", "your", "our") else kept[0].start
    if owner:
        name = f"{owner}' {whole}" if owner.endswith("s") else f"{owner}'s {whole}"
    elif determiner in ("a", "an"):
        name = f"the {whole}" if len(kept) > len(inner) else text[start : kept[-1].end]
    elif start < kept[0].start or whole[:1].isupper() or whole[:1].isdigit() or several or len(kept) == 1:
        name = text[start : kept[-1].end]
    else:
        name = f"the {whole}"  # a common noun of a sloppy "truck tariff"
    return Thing(name, noun, several, several or determiner != "the", start, kept[-1].end)


def _rank(text: str, phrase: Phrase, auxiliary: Word | None) -> int:
    if opens(text, phrase):
        return 1
    if phrase.preposition is None:
        return 2 if auxiliary else 0
    return 3 if phrase.preposition.low in ("on", "of", "about", "with", "under", "for") else 4


_STATES = frozenset("open closed free legal illegal allowed safe due available possible old big cheap expensive important famous called true".split())
_NOTHINGS = frozenset("force effect end total fact case general return charge use question place".split())  # "in force", "in total"


def _names_nothing(phrase: Phrase) -> bool:
    return (phrase.preposition is not None and len(phrase.words) == 1 and phrase.head.low in _NOTHINGS) or (
        phrase.determiner is not None and phrase.determiner.low in ("each", "every"))  # fmt: skip


def statement_of(before: str) -> str | None:
    """What a question asks, as the object of another: "what Korea promised". None for a question that is about one thing.

    >>> statement_of("What did Korea promise in return?"), statement_of("Is a boat allowed there?"), statement_of("What is the fee for boats?")
    ('what Korea promised in return', 'a boat is allowed there', None)
    """
    before = strip(without_marker(before))
    found = words(before)
    auxiliary = next((word for word in found if word.low in english.AUXILIARIES), None)
    if auxiliary is None and len(found) > 2 and found[0].low in ("who", "which", "what"):
        return decapital(before)
    if auxiliary is None or found[-1] == auxiliary or (found[0].low in ("which", "who", "what") and auxiliary.low in ("is", "are", "was", "were")):
        return None
    opening = decapital(before[: auxiliary.start]).strip()
    if re.fullmatch(r"why|when|where|how|since when|until when", opening, re.I):
        opening = ""
    being = auxiliary.low in ("is", "are", "was", "were")
    if being and re.fullmatch(r"what|who|which", opening):
        return None
    following = [word for word in found if word.start > auxiliary.end]
    subject = min((thing for thing in things_of(before) if thing.start > auxiliary.end), key=lambda thing: thing.start, default=None)
    if following and following[0].low in english.PERSONS:
        ends = following[0].end
    elif subject and not before[auxiliary.end : subject.start].strip():
        ends = subject.end
    else:
        return None
    rest = [word for word in found if word.start >= ends]
    if not rest:
        return None
    named = before[auxiliary.end : ends].strip()
    if auxiliary.low in ("do", "does", "did"):
        form = {"do": str, "does": english.present, "did": english.past}[auxiliary.low]
        acting = [word for word in rest if word.low not in english.ADVERBS and word.low not in english.PREPOSITIONS]
        verb = next((word for word in acting if word.low in english.VERBS), acting[0] if acting else rest[0])
        return f"{opening} {before[auxiliary.end : verb.start].strip()} {form(verb.low)}{before[verb.end :]}".strip()
    return f"{opening} {named} {auxiliary.low} {before[rest[0].start :]}".strip()


_AGREEING = {"does": "do", "is": "are", "was": "were", "has": "have", "isn't": "aren't", "doesn't": "don't", "hasn't": "haven't", "wasn't": "weren't"}


def agreeing(before: str, pronoun: str, name: str) -> str:
    """The words before a pronoun, with the verb as the name in its place needs it: "does it" → "do the fines"."""
    found = words(before)
    head = next((word for word in reversed(words(re.split(r" (?:of|on|for|in|from|to|about|with) ", name)[0]))), None)
    if not found or head is None or pronoun not in ("it", "this", "that", "they", "these", "those"):
        return before
    many = english.is_plural(head.low)
    forms = _AGREEING if many else {plural: one for one, plural in _AGREEING.items()}
    if many == (pronoun in ("they", "these", "those")) or found[-1].low not in forms:
        return before
    form = forms[found[-1].low]
    return before[: found[-1].start] + (capital(form) if found[-1].text[:1].isupper() else form) + before[found[-1].end :]


def opens(text: str, phrase: Phrase) -> bool:
    """Whether a phrase belongs to the words that ask: "which company"."""
    return re.fullmatch(r"(?:in |on |at |for |from )?(?:what|which|how many|how much|whose)\s+(?:the )?", text[: phrase.words[0].start], re.I) is not None


def has_verb(text: str) -> bool:
    found = words(text)
    return any(word.low in english.AUXILIARIES for word in found) or any(english.is_verb(word.low) for word in found)


def is_clause(text: str) -> bool:
    """Whether a text has a verb with its subject, so that it is more than a name of something."""
    found = [word.low for word in words(text)]
    if any(low in english.AUXILIARIES for low in found):
        return True
    if found and found[0] in ("if", "when", "once", "unless", "while", "because") and len(found) > 2:
        return True
    if any(low in english.PERSONS - {"there", "here", "one", "someone", "people", "us", "it", "them", "me", "him"} for low in found[:3]) and len(found) > 1:
        return True
    if found and found[0] in english.ASKING and any(english.is_verb(low) for low in found[1:]):
        return True
    return bool(found) and found[0] in ("list", "name", "tell", "explain", "show", "give", "describe", "compare", "define", "summarize", "summarise", "find", "help")


_DUMMY = re.compile(
    rf"\b(?:(?:is|was|will|would|can|could|might|may|must|should)\s+it(?:\s+(?:be|been|really|still|also|ever|not|now|even|actually))*\s+(?!(?:going|able|supposed|required|likely|subject|due|expected|open|related|similar|equal|up|down|back)\b)\w+\s+"
    r"(?:to|that|for|if|when|how|who|which|i|you|we)\b|(?:does|did|will|would|do|can|could)\s+it\s+(?:\w+ly\s+)?(?:take|cost|make sense|matter|rain|snow|hurt|help|mean)\s+(?:\w+\s+){0,2}(?:to|if|that|when|how|whether)\b"
    r"|it(?:['’]?s| is| was)\s+(?:\w+\s+)?(?:\w+)\s+(?:to|that|for|if)\b|is it true\b|what time is it|is it (?:safe|ok|okay|fine|legal|allowed|possible|worth)\s+\w+ing|does it (?:rain|snow)|who (?:is|was) it (?:that|who))",
    re.I,
)
_BOUND = re.compile(
    r"(?:^|\s)(?:if|when|before|after|because|since|until|while|and|but|or|that|which|who|to|so|once|unless|than|as|where|how|what|why|though|although|whether)\b|[,;:.?!-]\s", re.I,
)  # fmt: skip
_HELPED = re.compile(rf"\b(?:{AUXILIARY})\s+(?:i|you|we|they|he|she|it|that|this|there)$", re.I)
_GENDERED = frozenset("he him his she her hers".split())
GENERIC = frozenset(
    """law rule date day year month time figure case act amount number price cost fee rate fine limit place state country city town company firm maker man woman person guy period event decision ruling court
    order regulation requirement exemption version method option program programme report study group organization organisation agency ban deal agreement program change increase rise drop building thing name word idea tax money
    site area region test service""".split()
)  # fmt: skip
POINTING = frozenset("it its they them their theirs he him his she her hers this that these those one ones there".split())


def pronouns_in(text: str) -> list[Word]:
    """The words of a question that point to something said before; those that find it in the question itself are left out."""
    plain = re.sub(r"[\"“].*?[\"”]", lambda match: "x" * len(match[0]), text)
    found = words(plain)
    dummies = [(match.start(), match.end()) for match in _DUMMY.finditer(plain)]
    pointing: list[Word] = []
    for place, word in enumerate(found):
        low = word.low
        if low not in POINTING or (low == "it" and any(start <= word.start < end for start, end in dummies)) or word.text == "IT":
            continue
        before = found[place - 1].low if place else ""
        after = found[place + 1].low if place + 1 < len(found) else ""
        if _points(low, before, after, place, found) and not is_bound(plain, word, found[:place]):
            pointing.append(word)
    return pointing


def _points(low: str, before: str, after: str, place: int, found: Sequence[Word]) -> bool:
    """Whether a pronoun is used as one, by the words beside it."""
    last = place + 1 == len(found)
    if low in ("this", "that", "these", "those"):
        asked = before in english.AUXILIARIES or before in english.PREPOSITIONS or not before
        if low == "that" and re.fullmatch(r"much|many|high|low|big|small|far|long|old|late|early|bad|good|expensive|cheap", after):
            return False
        if last:
            return bool(before) and before not in ("like",)
        if low in ("these", "those") and after in ("who", "that", "with", "of", "from", "in", "which", "days"):
            return False
        if low == "that" and before in ("say", "says", "said", "think", "thinks", "claim", "claims") and english.is_verb(after) and after.endswith("s"):
            return True  # "how much do they say that costs"
        if low == "that" and (before in ("say", "says", "said", "think", "true", "know", "sure", "mean", "means", "claim", "so", "now", "all", "believe", "heard") or (not asked and not english.is_verb(before) and before not in ("why", "how", "of"))):
            return False
        if after in english.AUXILIARIES or after in english.PREPOSITIONS or after in english.ADVERBS or after in english.CONJUNCTIONS:
            return asked or english.is_verb(before) or before in english.ASKING
        if english.is_verb(after) and after not in GENERIC:
            return asked
        return False
    if low == "there":
        return last and before not in english.AUXILIARIES and before not in ("out", "over") or (
            not last and before not in english.AUXILIARIES and before not in english.ASKING and after not in english.AUXILIARIES and after != "be" and bool(before))  # fmt: skip
    if low == "one":
        return last and before not in ("no", "any", "some", "every", "at", "than", "by", "on", "this", "that") and bool(before) or (not last and before in ("the",) and after in ("in", "for", "from", "with", "at"))
    if low == "ones":
        return True
    if low == "they":
        return not (before == "do" and after == "allow")
    return True


def is_bound(text: str, word: Word, earlier: Sequence[Word]) -> bool:
    """Whether the question itself names, in a clause before, what the pronoun stands for."""
    if word.low in ("one", "ones"):
        return any(phrase.end <= word.start and len(phrase.words) > 0 and not phrase.is_time and text[phrase.end : word.start].strip() and _BOUND.search(text[phrase.end : word.start]) is not None for phrase in phrases(text))
    owning = word.low in ("its", "their", "theirs", "his", "hers")
    for phrase in phrases(text):
        if phrase.end > word.start or phrase.is_time or (opens(text, phrase) and not owning) or english.shape(phrase.words) is not None:
            continue
        if owning:
            return True
        if phrase.end > word.start or phrase.is_time or opens(text, phrase) or english.shape(phrase.words) is not None:
            continue
        if phrase.determiner is not None and phrase.determiner.low in ("its", "their", "his", "her", "this", "that", "these", "those"):
            continue
        if word.low in _GENDERED and not (phrase.words[0].text[:1].isupper() or phrase.head.low.endswith(("er", "or", "ist", "man", "ant", "ian", "guy")) or text.islower() and not word.low.startswith("her")):
            continue
        between = text[phrase.end : word.start]
        if not re.search(r"\w", text[word.end :]):
            between = re.sub(rf"\b(?:{'|'.join(english.PREPOSITIONS)})\s*$", "", between, flags=re.I)
        if _BOUND.search(between) or _HELPED.search(text[phrase.end : word.end]):
            return True
    return False


def is_open(bare: str) -> bool:
    """Whether a question leaves open of what it speaks: one telling word at most, which is no name that it asks for."""
    found = words(bare)
    carried = [word for word in found if word.low.removesuffix("'s") not in STOPWORDS and word.low not in english.ADVERBS]
    if re.fullmatch(r"how many \w+(?<!e)ed", bare, re.I):
        return True
    if not found or len(carried) > 2 or not is_clause(bare):
        return False
    if re.search(r"[A-Z\d]", bare[1:].replace(" I ", " ")):
        return False
    named = [phrase for phrase in phrases(bare) if not phrase.is_time]
    if len(named) == 1 and len(named[0].words) == 1 and named[0].determiner is not None and named[0].determiner.low == "the" and not re.match(r"what(?:'s|s| is| are| was| were)", bare, re.I):
        return True
    if len(named) == 1 and opens(bare, named[0]) and re.search(rf"\b(?:{AUXILIARY})\s+(?:i|you|we)\s+(?:have to\s+|need to\s+)?\w+$", bare, re.I):
        return True
    definite = re.search(r"\b(?:the)\s+([\w'-]+)$", bare, re.I)
    if definite:
        return definite[1].lower() not in STOPWORDS and len([word for word in carried if not english.is_verb(word.low)]) <= 1 and not re.match(r"(?:what|who)(?:'s|s)?\s+(?:is|are|was|were)?\s*the [\w'-]+$", bare, re.I) or (
            re.match(r"who", bare, re.I) is not None)  # fmt: skip
    if len(carried) == 1 and re.match(r"(?:is|are|was|were) there (?:a|an|any|some) [\w-]+$", bare, re.I):
        return True
    if len(carried) == 1:
        return (english.is_verb(carried[0].low) or carried[0].low in GENERIC) and not re.search(r"\b(?:a|an)\s+[\w-]+$", bare, re.I)
    if re.match(r"what (?:happened|changed|happens)\s+(?:in|to|at|with)\b", bare, re.I):
        return True
    return all(english.is_verb(word.low) or word.low in ("money",) for word in carried)


_HONORIFIC = r"(?:Dr|Mr|Mrs|Ms|Capt|Prof|Sir|Sen|Rep|President|Secretary|Judge|Justice|Captain|Professor|Senator)\.?"
_PERSON = re.compile(rf"\b(?:{_HONORIFIC}\s+)(?:[A-Z][\w'’-]+\s?){{1,3}}|\b[A-Z][a-z'’-]+(?:\s+(?:[A-Z]\.|[A-Z][a-z'’-]+)){{1,2}}\b")


def person_in(text: str) -> str | None:
    """The first name in a text that looks like a person's."""
    titled = re.search(rf"\b{_HONORIFIC}\s+[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)?", text)
    if titled:
        return titled[0]
    match = next((match for match in _PERSON.finditer(text) if words(match[0])[0].low not in english.DETERMINERS | english.PREPOSITIONS and not english.is_function(words(match[0])[0].low)), None)
    return match[0].strip() if match else None


def name_in(said: str, *, besides: str) -> str | None:
    """The first name of capitals in an answer's first sentence that a question does not have.

    >>> name_in("The oldest tower is Corrant Head, lit in 1849.", besides="which is the oldest tower")
    'Corrant Head'
    """
    known = set(re.findall(r"[\w-]+", besides.lower()))
    first = re.split(r"(?<=[a-z\d][.!?])\s", said.strip(), maxsplit=1)[0]
    for match in re.finditer(r"(?<=[a-z\d,] )[A-Z][\w-]+(?: [A-Z][\w-]+){0,3}", re.sub(r"\s*\[\d+\]", "", first)):
        found = {word.lower() for word in match[0].split()}
        if not found & known and not english.is_time(words(match[0])):
            return match[0]
    return None


def ordinal(text: str) -> int | None:
    """The place that a word of order names, counted from 0, from the end when negative."""
    order = {"first": 0, "1st": 0, "1": 0, "former": 0, "second": 1, "2nd": 1, "2": 1, "latter": 1, "third": 2, "3rd": 2, "3": 2, "fourth": 3, "4th": 3, "4": 3, "fifth": 4, "5th": 4, "5": 4, "last": -1}
    match = re.search(r"\b(" + "|".join(order) + r")\b", text.lower())
    return order[match[1]] if match else None


def items_in(said: str) -> list[str]:
    """What an answer lists: the beginnings of its lines, or the members of its first enumeration."""
    text = re.sub(r"\s*\[\d+\]", "", said)
    lines = [line.strip()[2:] for line in text.splitlines() if re.match(r"\s*[-*•] ", line)]
    if len(lines) > 1:
        return [strip(re.split(r"[:;(–—]|, | (?:is|are|was|were|has|have) ", line.replace("\\", "").replace("*", ""))[0])[:80] for line in lines]
    match = re.search(r"((?:[^,.;:\n]{2,50}, )+[^,.;:\n]{2,50}?,? (?:and|or) [^,.;:\n]{2,50})", text)
    if not match:
        return []
    members = re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", match[1])
    first = re.split(r"\b(?:is|are|were|was|include|includes|including|in|by|of|at|from)\s+", members[0])[-1]
    return [strip(member) for member in [first, *members[1:]]]


