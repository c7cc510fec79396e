"""Netting sets from tables: trades, and the terms of each set."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from agents.capital.netting_set import YEAR_DAYS, Margining, NettingSet, Trade, option_delta, tranche_delta
from agents.capital.supervisory import BASIS, PLAIN, QUALITIES, VOLATILITY
from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout
from scenarios.studies.charges.cells import needed, word, years
from sim.named_tuple import NamedTuple
from sim.nearest import nearest

TRADES: dict[str, tuple[str, ...]] = {
    "set": ("nettingset", "counterparty"),
    "class": ("assetclass", "riskclass"),
    "name": ("hedgingset", "currency", "ccy", "pair", "entity", "reference", "underlying"),
    "quality": ("rating", "subclass"),
    "side": ("position", "direction", "longshort"),
    "notional": ("nominal", "amount"),
    "value": ("marketvalue", "mtm", "npv", "pv"),
    "start": ("s",),
    "end": ("e",),
    "maturity": ("m", "residualmaturity"),
    "option": ("callput",),
    "forward": ("underlyingprice", "price"),
    "strike": (),
    "expiry": ("exercise", "t"),
    "kind": ("transaction",),
    "attachment": ("attach", "attachmentpoint"),
    "detachment": ("detach", "detachmentpoint"),
}
SETS: dict[str, tuple[str, ...]] = {
    "set": ("nettingset", "counterparty"),
    "collateral": ("c", "held"),
    "threshold": ("th",),
    "minimum_transfer": ("mta", "minimumtransferamount"),
    "nica": ("independentamount",),
    "mpor_days": ("mpor", "marginperiod"),
}
REMARKS = ("note", "notes", "comment", "comments", "id", "trade", "nature", "description")
TRANCHE = ("attachment", "detachment")
TRADE_NUMBERS = ("notional", "value", "start", "end", "maturity", "forward", "strike", "expiry", *TRANCHE)
SET_NUMBERS = ("collateral", "threshold", "minimum_transfer", "nica", "mpor_days")
LONG, SHORT = "long", "short"
SIDES = (LONG, SHORT, "bought", "sold", "buy", "sell")
LASTING = ("rates", "credit")
ONLY = "all"  # the name of the netting set where the trades say none


Pair = tuple[str, frozenset[str]]  # the kind of trade, and the two currencies or factors


class Terms(NamedTuple):
    """What is held for a set, (1,) $, and its margin agreement."""

    collateral: NDArray[np.float64]
    margining: Margining | None


FREE = Terms(np.zeros(1), None)


def read_netting_sets(trades: Source, sets: Source | None) -> tuple[dict[str, NettingSet], tuple[str, ...]]:
    """Netting sets by name, and notes. Raises UserError."""
    layout = Layout("trades", TRADES, ("class", "side", "notional"), (), TRADE_NUMBERS, REMARKS)
    table = read_table(trades, layout)
    table.check_case("set", "name")
    found, pairs = defaultdict[str, list[Trade]](list), defaultdict[str, dict[Pair, str]](dict)
    for row in table.rows:
        name, trade = row.text("set") or ONLY, _trade(row)
        _one_way_round(row, trade, pairs[name])
        found[name].append(trade)
    terms, notes = _terms(sets, list(found)) if sets is not None else ({}, ())
    blank = sum(row.number("value") is None for row in table.rows)
    worth = [f"{blank} of {len(table.rows)} trades have no value: they count as worth 0"] if blank else []
    said = (*(f"{table.name}: {note}" for note in (*table.notes, *worth)), *notes)
    return {name: NettingSet(own, *terms.get(name, FREE)) for name, own in found.items()}, said


def _trade(row: Row) -> Trade:
    asset_class = word(row, "class", [*QUALITIES])
    known = [*QUALITIES[asset_class]]
    quality = word(row, "quality", known) if known != [""] else ""
    name, notional = row.text("name"), needed(row, "notional", "at least 0: the side says its direction")
    if name is None:
        remedy = "a currency, pair, entity or commodity: trades net by it"
        raise row.place.at("name").error("the name is needed", remedy=remedy)
    if notional < 0:
        raise row.place.at("notional").error("must be >= 0", value=notional, remedy="the side says its direction")
    start, end = _period(row) if asset_class in LASTING else (0.0, 0.0)
    maturity = row.number("maturity")
    if maturity is None and asset_class in LASTING:
        maturity = end
    elif maturity is None:
        maturity = years(row, "expiry" if row.text("expiry") else "maturity", "years until the last claim")
    return Trade(
        asset_class=asset_class,
        name=name,
        quality=quality,
        notional=np.array([notional]),
        delta=_delta(row, asset_class, QUALITIES[asset_class][quality].volatility),
        value=np.array([row.number("value") or 0.0]),
        maturity=_past(row, "maturity", maturity),
        start=start,
        end=end,
        kind=_kind(row, asset_class),
    )


def _kind(row: Row, asset_class: str) -> str:
    """Whether the trade is on a basis or a volatility."""
    kind = word(row, "kind", (BASIS, VOLATILITY), PLAIN)
    if kind == BASIS and asset_class == "fx":
        remedy = "leave it empty: swaps of two currencies are trades in their pair"
        raise row.place.at("kind").error("a basis is one of a single currency", value=kind, remedy=remedy)
    return kind


def _one_way_round(row: Row, trade: Trade, names: dict[Pair, str]) -> None:
    """Raise UserError if a trade names its pair otherwise than one of its set before.

    names: by pair, as the set's first trade of it has it.
    """
    pair = _pair(trade, trade.name)
    before = trade.name if pair is None else names.setdefault((trade.kind, frozenset(pair)), trade.name)
    if trade.name != before:
        same = trade.kind == VOLATILITY or _pair(trade, before) == pair
        rule = f"the pair stands as {before} in a line before"
        remedy = f"write {before}" if same else f"write {before}, and the other side"
        raise row.place.at("name").error(rule, value=trade.name, remedy=remedy)


def _pair(trade: Trade, name: str) -> tuple[str, str] | None:
    """Both currencies of a pair, or both factors of a basis; None of anything else."""
    if trade.kind == BASIS:
        first, slash, second = name.partition("/")
        return (first.strip(), second.strip()) if slash else None
    return _currencies(name) if trade.asset_class == "fx" else None


def _currencies(name: str) -> tuple[str, str] | None:
    """Both codes of a pair of currencies; None of a name that has not six letters."""
    letters = "".join(sign for sign in name.upper() if sign.isalpha())
    return (letters[:3], letters[3:]) if len(letters) == 6 else None


def _period(row: Row) -> tuple[float, float]:
    """Start and end of what the trade refers to, years."""
    start = years(row, "start", "0 if it has begun") if row.text("start") else 0.0
    end = years(row, "end", "years until the end of what the trade refers to")
    if end <= start:
        raise row.place.at("end").error(f"must be after its start, {start:g}", value=end, remedy="times are in years")
    return start, end


def _past(row: Row, column: str, value: float) -> float:
    if not 0 < value <= 100:
        raise row.place.at(column).error("must be > 0", value=value, remedy="times are in years")
    return value


def _delta(row: Row, asset_class: str, volatility: float) -> NDArray[np.float64]:
    """+1 or -1, or the option's or the tranche's."""
    side = word(row, "side", SIDES)
    bought = side in (LONG, "bought", "buy")
    if any(row.text(column) is not None for column in TRANCHE):
        return np.array([_tranche_delta(row, asset_class, bought)])
    if row.text("option") is None:
        return np.array([1.0 if bought else -1.0])
    call = word(row, "option", ("call", "put", "payer", "receiver")) in ("call", "payer")
    said = {column: needed(row, column, "an option has forward, strike and expiry") for column in ("forward", "strike")}
    expiry = _past(row, "expiry", needed(row, "expiry", "years until the last exercise"))
    for column, value in said.items():
        if value <= 0:
            raise row.place.at(column).error("must be > 0", value=value, remedy="shift forward and strike by the same")
    delta = option_delta(bought=bought, call=call, years=expiry, volatility=volatility, **said)
    return np.atleast_1d(delta)


def _tranche_delta(row: Row, asset_class: str, bought: bool) -> float:
    """Of a part of the losses of a pool of names. Raises UserError."""
    shares = [needed(row, column, "a tranche has both ends, as shares of the pool") for column in TRANCHE]
    for column, share, least in zip(TRANCHE, shares, (0.0, shares[0]), strict=True):
        if not least <= share <= 1 or (column == TRANCHE[1] and share == least):
            remedy = "0 <= attachment < detachment <= 1; write 0.03 for 3 %"
            raise row.place.at(column).error("no tranche lies there", value=share, remedy=remedy)
    if asset_class != "credit" or row.text("option") is not None:
        rule, remedy = "a tranche is a trade in credit, and no option", "leave both ends empty"
        raise row.place.at(TRANCHE[0]).error(rule, value=shares[0], remedy=remedy)
    return tranche_delta(bought=bought, attachment=shares[0], detachment=shares[1])


def _terms(source: Source, known: list[str]) -> tuple[dict[str, Terms], tuple[str, ...]]:
    """Collateral and margin agreement by set; a set without a margin period has no agreement."""
    table = read_table(source, Layout("sets", SETS, ("set",), (), SET_NUMBERS, REMARKS))
    found: dict[str, Terms] = {}
    for row in table.rows:
        name = row.text("set") or ""
        if name not in known:
            raise row.place.at("set").error("no trade is in this set", value=name, remedy=nearest(name, known))
        if name in found:
            raise row.place.at("set").error("stands there twice", value=name, remedy="write one line a set")
        found[name] = Terms(np.array([row.number("collateral") or 0.0]), _margining(row))
    return found, tuple(f"{table.name}: {note}" for note in table.notes)


def _margining(row: Row) -> Margining | None:
    """The margin agreement of a set, None without one."""
    said = {column: row.number(column) or 0.0 for column in ("threshold", "minimum_transfer", "nica")}
    days = row.number("mpor_days")
    for column in ("threshold", "minimum_transfer"):
        if said[column] < 0:
            raise row.place.at(column).error("must be >= 0", value=said[column], remedy="in $")
    if days is None:
        if any(said.values()):
            rule, remedy = "an agreement needs its margin period", "10 business days if it is called daily"
            raise row.place.at("mpor_days").error(rule, remedy=remedy)
        return None
    if not 0 < days <= YEAR_DAYS:
        remedy = "10 if it is called daily"
        raise row.place.at("mpor_days").error("must be business days, up to a year", value=days, remedy=remedy)
    uncalled = {"threshold": said["threshold"], "minimum_transfer": said["minimum_transfer"]}
    return Margining(**uncalled, independent=said["nica"], period_days=days)
