"""Earlier turns + a new message → a question that stands alone, without a model. Knows English, nothing of any subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant import english
from assistant.english import AUXILIARY, MARKER, TACKED, Word, article, capital, decapital, finish, phrases, strip, without_marker, words
from assistant.reference import GENERIC, POINTING, Thing, agreeing, has_verb, is_bound, is_clause, is_open, items_in, name_in, ordinal, person_in, pronouns_in, statement_of, things_of
from assistant.slots import Fit, Slots
from index.embeddings import Embeddings
from index.keywords import STOPWORDS

Turn = tuple[str, str]
TURNS = 6  # that a question may reach back
MAXIMUM_LENGTH = 600  # characters of a question made here; one that a person typed may be longer


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


_YES_NO = re.compile(rf"(?:{AUXILIARY})\b", re.I)
_FRAME = re.compile(
    rf"^(?:(?:what|who|where|when|why|how|which|whose|whom)(?:['’]?s)?\b(?:\s+(?:much|many|old|long|far|fast|big|large|high|tall|often))?(?:\s+(?:{AUXILIARY})\b)?"
    rf"|(?:{AUXILIARY})\b|tell me about\b|explain\b|define\b)(?:\s+(?:a|an|the|i|we|you|there)\b)*\s*", re.I,
)  # fmt: skip


def topic(question: str) -> str:
    """What a question is about, without the words that ask.

    >>> topic("What is the chicken tax?")
    'chicken tax'
    """
    bare = _FRAME.sub("", strip(without_marker(question)))
    return bare or strip(question)


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
    return capital(made) if made.endswith((".", "?")) else f"{capital(strip(made))}?"


# --- the words around a question ---------------------------------------------------------------------------------------

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


def _says_nothing(text: str) -> bool:
    return _NOTHING.match(text) is not None or not re.search(r"\w", text)


# --- questions of a word or two ----------------------------------------------------------------------------------------

_WHY = r"why|how come|what for|for what reason|how so"
_SHORT: tuple[tuple[str, str], ...] = (
    (rf"(?:{_WHY})(?: is)?(?: that| this| so| though| exactly)*(?: the case)?", "why"),
    (r"why (?:not|isn'?t (?:it|that)|can'?t i|don'?t they)", "why not"),
    (r"(?:and )?(?:since|from|as of) when(?: is that| was that)?(?: exactly)?", "since when"),
    (r"(?:until|till|til|up to) when(?: exactly)?|for how long", "until when"),
    (r"(?:and )?(?:exactly )?when(?: exactly| (?:is|was) (?:that|this))?(?: exactly)?", "when"),
    (r"where(?: exactly| (?:is|was) that)?", "where"),
    (r"how(?: exactly| is that| do (?:i|you|they) do that| does that work)?", "how"),
    (r"by how much", "by how much"),
    (r"how (much|many|long|often|far|old|big|high|fast)(?: exactly)?", ""),
    (r"(?:who|whom)(?: exactly| did that)?", "who"),
    (r"by whom", "by whom"),
    (r"(?:says who|who (?:says|said)(?: so| that| this| it)?|according to (?:who|whom|what)|(?:what(?:'?s| is) (?:the|your) )?sources?|source for that|where (?:does|did) (?:it|that) (?:say (?:so|that)|come from)"
     r"|where is that from|how do you know(?: that)?)", "who says so"),
    (r"(?:(?:is|are|was) (?:that|this|it) )?(?:still|currently|really) (?:true|the case|so|correct|right|like that)|does (?:that|it|this) still (?:hold|stand)"
     r"|still|even now|and now|now|and today|today|what about (?:now|today)|how about (?:now|today)|these days", "now"),
    (r"really|are you (?:sure|certain)(?: about that)?|sure|is (?:that|this|it) (?:true|right|correct|so)|seriously|can you (?:repeat|confirm) that|say that again", "again"),
    (r"(?:can you |could you )?(?:tell me more|more|go on|continue|explain(?: that| it| this)?|elaborate|more details?|details|what else|anything else|any more)(?: about (?:it|that|this))?", "more"),
    (r"what (?:does|do) (?:that|this|it|they) mean(?: exactly)?|meaning|what is (?:that|it|this)|what are (?:they|those|these)|what'?s that", "meaning"),
)  # fmt: skip
_ADVERBIAL = re.compile(rf"^(?:(?:since|from|until|till|as of) when|when|where|why|how come|how(?: long| often| fast| far)?)(?:['’]s)?\s+(?=(?:{AUXILIARY})\b)", re.I)


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
            return rest if is_clause(rest) and not pronouns_in(rest) else self.resolve(rest) if is_clause(rest) else self._swap(strip(rest))
        exchanged = self._exchange(asked)
        if exchanged:
            return exchanged
        marker = MARKER.match(asked)
        bare = _TAIL.sub("", strip(without_marker(asked)))
        return self._measured(bare) or self._short(bare) or self._gap(bare) or self._fragment(bare, led=marker is not None) or self._checked(asked, self._clause(asked))

    def _checked(self, asked: str, made: str) -> str:
        """What was made of a whole question, unless that takes it away from the sources: then it was about something new."""
        if made == asked or self.fit is None:
            return made
        new, old = self.fit([made, asked])
        return made if new > old - 0.05 else asked

    @property
    def _plain(self) -> str:
        """The question before, without marks and without what was tacked on to it."""
        return TACKED.sub("", strip(self.before))

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
        bare = strip(asked).lower()
        if re.fullmatch(r"(?:yes|yeah|yep|sure|ok|okay|please|exactly|right|correct|that one|y|go ahead|of course|indeed|yes please|ok please)(?: please)?", bare):
            offered = strip(offered)
            return None if not content_words(offered) else f"{capital(offered)}?" if is_clause(offered) else self._swap(offered)
        options = [strip(option) for option in re.split(r",\s*(?:or\s+)?|\s+or\s+", offered)]
        chosen = ordinal(bare)
        if chosen is not None and len(options) > 1 and abs(chosen) < len(options) + (chosen < 0):
            return self._swap(options[chosen])
        wanted = re.search(r"\b(in|for|from|at|on|of|to|since|under)\s+(?:which|what)\b", sentences[-1], re.I)
        if wanted and not is_clause(bare) and words(bare) and words(bare)[0].low not in english.PREPOSITIONS and len(words(bare)) <= 4:
            return self._swap(f"{wanted[1].lower()} {strip(asked)}")
        return None

    # --- corrections ---------------------------------------------------------------------------------------------------

    def _exchange(self, asked: str) -> str | None:
        """ "not X but Y" and the like, where X stands in the question before."""
        patterns = (r"^\W*(?:no\W+)?not (?P<old>.+?)(?:,| but| -)+\s*(?P<new>.+)$", r"^(?P<new>.+?),? (?:not|instead of|rather than) (?P<old>.+)$")
        for pattern in patterns:
            match = re.match(pattern, strip(asked), re.I)
            if match:
                found = re.search(rf"\b{re.escape(strip(match['old']))}\b", self.before, re.I)
                if found and not is_clause(match["new"]):
                    new = re.sub(r"^(?:i mean|i meant|for|in|the one (?:for|in))\s+", "", without_marker(match["new"]), flags=re.I)
                    return self.before[: found.start()] + new + self.before[found.end() :]
        negated = re.match(r"^\W*(?:no\W+)?not [\w' -]+?(?:,| but)\s*(?P<new>.+)$", strip(asked), re.I)
        return self._swap(negated["new"]) if negated and not is_clause(negated["new"]) else None

    # --- why? since when? ----------------------------------------------------------------------------------------------

    def _short(self, bare: str) -> str | None:
        low = bare.lower().replace("’", "'")
        if content_words(bare) and len(low.split()) > 5:
            return None
        for pattern, sense in _SHORT:
            match = re.fullmatch(pattern, low)
            if match:
                return self._also(sense or match[0].removesuffix(" exactly"))
        return None

    def _also(self, sense: str) -> str:
        """The question before, asked for something else."""
        before = strip(without_marker(self._plain))
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
                return f"{capital(sense)} {decapital(before)}?"
            if _ADVERBIAL.match(before):
                return _ADVERBIAL.sub(f"{capital(sense)} ", before) + "?"
        if sense.startswith(("how much", "how many", "how long", "how high", "how big")):
            existing = re.match(r"(?:is|are|was|were) there (?:a |an |any |some |the )?(.+)$", before, re.I)
            if existing and sense in ("how much", "how high"):
                return f"{capital(sense)} is the {existing[1]}?"
            if existing and sense == "how many":
                return f"How many {existing[1]} are there?"
            if _ADVERBIAL.match(before):
                return _ADVERBIAL.sub(f"{capital(sense)} ", before) + "?"
        return f"{before}, and {sense}?"

    # --- "and for children?" ---------------------------------------------------------------------------------------------

    def _measured(self, bare: str) -> str | None:
        """ "how long?" after "how wide …"."""
        measure = r"how (?!much|many)[\w-]+"
        before = re.match(rf"{measure}(?=\s)", self._plain, re.I)
        return f"{capital(bare)}{self._plain[before.end() :]}?" if before and re.fullmatch(measure, bare, re.I) else None

    def _gap(self, bare: str) -> str | None:
        """A question that repeats the frame of the one before, or its asking word alone: "how many were there in 1985"."""
        opening = re.match(rf"((?:how (?:much|many|long|old|far|fast|big|high|often)|what|when|where|who|which|why)(?:['’]s)?)\s+(?:(?:{AUXILIARY})\s+)?(?:(?<=[a-z]\s)(?:(?<=is )|(?<=are )|(?<=was )|(?<=were )|(?<=do )|(?<=does )|(?<=did )|(?<=can )|(?<=will )|(?<=would )|(?<=must ))(?:it|that|they|there|this|those)\s+)?(?:(?:be|cost|costs|been|have|has)\s+)?", bare, re.I)  # fmt: skip
        if not opening or _ABOUT.match(bare):
            return None
        rest = bare[opening.end() :]
        followers = words(rest)
        asks = opening[1].lower().removesuffix("'s").removesuffix("’s")
        same = re.search(rf"\b{asks}\b", TACKED.sub("", self.before), re.I) is not None
        helped = len(words(opening[0])) > len(asks.split())
        if followers and same and followers[0].low in english.PREPOSITIONS and not is_clause(rest) and re.search(r"\b(?:it|that|they|there|this|those)\b|^[\w ]+$", opening[0], re.I):
            if len(phrases(rest)) == 1:
                return self._swap(rest)
        if not helped and followers and not has_verb(rest) and not is_clause(rest) and len(followers) <= 4:
            if same:
                return self._swap(rest)
            if followers[0].low in english.DETERMINERS | english.PREPOSITIONS | {"so", "not"} and asks in ("why", "when", "where", "how"):
                frame = self._also(asks)
                return f"{strip(frame)} {self._named(rest)}?"
        if re.fullmatch(r"more|less|fewer|that many|too many|too much", rest, re.I):
            return None
        return None

    def _fragment(self, bare: str, *, led: bool) -> str | None:
        """A message that has no clause of its own takes its place in the question before."""
        about = _ABOUT.match(bare)
        rest = strip(bare[about.end() :]) if about else bare
        if not rest:
            return None
        found = words(rest)
        condition = re.match(rf"(?:what )?(?:if|when|once|unless|after|before|while|because|as long as|even if)\s+(?!(?:{AUXILIARY})\b)", rest, re.I)
        if condition and re.search(rf"\b(?:what|who|where|why|how|which|(?:{AUXILIARY}) (?:i|you|we|they|it|he|she|the|a))\b", rest[condition.end() :], re.I):
            return None
        if condition and is_clause(rest) and len(found) <= 12:
            return self._conditional(rest)
        if is_clause(rest):
            return None
        carried = content_words(rest)
        if re.match(rf"(?:{'|'.join(english.PREPOSITIONS)})\s+(?:which|what|whom)\b", rest, re.I):
            return f"{capital(rest)} {decapital(self._plain)}?" if _YES_NO.match(self._plain) else f"{self._plain}, and {rest}?"
        if re.search(r"\bwhen$|\bwhy$|\bwhere$|\bhow much$|\bby whom$", rest, re.I) and len(found) <= 4:
            return f"{self._plain}, and {rest}?"
        pointed = self._point(rest)
        if pointed:
            rest = pointed
            found, carried = words(rest), content_words(rest)
        if not carried and len(found) == 2 and found[0].low in english.PREPOSITIONS and found[1].low in POINTING:
            return f"{self._plain}, and {rest}?"
        if found[0].low in english.ASKING or not carried:
            return self._swap(rest) if (about or led) and carried else None
        if about and english.is_verb(words(about[0])[-1].low if words(about[0]) else "") or (about and re.search(r"\b(?:apply|hold|go|count|true|so|case)\b", about[0], re.I)):
            return Slots(self.before, self.embeddings, None).put(rest, forced=False)
        acted = self._acted(found, rest)
        if acted:
            return acted
        leads = led or about is not None or found[0].low in english.PREPOSITIONS
        shared = bool({word.stem for word in found if not english.is_function(word.low)} & {word.stem for word in words(self.before)})
        if leads and (len(carried) <= 3 or shared or english.shape(found)):
            return self._swap(rest)
        if len(carried) <= 2 and len(found) <= 4:
            return self._swap(rest, forced=len(carried) == 1 or found[0].low in english.DETERMINERS)
        if shared and len(carried) <= 3 and english.is_function(found[0].low):
            return self._swap(rest)
        return None

    def _acted(self, found: Sequence[Word], rest: str) -> str | None:
        """ "and remove one?" after "how do I add a key?": the verb in place of the verb, with the same object."""
        if found[0].low not in english.VERBS or len(found) > 4:
            return None
        frame = re.match(rf"(.*?\b(?:{AUXILIARY})\s+(?:i|you|we|they|one|[\w-]+)\s+)([a-z]+)(\b.*)$", self._plain, re.I)
        if not frame or frame[2].lower() not in english.VERBS:
            return None
        objects = [word for word in found[1:] if word.low not in POINTING]
        return f"{frame[1]}{rest if objects else found[0].text + frame[3]}?"

    def _conditional(self, rest: str) -> str:
        """ "what if I send more" asks for the consequence; "and when it is older" for the same thing under a condition."""
        counted = re.match(r"how (?:many|much)\s+(.+?)\s+(?:is|are|was|were|do|does|did|can|could|will|would|may|must|should|have|has)\b", strip(self.before), re.I)
        if counted and re.search(r"\b(?:more|less|fewer|that many|too many)$", rest, re.I):
            rest = f"{rest} {counted[1]}"
        asks = re.match(r"what (?=if|when|once)", rest, re.I)
        if asks:
            made = f"What happens {rest[asks.end() :]}?"
            return self._clause(made)
        if re.match(r"(?:when|after|before|while)\b", rest, re.I) and _YES_NO.match(rest.partition(" ")[2]):
            return self._clause(f"{rest}?")
        return f"{strip(self.before)} {rest}?"

    def _swap(self, fragment: str, *, forced: bool = True) -> str:
        """The question before with what is of the fragment's kind replaced by it, or with the fragment added."""
        return Slots(self.before, self.embeddings, self.fit).put(fragment, forced=forced) or (fragment if is_clause(fragment) else f"{fragment}?" if forced else fragment)

    # --- pronouns --------------------------------------------------------------------------------------------------------

    def _topics(self) -> list[str]:
        """What the question before speaks of, as it is named a second time, the likeliest first."""
        return [thing.name for thing in self._things()]

    def _things(self) -> list[Thing]:
        """What the question before speaks of; the thing that it asked for goes by the name in the answer as well."""
        things = things_of(self._plain)
        things = things_of(self._plain)
        asked = re.match(r"(which|what|who)\b.*?\b(?:is|are|was|were)\s+(?:the\s+)?(?:[\w-]+\s+)?(?:\w+est|most|first|last|only|main|worst|least)\b", self._plain, re.I)
        name = name_in(self.said, besides=self._plain) if asked else None
        if not asked or not name:
            return things
        if asked[1].lower() == "what" and things and english.shape(words(things[0].noun)[:1]) == "order":
            return [replace(things[0], name=f"{things[0].name}, {name},"), *things[1:]]
        return [Thing(name, name, is_plural=False, is_one_of_many=False, start=0, end=0), *things]

    def _point(self, rest: str) -> str | None:
        """ "the second one": what stands in that place of the answer before."""
        match = re.fullmatch(r"(?:the |number |no\.? ?|in |for |of |about |on |what about )*(?P<place>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th|former|latter|\d)(?: (?:one|of them|of those|point|item|option|thing))?", rest, re.I)
        if not match or (match["place"].isdigit() and "one" not in rest and "number" not in rest):
            return None
        place = ordinal(match["place"])
        items = items_in(self.said)
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

    def _specify(self, text: str) -> str:
        """The text with "that law" named in full, as the turn before named it."""
        match = re.search(rf"(?:^|\b(?P<led>{AUXILIARY}|{'|'.join(english.PREPOSITIONS)}|\w+)\s+)(?P<whole>(?:that|this|these|those)\s+(?P<noun>[a-z][\w-]+))(?=\W*$|\s+(?:{AUXILIARY}|{'|'.join(english.PREPOSITIONS - {'of'})}|\w+ed)\b)", text, re.I)
        if match and is_bound(text, Word(match["noun"], match.start("whole"), match.end("whole")), ()):
            return text
        if not match or english.is_function(match["noun"].lower()) or (english.is_verb(match["noun"].lower()) and match["noun"].lower() not in GENERIC) or re.fullmatch(r"year|month|week|day|time|morning|evening|summer|winter|spring|autumn|season|century", match["noun"], re.I):
            return text
        led = (match["led"] or "").lower()
        if led and not (led in english.AUXILIARIES or led in english.PREPOSITIONS or english.is_verb(led)) or (led in ("say", "says", "said", "think", "mean", "means", "know", "claim")):
            return text
        stem = english.singular(match["noun"].lower())
        for source in (self._plain, re.sub(r"\s*\[\d+\]", "", self.said)):
            named = [phrase for phrase in phrases(source) if phrase.head.stem == stem and len(phrase.words) > 1]
            if named:
                name = " ".join(word.text for word in named[0].words)
                return f"{text[: match.start('whole')]}the {name}{text[match.end('whole') :]}"
        things = things_of(self._plain)
        if len(things) == 1:
            return text[: match.start("whole")] + things[0].name + text[match.end("whole") :]
        return f"{strip(text)} ({statement_of(self._plain) or topic(self.before)})?" if match["noun"].lower() in GENERIC else text

    def _clause(self, asked: str) -> str:
        """A whole question: its pronouns named; unchanged where nothing in it points back."""
        text = self._named(asked)
        pointer = re.search(r"\bthe (first|second|third|fourth|fifth|last|latter|former)( one)?(?=\W*$| (?:is|was|cost|do|does|did|has|had|mean|of)\b)", text, re.I)
        if pointer:
            item = self._point(pointer[0])
            if item:
                text = text[: pointer.start()] + item + text[pointer.end() :]
        text = self._counted(without_marker(text)) if text == asked else text
        text = self._specify(text)
        made = self._name_pronouns(text)
        if made == without_marker(asked):
            made = asked
        if made != asked:
            return finish(without_marker(made))
        bare = strip(without_marker(asked))
        if is_open(bare):
            return self._complete(bare)
        return asked

    def _name_pronouns(self, text: str) -> str:
        pronouns = pronouns_in(text)
        if not pronouns:
            return text
        things = self._things()
        used: list[str] = []
        pieces: list[str] = []
        at = 0
        unclear = False
        for word in pronouns:
            named = self._name(word, text, things, used)
            if named is None:
                unclear = True
                continue
            pieces += [agreeing(text[at : word.start], word.low, named), named]
            at = word.end
        made = "".join(pieces) + text[at:]
        if unclear and set(content_words(topic(self.before))) - set(content_words(made)):
            made = f"{strip(made)} ({statement_of(self._plain) or topic(self.before)})?"
        return made

    def _name(self, word: Word, text: str, things: Sequence[Thing], used: list[str]) -> str | None:
        """What a pronoun stands for, in the form that fits its place; None when it cannot be told."""
        low = word.low
        owning = low in ("its", "their", "his", "theirs", "hers", "whose") or (low == "her" and re.match(r"\s+\w", text[word.end :]) is not None)
        if low in ("he", "she", "him", "his", "her", "hers"):
            name = self._person(things, owning=owning, is_first=not used)
        elif low == "there":
            place = next((phrase for phrase in phrases(self.before) if phrase.preposition and phrase.preposition.low in ("in", "at", "to", "on", "from", "near") and not phrase.is_time), None)
            if place:
                led = "to" if re.search(r"\b(?:get|go|travel|come|sail|drive to)\s*$", text[: word.start], re.I) else "in" if place.preposition and place.preposition.low in ("to", "from") else place.preposition.low  # type: ignore[union-attr]
                return f"{led} {self.before[place.start : place.end]}"
            name = next((thing.name for thing in things), None)
            return f"at {name}" if name else None
        elif low in ("one", "ones"):
            name = self._one(text, word)
        else:
            if not strip(text[word.end :]) and re.search(r"\w\s+(?:do|done|doing)\s+$", text[: word.start], re.I):
                return None  # "when did they do that"
            asked = statement_of(self._plain)
            compared = re.match(r" (?:also |still |so |that |much |even |a lot )*(?:more|less|higher|lower|much|many|few|low|high|expensive|cheap|cheaper|late|later|early|earlier|long|longer)\b", text[word.end :], re.I)
            if asked and not used and (low in ("this", "that") or compared) and words(asked)[0].low in english.ASKING:
                used.append(asked)
                return asked
            if asked and low == "that" and not used:
                # "who announced that" takes the statement as it stands
                return f"that {asked}" if not strip(text[word.end :]) and not re.search(r"\b(?:is|was|are|of|about|for|before|after)\s*$", text[: word.start], re.I) else None
            many = low in ("they", "them", "their", "theirs", "these", "those")
            if many and not any(thing.is_plural for thing in things) and any(other.low in ("it", "its") for other in words(text)):
                return None
            names = [thing.name for thing in sorted(things, key=lambda thing: thing.is_plural != many)]
            names = [name for name in names if name not in used and not set(content_words(name.lower())) <= set(content_words(text.lower()))]
            if asked and not used and re.match(r"what .*\b(?!do\b|cost\b|mean\b|say\b|think\b)\w+", self._plain, re.I) and re.match(r"what\b", asked, re.I) and not many:
                names.insert(1, asked)
            if not names:
                return None
            name = self._best_reading(text, word, names) if not used else names[0]
        if name is None:
            return None
        used.append(name)
        return name if not owning else f"{name.rstrip(',')}'" if name.endswith("s") else f"{name.rstrip(',')}'s"

    def _person(self, things: Sequence[Thing], *, owning: bool, is_first: bool) -> str | None:
        """Of whom the turn before speaks: by name in the question or in its answer, else by office."""
        first = things[0] if things else None
        identified = re.match(r"who(?:['’]?s| is| was| are| were)\s+(?P<who>(?:the\s|a\s|an\s)?.+)$", self._plain, re.I)
        if first and (person_in(first.name) or (identified and not re.match(r"(?:the|a|an)\s", identified["who"], re.I))):
            return first.name
        person = person_in(self.said)
        if person:
            return f"{person}, {identified['who']}," if identified and is_first and not owning else person
        return first.name if first and re.search(r"(?:er|or|ist|man|ian|ant)$", first.noun) else None

    def _one(self, text: str, word: Word) -> str | None:
        """The noun for "one" and "ones": of a thing that was one of many."""
        several = word.low == "ones"
        for thing in things_of(self._plain):
            if several and thing.is_plural:
                return thing.noun
            if not several and thing.is_one_of_many:
                head = words(thing.noun)[-1]
                noun = thing.noun[: head.start] + (english.singular(head.low) if thing.is_plural else head.text)
                described = re.search(r"\b(?:a|an|the|this|that|which|\w+est|\w+er|each|every|another|new|old|good|big|small|first|second|last|next)\s+$", text[: word.start], re.I)
                return noun if described else f"{article(noun)} {noun}"
        return None

    def _best_reading(self, text: str, word: Word, names: Sequence[str]) -> str:
        """Of the things that a pronoun may stand for the one that the sources speak of in that connection."""
        if self.fit is None or len(names) < 2:
            return names[0]
        names = names[:3]
        scores = self.fit([text[: word.start] + name + text[word.end :] for name in names])
        best = max(range(len(names)), key=lambda place: scores[place] - 0.02 * place)
        return names[best]

    def _counted(self, text: str) -> str:
        """ "how many can I take", "who has the most": of the things that the question before was about."""
        many = next((" ".join(word.text for word in phrase.words) for phrase in phrases(self._plain) if phrase.is_plural), None)
        most = re.search(r"\b(?:the (?:most|least|fewest)|how many|(?<!the )(?:more|fewer) than)\W*$", text, re.I)
        if most and many:
            return f"{strip(text)} {many}?"
        bare = re.match(rf"how many(?=\s+(?:(?:{AUXILIARY})\s+(?:i|you|we|they|one|be|\w*(?:ed|en|{'|'.join(sorted(english.DONE))}))\b))", text, re.I)
        if not bare:
            return text
        about = self._topics()
        last = phrases(self._plain)[-1:]
        if not many and last and last[0].preposition is not None and last[0].preposition.low in ("for", "of", "on") and not last[0].is_time:
            many = " ".join(word.text for word in last[0].words)
        return f"{bare[0]} {many}{text[bare.end() :]}" if many else f"{bare[0]} of {about[0]}{text[bare.end() :]}" if about else text

    def _complete(self, bare: str) -> str:
        """A question that leaves open of what it speaks, with what the question before was about."""
        last = words(bare)[-2:]
        when = re.match(r"what (?:happens|happened|would happen|will happen)\s+((?:when|if|after|once)\b.+)$", self._plain, re.I)
        if when:
            return finish(f"{bare} {when[1]}")
        led = "" if re.search(r"\b(?:in|into|on|at|for|from|to)$", bare) or (len(last) == 2 and last[0].low == "to" and last[1].low in english.VERBS) else "for" if re.search(r"\bthere\b|^(?:which|what) \w+ (?:do|can|must|should) ", bare, re.I) else "of" if re.search(r"\bthe [\w'-]+$", bare) else "with"
        readings = [finish(f"{bare} {led} {about}") for about in self._topics()[:3]]
        if not readings:
            return f"{bare} ({topic(self.before)})?"
        scores = self.fit(readings) if self.fit and len(readings) > 1 else [0.0]
        return readings[max(range(len(scores)), key=lambda place: scores[place] - 0.02 * place)]


def _cut(text: str, phrase: Phrase, instead: str) -> str:
    """The text with a phrase and the preposition before it replaced."""
    start = phrase.preposition.start if phrase.preposition else phrase.start
    return f"{strip(text[:start] + instead + text[phrase.end :])}?"
