"""Cut prose into sentences, as spans. The only file that knows the sentence splitter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pysbd import Segmenter

# Words after which pysbd takes a full stop for the end: law reports, ordinals, measures, as printed in English texts.
_ABBREVIATIONS = re.compile(
    r"(?:^|[\s(\[])(?:Fed|Reg|Stat|Supp|Cir|Ct|Pub|Rev|Proc|Sec|sec|secs|Art|art|Ch|ch|Par|par|App|Ann|No|Nos|no|nos|Vol|vol|Fig|fig|figs|Eq|eq|"
    r"approx|ca|est|incl|max|min|resp|vs|v|cf|viz|Mt|St|Ste|Ft|Dr|Mr|Mrs|Ms|Prof|Rep|Sen|Gov|Gen|Col|Capt|Lt|Sgt|Hon|Jr|Sr|al|pp|p|ed|eds|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|[A-Z])\.\s*\Z"
)
_NEVER_LAST = re.compile(r"(?:^|[\s(\[])(?:Jr|Sr|al|[A-Z])\.\s*\Z")


# What holds full stops that end nothing: code, addresses, the targets of links.
_OPAQUE = re.compile(
    r"(`+)(?:(?!\1).)+?\1(?!`)|(?<=\]\()[^()\s]+(?=\))|<(?:https?:|mailto:)[^<>\s]+>|\b(?:https?://|www\.)[^\s<>()\[\]]*[^\s<>()\[\].,;:!?\"'”’*_]"
)
_CLOSING = re.compile(r"([*_]{1,3})\s+(?=\S)")
_WINDOW = 2000  # characters
_BORDER = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[A-Z\"“(])")


@cache
def _segmenter() -> Segmenter:
    return Segmenter(language="en", clean=False)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a block of prose as spans without outer white space; together they cover all its words.

    >>> text = "See 90 Fed. Reg. 56438. It is a proposal."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['See 90 Fed. Reg. 56438.', 'It is a proposal.']
    >>> text = "Run `a.sh. Now` first. Then stop."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['Run `a.sh. Now` first.', 'Then stop.']
    >>> text = "**Results.** They fell."
    >>> [text[start:end] for start, end in sentence_spans(text)]
    ['**Results.**', 'They fell.']
    """
    # subtle: pysbd takes every line end for a sentence end; lines folded inside a paragraph are none
    flat = _OPAQUE.sub(lambda match: "x" * len(match[0]), re.sub(r"\s", " ", text))
    spans: list[tuple[int, int]] = []
    position = 0
    # subtle: the segmenter's own `segment` compiles a pattern for every sentence to find it again
    for piece in (piece for window in _windows(flat) for piece in _segmenter().processor(window).process()):
        piece = piece.strip()
        start = flat.find(piece, position) if piece else -1
        if start < 0:
            continue
        position = start + len(piece)
        if spans and (closing := _CLOSING.match(piece)):  # what ends the emphasis belongs to the words before
            spans[-1] = (spans[-1][0], start + closing.end(1))
            start += closing.end()
        if spans and _belongs(flat[spans[-1][0] : spans[-1][1]], flat[start:position]):
            spans[-1] = (spans[-1][0], position)
        else:
            spans.append((start, position))
    return _cover(flat, spans)


_LABEL = re.compile(r"(?P<marks>[*_]{1,3})[^*_.!?]{2,60}[.:]?(?P=marks)[.:]?|[A-Z][A-Z /&]{3,40}:")


def label_of(sentence: str) -> str:
    """What a sentence has in place of a heading, for itself and the rest of its paragraph.

    >>> label_of("**Results.**"), label_of("METHODS: We counted boats."), label_of("**No** results.")
    ('**Results.**', 'METHODS:', '')
    """
    label = _LABEL.match(sentence)
    return label[0] if label and (label[0] == sentence or not label["marks"]) else ""


def is_label(sentence: str) -> bool:
    """Whether a sentence is a label and no more."""
    return bool(sentence) and label_of(sentence) == sentence


def _windows(flat: str) -> Iterator[str]:
    """The text in pieces that end where a sentence seems to, for the splitter's time grows with the square of the length."""
    start = 0
    while len(flat) - start > _WINDOW:
        border = _BORDER.search(flat, start + _WINDOW, start + 4 * _WINDOW)
        end = border.end() if border else start + 4 * _WINDOW
        yield flat[start:end]
        start = end
    yield flat[start:]


def _belongs(before: str, after: str) -> bool:
    """Whether the splitter cut one sentence in two."""
    if after[0].islower() or after[0] in ",;)":
        return True
    if not _ABBREVIATIONS.search(before):
        return False
    # "… in the U.S. The next": initials may end a sentence, when a word of the kind that opens one follows
    opens = re.match(r"(?:The|A|An|In|On|At|By|For|From|It|This|That|These|Those|He|She|They|We|But|And|No|Under|As|If|When)\s", after)
    return not (opens and _NEVER_LAST.search(before))


def _cover(flat: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Close the gaps in which words were left, so that nothing of the text is lost."""
    whole: list[tuple[int, int]] = []
    for start, end in spans:
        gap = flat[whole[-1][1] if whole else 0 : start]
        if gap.strip():
            start -= len(gap.lstrip())
        whole.append((start, end))
    tail_start = whole[-1][1] if whole else 0
    tail = flat[tail_start:]
    if tail.strip():
        end = len(flat.rstrip())
        if whole:
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((len(flat) - len(flat.lstrip()), end))
    return whole
