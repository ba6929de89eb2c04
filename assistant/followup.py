"""Earlier turns + a new message → a question that stands alone, without a model. Knows English, nothing of any subject."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant import english
from assistant.english import Phrase, Word, phrases, words
from index.embeddings import Embeddings
from index.keywords import STOPWORDS

Turn = tuple[str, str]
Fit = Callable[[Sequence[str]], Sequence[float]]  # how near the sources come to each of some questions

TURNS = 6  # that a question may reach back
MAXIMUM_LENGTH = 600  # characters of a question made here; one that a person typed may be longer
ALIKE = 0.3  # cosine of two words or short phrases of one kind: "georgia" and "texas" have 0.59, "georgia" and "truck" 0.09


def as_turns(history: Sequence[Turn | Mapping[str, Any]]) -> list[Turn]:
    """Earlier turns as pairs, from pairs or from `{"role", "content"}` messages; anything else is left out."""
    turns: list[Turn] = []
    for item in history:
        if isinstance(item, Mapping):
            content = _plain(item.get("content"))
            if item.get("role") == "user":
                turns.append((content, ""))
            elif item.get("role") == "assistant" and turns:
                turns[-1] = (turns[-1][0], content)
        elif isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2:
            turns.append((_plain(item[0]), _plain(item[1])))
    return [turn for turn in turns if turn[0].strip()]


def _plain(content: object) -> str:
    """The text of a message's content, which may come as a list of blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return " ".join(_plain(block.get("text", "") if isinstance(block, Mapping) else block) for block in content)
    return ""


def content_words(text: str) -> list[str]:
    """The words of a text that carry its subject, as written."""
    return [word for word in re.findall(r"[\w$€£%][\w'’.%$,-]*[\w%]|\w", text) if word.lower().removesuffix("'s") not in STOPWORDS]


_AUXILIARY = "|".join(sorted((re.escape(word) for word in english.AUXILIARIES), key=len, reverse=True))
_YES_NO = re.compile(rf"(?:{_AUXILIARY})\b", re.I)
_FRAME = re.compile(
    rf"^(?:(?:what|who|where|when|why|how|which|whose|whom)(?:['’]?s)?\b(?:\s+(?:much|many|old|long|far|fast|big|large|high|tall|often))?(?:\s+(?:{_AUXILIARY})\b)?"
    rf"|(?:{_AUXILIARY})\b|tell me about\b|explain\b|define\b)(?:\s+(?:a|an|the|i|we|you|there)\b)*\s*", re.I,
)  # fmt: skip


def topic(question: str) -> str:
    """What a question is about, without the words that ask.

    >>> topic("What is the chicken tax?")
    'chicken tax'
    """
    bare = _FRAME.sub("", _strip(_without_marker(question)))
    return bare or _strip(question)


def stand_alone(question: str, turns: Sequence[Turn], embeddings: Embeddings, *, fit: Fit | None = None) -> str:
    """The question as it would be asked without the turns before it; unchanged when it stands alone already.

    `fit` tells how near the sources come to a question; where English allows two readings, the nearer one is taken.
    """
    standing, said = "", ""
    asked = " ".join(question.split())
    for earlier, answered in turns[-TURNS:]:
        earlier = " ".join(earlier.split())[:MAXIMUM_LENGTH]
        if _says_nothing(earlier):
            continue
        standing, said = (Talk(standing, said, embeddings, fit).resolve(earlier) if standing else earlier), answered
    if not standing or _says_nothing(asked):
        return asked
    made = Talk(standing, said, embeddings, fit).resolve(asked)
    if made == asked or len(made) > MAXIMUM_LENGTH:
        return asked
    return _capital(made) if made.endswith((".", "?")) else f"{_capital(_strip(made))}?"


# --- the words around a question ---------------------------------------------------------------------------------------

_MARKER = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|well|h+m+|and|but|or|so|then|also|plus|oh|ah|thanks|thank you|great|cool|nice|good|right|yes|yeah|no|nope|actually|alright|hi|hello|hey|please|now|interesting|i see|got it)\b[\s,.!…-]*)+",
    re.I,
)
_NOTHING = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?|thank you|thx|cheers|great|cool|nice|good|perfect|right|fine|hi|hello|hey|bye|goodbye|got it|i see|very|much|so|a lot|lol|wow|interesting|understood|alright|that helps?|helpful)\b\W*)+$",
    re.I,
)
_CORRECTION = re.compile(
    r"^\W*(?:(?:no|nope|sorry|oops|wait|actually|my mistake|my bad|pardon)\b[\s,.!-]*)*(?:i\s+(?:(?:really|actually)\s+)?(?:mean|meant|said|was asking about|wanted|asked about)\b|make (?:it|that)\b|rather\b|correction\b|sorry\b)[\s,:.!-]*(?:to (?:say|ask)\b\W*)?",
    re.I,
)
_ABOUT = re.compile(
    r"^(?:(?:what|how|whatabout) (?:about|of|bout)\b|same (?:question |thing |again )?(?=for|in|with|but)|the same (?=for|in|with)|but (?=for|in|with)|what if (?:it|they|that|this)(?:['’]s| is| are| was| were|s)?\s+(?!\w+s?\s+(?:to|than)\b)"
    r"|(?:is|are|was|does|do|did|would) (?:it|that|this|they|the same|the rule|those)\s+(?:also\s+|still\s+)?(?:(?:be )?(?:the )?(?:same|true|different|so|the case)|apply|hold|go|count)(?: too| also)?\s+(?=for|in|with|to|of|on|at)"
    r"|any(?:thing)?(?: different| else)? (?=for|in|on)|and\s+)\s*", re.I,
)  # fmt: skip
_TAIL = re.compile(r"[\s,]+(?:then|too|instead|as well|though|please|pls|thanks|thank you|also|though|again|mate)\W*$", re.I)


def _without_marker(text: str) -> str:
    """The text without "ok, and …" in front, where something is left."""
    bare = _MARKER.sub("", text)
    return bare if re.search(r"\w", bare) else text


def _strip(text: str) -> str:
    return text.strip(" ?!.,;:…")


def _says_nothing(text: str) -> bool:
    return _NOTHING.match(text) is not None or not re.search(r"\w", text)


# --- questions of a word or two ----------------------------------------------------------------------------------------

_WHY = r"why|how come|what for|for what reason|how so"
_SHORT: tuple[tuple[str, str], ...] = (
    (rf"(?:{_WHY})(?: is)?(?: that| this| so| not| though| exactly)*(?: the case)?", "why"),
    (r"(?:and )?(?:since|from|as of) when(?: is that| was that)?(?: exactly)?", "since when"),
    (r"(?:until|till|til|up to) when(?: exactly)?|for how long", "until when"),
    (r"(?:and )?(?:exactly )?when(?: exactly| (?:is|was) (?:that|this|it))?(?: exactly)?", "when"),
    (r"where(?: exactly| (?:is|was) that)?", "where"),
    (r"how(?: exactly| is that| do (?:i|you|they) do that| does that work)?", "how"),
    (r"by how much", "by how much"),
    (r"how (much|many|long|often|far|old|big|high|fast)(?: exactly| is (?:it|that)| are they)?", ""),
    (r"(?:who|whom)(?: exactly| is it| was it| did that| is that)?|by whom", "who"),
    (r"(?:says who|who (?:says|said)(?: so| that| this| it)?|according to (?:who|whom|what)|(?:what(?:'?s| is) (?:the|your) )?sources?|source for that|where (?:does|did) (?:it|that) (?:say (?:so|that)|come from)"
     r"|where is that from|how do you know(?: that)?)", "who says so"),
    (r"(?:(?:is|are|was) (?:that|this|it) )?(?:still|currently|really) (?:true|the case|so|valid|in force|current|correct|right|like that)|(?:is|does) (?:that|it|this) still (?:apply|hold|the case|true|valid|in force|current|so|stand)"
     r"|still|even now|and now|now|and today|today|what about (?:now|today)|how about (?:now|today)|these days", "now"),
    (r"really|are you (?:sure|certain)(?: about that)?|sure|is (?:that|this|it) (?:true|right|correct|so)|seriously|can you (?:repeat|confirm) that|say that again", "again"),
    (r"(?:can you |could you )?(?:tell me more|more|go on|continue|explain(?: that| it| this)?|elaborate|more details?|details|what else|anything else|any more)(?: about (?:it|that|this))?", "more"),
    (r"what (?:does|do) (?:that|this|it|they) mean(?: exactly)?|meaning|what is (?:that|it|this)|what are (?:they|those|these)|what'?s that", "meaning"),
)  # fmt: skip
_TACKED = re.compile(r", and (?:\w+ )?(?:since when|until when|who says so|when|where|why|how(?: \w+)?|by how much|who)$", re.I)
_ADVERBIAL = re.compile(rf"^(?:(?:since|from|until|till|as of) when|when|where|why|how come|how(?: long| often| fast| far)?)(?:['’]s)?\s+(?=(?:{_AUXILIARY})\b)", re.I)


@dataclass(frozen=True)
class Talk:
    """The question before, standing alone, and what was answered to it: what a new message is understood by."""

    before: str
    said: str
    embeddings: Embeddings
    fit: Fit | None = None

    def resolve(self, asked: str) -> str:
        """The new message as a question that stands alone."""
        if len(asked) > MAXIMUM_LENGTH:
            return asked
        reply = self._reply(asked)
        if reply:
            return reply
        corrected = _CORRECTION.match(asked)
        if corrected and re.search(r"\w", asked[corrected.end() :]):
            rest = asked[corrected.end() :]
            return rest if _is_clause(rest) and not _leans(rest) else self.resolve(rest) if _is_clause(rest) else self._swap(_strip(rest))
        exchanged = self._exchange(asked)
        if exchanged:
            return exchanged
        marker = _MARKER.match(asked)
        bare = _TAIL.sub("", _strip(_without_marker(asked)))
        return self._short(bare) or self._gap(bare) or self._fragment(bare, led=marker is not None) or self._clause(asked)

    # --- answers to the assistant's own question -----------------------------------------------------------------------

    def _reply(self, asked: str) -> str | None:
        """A yes, or a choice, to a question that the assistant asked."""
        sentences = re.findall(r"[^.!?\n]+[.!?]", re.sub(r"\[\d+\]", "", self.said))
        if not sentences or not self.said.rstrip(" *_)]\"'").endswith("?"):
            return None
        offered = re.sub(
            r"^\W*(?:(?:or|so|and)\s+)?(?:did you mean|do you mean|are you asking(?: about)?|(?:do|would) you (?:want|like)(?: me)? to (?:know|see|hear|explain|tell you)(?: about)?|(?:shall|should|can|may) i (?:tell you|explain|show you)(?: about)?)\s*",
            "", sentences[-1], flags=re.I,
        )  # fmt: skip
        bare = _strip(asked).lower()
        if re.fullmatch(r"(?:yes|yeah|yep|sure|ok|okay|please|exactly|right|correct|that one|y|go ahead|of course|indeed|yes please|ok please)(?: please)?", bare):
            offered = _strip(offered)
            return None if not content_words(offered) else f"{_capital(offered)}?" if _is_clause(offered) else self._swap(offered)
        options = [_strip(option) for option in re.split(r",\s*(?:or\s+)?|\s+or\s+", offered)]
        chosen = _ordinal(bare)
        if chosen is not None and len(options) > 1 and abs(chosen) < len(options) + (chosen < 0):
            return self._swap(options[chosen])
        wanted = re.search(r"\b(in|for|from|at|on|of|to|since|under)\s+(?:which|what)\b", sentences[-1], re.I)
        if wanted and not _is_clause(bare) and words(bare) and words(bare)[0].low not in english.PREPOSITIONS and len(words(bare)) <= 4:
            return self._swap(f"{wanted[1].lower()} {_strip(asked)}")
        return None

    # --- corrections ---------------------------------------------------------------------------------------------------

    def _exchange(self, asked: str) -> str | None:
        """ "not X but Y" and the like, where X stands in the question before."""
        patterns = (r"^\W*(?:no\W+)?not (?P<old>.+?)(?:,| but| -)+\s*(?P<new>.+)$", r"^(?P<new>.+?),? (?:not|instead of|rather than) (?P<old>.+)$")
        for pattern in patterns:
            match = re.match(pattern, _strip(asked), re.I)
            if match:
                found = re.search(rf"\b{re.escape(_strip(match['old']))}\b", self.before, re.I)
                if found and not _is_clause(match["new"]):
                    new = re.sub(r"^(?:i mean|i meant|for|in|the one (?:for|in))\s+", "", _without_marker(match["new"]), flags=re.I)
                    return self.before[: found.start()] + new + self.before[found.end() :]
        return None

    # --- why? since when? ----------------------------------------------------------------------------------------------

    def _short(self, bare: str) -> str | None:
        low = bare.lower().replace("’", "'")
        if content_words(bare) and len(low.split()) > 5:
            return None
        for pattern, sense in _SHORT:
            match = re.fullmatch(pattern, low)
            if match:
                return self._also(sense or match[0].split(" is ")[0].removesuffix(" exactly").removesuffix(" are they"))
        return None

    def _also(self, sense: str) -> str:
        """The question before, asked for something else."""
        before = _TACKED.sub("", _strip(_without_marker(self.before)))
        if sense == "again":
            return self.before
        if sense == "more":
            about = self._topics()
            return f"Tell me more about {about[0] if about else topic(before)}."
        if sense == "meaning":
            about = self._topics()
            return f"What does {about[0] if about else topic(before)} mean?"
        if sense == "now":
            timed = [phrase for phrase in phrases(before) if phrase.is_time]
            if timed:
                return _cut(before, timed[-1], "now")
            return f"{before} now?"
        if sense in ("why", "since when", "until when", "when", "where", "how"):
            if _YES_NO.match(before):
                return f"{_capital(sense)} {_decapital(before)}?"
            if _ADVERBIAL.match(before):
                return _ADVERBIAL.sub(f"{_capital(sense)} ", before) + "?"
        if sense.startswith(("how much", "how many", "how long", "how high", "how big")):
            existing = re.match(r"(?:is|are|was|were) there (?:a |an |any |some |the )?(.+)$", before, re.I)
            if existing and sense in ("how much", "how high"):
                return f"{_capital(sense)} is the {existing[1]}?"
            if existing and sense == "how many":
                return f"How many {existing[1]} are there?"
            if _ADVERBIAL.match(before):
                return _ADVERBIAL.sub(f"{_capital(sense)} ", before) + "?"
        return f"{before}, and {sense}?"

    # --- "and for children?" ---------------------------------------------------------------------------------------------

    def _gap(self, bare: str) -> str | None:
        """A question that repeats the frame of the one before, or its asking word alone: "how many were there in 1985"."""
        opening = re.match(rf"((?:how (?:much|many|long|old|far|fast|big|high|often)|what|when|where|who|which|why)(?:['’]s)?)\s+(?:(?:{_AUXILIARY})\s+)?(?:(?<=[a-z]\s)(?:(?<=is )|(?<=are )|(?<=was )|(?<=were )|(?<=do )|(?<=does )|(?<=did )|(?<=can )|(?<=will )|(?<=would )|(?<=must ))(?:it|that|they|there|this|those)\s+)?(?:(?:be|cost|costs|been|have|has)\s+)?", bare, re.I)  # fmt: skip
        if not opening:
            return None
        rest = bare[opening.end() :]
        followers = words(rest)
        asks = opening[1].lower().removesuffix("'s").removesuffix("’s")
        same = re.search(rf"\b{asks}\b", _TACKED.sub("", self.before), re.I) is not None
        helped = len(words(opening[0])) > len(asks.split())
        if followers and same and followers[0].low in english.PREPOSITIONS and not _is_clause(rest) and re.search(r"\b(?:it|that|they|there|this|those)\b|^[\w ]+$", opening[0], re.I):
            if len(phrases(rest)) == 1:
                return self._swap(rest)
        if not helped and followers and not _has_verb(rest) and not _is_clause(rest) and len(followers) <= 4:
            if same:
                return self._swap(rest)
            if followers[0].low in english.DETERMINERS | english.PREPOSITIONS | {"so", "not"} and asks in ("why", "when", "where", "how"):
                frame = self._also(asks)
                return f"{_strip(frame)} {self._named(rest)}?"
        if re.fullmatch(r"more|less|fewer|that many|too many|too much", rest, re.I):
            return None
        return None

    def _fragment(self, bare: str, *, led: bool) -> str | None:
        """A message that has no clause of its own takes its place in the question before."""
        about = _ABOUT.match(bare)
        rest = _strip(bare[about.end() :]) if about else bare
        if not rest:
            return None
        found = words(rest)
        condition = re.match(r"(?:what )?(?:if|when|once|unless|after|before|while|because|as long as|even if)\b", rest, re.I)
        if condition and _is_clause(rest) and len(found) <= 12:
            return self._conditional(rest)
        if _is_clause(rest):
            return None
        carried = content_words(rest)
        if re.search(r"\bwhen$|\bwhy$|\bwhere$|\bhow much$|\bby whom$", rest, re.I) and len(found) <= 4:
            return f"{_TACKED.sub('', _strip(self.before))}, and {rest}?"
        pointed = self._point(rest)
        if pointed:
            rest = pointed
            found, carried = words(rest), content_words(rest)
        if found[0].low in english.ASKING or not carried:
            return self._swap(rest) if (about or led) and carried else None
        leads = led or about is not None or found[0].low in english.PREPOSITIONS
        shared = bool({word.stem for word in found if not english.is_function(word.low)} & {word.stem for word in words(self.before)})
        if leads and (len(carried) <= 3 or shared or english.shape(found)):
            return self._swap(rest)
        if len(carried) <= 2 and len(found) <= 4:
            return self._swap(rest, forced=len(carried) == 1 or found[0].low in english.DETERMINERS)
        if shared and len(carried) <= 3 and english.is_function(found[0].low):
            return self._swap(rest)
        return None

    def _conditional(self, rest: str) -> str:
        """ "what if I send more" asks for the consequence; "and when it is older" for the same thing under a condition."""
        counted = re.match(r"how (?:many|much)\s+(.+?)\s+(?:is|are|was|were|do|does|did|can|could|will|would|may|must|should|have|has)\b", _strip(self.before), re.I)
        if counted and re.search(r"\b(?:more|less|fewer|that many|too many)$", rest, re.I):
            rest = f"{rest} {counted[1]}"
        asks = re.match(r"what (?=if|when|once)", rest, re.I)
        if asks:
            made = f"What happens {rest[asks.end() :]}?"
            return self._clause(made)
        if re.match(r"(?:when|after|before|while)\b", rest, re.I) and _YES_NO.match(_second(rest)):
            return self._clause(f"{rest}?")
        return f"{_strip(self.before)} {rest}?"

    def _swap(self, fragment: str, *, forced: bool = True) -> str:
        """The question before with what is of the fragment's kind replaced by it, or with the fragment added."""
        return Slots(self.before, self.embeddings, self.fit).put(fragment, forced=forced) or (fragment if _is_clause(fragment) else f"{fragment}?" if forced else fragment)

    # --- pronouns --------------------------------------------------------------------------------------------------------

    def _topics(self) -> list[str]:
        return [_spell(self.before, start, end) for start, end, _ in _things(_TACKED.sub("", _strip(self.before)))]

    def _point(self, rest: str) -> str | None:
        """ "the second one": what stands in that place of the answer before."""
        match = re.fullmatch(r"(?:the |number |no\.? ?|in |for |of |about |on |what about )*(?P<place>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th|former|latter|\d)(?: (?:one|of them|of those|point|item|option|thing))?", rest, re.I)
        if not match or (match["place"].isdigit() and "one" not in rest and "number" not in rest):
            return None
        place = _ordinal(match["place"])
        items = _items(self.said)
        return items[place] if place is not None and items and -len(items) <= place < len(items) else None

    def _named(self, text: str) -> str:
        """The text with "that day" and the like replaced by what the answer before names."""
        match = re.search(r"\b(that|this|those|these)\s+(date|day|time|year|month)\b", text, re.I)
        if not match:
            return text
        month = "January|February|March|April|May|June|July|August|September|October|November|December"
        patterns = {"year": r"\b(?:1[5-9]|20)\d\d\b", "month": rf"\b(?:{month})\b(?: \d{{4}})?"}
        found = re.search(patterns.get(match[2].lower(), rf"\b\d{{1,2}} (?:{month})(?: \d{{4}})?|\b(?:{month}) \d{{1,2}}(?:, \d{{4}})?|\b(?:{month}) \d{{4}}"), self.said)
        if not found:
            return text
        led = words(text[: match.start()])
        preposition = "" if led and led[-1].low in english.PREPOSITIONS else "in " if re.fullmatch(r"\d{4}|[A-Z]\w+(?: \d{4})?", found[0]) else "on "
        return text[: match.start()] + preposition + found[0] + text[match.end() :]

    def _clause(self, asked: str) -> str:
        """A whole question: its pronouns named; unchanged where nothing in it points back."""
        text = self._named(asked)
        pointer = re.search(r"\bthe (first|second|third|fourth|fifth|last|latter|former)( one)?(?=\W*$| (?:is|was|cost|do|does|did|has|had|mean|of)\b)", text, re.I)
        if pointer:
            item = self._point(pointer[0])
            if item:
                text = text[: pointer.start()] + item + text[pointer.end() :]
        made = self._name_pronouns(text)
        if made != asked:
            return _finish(_without_marker(made))
        bare = _strip(_without_marker(asked))
        if _is_open(bare):
            return self._complete(bare)
        return asked

    def _name_pronouns(self, text: str) -> str:
        pronouns = _pronouns(text)
        if not pronouns:
            return text
        things = _things(_TACKED.sub("", _strip(self.before)))
        used: list[str] = []
        pieces: list[str] = []
        at = 0
        unclear = False
        for word in pronouns:
            named = self._name(word, text, things, used)
            if named is None:
                unclear = True
                continue
            pieces += [_agreeing(text[at : word.start], word.low, named), named]
            at = word.end
        made = "".join(pieces) + text[at:]
        if unclear and set(content_words(topic(self.before))) - set(content_words(made)):
            made = f"{_strip(made)} ({_nominal(_TACKED.sub('', _strip(self.before))) or topic(self.before)})?"
        return made

    def _name(self, word: Word, text: str, things: Sequence[tuple[int, int, bool]], used: list[str]) -> str | None:
        """What a pronoun stands for, in the form that fits its place; None when it cannot be told."""
        low = word.low
        owning = low in ("its", "their", "his", "theirs", "hers", "whose") or (low == "her" and re.match(r"\s+\w", text[word.end :]) is not None)
        if low in ("he", "she", "him", "his", "her", "hers"):
            person = _person(self.said) or _person(self.before)
            name = person or next((_spell(self.before, start, end) for start, end, _ in things), None)
        elif low == "there":
            place = next((phrase for phrase in phrases(self.before) if phrase.preposition and phrase.preposition.low in ("in", "at", "to", "on", "from", "near") and not phrase.is_time), None)
            if place:
                led = "to" if re.search(r"\b(?:get|go|travel|come|sail|drive to)\s*$", text[: word.start], re.I) else "in" if place.preposition and place.preposition.low in ("to", "from") else place.preposition.low  # type: ignore[union-attr]
                return f"{led} {_spell(self.before, place.start, place.end)}"
            name = next((_spell(self.before, start, end) for start, end, _ in things), None)
            return f"at {name}" if name else None
        elif low in ("one", "ones"):
            if not things:
                return None
            start, end, plural = things[0]
            phrase = next((phrase for phrase in phrases(self.before) if start <= phrase.words[0].start < end), None)
            noun = self.before[phrase.words[0].start : phrase.end] if phrase else self.before[start:end]
            if low == "ones":
                chosen = next(((s, e) for s, e, many in things if many), None)
                if chosen:
                    inner = [phrase for phrase in phrases(self.before) if chosen[0] <= phrase.words[0].start < chosen[1]]
                    noun = self.before[inner[0].words[0].start : inner[0].end] if inner else noun
            alone = low == "one" and re.search(r"\b(?:a|an|the|this|that|which|\w+est|\w+er|each|every|another|new|old|good|big|small|first|second|last|next)\s+$", text[: word.start], re.I) is None
            return f"{_article(noun)} {noun}" if alone and not plural else noun
        else:
            whole = _nominal(_TACKED.sub("", _strip(self.before))) if low in ("this", "that") else None
            if whole and not used:
                used.append(whole)
                return whole
            many = low in ("they", "them", "their", "theirs", "these", "those")
            sorted_things = sorted(things, key=lambda thing: thing[2] != many)
            names = [_spell(self.before, start, end) for start, end, _ in sorted_things]
            names = [name for name in names if name not in used and not set(content_words(name.lower())) <= set(content_words(text.lower()))]
            if not names:
                return None
            name = self._best_reading(text, word, names) if not used else names[0]
        if name is None:
            return None
        used.append(name)
        return f"{name}'" if owning and name.endswith("s") else f"{name}'s" if owning else name

    def _best_reading(self, text: str, word: Word, names: Sequence[str]) -> str:
        """Of the things that a pronoun may stand for the one that the sources speak of in that connection."""
        if self.fit is None or len(names) < 2:
            return names[0]
        names = names[:3]
        scores = self.fit([text[: word.start] + name + text[word.end :] for name in names])
        best = max(range(len(names)), key=lambda place: scores[place] - 0.02 * place)
        return names[best]

    def _complete(self, bare: str) -> str:
        """A question that leaves open of what it speaks, with what the question before was about."""
        led = "of" if re.search(r"\bthe [\w'-]+$", bare) else "with"
        readings = [_finish(f"{bare} {led} {about}") for about in self._topics()[:3]]
        if not readings:
            return f"{bare} ({topic(self.before)})?"
        scores = self.fit(readings) if self.fit and len(readings) > 1 else [0.0]
        return readings[max(range(len(scores)), key=lambda place: scores[place] - 0.02 * place)]


# --- slots -----------------------------------------------------------------------------------------------------------------

_PLACING = frozenset("in at on to from near of for about by as".split())  # that often change places: "the tariff on", "for"
_OPPOSED = ({"before", "after"}, {"with", "without"}, {"over", "under", "above", "below"}, {"since", "until", "from", "till"})


@dataclass(frozen=True)
class Slots:
    """A question and the places in it that something else can take."""

    before: str
    embeddings: Embeddings
    fit: Fit | None = None

    def put(self, fragment: str, *, forced: bool) -> str | None:
        """The question with the fragment in the place of its kind, else behind; None when it does not belong and is not forced."""
        pieces = _joined(phrases(fragment), fragment)
        if not pieces:
            return f"{_TACKED.sub('', _strip(self.before))} {fragment}?" if forced else None
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
        piece = _joined(phrases(fragment), fragment)[0]
        led = [word.low for word in words(fragment) if word.low in english.PREPOSITIONS and word.end <= piece.start]
        preposition = led[-1] if led else None
        value = fragment[piece.start :]
        kinds = english.shape(piece.words)
        present = phrases(self.before)
        if kinds:
            place = self._of_shape(kinds, piece, present)
            if place is not None:
                return self._replace(place, value, piece, preposition)
            if kinds == "time":
                return self._append(fragment if preposition else f"{'in ' if english.is_year(piece.head.low) else ''}{value}")
        if preposition is None or preposition in _PLACING:
            shared = self._sharing(piece, present)
            if shared is not None:
                return self._replace(shared, value, piece, None)
        place = self._alike(piece, preposition, present)
        if place is not None:
            return self._replace(place, value, piece, preposition)
        if preposition:
            return self._append(fragment)
        return self._judged(value, piece, present, forced=forced)

    def _append(self, text: str) -> str:
        return f"{_TACKED.sub('', _strip(self.before))} {text}?"

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
            if kind == "order":
                ordered = [word for word in phrase.words if english.shape([word]) == "order"]
                if ordered:
                    return Phrase((ordered[0],) if len(piece.words) == 1 else phrase.words, phrase.determiner if ordered[0] == phrase.words[0] else None)
        return None

    def _sharing(self, piece: Phrase, present: Sequence[Phrase]) -> Phrase | None:
        """The phrase with the same noun, together with what follows to tell which: "cars from the EU" for "British cars"."""
        vague = piece.head.low in ("one", "ones")
        if len(piece.words) < 2 and not vague:
            return None
        if vague:
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

    def _alike(self, piece: Phrase, preposition: str | None, present: Sequence[Phrase]) -> Phrase | None:
        """The words that mean something of the same kind."""
        bare = [word for word in piece.words if word.low not in ("one", "ones")]
        spans: list[Phrase] = []
        opening = re.match(r"(?:\w+ )?which\b", self.before, re.I)
        for number, phrase in enumerate(present):
            if phrase.is_time or (opening and number == 0 and not piece.is_plural):
                continue
            if preposition and not self._may_follow(preposition, phrase):
                continue
            for size in range(1, min(4, len(phrase.words)) + 1):
                for start in range(len(phrase.words) - size + 1):
                    part = phrase.words[start : start + size]
                    if english.shape(part[:1]) == "order":
                        continue
                    spans.append(Phrase(part, phrase.determiner if start == 0 else None, phrase.preposition if start == 0 else None))
        if not spans or not bare:
            return None
        cosines = self._cosines(" ".join(word.text for word in bare), [" ".join(word.text for word in span.words) for span in spans], english.singular(bare[-1].low))
        wholes = {(phrase.words[0].start, phrase.end) for phrase in present}
        scored = []
        for span, cosine in zip(spans, cosines, strict=True):
            whole = (span.words[0].start, span.end) in wholes
            if whole:  # a phrase is of the kind that a part of it is of
                inner = [other for part, other in zip(spans, cosines, strict=True) if span.words[0].start <= part.words[0].start and part.end <= span.end]
                cosine = max(cosine, max(inner) - 0.05)
            same = preposition is not None and span.preposition is not None and span.preposition.low == preposition
            full = whole and piece.determiner is not None
            scored.append((cosine + 0.15 * same + 0.1 * full + 0.03 * whole, cosine + 0.15 * same, span))
        _, cosine, best = max(scored, key=lambda item: item[0])
        return best if cosine >= ALIKE else None

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
        places = [phrase for phrase in present if not phrase.is_time and not _opens(self.before, phrase)][:3]
        readings = [self._append(f"for {value}"), *(self._replace(phrase, value, piece, None) for phrase in places)]
        if self.fit is None:
            return readings[0] if forced else None
        scores = self.fit([*readings, value])
        best = max(range(len(readings)), key=lambda number: scores[number])
        return readings[best] if forced or scores[best] > scores[-1] + 0.02 else None

    def _cosines(self, text: str, others: Sequence[str], head: str | None = None) -> list[float]:
        """How alike a text is to others; also without the ending of its plural, which may be that of "Smith's"."""
        forms = [text, " ".join([*text.split()[:-1], head])] if head else [text]
        vectors = self.embeddings.encode([*forms, *others])
        return [float(cosine) for cosine in (vectors[len(forms) :] @ vectors[: len(forms)].T).max(axis=1)]

    def _replace(self, place: Phrase, value: str, piece: Phrase, preposition: str | None) -> str:
        """The value in that place, with an article and a preposition that fit."""
        start, end = place.words[0].start, place.end
        if piece.head.low in ("one", "ones"):  # "british ones": the noun stays
            value = " ".join(word.text for word in piece.words[:-1])
            if not any(phrase.words[0].start <= start and end < phrase.end for phrase in phrases(self.before)) and len(place.words) > 1:
                end = place.words[-2].end
        if place.determiner is not None and value:
            determiner = place.determiner.low
            if piece.determiner is not None or piece.is_plural and place.end in {phrase.end for phrase in phrases(self.before)}:
                start = place.determiner.start
            elif determiner in ("a", "an"):
                start, value = place.determiner.start, f"{_article(value)} {value}"
        if place.preposition is not None and preposition and preposition != place.preposition.low and place.is_time | any({preposition, place.preposition.low} <= pair for pair in _OPPOSED):
            start, value = place.preposition.start, f"{preposition} {value}"
        if place.preposition is not None and place.is_time and piece.is_time and piece.words[0].low in ("today", "now", "currently", "nowadays", "yesterday", "tomorrow", "last", "next"):
            start, value = place.preposition.start, value
        possessive = "'s" if place.words[-1].low.endswith("'s") and not value.endswith("'s") else ""
        if english.is_plural(piece.head.low) and not english.is_plural(place.head.low) and any(phrase.words[0].start <= start and end < phrase.end for phrase in phrases(self.before)):
            value = value.removesuffix("s")  # before a noun: "bidens" in "the trump proposal"
        return f"{_strip(self.before[:start] + value + possessive + self.before[end:])}?"


def _joined(pieces: Sequence[Phrase], text: str) -> list[Phrase]:
    """Phrases with "X or Y" as one."""
    joined: list[Phrase] = []
    for piece in pieces:
        if joined and re.fullmatch(r"\s*(?:,|or|and|,\s*(?:or|and))\s*", text[joined[-1].end : piece.start]):
            last = joined.pop()
            between = [word for word in words(text) if last.end <= word.start and word.end <= piece.words[0].start]
            joined.append(Phrase((*last.words, *between, *piece.words), last.determiner, last.preposition))
        else:
            joined.append(piece)
    return joined


# --- what English tells ----------------------------------------------------------------------------------------------------


def _opens(text: str, phrase: Phrase) -> bool:
    """Whether a phrase belongs to the words that ask: "which company"."""
    return re.fullmatch(r"(?:in |on |at |for |from )?(?:what|which|how many|how much|whose)\s+(?:the )?", text[: phrase.words[0].start], re.I) is not None


def _has_verb(text: str) -> bool:
    found = words(text)
    return any(word.low in english.AUXILIARIES for word in found) or any(english.is_verb(word.low) for word in found)


def _is_clause(text: str) -> bool:
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


def _leans(text: str) -> bool:
    return bool(_pronouns(text))


def _second(text: str) -> str:
    return text.split(" ", 1)[1] if " " in text else ""


_DUMMY = re.compile(
    rf"\b(?:(?:is|was|will|would|can|could|might|may|must|should)\s+it(?:\s+(?:be|been|really|still|also|ever|not|now|even|actually))*\s+(?!(?:going|able|supposed|required|likely|subject|due|expected|open|related|similar|equal|up|down|back)\b)\w+\s+"
    r"(?:to|that|for|if|when|how|who|which|i|you|we)\b|(?:does|did|will|would|do|can|could)\s+it\s+(?:\w+ly\s+)?(?:take|cost|make sense|matter|rain|snow|hurt|help|mean)\s+(?:\w+\s+){0,2}(?:to|if|that|when|how|whether)\b"
    r"|it(?:['’]?s| is| was)\s+(?:\w+\s+)?(?:\w+)\s+(?:to|that|for|if)\b|is it true\b|what time is it|is it (?:safe|ok|okay|fine|legal|allowed|possible|worth)\s+\w+ing|does it (?:rain|snow)|who (?:is|was) it (?:that|who))",
    re.I,
)
_BOUND = re.compile(
    r"(?:^|\s)(?:if|when|before|after|because|since|until|while|and|but|or|that|which|who|to|so|once|unless|than|as|where|how|what|why|though|although|whether)\b|[,;:.-]\s", re.I,
)  # fmt: skip
_HELPED = re.compile(rf"\b(?:{_AUXILIARY})\s+(?:i|you|we|they|he|she|it|that|this|there)$", re.I)
_GENDERED = frozenset("he him his she her hers".split())
_GENERIC = frozenset(
    """law rule date day year month time figure case act amount number price cost fee rate fine limit place state country city town company firm maker man woman person guy period event decision ruling court
    order regulation requirement exemption version method option program programme report study group organization organisation agency ban deal agreement program change increase rise drop building thing name word idea tax money
    site area region test service""".split()
)  # fmt: skip
_POINTING = frozenset("it its they them their theirs he him his she her hers this that these those one ones there".split())


def _pronouns(text: str) -> list[Word]:
    """The words of a question that point to something said before; those that find it in the question itself are left out."""
    plain = re.sub(r"[\"“].*?[\"”]", lambda match: "x" * len(match[0]), text)
    found = words(plain)
    dummies = [(match.start(), match.end()) for match in _DUMMY.finditer(plain)]
    pointing: list[Word] = []
    for place, word in enumerate(found):
        low = word.low
        if low not in _POINTING or (low == "it" and any(start <= word.start < end for start, end in dummies)) or word.text == "IT":
            continue
        before = found[place - 1].low if place else ""
        after = found[place + 1].low if place + 1 < len(found) else ""
        if _points(low, before, after, place, found) and not _is_bound(plain, word, found[:place]):
            pointing.append(word)
    return pointing


def _points(low: str, before: str, after: str, place: int, found: Sequence[Word]) -> bool:
    """Whether a pronoun is used as one, by the words beside it."""
    last = place + 1 == len(found)
    if low in ("this", "that", "these", "those"):
        asked = before in english.AUXILIARIES or before in english.PREPOSITIONS or not before
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
        if english.is_verb(after) and after not in _GENERIC:
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


def _is_bound(text: str, word: Word, earlier: Sequence[Word]) -> bool:
    """Whether the question itself names, in a clause before, what the pronoun stands for."""
    if word.low in ("one", "ones"):
        return any(phrase.end <= word.start and len(phrase.words) > 0 and not phrase.is_time and text[phrase.end : word.start].strip() and _BOUND.search(text[phrase.end : word.start]) is not None for phrase in phrases(text))
    for phrase in phrases(text):
        if phrase.end > word.start or phrase.is_time or english.shape(phrase.words) is not None:
            continue
        if phrase.determiner is not None and phrase.determiner.low in ("its", "their", "his", "her", "this", "that", "these", "those"):
            continue
        if word.low in _GENDERED and not (phrase.words[0].text[:1].isupper() or phrase.head.low.endswith(("er", "or", "ist", "man", "ant", "ian", "guy"))):
            continue
        between = text[phrase.end : word.start]
        if _BOUND.search(between) or _HELPED.search(text[phrase.end : word.end]):
            return True
    return False


def _things(text: str) -> list[tuple[int, int, bool]]:
    """What a question speaks of, the likeliest first: where it stands, and whether it is more than one."""
    found = [phrase for phrase in phrases(text) if not phrase.is_time and english.shape(phrase.words) is None and not (phrase.determiner and phrase.determiner.low in ("each", "every", "per"))]
    if not found:
        return []
    every = words(text)
    auxiliary = next((word for word in every if word.low in english.AUXILIARIES or re.fullmatch(r"wh\w+'?s", word.low)), None)
    being = auxiliary is not None and auxiliary.low in ("is", "are", "was", "were", "what's", "who's", "whats", "whos", "isn't", "aren't")
    asks = bool(every) and every[0] == auxiliary
    things: list[tuple[int, tuple[int, int, bool]]] = []
    for number, phrase in enumerate(found):
        kept = phrase.words
        start = phrase.start if phrase.determiner is None or phrase.determiner.low in english.ARTICLES | {"my", "your"} else phrase.words[0].start
        after = next((word for word in every if word.start >= phrase.end), None)
        subject = auxiliary is not None and phrase.start > auxiliary.start and phrase.preposition is None
        if subject and number == next((n for n, other in enumerate(found) if other.start > auxiliary.start), -1) and len(kept) > 1:  # type: ignore[union-attr]
            ends = after is None or after.low in english.PREPOSITIONS or after.low in english.ARTICLES or after.low in english.CONJUNCTIONS
            if ends and (asks and being or (not being and not any(english.is_verb(word.low) for word in every if word.start >= phrase.end) and after is not None)) and not kept[-1].text[:1].isupper():
                kept = kept[:-1]
        end = kept[-1].end
        if kept == phrase.words:
            for other in found[number + 1 :]:
                if other.preposition is None or text[end : other.preposition.start].strip() or other.is_time:
                    break
                if other.preposition.low != "of" and not (being and not asks) or other.end - start > 90:
                    break
                end = other.end
        rank = 0 if subject else 1 if _opens(text, phrase) and (not auxiliary or auxiliary.low != "have") else 2 if phrase.preposition is None else 3 if phrase.preposition.low in ("on", "of", "about", "with", "under", "for") else 4
        if not auxiliary and phrase.preposition is None:
            rank = 1 if _opens(text, phrase) else 0
        things.append((rank, (start, end, english.is_plural(kept[-1].low) and not (phrase.determiner and phrase.determiner.low in ("a", "an")))))
    things.sort(key=lambda item: item[0])
    chosen: list[tuple[int, int, bool]] = []
    for _, thing in things:
        if not any(start <= thing[0] and thing[1] <= end for start, end, _ in chosen):
            chosen.append(thing)
    return chosen


def _spell(text: str, start: int, end: int) -> str:
    """A thing as it is named a second time: with "the" where it had "a" or nothing."""
    name = text[start:end]
    first = words(name)[0].low if words(name) else ""
    if first in ("a", "an", "the", "my", "your"):
        return name if first not in ("my", "your") else name
    head = words(name)[-1]
    # subtle: a name and a plural stand without an article; a common noun of a sloppy "kei truck tariff" gets one
    return name if name[:1].isupper() or english.is_plural(head.low) or not _wants_article(name) else f"the {name}"


def _wants_article(name: str) -> bool:
    return len(words(name)) > 1 and name[:1].islower() and not name[:1].isdigit()


_AGREEING = {"does": "do", "is": "are", "was": "were", "has": "have", "isn't": "aren't", "doesn't": "don't", "hasn't": "haven't", "wasn't": "weren't"}


def _agreeing(before: str, pronoun: str, name: str) -> str:
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
    return before[: found[-1].start] + (_capital(form) if found[-1].text[:1].isupper() else form) + before[found[-1].end :]


def _nominal(before: str) -> str | None:
    """What a question asks, as the object of another: "what Korea promised". None for a question that is about one thing.

    >>> _nominal("What did Korea promise in return?"), _nominal("Is a boat allowed there?"), _nominal("What is the fee for boats?")
    ('what Korea promised in return', 'whether a boat is allowed there', None)
    """
    before = _strip(_without_marker(before))
    found = words(before)
    auxiliary = next((word for word in found if word.low in english.AUXILIARIES), None)
    if auxiliary is None or found[-1] == auxiliary:
        return None
    opening = _decapital(before[: auxiliary.start]).strip() or "whether"
    being = auxiliary.low in ("is", "are", "was", "were")
    if being and re.fullmatch(r"what|who|which", opening):
        return None
    following = [word for word in found if word.start > auxiliary.end]
    subject = next((thing for thing in _things(before) if thing[0] > auxiliary.end), None)
    if following and following[0].low in english.PERSONS:
        ends = following[0].end
    elif subject and not before[auxiliary.end : subject[0]].strip():
        ends = subject[1]
    else:
        return None
    rest = [word for word in found if word.start >= ends]
    if not rest:
        return None
    named = before[auxiliary.end : ends].strip()
    if auxiliary.low in ("do", "does", "did"):
        form = {"do": str, "does": english.present, "did": english.past}[auxiliary.low]
        return f"{opening} {named} {form(rest[0].low)}{before[rest[0].end :]}"
    return f"{opening} {named} {auxiliary.low} {before[rest[0].start :]}"


def _is_open(bare: str) -> bool:
    """Whether a question leaves open of what it speaks: one telling word at most, which is no name that it asks for."""
    found = words(bare)
    carried = [word for word in found if word.low.removesuffix("'s") not in STOPWORDS and word.low not in english.ADVERBS]
    if not found or len(carried) > 2 or not _is_clause(bare):
        return False
    if re.search(r"[A-Z\d]", bare[1:].replace(" I ", " ")):
        return False
    definite = re.search(r"\b(?:the)\s+([\w'-]+)$", bare, re.I)
    if definite:
        return definite[1].lower() not in STOPWORDS and len([word for word in carried if not english.is_verb(word.low)]) <= 1 and not re.match(r"(?:what|who)(?:'s|s)?\s+(?:is|are|was|were)?\s*the [\w'-]+$", bare, re.I) or (
            re.match(r"who", bare, re.I) is not None)  # fmt: skip
    if len(carried) == 1:
        return (english.is_verb(carried[0].low) or carried[0].low in _GENERIC) and not re.search(r"\b(?:a|an)\s+[\w-]+$", bare, re.I)
    if re.match(r"what (?:happened|changed|happens)\s+(?:in|to|at|with)\b", bare, re.I):
        return True
    return all(english.is_verb(word.low) or word.low in ("money",) for word in carried)


_HONORIFIC = r"(?:Dr|Mr|Mrs|Ms|Capt|Prof|Sir|Sen|Rep|President|Secretary|Judge|Justice|Captain|Professor|Senator)\.?"
_PERSON = re.compile(rf"\b(?:{_HONORIFIC}\s+)(?:[A-Z][\w'’-]+\s?){{1,3}}|\b[A-Z][a-z'’-]+(?:\s+(?:[A-Z]\.|[A-Z][a-z'’-]+)){{1,2}}\b")


def _person(text: str) -> str | None:
    """The first name in a text that looks like a person's."""
    titled = re.search(rf"\b{_HONORIFIC}\s+[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)?", text)
    if titled:
        return titled[0]
    match = next((match for match in _PERSON.finditer(text) if words(match[0])[0].low not in english.DETERMINERS | english.PREPOSITIONS and not english.is_function(words(match[0])[0].low)), None)
    return match[0].strip() if match else None


def _ordinal(text: str) -> int | None:
    """The place that a word of order names, counted from 0, from the end when negative."""
    order = {"first": 0, "1st": 0, "1": 0, "former": 0, "second": 1, "2nd": 1, "2": 1, "latter": 1, "third": 2, "3rd": 2, "3": 2, "fourth": 3, "4th": 3, "4": 3, "fifth": 4, "5th": 4, "5": 4, "last": -1}
    match = re.search(r"\b(" + "|".join(order) + r")\b", text.lower())
    return order[match[1]] if match else None


def _items(said: str) -> list[str]:
    """What an answer lists: the beginnings of its lines, or the members of its first enumeration."""
    text = re.sub(r"\s*\[\d+\]", "", said)
    lines = [line.strip()[2:] for line in text.splitlines() if re.match(r"\s*[-*•] ", line)]
    if len(lines) > 1:
        return [_strip(re.split(r"[:;(–—]|, | (?:is|are|was|were|has|have) ", line.replace("\\", "").replace("*", ""))[0])[:80] for line in lines]
    match = re.search(r"((?:[^,.;:\n]{2,50}, )+[^,.;:\n]{2,50}?,? (?:and|or) [^,.;:\n]{2,50})", text)
    if not match:
        return []
    members = re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", match[1])
    first = re.split(r"\b(?:is|are|were|was|include|includes|including|in|by|of|at|from)\s+", members[0])[-1]
    return [_strip(member) for member in [first, *members[1:]]]


def _article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _decapital(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _finish(text: str) -> str:
    """One question mark, and no article twice."""
    text = re.sub(r"\b(the|a|an) (?:the|a|an)\b", r"\1", " ".join(text.split()), flags=re.I)
    return f"{_strip(text)}?"


def _cut(text: str, phrase: Phrase, instead: str) -> str:
    """The text with a phrase and the preposition before it replaced."""
    start = phrase.preposition.start if phrase.preposition else phrase.start
    return f"{_strip(text[:start] + instead + text[phrase.end :])}?"
