"""The tables of a book's risk as columns: lists of texts and numbers by name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_record import split
from markets.curves.tents import coverage, fixed_widths, partition
from markets.products.vega_grid import STANDARD
from markets.specs.variable import FX, HAZARD, SPREAD, ZERO
from scenarios.studies.risk.derivatives import BP, bends_of, pv01_of, risk_at_start, slopes_of, theta_of, vegas_of
from scenarios.studies.risk.layers import BASIS, FOREIGN, PROJECTS, slopes_by
from sim.figure_text import tenor
from sim.lists import Columns

if TYPE_CHECKING:
    from markets.curves.curve_set import CurveSet
    from markets.products.book import CompiledBook
    from scenarios.studies.risk.layers import Layer

Floats = NDArray[np.float64]
SMALL = 1e-9  # $: what is not shown


class Told(Protocol):
    """What the tables are made of, as `BookRisk` has it."""

    @property
    def book(self) -> CompiledBook: ...
    @property
    def by_keys(self) -> CompiledBook: ...
    @property
    def keys(self) -> tuple[float, ...]: ...
    @property
    def layers(self) -> tuple[Layer, ...]: ...
    @property
    def curves(self) -> CurveSet | None: ...
    @property
    def times(self) -> Floats: ...
    @property
    def slopes(self) -> Floats: ...
    @property
    def projection_slopes(self) -> Floats: ...
    @property
    def by_quote(self) -> Floats | None: ...
    @property
    def cross_gamma(self) -> Floats: ...
    @property
    def vegas(self) -> Floats: ...

    def par_dv01_of(self, book: CompiledBook) -> float | None:
        """Change of value of a book for +1 bp on every quoted rate, $."""
        ...


def summed(values: Sequence[float | None]) -> float | None:
    """Sum of the values that are there, one after the other; None without any."""
    there = [value for value in values if value is not None]
    return reduce(add, there) if there else None


def positions(risk: Told) -> Columns:
    """`BookRisk.positions`."""
    parts = list(zip(split(risk.book), split(risk.by_keys), strict=True))
    found: Columns = {
        "position": [part.label for part, _ in parts],
        "size": [part.size for part, _ in parts],
        "value": [float(risk_at_start(part.book).value[0]) for part, _ in parts],
        "pv01": [pv01_of(part.book) for part, _ in parts],
        "dv01": [risk.par_dv01_of(part.book) for part, _ in parts],
        "zero_dv01": [float(slopes_of(part.book).sum() * BP) for part, _ in parts],
        "gamma": [float(bends_of(keyed.book).sum() * BP**2) for _, keyed in parts],
        "theta": [theta_of(part.book, rolled=True) for part, _ in parts],
        "theta_same_zeros": [theta_of(part.book, rolled=False) for part, _ in parts],
        "vega": [float(vegas_of(part.book).sum() * BP) for part, _ in parts],
    }
    whole: dict[str, Any] = {name: summed(values) for name, values in found.items() if name not in ("position", "size")}
    whole |= {"position": "the book", "size": float("nan")}
    return {name: [*values, whole[name]] for name, values in found.items()}


def key_rates(risk: Told, *, fixed: bool = False) -> Columns:
    """`BookRisk.key_rates`."""
    tents = fixed_widths(risk.times, risk.keys) if fixed else partition(risk.times, risk.keys)
    all_of_it, projection = tents @ risk.slopes * BP, tents @ risk.projection_slopes * BP
    found: Columns = {
        "key": list(risk.keys),
        "dv01": all_of_it.tolist(),
        "discount": (all_of_it - projection).tolist(),
        "projection": projection.tolist(),
    }
    return {**found, "coverage": coverage(risk.keys, risk.keys).tolist()} if fixed else found


def further(risk: Told) -> Columns | None:
    """`BookRisk.further`."""
    at_start, block = risk_at_start(risk.by_keys), risk.by_keys.start.curve.block
    found = [key for key in risk.by_keys.needs if key.family in (SPREAD, ZERO, FX, HAZARD) and key[:2] != block]
    if not found:
        return None
    levels = {name.key: np.exp(name.start) for name in risk.by_keys.start.credits.values()}
    steps = [("1 %", 0.01) if key.family == FX else ("1 bp", BP / levels.get(key, 1.0)) for key in found]
    changes = [float(at_start.first(key)[0]) * by for key, (_, by) in zip(found, steps, strict=True)]
    names = [key.node for key in found]
    return {"factor": names, "step": [step for step, _ in steps], "change": [float(change) for change in changes]}


def other_curves(risk: Told) -> Columns | None:
    """`BookRisk.other_curves`."""
    at_start, tents = risk_at_start(risk.book), partition(risk.times, risk.keys)
    found: dict[str, Floats] = {}
    for layer in risk.layers:
        if layer.name and layer.role in (PROJECTS, FOREIGN, BASIS):
            keyed = tents @ slopes_by(at_start, layer.curve) * BP
            found[layer.name] = found.get(layer.name, 0.0) + keyed
    shown = {name: keyed.tolist() for name, keyed in found.items() if np.abs(keyed).max() > SMALL}
    if not shown:
        return None
    return {
        "curve": [name for name in shown for _ in risk.keys],
        "key": [key for _ in shown for key in risk.keys],
        "dv01": [value for keyed in shown.values() for value in keyed],
    }


def quotes(risk: Told) -> Columns | None:
    """`BookRisk.quotes`."""
    if risk.by_quote is None or risk.curves is None:
        return None
    found = risk.curves.quotes
    names = [quote.name.removeprefix(f"{quote.curve} ") for quote in found]
    return {"curve": [quote.curve for quote in found], "quote": names, "dv01": risk.by_quote.tolist()}


def cross_gammas(risk: Told) -> Columns:
    """`BookRisk.cross_gammas`."""
    there = np.abs(risk.cross_gamma).max(axis=0) > SMALL
    names = [tenor(key) for key, shown in zip(risk.keys, there, strict=True) if shown]
    inner = risk.cross_gamma[np.ix_(there, there)]
    return {"key": names} | {name: inner[:, i].tolist() for i, name in enumerate(names)}


def vega(risk: Told) -> Columns | None:
    """`BookRisk.vega`."""
    there = np.abs(risk.vegas) > SMALL
    if not there.any():
        return None
    rows, lengths = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    found: Columns = {"expiry": [tenor(STANDARD.expiries[i]) for i in rows]}
    return found | {tenor(STANDARD.tenors[j]): risk.vegas[rows, j].tolist() for j in lengths}
