"""Keyword search: words of a text, and BM25 over them. The only file that knows bm25s, the stemmer and the lemmatizer."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOKENIZER = "words-11"  # part of an index's recipe: change it when texts come out as other words
TOKENIZER_LIBRARIES = ("PyStemmer", "simplemma")  # other versions may make other words of a text

UNSEEN = 20  # texts
PASSAGE_WORDS, SENTENCE_WORDS = "passage-words", "sentence-words"  # their folders in a generation
WORDS = "words.json"
NO_WORD = "\0"  # stands in a text without words: bm25s refuses an index without a single one

# Words that carry no subject of their own; a question made of them alone asks for nothing.
STOPWORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by can cannot could did do
    does doing don down during each etc few for from further get gets give given go got had has have having he her here hers him his how i if in
    into is isn it its itself just know let like ll m made make makes me mean means more most much many my need no nor not now of off on once one
    only or other our out over own please put re rid s same say says she should so some such t tell than that the their them then there these they
    thing things this those through to too under until up us ve very want was way we were what whats when where which while who whom whose why
    will with would you your
    arent cant couldnt didnt doesnt dont hasnt havent hows im isnt ive shouldnt thats theres theyre wasnt werent wheres whos wont wouldnt youre
    must might shall ought actually anybody anyone anything basically exactly everybody everyone everything hello hey hi nobody ok okay really simply
    somebody someone something thank thanks happen happens happened happening""".split()
)

_TOKEN = re.compile(
    r"""  # subtle: to look at the first letter before all else takes a third of the time away
    (?=[^\W\d_])(?:
        (?P<letters>\b(?:[A-Za-z]\.){2,}(?:\s?\d+)?)                                                   # U.S., H.R. 7389
      | (?P<version>\b[vV]\d+(?:\.\d+)*\b)                                                               # v3, v2.10
      | (?P<word>[^\W\d_][\w'’]*(?:[-&/][\w'’]+)*)                                                      # whale, N-BOX, AT&T
    )
  | (?=[\d$€£¥])(?:
        (?P<citation>\b\d+\s+(?:[A-Z]\.?){2,5}\s+(?:§+\s*|[Pp]art\s+|[Ss]ection\s+)?\d[\d.]*[A-Za-z]?\b)  # 49 CFR 531, 49 U.S.C. 30112
      | (?P<ordinal>\b\d+(?:st|nd|rd|th)\b)                                                              # 8th
      | (?P<number>[$€£¥]?\d+(?:[.,]\d+)*(?:\s?(?:%|percent\b|pct\b|per\s+cent\b)|[kK]\b)?(?:-[A-Za-z]+)*)   # 2.5%, 8704.31, $10k, 25-year
    )
    """,
    re.X,
)  # fmt: skip

# As they are written in words; "8th" is found by "eighth" and the other way round.
_ORDINALS = dict(enumerate("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1))

# What people write for whole words.
SHORT = {"yr": "year", "yrs": "years", "pct": "percent", "govt": "government", "dept": "department"}
# Without those that are words or names more often: I, V, X, XV and so on.
_ROMAN = dict(zip("ii iii iv vi vii viii ix xi xii xiii xiv".split(), (2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14), strict=True))


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a lower-case word, irregular forms brought to their base first: sold and sell are one.

    >>> stem("sold"), stem("registration"), stem("registered")
    ('sell', 'registr', 'regist')
    """
    return _STEMS.get(word) or str(_stemmer().stemWord(_american(lemma(word).lower())))


_STEMS: dict[str, str] = {}  # of the words that an index was built with: a look into the dictionary takes a thousand times as long


def recall_stems(folder: Path) -> None:
    """Take over the stems of the words that are saved in a folder, if any are."""
    try:
        _recall(json.loads((folder / WORDS).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError):
        pass  # the dictionary has them


def _recall(facts: Mapping[str, Any]) -> None:
    _STEMS.update({word: facts["stems"].get(word, word) for word in facts["spellings"]})


# British endings, and what Americans write for them.
_BRITISH = tuple(
    (re.compile(pattern), other)
    for pattern, other in (
        (r"(?<=..)our(?=$|s$|ed$|ing$|ite$|able$|al$)", "or"), (r"(?<=..)is(?=e$|ation$|er$)", "iz"), (r"(?<=..)ys(?=e$|er$)", "yz"),
        (r"(?<=..)re$", "er"), (r"ence$", "ense"), (r"ogue$", "og"), (r"[ao]e(?=[a-z]{3})", "e"), (r"ll(?=ed$|ing$|er$|ment$)", "l"),
        (r"ium$", "um"), (r"grey", "gray"), (r"plough", "plow"), (r"mould", "mold"), (r"ph(?=ur)", "f"), (r"^tyre$", "tire"),
        (r"^programme$", "program"), (r"^sceptic", "skeptic"),
    )
)  # fmt: skip


@lru_cache(maxsize=65536)
def _american(word: str) -> str:
    """A lower-case word as Americans spell it, where English has both spellings.

    >>> _american("harbour"), _american("licence"), _american("organise"), _american("four"), _american("revise")
    ('harbor', 'license', 'organize', 'four', 'revise')
    """
    spellings = (pattern.sub(other, word) for pattern, other in _BRITISH if pattern.search(word))
    return next((spelling for spelling in spellings if is_english(spelling)), word)


# Letters that people who lack them on their keyboard write in another way; marks above and below letters just go.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})


def plain_letters(word: str) -> str:
    """A lower-case word without accents.

    >>> plain_letters("øresund"), plain_letters("łódź")
    ('oresund', 'lodz')
    """
    if word.isascii():
        return word
    letters = unicodedata.normalize("NFD", word.translate(_LETTERS))
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not unicodedata.combining(letter)))


@lru_cache(maxsize=65536)
def lemma(word: str) -> str:
    """The dictionary form of a lower-case word; names come back capitalised, unknown words as they are."""
    import simplemma

    return simplemma.lemmatize(word, lang="en", low_memory=True)


@lru_cache(maxsize=65536)
def is_english(word: str) -> bool:
    """Whether a dictionary of English holds a lower-case word."""
    import simplemma

    return simplemma.is_known(word, lang="en", low_memory=True)


def tokenize(text: str) -> list[str]:
    """The words of a text as the index knows them: stems, with compounds whole and in parts.

    >>> tokenize("The 25-year rule in 49 CFR 531")
    ['25-year', '25', 'year', 'rule', '49cfr531', '49', 'cfr', '531']
    >>> tokenize("a 2.5% duty under H.R. 7389")
    ['2.5%', '2.5', 'duti', 'hr7389', 'hr', '7389']
    >>> tokenize("the 8th Circuit"), tokenize("keep_last"), tokenize("$10k, 25 yrs")
    (['eighth', '8', 'circuit'], ['keeplast', 'keep', 'last'], ['10k', '10000', '25', 'year'])
    """
    return [token for token, _ in words_of(text)]


def words_of(text: str) -> list[tuple[str, str]]:
    """Like `tokenize`, each token beside the word of the text that it stands for."""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text if text.isascii() else unicodedata.normalize("NFKC", text)):
        kind, word = str(match.lastgroup), match[0]
        for token in _tokens(kind, word):
            found.append((token, word))
    return found


@lru_cache(maxsize=65536)
def _tokens(kind: str, word: str) -> Sequence[str]:
    low = word.lower().replace("’", "'")
    if kind == "citation":
        parts = re.findall(r"\d[\d.]*[a-z]?|(?:[a-z]\.?)+", low.replace("§", " ").replace("part", " ").replace("section", " "))
        parts = [part.replace(".", "") if part[0].isalpha() else part.strip(".") for part in parts]
        return ["".join(parts), *parts]
    if kind == "letters":
        parts = re.findall(r"\d+|(?:[a-z]\.)+", low)
        parts = [part.replace(".", "") for part in parts]
        return ["".join(parts), *parts] if len(parts) > 1 else parts
    if kind == "version":
        return [low[1:]]
    if kind == "ordinal":
        return [stem(_ORDINALS.get(int(low[:-2]), low)), low[:-2]]
    if kind == "number":
        low = re.sub(r"\s?(?:percent|pct|per\s+cent|%)", "%", low).replace(" ", "")
        low = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", low)
        if thousands := re.fullmatch(r"[$€£¥]?(\d+(?:\.\d+)?)k", low):
            return [f"{thousands[1]}k", f"{1000 * float(thousands[1]):.0f}"]
        bare = low.lstrip("$€£¥")
        if "-" in bare:
            parts = bare.split("-")
            return [bare, parts[0], *(stem(SHORT.get(part, part)) for part in parts[1:] if part not in STOPWORDS)]
        whole = bare.rstrip("%")
        return [low] if low == whole else list(dict.fromkeys((low, bare, whole)))
    if low in _ROMAN and (word.isupper() or len(low) > 2):  # "III" is found by "3" and the other way round
        return [low, str(_ROMAN[low])]
    low = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower().replace("’", "'")  # maxErrors is max_errors
    low = plain_letters(re.sub(r"'s?$", "", low))
    parts = [SHORT.get(part, part) for part in re.split(r"[-&/_]", low) if part]
    kept = [stem(part) for part in parts if part not in STOPWORDS]
    if len(parts) > 1:  # "N-BOX" is found by "nbox"
        return [stem("".join(parts)), *kept]
    return kept


class Keywords:
    """BM25 over texts that are given as words; also knows how rare each word is and how words are spelt."""

    def __init__(
        self, bm25: Any, frequency: Mapping[str, int], size: int, spellings: Mapping[str, int], names: Iterable[str] = ()
    ) -> None:  # fmt: skip
        self._bm25 = bm25
        self._vocabulary: Mapping[str, int] = bm25.vocab_dict if bm25 is not None else {}
        self.frequency = frequency  # of each token: the texts that hold it
        self.size = size  # texts
        self.spellings = spellings  # unstemmed words of the corpus and how often they stand there
        self.names = frozenset(names)  # those of them that are written with a capital within sentences, and never without

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]], spellings: Iterable[str] = ()) -> Keywords:
        """An index over texts, each a list of tokens."""
        collector = Collector()
        for tokens in texts:
            collector.add(tokens)
        found = collector.keywords()
        return cls(found._bm25, found.frequency, found.size, Counter(spellings))

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """The BM25 score of every text, in the order of building."""
        known = [token for token in tokens if token in self._vocabulary]
        if not known:
            return np.zeros(self.size, np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores(known)
        return scores

    def rarity(self, token: str) -> float:
        """How telling a token is: inverse document frequency, near 0 for one in every text, 1 for one in none.

        A few texts more are taken to exist than there are, so that words also tell something in a corpus of three paragraphs.
        """
        size = self.size + UNSEEN
        return max(0.02, math.log(size / (self.frequency.get(token, 0) + 1)) / math.log(size))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._bm25.save(str(folder), show_progress=False)
        stems = {word: found for word in self.spellings if (found := stem(word)) != word}
        facts = {"size": self.size, "frequency": self.frequency, "spellings": self.spellings, "names": sorted(self.names), "stems": stems}
        (folder / WORDS).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Keywords:
        import bm25s

        facts = json.loads((folder / WORDS).read_text(encoding="utf-8"))
        _recall(facts)
        bm25 = bm25s.BM25.load(str(folder), load_vocab=True, mmap=facts["size"] > 20000, show_progress=False)
        return cls(bm25, facts["frequency"], facts["size"], facts["spellings"], facts["names"])


class Texts:
    """Texts as the numbers of their words."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}  # of each word, in the order of coming
        self.texts: list[array[int]] = []

    def add(self, words: Iterable[str]) -> None:
        numbers = self.numbers
        self.texts.append(array("i", [numbers.setdefault(word, len(numbers)) for word in words]))

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.npy", np.frombuffer(b"".join(self.texts), np.intc))
        np.save(folder / f"{name}-ends.npy", np.cumsum([len(text) for text in self.texts], dtype=np.int64))
        (folder / f"{name}.json").write_text(json.dumps([*self.numbers], ensure_ascii=False), encoding="utf-8")


class SavedTexts:
    """The words of texts that were saved, by the number of the text."""

    def __init__(self, folder: Path, name: str) -> None:
        self._words: list[str] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        self._numbers = np.load(folder / f"{name}.npy", mmap_mode="r")
        self._ends: list[int] = [0, *np.load(folder / f"{name}-ends.npy").tolist()]

    def __getitem__(self, text: int) -> list[str]:
        return [self._words[number] for number in self._numbers[self._ends[text] : self._ends[text + 1]].tolist()]


class Collector:
    """Texts on their way into an index, one at a time; of each only the numbers of its words are held."""

    def __init__(self) -> None:
        self._tokens, self._spelled = Texts(), Texts()
        self._frequency: Counter[str] = Counter()
        self._spellings: Counter[str] = Counter()
        self._capital: set[str] = set()
        self._small: set[str] = set()

    def add(self, tokens: Sequence[str], spelled: Sequence[str] = ()) -> None:
        """Take in a text as its tokens, with words as they are spelt, a dot before those that have their capital from where they stand."""
        self._tokens.add(tokens or (NO_WORD,))
        self._spelled.add(spelled)
        self._frequency.update({*tokens} - {NO_WORD})
        for word in spelled:
            low = word.lstrip(".").lower()
            self._spellings[low] += 1
            if not word.startswith("."):
                (self._capital if word[0].isupper() else self._small).add(low)

    def keywords(self) -> Keywords:
        import bm25s

        bm25 = bm25s.BM25(method="lucene", k1=0.9, b=0.6)
        bm25.index((self._tokens.texts, self._tokens.numbers), show_progress=False)
        return Keywords(bm25, self._frequency, len(self._tokens.texts), self._spellings, self._capital - self._small)

    def save(self, folder: Path) -> None:
        """Save what is searched, and the texts for a later index that holds some of them too."""
        self.keywords().save(folder)
        self._tokens.save(folder, "tokens")
        self._spelled.save(folder, "spelled")


class Collected:
    """The texts that a collector saved, each as it was taken in: its tokens, and its words as they are spelt."""

    def __init__(self, folder: Path) -> None:
        self._tokens, self._spelled = SavedTexts(folder, "tokens"), SavedTexts(folder, "spelled")

    def __getitem__(self, text: int) -> tuple[list[str], list[str]]:
        return self._tokens[text], self._spelled[text]
