"""The path from a question to an Answer: stand alone → search → evidence → decide → write → cite."""

from __future__ import annotations

import datetime
import logging
import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import disputes, history, prompts
from assistant.answer import Answer, AnswerSentence, Citation, Usage
from assistant.citations import Library, as_markdown, marks
from assistant.days import Asked, asked, in_figures, months_in_full
from assistant.disputes import Dispute
from assistant.english import phrases, strip
from assistant.evidence import Evidence, as_answerable, gather
from assistant.extract import DISTANCE, choose, shares_text
from assistant.followup import Turn, as_turns, content_words, stand_alone, topic
from assistant.history import Step
from assistant.kinds import history_asked, kind_of, names_kind, states_absence
from assistant.question import (
    Question,
    Term,
    analyse,
    as_whole,
    bare,
    broadened,
    check_question,
    kinds_named,
    parts_of,
    sides_of,
    speaks_of_age,
    without_options,
    years_of_make,
)  # fmt: skip
from assistant.reading import related
from assistant.settings import AssistantSettings
from assistant.slots import ALIKE, aligned, swap
from assistant.spelling import Speller
from assistant.support import NEAR, RARE_NAME, Support, assess, missing_terms
from assistant.validity import Histories, Place, changed_since, day_of, in_time, notes_on, ordered, place_of, state_on
from index import GenerationGone, Hit, Index, IndexDamaged, IndexMissing, IndexSettings, IndexStale, open_embeddings, rebuild
from index.disagreements import read_disagreements
from index.embeddings import Vectors
from index.keywords import tokenize
from index.store import Passage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

logger = logging.getLogger(__name__)

FURTHER = 6  # passages looked through for other steps of the histories found
DEFINING = 30  # passages looked through for what a thing is
NEAREST = 3  # passages shown with a refusal
STEPS = 8  # of a history in an answer
COMPARED = 8  # sentences of which one may speak of both sides of a comparison
TOUCHED = 8  # sentences whose places a question is taken to have brought up

History = Sequence[Turn | Mapping[str, Any]]
Day = str | datetime.date | None


@dataclass(frozen=True)
class Part:
    """One of the things a question asks, with what was found for it."""

    question: Question
    hits: Sequence[Hit]
    evidence: Sequence[Evidence]
    support: Support
    asked: Asked
    steps: Sequence[Step] = ()  # of the history, where one is asked for and known
    touched: frozenset[Place] = frozenset()  # where the best sentences stood before their days were looked at
    told_of: Mapping[str, str] = field(default_factory=dict)  # things of the question that the sources tell of by their kinds only

    @property
    def is_answered(self) -> bool:
        return self.support.status != "declined"

    def lack(self, told: frozenset[str], citations: Sequence[Citation]) -> str | None:
        """What an answer does not have of the question, as a sentence; None when it has all.

        `told` are the words that the answer covers, `citations` what it quotes.
        """
        if self.support.status == "declined":
            return prompts.PART_MISSING.format(part=self.question.text)
        times = self.asked.words.lower().split()  # a day is answered for, whether a sentence names it or not
        beside = {*times, *kinds_named(self.question.text)}
        lacking = [term for term in self._missing(citations) if term.word.lower() not in beside and not _is_told(term, told)]
        if self.support.status == "answered":  # with a reserve only for what no text of the corpus speaks of
            things = {word.low for phrase in phrases(self.question.text) for word in phrase.words}  # what they do has many words
            lacking = [term for term in lacking if not term.known and len(term.word) > 2 and (term.is_name or term.word.lower() in things)]
            if not lacking:
                return None
        elif states_absence(self.evidence[0].prose) and not any(term.is_name for term in lacking):
            return prompts.SOURCES_SAY_SO
        words = list(dict.fromkeys(term.shown for term in lacking))[:3]
        named = [prompts.IN_GENERAL.format(thing=thing, kind=kind) for thing, kind in self.told_of.items()]
        if words:
            named.append(prompts.NOT_IN_QUOTES.format(terms=prompts.listed([f"“{word}”" for word in words], joint="or")))
        return " ".join(named) or prompts.NOT_EXACTLY

    def _missing(self, citations: Sequence[Citation]) -> tuple[Term, ...]:
        """The telling words of the question that neither the best evidence has, nor, where it is quoted, any that is."""
        spans = {(citation.document_id, citation.start, citation.end) for citation in citations}
        quoted = [item for item in self.evidence if (item.hit.document_id, item.start, item.end) in spans]
        further = missing_terms(self.question, quoted) if quoted else ()
        return tuple(dict.fromkeys((*self.support.missing, *further)))


def _is_told(term: Term, told: frozenset[str]) -> bool:
    """Whether words of an answer hold a word, another for it, or it says too little to be missed."""
    return bool(related(term.token) & told) or term.is_faint


_SAID_OF = re.compile(r"(?:\b[Ii]n|\b[Aa]t|\b[Nn]ear|[.!?])\s+(?:the\s+)?([A-Z][\w’'-]+)")  # of which place a sentence speaks
_NUMBERED = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z\d]+")  # "hr7389", "e207"


def _on_place_or_number_first(question: Question, evidence: Sequence[Evidence], time_asked: Asked, names: Set[str]) -> list[Evidence]:
    """Evidence on the place of a question, or on the number with letters that names a bill, an error or a part in it, before all on others,
    where the best names it not and another near the question does.

    `names` are words that name something in the corpus, in lower case.
    """
    times = tokenize(time_asked.words)
    named = [term for term in question.terms if term.is_name or term.word.lower() in names]
    sought = {term.token for term in named if term.rarity >= RARE_NAME and term.word.lower() in question.where and term.token not in times}
    sought |= {term.token for term in question.terms if term.rarity >= RARE_NAME and _NUMBERED.fullmatch(term.token)}
    if not evidence or not sought or evidence[0].covered & sought:
        return list(evidence)
    holding = [item for item in evidence if item.covered & sought and item.score > evidence[0].score - DISTANCE]
    if not holding or max(item.features["cosine"] for item in holding[:2]) < NEAR:
        return list(evidence)
    return [*holding, *(item for item in evidence if item not in holding)]


def _is_open(item: Evidence) -> bool:
    """Whether a sentence says that something is not known, or what is only proposed, but not what that is."""
    return states_absence(item.prose) or (item.hit.metadata["status"] == "proposed" and not item.features["definition"])


def _compares(part: Part, sides: Sequence[str]) -> bool:
    """Whether one of the best sentences speaks of both sides of a comparison, and compares, where it is not sure to answer."""
    one, other = (frozenset(tokenize(side)) for side in sides)
    both = [item for item in part.evidence[:COMPARED] if item.covered & (one - other) and item.covered & (other - one)]
    return bool(both) if part.support.status == "answered" else part.is_answered and any("than" in item.prose.split() for item in both[:1])


@dataclass(frozen=True)
class Prepared:
    """A question on its way: everything that is known before the first word is written."""

    question: str
    standalone: str
    day: str
    parts: Sequence[Part]
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    deadline: float = math.inf  # of time.monotonic(), for a chat model
    usage: Usage | None = None  # of a chat model so far
    growing: bool = True  # whether the answer is wanted before it is complete


class Assistant:
    """Answers questions from an open index. Open one with `Assistant.open`; it may be asked from several threads."""

    def __init__(
        self, index: Index, model: BaseChatModel | None = None, *, settings: AssistantSettings | None = None,
        today: Callable[[], datetime.date] = datetime.date.today,
    ) -> None:  # fmt: skip
        self.index = index
        self.settings = settings or AssistantSettings()
        self.library = Library(index.settings.corpus, lambda document_id: self.index.document(document_id))
        self._model = model
        self._today = today
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], Answer] = {}  # answers of the chat model, the oldest first
        self._passed_over: Path | None = None  # a newer generation that only a restart can take up

    @classmethod
    def open(
        cls, *, corpus: Path | str | None = None, index: Path | str | None = None, model: str | BaseChatModel | None = None, rebuild: bool = True,
    ) -> Assistant:  # fmt: skip
        """The assistant of a corpus. `rebuild=True` builds a missing or stale index first; False raises.

        `model` is None, "provider:name" for langchain's init_chat_model, or a chat model object. Raises UserError.
        """
        settings = AssistantSettings.from_environment()
        index_settings = IndexSettings.from_environment(corpus=corpus, index=index)
        return cls(open_index(index_settings, rebuild_first=rebuild), _chat_model(model or settings.model, settings), settings=settings)

    # --- what others call --------------------------------------------------------------------------------------------

    @property
    def mode(self) -> str:
        """ "quoted", or the chat model's name."""
        return "quoted" if self._model is None else _model_name(self._model)

    @property
    def examples(self) -> tuple[str, ...]:
        """Questions that the corpus offers as a beginning."""
        return self.index.configuration.examples

    @property
    def needs_restart(self) -> bool:
        """Whether a newer index is there that this assistant cannot take up, as it was built with another model."""
        self._take_up_new_generation()
        return self._is_passed_over()

    def answer(self, question: str, *, history: History = (), as_of: Day = None) -> Answer:
        """The complete Answer to a question. Raises QuestionError for a question that is none, UserError for a bad day."""
        return deque(self._current(question, history, as_of, growing=False), maxlen=1)[0]

    def stream(self, question: str, *, history: History = (), as_of: Day = None) -> Iterator[Answer]:
        """The Answer as it grows; the last one is complete."""
        return self._current(question, history, as_of, growing=True)

    def _current(self, question: str, history: History, as_of: Day, *, growing: bool) -> Iterator[Answer]:
        """The Answer from the newest index, also where that is rebuilt meanwhile."""
        self._take_up_new_generation()
        try:
            yield from self._stream(question, history, as_of, growing=growing)
        except GenerationGone:  # rebuilt twice since, on a server
            self._take_up_new_generation(is_gone=True)
            yield from self._stream(question, history, as_of, growing=growing)

    def _stream(self, question: str, history: History, as_of: Day, *, growing: bool) -> Iterator[Answer]:
        started = time.perf_counter()
        prepared = self._prepare(question, history, as_of, growing=growing)
        writer = self._quote if self._model is None else self._write
        if not any(part.is_answered for part in prepared.parts):
            writer = self._refuse
        for answer in writer(prepared):
            seconds = {**prepared.seconds, "total": time.perf_counter() - started}
            yield replace(answer, seconds={name: round(value, 6) for name, value in seconds.items()})

    def search(self, question: str, *, limit: int = 10, history: History = ()) -> list[Hit]:
        """The passages that fit a question, best first."""
        text = check_question(question, maximum=self.settings.question_length)
        self._take_up_new_generation()
        try:
            return self._found(text, history, limit)
        except GenerationGone:
            self._take_up_new_generation(is_gone=True)
            return self._found(text, history, limit)

    def _found(self, text: str, history: History, limit: int) -> list[Hit]:
        return self.index.search(bare(self._stand_alone(text, history)[0]), limit=limit)

    def timeline(self, topic_or_question: str) -> list[Step]:
        """A history as steps, the earliest first: of a topic or a document of the corpus, or of what a question is about.

        Empty where the corpus knows no steps of it. Raises QuestionError for a question that is none.
        """
        self._take_up_new_generation()
        today = self._today().isoformat()
        if any(topic_or_question in (passage.topic, passage.document_id) for passage in self._passages):
            return history.of_topic(topic_or_question, self._passages, self._histories, self.library, today=today)
        return history.of_question(self.search(topic_or_question), self._passages, self._histories, self.library, today=today)

    def topics(self) -> list[str]:
        """The topics of the corpus, in alphabetical order: what `timeline` takes beside documents and questions."""
        self._take_up_new_generation()
        return sorted({passage.topic for passage in self._passages if passage.topic})

    def as_retriever(self, *, limit: int = 10) -> BaseRetriever:
        """A LangChain retriever: Documents whose metadata carry the span and the source."""
        from assistant.chain import retriever_of

        return retriever_of(self, limit)

    def as_runnable(self) -> Runnable[Any, Answer]:
        """A LangChain runnable: a question, or {"question", "history", "as_of"}, to an Answer."""
        from assistant.chain import runnable_of

        return runnable_of(self)

    # --- the path ----------------------------------------------------------------------------------------------------

    def _prepare(self, question: str, history: History, as_of: Day, *, growing: bool = True) -> Prepared:
        text = check_question(question, maximum=self.settings.question_length)
        today = self._today()
        given = None if as_of is None else datetime.date.fromisoformat(day_of(as_of, today=today))
        started = time.perf_counter()
        deadline = time.monotonic() + self.settings.timeout_seconds
        standalone, repairs = self._stand_alone(text, history)
        standalone, usage = self._rewritten(text, standalone, history, deadline)
        seconds = {"stand alone": time.perf_counter() - started}
        notes = tuple(prompts.REPAIRED.format(wrong=wrong, right=right) for wrong, right in repairs)
        spelled = months_in_full(standalone)
        whole = asked(spelled, today=today, as_of=given, periods=self.index.configuration.periods)
        parts = self._sides(spelled, [self._part(part, seconds, whole) for part in self._parts(spelled)], seconds, whole)
        parts = [self._in_general(part, seconds) for part in parts]
        return Prepared(text, standalone, whole.day(today.isoformat()), parts, notes, seconds, deadline, usage, growing)

    def _rewritten(self, text: str, standalone: str, history: History, deadline: float) -> tuple[str, Usage | None]:
        """The question as the chat model would ask it without the turns before it; as it is when there is no model, or when that fails."""
        turns = as_turns(history)
        if self._model is None or not turns:
            return standalone, None
        from assistant import generate

        outcome = generate.Outcome()
        deadline = min(deadline, time.monotonic() + generate.REWRITE_SECONDS)
        rewritten = generate.rewrite(text, turns, self._model, outcome, deadline=deadline)
        return rewritten or standalone, outcome.usage

    def _stand_alone(self, text: str, history: History) -> tuple[str, list[tuple[str, str]]]:
        repaired, repairs = self._speller.repair(text)
        turns = [(self._speller.repair(asked)[0], answered) for asked, answered in as_turns(history)]
        return stand_alone(repaired, turns, self.index.embeddings, fit=self._fit, names=self.index.passage_words.names), repairs

    def _fit(self, questions: Sequence[str]) -> list[float]:
        """How near the corpus comes to each of some questions: the cosine of the nearest sentence."""
        vectors = self.index.embeddings.encode(questions)
        return [max((cosine for _, cosine in self.index.store.nearest(vector, 1)), default=0.0) for vector in vectors]

    def _cosine(self, one: str, other: str) -> float:
        first, second = self.index.embeddings.encode([one, other])
        return float(first @ second)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self.index.passage_words.spellings, self.index.embeddings.is_word, also_right=self.index.configuration.words)

    def _parts(self, standalone: str) -> list[str]:
        """The questions in the question; a part without a subject of its own takes that of the part before."""
        parts = parts_of(standalone)
        whole: list[str] = []
        for part in parts:
            words = content_words(part)
            whole.append(f"{part.rstrip('?')} ({topic(whole[-1])})?" if whole and len(words) < 3 else part)
        return whole

    def _sides(self, standalone: str, parts: list[Part], seconds: dict[str, float], time_asked: Asked) -> list[Part]:
        """A comparison that no passage makes as its two sides, each answered by itself; a question that offers answers to choose from without them,
        where the sources are surer of that; other questions as they are."""
        sides = self._in_full(sides_of(bare(standalone))) if len(parts) == 1 else []
        if len(parts) == 1 and not sides and (asked_alone := without_options(standalone)):
            alone = self._part(asked_alone, seconds, time_asked)
            return [alone] if alone.support.probability >= parts[0].support.probability else parts
        is_answered = parts[0].support.status == "answered"
        if not sides or _compares(parts[0], sides):
            return parts
        apart = [self._part(side, seconds, time_asked) for side in sides]
        is_surer = min(side.support.probability for side in apart) > parts[0].support.probability
        return apart if is_surer or (is_answered and all(side.is_answered for side in apart)) else parts

    def _in_full(self, sides: Sequence[str]) -> Sequence[str]:
        """The sides of a comparison with what one of them leaves unsaid: "winter" of "mooring fee in summer vs winter"."""
        if not sides:
            return sides
        shorter = int(len(content_words(sides[0])) > len(content_words(sides[1])))
        longer, brief, names = sides[1 - shorter], topic(sides[shorter]), self.index.passage_words.names
        whole = _in_place_of_title(topic(longer), strip(brief), self._all_titles) or aligned(topic(longer), brief, names)
        if whole is None and len(phrases(longer)) > len(phrases(brief)):
            whole = swap(longer, brief, self.index.embeddings, self._fit, forced=False, names=names)
        return [whole or side if number == shorter else side for number, side in enumerate(sides)]

    def _in_general(self, part: Part, seconds: dict[str, float]) -> Part:
        """A part on a thing that the sources do not know, with a reserve by what they say of its kind; itself where the corpus names no kind.

        A kind of three words that the sources tell nothing of gives way to the wider one without the first of them.
        """
        text, told = broadened(part.question.text, self.index.configuration.broader)
        words = {term.word.lower() for term in part.support.missing}
        lacks_figure = any(term.is_name or term.token[:1].isdigit() for term in part.support.missing)
        lacks_thing = all(words & set(thing.lower().split()) for thing in told)
        if not told or part.support.status == "answered" or (part.is_answered and not lacks_figure and not lacks_thing):
            return part
        general = self._of_kind(text, told, part, seconds)
        wider = {thing.lower(): kind.split(" ", 1)[1] for thing, kind in told.items() if kind.count(" ") > 1}
        if general or not wider:
            return general or part
        return self._of_kind(*broadened(part.question.text, wider), part, seconds) or part

    def _of_kind(self, text: str, told: Mapping[str, str], part: Part, seconds: dict[str, float]) -> Part | None:
        """A part asked of the kind of its thing, where the sources answer that; of a figure, a day, a person or a place only where it is law.

        Any other figure of the kind is none of the thing.
        """
        general = self._part(text, seconds, part.asked)
        led = general.evidence[0].covered if general.evidence else frozenset()
        lacking = tuple(term for term in general.question.terms if (term.is_name or term.token[:1].isdigit()) and term.token not in led)
        question = replace(general.question, terms=tuple(term for term in general.question.terms if term not in lacking))
        evidence = self._ordered(question, gather(question, general.hits, self.index), part.asked)
        support = assess(question, evidence)
        is_of_one = part.question.kind in ("number", "date", "person", "place")
        if support.status != "answered" or (is_of_one and evidence[0].hit.metadata["status"] not in ("in force", "final")):
            return None
        support = replace(support, probability=part.support.probability, status="partial", missing=lacking)
        return replace(general, question=question, evidence=evidence, support=support, told_of=told)

    def _ordered(self, question: Question, evidence: Sequence[Evidence], time_asked: Asked) -> list[Evidence]:
        in_order = ordered(question, evidence, time_asked, self._histories, today=self._today().isoformat())
        return _on_place_or_number_first(question, in_order, time_asked, self.index.passage_words.names)

    def _part(self, text: str, seconds: dict[str, float], time_asked: Asked) -> Part:
        started = time.perf_counter()
        plain = in_figures(bare(text), time_asked)
        text = as_whole(plain)
        limit = self.settings.hits
        has_time = time_asked.is_former or not time_asked.is_past
        hits = self.index.search(text, limit=limit + FURTHER if has_time else limit)
        if has_time:
            hits = in_time(self._with_steps(text, hits, time_asked), time_asked, self._histories, limit=limit, today=self._today().isoformat())
        if kind_of(text) == "definition":
            hits = self._with_definition(text, hits)
        found = time.perf_counter()
        subject = history_asked(text)
        steps = self._steps(hits) if subject else []
        question = as_answerable(analyse(subject if subject and steps else text, self.index.passage_words), hits)
        gathered = gather(question, hits, self.index)
        touched = frozenset(place_of(item.hit.document_id, item.hit.section) for item in gathered[:TOUCHED])
        evidence = self._ordered(question, gathered, time_asked)
        if text != plain:  # a subject alone asks for nothing that may be unknown, and first for what holds
            told = evidence[0].covered if evidence else frozenset()
            holding = [
                item for item in evidence[:TOUCHED] if item.covered >= told and item.score > evidence[0].score - DISTANCE and not _is_open(item)
            ]
            evidence = [*holding, *(item for item in evidence if item not in holding)]
        support = assess(question, evidence)
        for name, value in (("search", found - started), ("evidence", time.perf_counter() - found)):
            seconds[name] = seconds.get(name, 0.0) + value
        return Part(question, hits, evidence, support, time_asked, steps, touched)

    def _with_definition(self, text: str, hits: Sequence[Hit]) -> list[Hit]:
        """Hits, and the next best passage that says what kind of thing it is that is asked about: its name alone finds any that speak of it."""
        found = {hit.passage.position for hit in hits if hit.passage}
        further = [hit for hit in self.index.search(text, limit=DEFINING) if hit.passage and hit.passage.position not in found]
        return [*hits, *[hit for hit in further if any(names_kind(text, sentence.text) for sentence in hit.sentences)][:1]]

    def _with_steps(self, text: str, hits: Sequence[Hit], time_asked: Asked) -> list[Hit]:
        """Hits, and the steps of their histories that held in an earlier time but were not found for the question's words."""
        if not time_asked.is_told or time_asked.end >= self._today().isoformat():
            return list(hits)
        found = {place_of(hit.document_id, hit.section) for hit in hits}
        around = set().union(*(self._histories.around(place) for place in found)) - found
        held = {place for place in around if state_on(vars(self._histories.validity[place]), time_asked.begin, time_asked.end) == "in force"}
        positions = [passage.position for passage in self._passages if place_of(passage.document_id, passage.section) in held]
        return [*hits, *(self.index.hits_at(text, positions) if positions else ())]

    def _steps(self, hits: Sequence[Hit]) -> list[Step]:
        """The steps of the history that hits tell; none where the first hit does not belong to it, or it has one step only."""
        steps = history.of_question(hits, self._passages, self._histories, self.library, today=self._today().isoformat())
        is_first = any(step.citation.document_id == hits[0].document_id for step in steps)
        return steps if is_first and len(steps) > 1 else []

    def _choose(self, prepared: Prepared) -> tuple[list[Evidence], list[Dispute]]:
        """The sentences that answer, in the order of reading, and the disagreements that they touch."""
        answered = [part for part in prepared.parts if part.is_answered]
        chosen: list[Evidence] = []
        limit = max(2, self.settings.sentences // len(answered))
        for part in answered:
            most = limit if len(answered) > 1 else self.settings.sentences
            sure = part.support.status == "answered"
            for item in self._told(part) if part.steps else choose(part.question, self._not_elsewhere(part), limit=most, sure=sure):
                place = next((place for place, other in enumerate(chosen) if shares_text(item, other)), None)
                if place is None:
                    chosen.append(item)
                else:
                    chosen[place] = self._together(item, chosen[place])
        if any(part.steps for part in answered):  # a history is told whole, with what replaced what
            return chosen, []
        later = changed_since(answered[0].question, chosen, answered[0].evidence, self._histories, answered[0].asked, self._today().isoformat())
        chosen = [*chosen[: self.settings.sentences - len(later)], *later]
        disputed = disputes.touched(answered[0].question, chosen, self._disputes)
        return disputes.beside(chosen, disputed, self.library, limit=self.settings.sentences), disputed

    def _together(self, one: Evidence, other: Evidence) -> Evidence:
        """One quote for two that share words."""
        start, end = min(one.start, other.start), max(one.end, other.end)
        whole = next((item for item in (other, one) if (item.start, item.end) == (start, end)), None)
        span = disputes.Span(one.hit.document_id, start, end, one.hit.metadata["document_sha256"])
        return whole or disputes.evidence_at(span, other, self.library)

    def _not_elsewhere(self, part: Part) -> Sequence[Evidence]:
        """The evidence of a part without what holds in another place, where the place asked about is in none of the best: that misleads.

        What is a place like it is told by the model: its vectors of "Oslo" and "Bergen" are near, those of "Oslo" and "Mozart" are not.
        """
        lacking = [term.shown for term in part.support.missing if term.is_name and term.word.lower() in part.question.where]
        if not lacking:
            return part.evidence
        words = self.index.passage_words.names
        asked = {term.word.lower() for term in part.question.terms}
        named = [{word for word in _SAID_OF.findall(f"in {item.hit.title}. {item.prose}") if word.lower() in words - asked} for item in part.evidence]
        every = sorted(set().union(*named))
        if not every:
            return part.evidence
        vectors = self.index.embeddings.encode([*lacking, *every])
        nearest = (vectors[len(lacking) :] @ vectors[: len(lacking)].T).max(axis=1)
        places = {word for word, cosine in zip(every, nearest, strict=True) if cosine >= ALIKE}
        return [item for item, names in zip(part.evidence, named, strict=True) if not names & places] or part.evidence

    def _told(self, part: Part) -> list[Evidence]:
        """The sentences of a history, one for each step, in the order of time."""
        spans = dict.fromkeys(
            disputes.Span(step.citation.document_id, step.citation.start, step.citation.end, step.citation.document_sha256) for step in part.steps
        )
        return [disputes.evidence_at(span, part.evidence[0], self.library) for span in spans][:STEPS]

    def _quote(self, prepared: Prepared) -> Iterator[Answer]:
        """The writer without a model: one growing Answer for each sentence."""
        started = time.perf_counter()
        chosen, disputed = self._choose(prepared)
        as_list = _wants_list(prepared)
        sentences: list[AnswerSentence] = []
        citations: list[Citation] = []
        for item in chosen:
            sha256 = item.hit.metadata["document_sha256"]
            citation = self.library.cite(item.hit.document_id, item.start, item.end, number=len(citations) + 1, sha256=sha256)
            if citation is None:
                continue
            citations.append(citation)
            sentences.append(AnswerSentence(item.prose, (citation.number,)))
            if prepared.growing:
                yield self._answer(prepared, sentences, citations, as_list=as_list, complete=False)
        prepared.seconds["write"] = time.perf_counter() - started
        if not sentences:
            yield from self._refuse(prepared)
            return
        yield self._answer(prepared, sentences, citations, as_list=as_list, complete=True, disputed=disputed)

    def _write(self, prepared: Prepared) -> Iterator[Answer]:
        """The writer with a chat model: one growing Answer for each sentence that holds; quotes instead when too little does."""
        from assistant import generate

        assert self._model is not None
        key = (str(self.index.folder), self.mode, prepared.standalone, prepared.day)
        if kept := self._kept.get(key):
            yield replace(kept, question=prepared.question, usage=prepared.usage or Usage())
            return
        started = time.perf_counter()
        chosen, disputed = self._choose(prepared)
        further = [item for part in prepared.parts if part.is_answered for item in part.evidence]
        evidence = generate.within([*chosen, *further], tokens=self.settings.evidence_tokens, count=self.index.embeddings.count_tokens)
        outcome = generate.Outcome(usage=prepared.usage or Usage())
        sentences: list[AnswerSentence] = []
        citations: dict[int, Citation] = {}
        written = generate.write(
            prepared.standalone, evidence, self._model, outcome, day=prepared.day, sentences=self.settings.sentences, deadline=prepared.deadline,
            near=self._cosine,
        )  # fmt: skip
        as_list = _wants_list(prepared)
        with closing(written):
            for sentence in written:
                cited = [citation for place in sentence.used if (citation := self._cite(evidence[place], place, citations))]
                if cited:
                    sentences.append(AnswerSentence(sentence.text, tuple(citation.number for citation in cited)))
                    if prepared.growing:
                        yield self._answer(prepared, sentences, list(citations.values()), as_list=as_list, complete=False, mode=self.mode)
        prepared.seconds["write"] = time.perf_counter() - started
        problem = outcome.problem
        if problem is None and min(citations, default=len(evidence)) >= generate.NEAR_THE_POINT:
            problem = prompts.MODEL_BESIDE
        if problem is not None:
            for answer in self._quote(prepared):
                yield replace(answer, notes=(*answer.notes, prompts.QUOTED_INSTEAD.format(problem=problem)), usage=outcome.usage)
            return
        lacking = generate.lacking(outcome.missing, prepared.standalone, evidence)
        answer = self._answer(
            prepared, sentences, list(citations.values()), as_list=as_list, complete=True, disputed=disputed, mode=self.mode,
            lacking=prompts.NOT_IN_QUOTES.format(terms=prompts.listed([f"“{word}”" for word in lacking], joint="or")) if lacking else None,
        )  # fmt: skip
        notes = (*answer.notes, prompts.left_out(outcome.dropped)) if outcome.dropped else answer.notes
        answer = replace(answer, notes=notes, usage=outcome.usage)
        self._keep(key, answer)
        yield answer

    def _cite(self, item: Evidence, place: int, citations: dict[int, Citation]) -> Citation | None:
        """The citation of a piece of evidence, numbered in the order of first use; None when its file has changed."""
        if place not in citations:
            sha256 = item.hit.metadata["document_sha256"]
            citation = self.library.cite(item.hit.document_id, item.start, item.end, number=len(citations) + 1, sha256=sha256)
            if citation is None:
                return None
            citations[place] = citation
        return citations[place]

    def _keep(self, key: tuple[str, ...], answer: Answer) -> None:
        if self.settings.model_cache:
            with self._lock:
                self._kept[key] = answer
                while len(self._kept) > self.settings.model_cache:
                    del self._kept[next(iter(self._kept))]

    def _answer(
        self, prepared: Prepared, sentences: list[AnswerSentence], citations: list[Citation], *, as_list: bool, complete: bool,
        disputed: Sequence[Dispute] = (), mode: str = "quoted", lacking: str | None = None,
    ) -> Answer:  # fmt: skip
        told = frozenset(tokenize(" ".join(sentence.text for sentence in sentences)))
        told |= {term for term, others in self._alike(prepared).items() if others & told}
        missing = " ".join(dict.fromkeys(filter(None, (*(part.lack(told, citations) for part in prepared.parts), lacking)))) or None
        lines = [f"{as_markdown(sentence.text)}\u00a0{marks(sentence.citations)}" for sentence in sentences]
        text = "\n".join(f"- {line}" for line in lines) if as_list and len(lines) > 1 else " ".join(lines)
        if missing and complete:
            text = f"{text}\n\n{as_markdown(missing)}"
        return Answer(
            question=prepared.question, standalone_question=prepared.standalone, status="partial" if missing else "answered", text=text,
            sentences=tuple(sentences), citations=tuple(citations), missing=missing, as_of=prepared.day,
            notes=self._notes(prepared, citations, disputed) if complete else prepared.notes,
            suggestions=self._suggestions(prepared) if complete and missing else (), mode=mode,
            score=max(part.support.probability for part in prepared.parts), complete=complete,
        )  # fmt: skip

    def _notes(self, prepared: Prepared, citations: Sequence[Citation], disputed: Sequence[Dispute]) -> tuple[str, ...]:
        """What has to be said beside the answer: what was read differently, what sources dispute, how the cited texts stand."""
        parts = [part for part in prepared.parts if part.is_answered]
        places = frozenset().union(*(part.touched for part in parts))
        standing = notes_on(citations, prepared.day, self._histories, touched=places, today=self._today().isoformat())
        return (*prepared.notes, *self._ages(prepared, citations), *disputes.notes_on(disputed, citations), *standing)

    def _ages(self, prepared: Prepared, citations: Sequence[Citation]) -> list[str]:
        """How old the things of a question are, where an answer speaks of ages."""
        if not any(speaks_of_age(citation.quote) for citation in citations):
            return []
        now = int(prepared.day[:4])
        years = sorted(year for year in map(int, years_of_make(prepared.standalone)) if year < now)
        return [prompts.YEARS_OLD.format(year=year, age=now - year, now=now) for year in years]

    @cached_property
    def _histories(self) -> Histories:
        return Histories(self._passages)

    @cached_property
    def _passages(self) -> list[Passage]:
        return [*self.index.store.all_passages()]

    @cached_property
    def _disputes(self) -> list[Dispute]:
        return disputes.disputes_of(read_disagreements(self.index.settings.corpus), self._passages, self.index.passage_words.rarity)

    def _alike(self, prepared: Prepared) -> Mapping[str, frozenset[str]]:
        """The words that mean the same as one that the evidence lacks."""
        return self.index.synonyms_of([term.token for part in prepared.parts for term in part.support.missing])

    def _refuse(self, prepared: Prepared) -> Iterator[Answer]:
        """Say that the sources do not answer, what they lack, what comes nearest and what may be asked instead."""
        part = max(prepared.parts, key=lambda part: part.support.probability)
        missing = self._unmentioned(prepared, part) or prompts.NO_SUCH_KIND.get(part.question.kind, prompts.NOTHING_FOUND)
        nearest = tuple(part.hits[:NEAREST])
        text = " ".join(dict.fromkeys((prompts.NOTHING_FOUND, missing, *((prompts.NEAREST,) if nearest else ()))))
        yield Answer(
            question=prepared.question, standalone_question=prepared.standalone, status="declined", text=as_markdown(text), missing=missing,
            nearest=nearest, suggestions=self._suggestions(prepared), as_of=prepared.day, notes=prepared.notes, mode="quoted",
            score=part.support.probability,
        )  # fmt: skip

    def _unmentioned(self, prepared: Prepared, part: Part) -> str:
        """What the sources do not know of a question at all; else its names and figures that no passage shown as nearest has; else nothing."""
        alike = self._alike(prepared)
        shown = frozenset(tokenize(" ".join(f"{hit.title} {hit.section} {hit.text}" for hit in part.hits[:NEAREST])))
        nowhere = [term for term in part.support.missing if not term.known and not alike.get(term.token)]
        named = [term for term in part.support.missing if term.is_name or term.token[:1].isdigit()]
        missing = nowhere or [term for term in named if not ({term.token} | alike.get(term.token, frozenset())) & shown]
        words = list(dict.fromkeys(f"“{term.shown}”" for term in missing))[:3]
        phrase = prompts.NOT_MENTIONED if nowhere else prompts.NOT_NEARBY
        return phrase.format(terms=prompts.listed(words, joint="or")) if words else ""

    def _suggestions(self, prepared: Prepared, *, limit: int = 3) -> tuple[str, ...]:
        """Questions near this one that the corpus answers."""
        offered = self._answerable
        if not offered:
            return ()
        order = (self._answerable_vectors @ self.index.vector_of(prepared.standalone)).argsort()[::-1]
        return tuple(offered[int(place)] for place in order if offered[int(place)] != prepared.standalone)[:limit]

    @cached_property
    def _answerable(self) -> tuple[str, ...]:
        """The corpus's example questions that are really answered."""
        offered = self.examples or tuple(f"What do the sources say about {title[0].lower() + title[1:]}?" for title in self._titles())
        times = {question: asked(question, today=self._today()) for question in offered}
        return tuple(
            question for question in offered
            if all(self._part(part, {}, times[question]).support.status == "answered" for part in self._parts(question))
        )  # fmt: skip

    @cached_property
    def _answerable_vectors(self) -> Vectors:
        return self.index.embeddings.encode(self._answerable)

    @cached_property
    def _all_titles(self) -> frozenset[str]:
        return frozenset(passage.title.casefold() for passage in self._passages)

    def _titles(self, *, limit: int = 12) -> list[str]:
        return list(dict.fromkeys(passage.title for passage in self._passages))[:limit]

    def _take_up_new_generation(self, *, is_gone: bool = False) -> None:
        if not is_gone and (self.index.is_current() or self._is_passed_over()):
            return
        with self._lock:
            if is_gone or not (self.index.is_current() or self._is_passed_over()):
                newest = self.index.place.current()
                try:
                    self.index = Index.open(self.index.settings, self.index.embeddings, allow_stale=True)
                except IndexStale as error:  # built with another model: the open generation goes on serving for as long as it can be read
                    if is_gone:
                        raise
                    logger.warning("The rebuilt index needs a restart; the former one goes on serving. %s", error)
                    self._passed_over = newest
                    return
                self._passed_over = None
                for name in ("_speller", "_answerable", "_answerable_vectors", "_histories", "_passages", "_disputes", "_all_titles"):
                    self.__dict__.pop(name, None)

    def _is_passed_over(self) -> bool:
        return self._passed_over is not None and self.index.place.is_current(self._passed_over)


# --- opening ---------------------------------------------------------------------------------------------------------


def open_index(settings: IndexSettings, *, rebuild_first: bool) -> Index:
    """The index of those settings, built first where it is missing or stale and that is wanted and allowed."""
    embeddings = open_embeddings(settings.embedding_model, cache=settings.model_cache, precision=settings.precision)
    if rebuild_first and not settings.builds:
        return Index.open(settings, embeddings, allow_stale=True)
    try:
        return Index.open(settings, embeddings)
    except (IndexMissing, IndexStale, IndexDamaged) as error:
        if not rebuild_first:
            raise
        rebuild(settings, embeddings, force=isinstance(error, IndexDamaged))
        return Index.open(settings, embeddings)


@cache
def _default_lock() -> threading.Lock:
    return threading.Lock()


@cache
def _opened() -> Assistant:
    return Assistant.open()


def default_assistant() -> Assistant:
    """The assistant that `answer()` uses: of the settings' own corpus and index, opened once."""
    with _default_lock():
        return _opened()


def _in_place_of_title(longer: str, brief: str, titles: Set[str]) -> str | None:
    """A document's title in the place of another's, which stands in what is asked; None where either is none.

    >>> _in_place_of_title("length of the blue pier", "the old mole", frozenset({"the blue pier", "the old mole"}))
    'length of the old mole'
    """
    low = longer.casefold()
    there = max((title for title in titles if re.search(rf"\b{re.escape(title)}\b", low)), key=len, default=None)
    if there is None or brief.casefold() not in titles:
        return None
    start = low.index(there)
    return f"{longer[:start]}{brief}{longer[start + len(there) :]}"


def _wants_list(prepared: Prepared) -> bool:
    return any(part.question.kind == "list" or part.steps for part in prepared.parts if part.is_answered)


def _chat_model(model: str | BaseChatModel | None, settings: AssistantSettings) -> BaseChatModel | None:
    if model is None or not isinstance(model, str):
        return model
    from assistant.model import open_chat_model

    return open_chat_model(model, timeout_seconds=settings.timeout_seconds, url=settings.model_url)


def _model_name(model: BaseChatModel) -> str:
    return str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)
