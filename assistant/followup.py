"""Earlier turns + a new message → a question that stands alone, without a model. Knows English, nothing of any subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from assistant import english
from assistant.english import AUXILIARY, MARKER, PREPOSITION, Word, capital, decapital, phrases, plain, strip, topic, without_marker, words
from assistant.naming import Naming
from assistant.question import is_name
from assistant.reference import POINTING, has_verb, is_clause, members_of, ordinal, pronouns_in, without_citations
from assistant.slots import Fit, swap
from index.embeddings import Embeddings
from index.keywords import STOPWORDS

__all__ = ["Fit", "Turn", "as_turns", "content_words", "stand_alone", "topic"]

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


def stand_alone(
    question: str, turns: Sequence[Turn], embeddings: Embeddings, *, fit: Fit | None = None, names: Set[str] = frozenset()
) -> str:  # fmt: skip
    """The question as it would be asked without the turns before it; unchanged when it stands alone already.

    `fit` tells how near the sources come to a question; where English allows two readings, the nearer one is taken. `names` are words, in
    lower case, that name something in the corpus.
    """
    asked = " ".join(question.split())
    standing: list[str] = []
    said = ""
    for earlier, answered in turns[-TURNS:]:
        earlier = " ".join(earlier.split())[:MAXIMUM_LENGTH]
        if not _says_nothing(earlier):
            standing.append(Talk(standing[-1], said, embeddings, fit, standing[:-1], names).resolve(earlier) if standing else earlier)
            said = answered
    if not standing or _says_nothing(asked):
        return asked
    if (other := _OTHER.match(asked)) and not pronouns_in(asked[other.end() :]):
        return capital(asked[other.end() :])
    made = Talk(standing[-1], said, embeddings, fit, standing[:-1], names).resolve(asked)
    if made == asked or len(made) > MAXIMUM_LENGTH:
        return asked
    if fit is not None and is_clause(asked):
        near, nearer = fit([asked, made])
        if nearer < near - (0.15 if pronouns_in(asked) else 0.05):
            return asked  # what was said before leads away from the sources, so this is about something new
    return capital(made) if made.endswith((".", "?")) else f"{capital(strip(made))}?"


# --- the words around a question ---------------------------------------------------------------------------------------

_NOTHING = re.compile(
    r"\W*(?:(?:ok(?:ay)?|thanks?|thank you|thx|cheers|great|cool|nice|good|perfect|right|fine|hi|hello|hey|bye|goodbye|got it|i see|very|much|so"
    r"|a lot|lol|wow|interesting|understood|alright|that helps?|helpful)\b\W*)+",
    re.I,
)
_OTHER = re.compile(  # "ok, another thing: …"
    r"\W*(?:(?:ok(?:ay)?|so|and|well|now|thanks|one|an|a|on)\b\W*)*(?:other|another|different|new|next|unrelated|separate)\s+"
    r"(?:thing|question|topic|subject|matter|note)\b[\s,:.!?-]*(?=.*\w)",
    re.I,
)
_CORRECTION = re.compile(
    r"\W*(?:(?:no|nope|sorry|oops|wait|actually|my mistake|my bad|pardon)\b[\s,.!-]*)*"
    r"(?:i\s+(?:(?:really|actually)\s+)?(?:mean|meant|said|was asking about|wanted|asked about)\b|make (?:it|that)\b|rather\b|correction\b|sorry\b)"
    r"[\s,:.!-]*(?:to (?:say|ask)\b\W*)?",
    re.I,
)
_ALSO_TRUE = re.compile(  # "does that apply to", "is it the same for"
    r"(?:is|are|was|does|do|did|would) (?:it|that|this|they|the same|the rule|those)\s+(?:also\s+|still\s+)?"
    r"(?:(?:be )?(?:the )?(?:same|true|different|so|case)|apply|hold|go|count)(?: too| also)?\s+(?=for|in|with|to|of|on|at)",
    re.I,
)
_ABOUT = re.compile(
    r"(?:(?:what|how) (?:about|of|bout)\b|whatabout\b|(?:the )?same (?:question |thing |again )?(?=for|in|with|but)|but (?=for|in|with)"
    r"|what if (?:it|they|that|this)(?:['’]s| is| are| was| were|s)?\s+(?!\w+s?\s+(?:to|than)\b)"
    r"|any(?:thing)?(?: different| else)? (?=for|in|on))\s*",
    re.I,
)
_TAIL = re.compile(r"[\s,]+(?:then|too|instead|as well|though|please|pls|thanks|thank you|also|again|mate)\W*$", re.I)


def _says_nothing(text: str) -> bool:
    return _NOTHING.fullmatch(text) is not None or not re.search(r"\w", text)


# --- questions of a word or two ----------------------------------------------------------------------------------------

_IT = r"(?:that|this|it)"
_SHORT: tuple[tuple[str, str], ...] = (  # what people type → what it asks
    (r"(?:why|how come|what for|for what reason|how so)(?: is)?(?: that| this| so| though| exactly)*(?: the case)?", "why"),
    (r"why (?:not|isn'?t (?:it|that)|can'?t i|don'?t they)", "why not"),
    (r"(?:since|from|as of) when(?: is that| was that)?(?: exactly)?", "since when"),
    (r"(?:until|till|til|up to) when(?: exactly)?|for how long", "until when"),
    (r"(?:exactly )?when(?: exactly| (?:is|was) (?:that|this))?(?: exactly)?", "when"),
    (r"where(?: exactly| (?:is|was) that)?", "where"),
    (r"how(?: exactly| is that| do (?:i|you|they) do that| does that work)?", "how"),
    (r"(by how much|by whom|how (?:much|many|long|often|far|old|big|high|fast))(?: exactly)?", ""),
    (r"(?:who|whom)(?: exactly| did that)?", "who"),
    (r"says who|who (?:says|said)(?: so| that| this| it)?|according to (?:who|whom|what)|(?:what(?:'?s| is) (?:the|your) )?sources?", "who says so"),
    (r"source for that|where (?:does|did) (?:it|that) (?:say (?:so|that)|come from)|where is that from|how do you know(?: that)?", "who says so"),
    (rf"(?:(?:is|are|was) {_IT} )?(?:still|currently|really) (?:true|the case|so|correct|right|like that)|does {_IT} still (?:hold|stand)", "now"),
    (rf"is {_IT} (?:true|the case|so|correct|right) (?:now|today|yet|by now|these days|at the moment)", "now"),
    (r"still|even now|now|today|(?:what|how) about (?:now|today)|these days", "now"),
    (rf"really|are you (?:sure|certain)(?: about that)?|sure|is {_IT} (?:true|right|correct|so)|seriously", "again"),
    (r"can you (?:repeat|confirm) that|say that again", "again"),
    (rf"(?:(?:can|could) you )?(?:tell me more|more|go on|continue|explain(?: {_IT})?|elaborate|(?:more )?details?)(?: about {_IT})?", "more"),
    (r"what else|anything else|any more", "more"),
    (rf"what (?:does|do) (?:{_IT}|they) mean(?: exactly)?|meaning|what is {_IT}|what are (?:they|those|these)|what'?s that", "meaning"),
)
_MORE = r"(?:the )?(?:more|less|most|least) [\w-]+|(?:the )?\w{2,}(?:er|est)|worse|best|worst"
_THE_TWO = r"(?:they|them|these|those|the two|these two|those two|both|each other)"
_COMPARES = re.compile(  # of the two things asked about last
    rf"how (?:do|did|would|does) (?:{_THE_TWO}|it|that|this) (?:compare|differ)(?: to each other)?"
    rf"|compare {_THE_TWO}|(?:is|are|was|were) {_THE_TWO} the same"
    rf"|(?:what(?:'?s| is| are) the |the |any )?differences?(?: between {_THE_TWO})?"
    rf"|which(?: one)?(?: of {_THE_TWO})? (?:is|was|are|were) (?:{_MORE})"
)
_WHICH_ONES = re.compile(r"which(?: ones?)?(?: exactly)?|(?:like|such as)(?: what| which)?|for example|name (?:them|some)|who are they")
_SAID_THAT = re.compile(rf"(?:{AUXILIARY})\s.+?\b(?:say|said|claim|announce|promise|threaten|state|decide|propose)\b.{{0,30}}?\bthat\s+", re.I)
_YES_NO = re.compile(rf"(?:{AUXILIARY})\b", re.I)
_ADVERBIAL = re.compile(
    rf"(?:(?:since|from|until|till|as of) when|when|where|why|how come|how(?: long| often| fast| far)?)(?:['’]s)?\s+(?=(?:{AUXILIARY})\b)", re.I
)
_ASKS = r"how (?:much|many|long|old|far|fast|big|high|often)|what|when|where|who|which|why"
_GAP = re.compile(  # "how many were there", "what is it": an asking word and nothing else before what is new
    rf"({_ASKS})(?:['’]?s)?\s+(?:(?:{AUXILIARY})\s+(?:(?:it|that|they|there|this|those)\s+)?)?(?:(?:be|costs?|been|have|has)\s+)?", re.I
)
_CONDITION = re.compile(rf"(?:what )?(?:if|when|once|unless|after|before|while|because|as long as|even if)\s+(?!(?:{AUXILIARY})\b)", re.I)
_ASKS_LATER = re.compile(rf"\b(?:what|who|where|why|how|which|(?:{AUXILIARY}) (?:i|you|we|they|it|he|she|the|a))\b", re.I)


@dataclass(frozen=True)
class Talk:
    """The question before, standing alone, and what was answered to it: what a new message is understood by."""

    before: str
    said: str
    embeddings: Embeddings
    fit: Fit | None = None
    earlier: Sequence[str] = ()  # the questions before that one, standing alone
    names: Set[str] = frozenset()  # words that name something in the corpus

    def resolve(self, asked: str) -> str:
        """The new message as a question that stands alone."""
        if len(asked) > MAXIMUM_LENGTH:
            return asked
        bare = _TAIL.sub("", strip(without_marker(asked)))
        led = MARKER.match(asked) is not None
        return (
            self._reply(asked) or self._corrected(asked) or self._exchange(asked) or self._measured(bare) or self._short(bare)
            or self._gap(bare) or self._fragment(bare, led=led) or self._naming.whole(asked)
        )  # fmt: skip

    @property
    def _plain(self) -> str:
        return plain(self.before)

    @property
    def _naming(self) -> Naming:
        return Naming(self.before, self.said, self.fit, self.earlier)

    def _swap(self, fragment: str) -> str:
        """The question before with what is of the fragment's kind replaced by it, or with the fragment added."""
        return swap(self.before, fragment, self.embeddings, self.fit, names=self.names) or fragment

    # --- answers to the assistant's own question, and corrections ----------------------------------------------------

    def _reply(self, asked: str) -> str | None:
        """A yes, or a choice, to a question that the assistant asked."""
        sentences = re.findall(r"[^.!?\n]+[.!?]", without_citations(self.said))
        if not sentences or not self.said.rstrip(" *_)]\"'").endswith("?"):
            return None
        asking = r"did you mean|do you mean|are you asking(?: about)?|(?:shall|should|can|may) i (?:tell you|explain|show you)(?: about)?"
        asking += r"|(?:do|would) you (?:want|like)(?: me)? to (?:know|see|hear|explain|tell you)(?: about)?"
        offered = strip(re.sub(rf"^\W*(?:(?:or|so|and)\s+)?(?:{asking})\s*", "", sentences[-1], flags=re.I))
        bare = strip(asked).lower()
        if re.fullmatch(r"(?:(?:yes|yeah|yep|sure|ok|okay|please|exactly|right|correct|that one|y|go ahead|of course|indeed)\s*)+", bare):
            return None if not content_words(offered) else f"{capital(offered)}?" if is_clause(offered) else self._swap(offered)
        options = [strip(option) for option in re.split(r",\s*(?:or\s+)?|\s+or\s+", offered)]
        chosen = None if is_clause(bare) else ordinal(bare)
        if chosen is not None and len(options) > max(1, chosen):
            return self._swap(options[chosen])
        wanted = re.search(r"\b(in|for|from|at|on|of|to|since|under)\s+(?:which|what)\b", sentences[-1], re.I)
        found = words(bare)
        if wanted and found and len(found) <= 4 and not is_clause(bare) and found[0].low not in english.PREPOSITIONS:
            return self._swap(f"{wanted[1].lower()} {strip(asked)}")
        return None

    def _corrected(self, asked: str) -> str | None:
        """ "no, I meant 2024"."""
        match = _CORRECTION.match(asked)
        rest = strip(asked[match.end() :]) if match else ""
        if not re.search(r"\w", rest):
            return None
        return self._naming.whole(asked[match.end() :]) if match and is_clause(rest) else self._swap(rest)

    def _exchange(self, asked: str) -> str | None:
        """ "not X but Y" and the like."""
        patterns = (r"\W*(?:no\W+)?not (?P<old>.+?)(?:,| but| -)+\s*(?P<new>.+)", r"(?P<new>.+?),? (?:not|instead of|rather than) (?P<old>.+)")
        for pattern in patterns:
            match = re.fullmatch(pattern, strip(asked), re.I)
            if not match or is_clause(match["new"]):
                continue
            new = re.sub(r"^(?:i mean|i meant|for|in|the one (?:for|in))\s+", "", without_marker(match["new"]), flags=re.I)
            found = re.search(rf"\b{re.escape(strip(match['old']))}\b", self.before, re.I)
            if found:
                return self.before[: found.start()] + new + self.before[found.end() :]
            if pattern == patterns[0]:
                return self._swap(new)
        return None

    # --- why? since when? --------------------------------------------------------------------------------------------

    def _short(self, bare: str) -> str | None:
        low = bare.lower().replace("’", "'")
        if _COMPARES.fullmatch(low) and (sides := self._sides):
            return f"Compare {sides[0]} with {sides[1]}."
        if _WHICH_ONES.fullmatch(low) and (asked := self._naming.which_ones()):
            return asked
        for pattern, sense in _SHORT:
            match = re.fullmatch(pattern, low)
            if match:
                return self._also(sense or match[1])
        return None

    @property
    def _sides(self) -> tuple[str, str] | None:
        """What the last two questions were about, where they asked the same of two things."""
        if not self.earlier:
            return None
        one, other = topic(plain(self.earlier[-1])), topic(self._plain)
        common = {word.stem for word in words(one)} & {word.stem for word in words(other)}
        return (one, other) if one != other and any(not english.is_function(stem) for stem in common) else None

    def _also(self, sense: str) -> str:
        """The question before, asked for something else."""
        before = strip(without_marker(self._plain))
        if sense == "again":
            return self.before
        if sense in ("more", "meaning"):
            about = next((thing.name for thing in self._naming.things), topic(before))
            return f"Tell me more about {about}." if sense == "more" else f"What does {about} mean?"
        if sense == "now":
            said = _SAID_THAT.match(before)
            before = before[said.end() :] if said else before
            timed = [phrase for phrase in phrases(before) if phrase.is_time]
            start, end = ((timed[-1].preposition or timed[-1].words[0]).start, timed[-1].end) if timed else (len(before), len(before))
            return f"{' '.join((before[:start] + ' now ' + before[end:]).split())}?"
        if sense == "how many" and members_of(before):
            return re.sub(r"^\w+", "How many", before) + "?"
        existing = re.match(r"(?:is|are|was|were) there (?:a |an |any |some |the )?(.+)$", before, re.I)
        if existing and sense in ("how much", "how high"):
            return f"{capital(sense)} is the {existing[1]}?"
        if existing and sense == "how many":
            return f"How many {existing[1]} are there?"
        if sense in ("why", "since when", "until when", "when", "where", "how") and _YES_NO.match(before):
            return f"{capital(sense)} {decapital(before)}?"
        if not sense.startswith(("by", "who", "why not")) and _ADVERBIAL.match(before):
            return _ADVERBIAL.sub(f"{capital(sense)} ", before) + "?"
        return f"{before}, and {sense}?"

    # --- "and for children?" -----------------------------------------------------------------------------------------

    def _measured(self, bare: str) -> str | None:
        """ "how long?" after "how wide …"."""
        measure = r"how (?!much|many|come)[\w-]+"
        before = re.match(rf"{measure}(?=\s)", self._plain, re.I)
        return f"{capital(bare)}{self._plain[before.end() :]}?" if before and re.fullmatch(measure, bare, re.I) else None

    def _gap(self, bare: str) -> str | None:
        """A question that repeats the frame of the one before, or its asking word alone: "how many were there in 1985"."""
        opening = _GAP.match(bare)
        if not opening or _ABOUT.match(bare):
            return None
        rest = bare[opening.end() :]
        found = words(rest)
        if not found or is_clause(rest) or found[0].low in ("its", "their", "his", "her"):
            return None
        asks = opening[1].lower()
        is_same = re.search(rf"\b{asks}\b", self._plain, re.I) is not None
        is_alone = len(words(opening[0])) == len(asks.split())
        if is_same and found[0].low in english.PREPOSITIONS and len(phrases(rest)) == 1:
            return self._swap(rest)
        if not is_alone or has_verb(rest) or len(found) > 4:
            return None
        if asks in ("what", "which") and not english.is_function(found[0].low) and not is_name(found[0].text):
            return None  # "what penalty" asks for one, it names none
        if is_same:
            return self._swap(rest)
        frame = re.match(r"(?:what|which)\s+(?=(?:does|do|did|can|could|may|must|has|have|had|will|would|shall|should)\b)", self._plain, re.I)
        if asks in ("how many", "how much") and len(found) <= 2 and frame:  # "how many boats?" after "what does it allow"
            return f"{capital(bare)} {self._plain[frame.end() :]}?"
        adds = found[0].low in english.DETERMINERS | english.PREPOSITIONS | {"so", "not"}
        return f"{strip(self._also(asks))} {self._naming.day(rest)}?" if adds and asks in ("why", "when", "where", "how") else None

    def _fragment(self, bare: str, *, led: bool) -> str | None:
        """A message that has no clause of its own takes its place in the question before."""
        also = _ALSO_TRUE.match(bare)
        about = also or _ABOUT.match(bare)
        rest = strip(bare[about.end() :]) if about else bare
        found = words(rest)
        condition = _CONDITION.match(rest)
        if not found or (condition and _ASKS_LATER.search(rest[condition.end() :])):
            return None
        if is_clause(rest):
            return self._conditional(rest) if condition and len(found) <= 12 else None
        if also:
            return swap(self.before, rest, self.embeddings, forced=False, names=self.names)
        asking = self._asking(rest, found)
        if asking:
            return asking
        rest = self._naming.point(rest) or rest
        found, carried = words(rest), content_words(rest)
        if not carried:
            return None
        led = led or about is not None or found[0].low in english.PREPOSITIONS
        if found[0].low in english.ASKING:
            if led and _YES_NO.match(self._plain) and re.match(r"how (?:much|many) ", rest, re.I):  # "but how much more gas?"
                return f"{capital(rest)} ({decapital(self._plain)})?"
            return self._swap(rest) if led else None
        shared = {word.stem for word in found if not english.is_function(word.low)} & {word.stem for word in words(self.before)}
        if led and (len(carried) <= 3 or shared or english.shape(found)):
            return self._acted(found, rest) or self._swap(rest)
        if found[0].low == "any":
            return self._naming.complete(rest)
        if len(carried) <= 2 and len(found) <= 4:
            forced = len(carried) == 1 or found[0].low in english.DETERMINERS
            return self._acted(found, rest) or swap(self.before, rest, self.embeddings, self.fit, forced=forced, names=self.names)
        return self._swap(rest) if shared and len(carried) <= 3 and english.is_function(found[0].low) else None

    def _asking(self, rest: str, found: Sequence[Word]) -> str | None:
        """ "since which version?", "effective when?", "and above it?": asked beside the question before."""
        if re.match(rf"(?:{PREPOSITION})\s+(?:which|what|whom|how (?:much|many))\b", rest, re.I):
            if _YES_NO.match(self._plain):
                return f"{capital(rest)} {decapital(self._plain)}?"
            if _ADVERBIAL.match(self._plain):
                return f"{capital(rest)} {_ADVERBIAL.sub('', self._plain)}?"
        lone = len(found) == 2 and found[0].low in english.PREPOSITIONS and found[1].low in POINTING
        asks = re.match(rf"(?:{PREPOSITION})\s+(?:which|what|whom)\b", rest, re.I) or re.search(r"\b(?:when|why|where|how much|whom)$", rest, re.I)
        return f"{self._plain}, and {rest}?" if lone or (asks and len(found) <= 4) else None

    def _acted(self, found: Sequence[Word], rest: str) -> str | None:
        """ "and remove one?" after "how do I add a key?": the verb in place of the verb, with the same object."""
        frame = re.match(rf"(.*?\b(?:{AUXILIARY})\s+[\w-]+\s+)([a-z]+)(\b.*)$", self._plain, re.I)
        if not frame or not {found[0].low, frame[2].lower()} <= english.VERBS:
            return None
        has_object = any(word.low not in POINTING for word in found[1:])
        return f"{frame[1]}{rest if has_object else found[0].text + frame[3]}?"

    def _conditional(self, rest: str) -> str:
        """ "what if I send more" asks for the consequence; "and when it is older" for the same thing under a condition."""
        counted = re.match(rf"how (?:many|much)\s+(.+?)\s+(?:{AUXILIARY})\b", self._plain, re.I)
        if counted and re.search(r"\b(?:more|less|fewer|that many|too many)$", rest, re.I):
            rest = f"{rest} {counted[1]}"
        if re.match(r"what ", rest, re.I):
            return self._naming.whole(f"What happens {rest[5:]}?")
        return f"{self._plain} {rest}?"
