"""Plots of the corpus's tables as inline SVG, told by `figures.toml` in the corpus. Knows no table by name."""

from __future__ import annotations

import csv
import datetime
import io
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from index import CorpusError, Document, Source
from page import texts
from page.draw import badge, data, draw_source, escape

FILE = "figures.toml"

Row = Mapping[str, str]
Condition = Mapping[str, str | Sequence[str]]  # a column's value, or several to choose from


@dataclass(frozen=True)
class Series:
    """Rows of a table that make one line."""

    name: str
    where: Condition = field(default_factory=dict)
    without: Condition = field(default_factory=dict)
    fallback: Condition = field(default_factory=dict)  # rows that hold while the series has none of its own
    color: int = 1  # 1 to 6
    line: Literal["solid", "dashed", "faint", "dotted", "points"] = "solid"


@dataclass(frozen=True)
class Figure:
    """What to plot of a table and how."""

    title: str
    table: str  # a document id
    x: str  # a column of numbers or days
    y: str  # a column of numbers
    series: tuple[Series, ...]
    kind: Literal["line", "step"] = "line"
    x_label: str = ""
    y_label: str = ""
    unit: str = ""
    until: str = ""  # the column that ends a step
    start: str = ""  # leave out what lies before
    end: str = ""  # a step figure's last day
    note: str = ""
    about: Sequence[str] = ()  # ids of the documents that tell of the same: an answer that cites one offers the figure


@dataclass(frozen=True)
class Point:
    """A row in the plot."""

    x: float
    end: float  # of a step; else x
    y: float
    row: Row
    is_default: bool = False


def read_figures(corpus: Path) -> tuple[Figure, ...]:
    """The figures that a corpus describes; none where it has no such file. Raises CorpusError when the file is wrong."""
    path = corpus / FILE
    if not path.is_file():
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("figures", [])
        return tuple(Figure(**{**entry, "series": tuple(Series(**series) for series in entry["series"])}) for entry in entries)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
        raise CorpusError(f"{path} cannot be read: {error}. Mend it, or move it away to have no figures.") from error


def matches(row: Row, condition: Condition) -> bool:
    """Whether a row has the wanted values in all columns of a condition.

    >>> matches({"fleet": "cars"}, {"fleet": ["cars", "trucks"]})
    True
    """
    return all(row.get(column) in ([wanted] if isinstance(wanted, str) else wanted) for column, wanted in condition.items())


def _number(text: str) -> float:
    """A number, or a day as its number since the year 1."""
    try:
        return float(text)
    except ValueError:
        return float(datetime.date.fromisoformat(text).toordinal())


def points(figure: Figure, series: Series, rows: Sequence[Row]) -> list[Point]:
    """The points of a series in order; in a step figure each holds until the next or its own end, gaps filled from the fallback."""
    first = _number(figure.start) if figure.start else -math.inf

    def chosen(condition: Condition, *, is_default: bool = False) -> list[Point]:
        found = []
        for row in rows:
            if not row.get(figure.x) or not row.get(figure.y) or not matches(row, condition) or (series.without and matches(row, series.without)):
                continue
            end = _number(row[figure.until]) + 1 if figure.until and row.get(figure.until) else math.inf
            if end > first:
                found.append(Point(max(_number(row[figure.x]), first), end, _number(row[figure.y]), row, is_default))
        return sorted(found, key=lambda point: point.x)

    own = chosen(series.where)
    if figure.kind == "line":
        return [Point(point.x, point.x, point.y, point.row) for point in own]
    last = _number(figure.end) if figure.end else max((point.x for point in own), default=0.0) + 90
    following = [point.x for point in own[1:]] + [last]
    stepped = [Point(point.x, min(point.end, until), point.y, point.row) for point, until in zip(own, following, strict=False)]
    default = chosen(series.fallback, is_default=True) if series.fallback and stepped else []
    for left, right in pairwise([None, *stepped, None]):
        begin, finish = left.end if left else first, right.x if right else last
        default_here = [point for point in default if point.x < finish and point.end > begin]
        stepped += [Point(max(point.x, begin), min(point.end, finish), point.y, point.row, True) for point in default_here if begin < finish]
    return sorted(stepped, key=lambda point: point.x)


# --- drawing ---------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 880, 420
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 24, 46


@dataclass(frozen=True)
class _Axes:
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1)
        return round(LEFT + across * (WIDTH - LEFT - RIGHT), 1), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1)


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """About `count` round numbers from low to high.

    >>> ticks(0, 50)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    """
    rough = (high - low) / count or 1
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [round(float(number * step), 10) for number in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def _days(low: float, high: float) -> list[tuple[float, str]]:
    """The first days of quarters between two days, with their names."""
    begin, finish = datetime.date.fromordinal(int(low)), datetime.date.fromordinal(int(high))
    quarters = (datetime.date(year, month, 1) for year in range(begin.year, finish.year + 1) for month in (1, 4, 7, 10))
    return [(day.toordinal(), f"{day:%b %Y}") for day in quarters if begin <= day <= finish]


def draw_figure(figure: Figure, document: Document) -> str:
    """A figure with its legend, its table and its rows as CSV."""
    plotted = [(series, points(figure, series, document.rows)) for series in figure.series]
    plotted = [(series, found) for series, found in plotted if found]
    every = [point for _, found in plotted for point in found]
    if not every:
        return ""
    is_day = not document.rows[0].get(figure.x, "").replace(".", "").isdigit()
    ends = [point.end for point in every if math.isfinite(point.end)]
    highest = max(point.y for point in every)
    up = ticks(0, highest * 1.12 or 1)
    axes = _Axes((min(point.x for point in every), max(ends)), (0, max(up[-1], highest * 1.05)))
    across = _days(*axes.x) if is_day else [(number, f"{number:.0f}") for number in ticks(*axes.x, count=8)]
    grid = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{axes.at(0, value)[1]}" y2="{axes.at(0, value)[1]}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{axes.at(0, value)[1] + 4}" text-anchor="end">{value:g}{"%" if figure.unit == "%" else ""}</text>'
        for value in up
    ) + "".join(
        f'<line class="tick-mark" x1="{axes.at(value, 0)[0]}" x2="{axes.at(value, 0)[0]}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 5}"/>'
        f'<text class="tick" x="{axes.at(value, 0)[0]}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{escape(name)}</text>'
        for value, name in across
    )
    labels = (
        f'<text class="axis" x="{LEFT}" y="{TOP - 5}" text-anchor="start">{escape(figure.y_label)}</text>'
        f'<text class="axis" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{escape(figure.x_label)}</text>'
    )
    lines = "".join(_line(figure, series, found, axes, plotted) for series, found in plotted)
    legend = "".join(f"<li>{_swatch(series)}{escape(series.name)}</li>" for series, _ in plotted)
    return (
        f'<section class="figure" data-figure="{escape(figure.title)}"><h3 tabindex="-1">{escape(figure.title)}</h3>'
        f'<ul class="legend">{legend}</ul><div class="plot" tabindex="0" role="region" aria-label="{escape(figure.title)}">'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(figure.title)}">{grid}{labels}{lines}</svg></div>'
        + (f'<p class="hint">{escape(figure.note)}</p>' if figure.note else "")
        + _table(figure, plotted)
        + f'<button type="button" class="quiet" data-do="csv" data-name="{escape(Path(document.document_id).name)}">'
        + f"{escape(texts.FIGURE_CSV)}</button>"
        + data(_csv(document.rows))
        + "</section>"
    )


def _swatch(series: Series) -> str:
    shape = (
        f'<circle class="dot c{series.color}" cx="14" cy="4" r="4"/>'
        if series.line == "points"
        else f'<path class="line c{series.color} {series.line}" d="M1 4H27"/>'
    )
    return f'<svg viewBox="0 0 28 8" aria-hidden="true">{shape}</svg>'


def _lift(point: Point, series: Series, plotted: Sequence[tuple[Series, Sequence[Point]]]) -> float:
    """How far a step stands beside its value, in the plot's units: steps of one value at one time would hide each other."""
    beside = [
        other for other, found in plotted
        if any(each.y == point.y and each.x < point.end and each.end > point.x for each in found)
    ]  # fmt: skip
    return 2.6 * (beside.index(series) - (len(beside) - 1) / 2)


def _line(figure: Figure, series: Series, found: Sequence[Point], axes: _Axes, plotted: Sequence[tuple[Series, Sequence[Point]]]) -> str:
    path, marks, edge = "", "", None
    for point in found:
        left, height = axes.at(point.x, point.y)
        right = axes.at(point.end, point.y)[0]
        if figure.kind == "step":
            height = round(height + _lift(point, series, plotted), 1)
            path += f"V{height}H{right}" if edge == left else f"M{left} {height}H{right}"
            edge = right
            shape = f'<path class="hit" d="M{left} {height}H{right}"/><circle class="dot c{series.color}" cx="{left}" cy="{height}" r="3.5"/>'
        else:
            path += f"{'L' if path else 'M'}{left} {height}"
            at = f'cx="{left}" cy="{height}"'
            shape = f'<circle class="hit" {at} r="9"/><circle class="dot c{series.color} {series.line}" {at} r="2.6"/>'
        source = texts.FIGURE_POINT_SOURCE.format(source=point.row["source"]) if point.row.get("source") else ""
        marks += f'<g class="point" data-tip="{escape(_tip(point, series))}" data-source="{escape(source)}">{shape}</g>'
    line = "" if series.line == "points" else f'<path class="line c{series.color} {series.line}" d="{path}"/>'
    return f"<g>{line}{marks}</g>"


def _tip(point: Point, series: Series) -> str:
    told = point.row.get("sentence") or f"{series.name}: {point.y:g}"
    return texts.FIGURE_DEFAULT.format(sentence=f"{series.name}: {told}") if point.is_default else told


def _table(figure: Figure, plotted: Sequence[tuple[Series, Sequence[Point]]]) -> str:
    unit = figure.unit if figure.unit in ("", "%") else f" {figure.unit}"
    rows = "".join(
        f'<tr><td>{escape(series.name)}</td><td>{escape(_x_text(figure, point))}</td><td class="value">{point.y:g}{escape(unit)}</td>'
        f"<td>{badge(point.row.get('status'))}</td><td>{draw_source(Source(point.row.get('source', ''), point.row.get('url') or None))}</td></tr>"
        for series, found in plotted
        for point in found
    )
    heads = (texts.FIGURE_SERIES, figure.x_label or figure.x, figure.y_label or figure.y, texts.FIGURE_STATUS, texts.FIGURE_SOURCE)
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return (
        f"<details><summary>{escape(texts.FIGURE_TABLE)}</summary>"
        f'<div class="scrolls" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _x_text(figure: Figure, point: Point) -> str:
    if figure.kind == "line":
        return point.row[figure.x]
    return datetime.date.fromordinal(int(point.x)).isoformat()


def _csv(rows: Sequence[Row]) -> str:
    file = io.StringIO(newline="")
    writer: Any = csv.DictWriter(file, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
