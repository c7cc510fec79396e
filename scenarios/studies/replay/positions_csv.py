"""A desk's own book from a table of positions."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from markets.products.registry import PRODUCTS
from scenarios.checking.amounts import odd_amounts
from scenarios.checking.plausibility import odd_fields, odd_position, starting_spots
from scenarios.checking.trading_days import check_days, expiries, last_session
from scenarios.files.csv_table import Row, read_table
from scenarios.files.frames import Source
from scenarios.files.layout import Layout, plain
from scenarios.files.option_symbols import parse_symbol
from scenarios.parameters.models import build
from scenarios.scenario import Scenario
from sim.errors import UserError
from sim.place import Place

# Other names of a position's columns, as `files.layout.plain` has them; the nearer first.
ALIASES: dict[str, tuple[str, ...]] = {
    "kind": (
        "type", "right", "putcall", "callput", "cp", "pc", "cpflag", "optiontype", "instrument", "art", "typ", "tipo",
    ),
    "strike": (
        "k", "strikeprice", "strikepx", "exerciseprice", "basispreis", "ausübungspreis", "prixdexercice",
        "prezzodiesercizio", "preciodeejercicio",
    ),
    "moneyness": ("mny",),
    "expiry": (
        "expiration", "maturity", "expirationdate", "expirydate", "maturitydate", "exdate", "exp", "verfall",
        "verfalldatum", "fälligkeit", "échéance", "echeance", "vencimiento", "vencimento", "scadenza",
    ),
    "months": ("tenormonths", "monthstoexpiry"),
    "quantity": (
        "qty", "units", "position", "stück", "stueck", "menge", "anzahl", "quantité", "quantite", "cantidad",
        "quantità", "quantita", "quantidade",
    ),
    "notional": ("nominal", "notionalusd", "notionalamount", "nennwert", "nennbetrag", "nominale"),
    "fixed_rate": ("rate", "coupon", "fixed", "fixedcoupon"),
    "side": ("payrec", "payreceive", "payerreceiver", "buysell", "bs", "longshort", "direction"),
    "swap_months": ("swaptenormonths", "underlyingmonths"),
    "normal_vol": ("normalvolatility", "impliednormalvol", "bacheliervol"),
    "start": ("startdate", "effective", "effectivedate", "issued", "issuedate"),
    "spread": ("zspread", "floatingspread"),
    "compounding": (),
    "profile": ("amortisation", "amortization"),
    "notionals": ("notionalshares",),
    "stub": ("stubs",),
    "past_rate": ("pastfixing", "lastfixing"),
    "price": ("cleanprice", "px", "futuresprice"),
    "quoted_rate": ("yield", "marketyield", "discountrate"),
    "tenor": ("period", "code"),
    "convention": ("conventions",),
    "day_count": ("basis",),
    "frequency": ("couponsayear", "couponfrequency"),
    "reversion": ("meanreversion",),
    "model": ("pricingmodel",),
    "protection": ("principalprotection", "capitalprotection"),
    "participation": ("participationrate",),
    "cap": ("caplevel",),
    "barrier": ("autocallbarrier", "calllevel"),
    "coupon_barrier": (),
    "protection_barrier": ("knockinbarrier",),
    "observation_months": (),
    "memory": ("memorycoupon",),
    "asset": ("underlying", "underlier", "underlyingasset", "underlyingsymbol"),
    "symbol": ("occ", "occsymbol", "optionsymbol", "contractsymbol", "localsymbol", "ticker", "osi"),
    "contracts": ("ncontracts", "numberofcontracts", "lots", "kontrakte", "contrats", "contratos", "contratti"),
    "multiplier": ("contractmultiplier", "contractsize", "mult", "multiplikator", "multiplicateur", "multiplicador"),
}  # fmt: skip
REMARKS = (
    "note", "notes", "comment", "comments", "remark", "remarks", "description", "name", "id", "position", "positionid",
    "trade", "tradeid", "tradename", "tradeno", "deal", "dealid", "label", "ref", "reference", "book", "trader",
    "portfolio", "desk", "strategy",
)  # fmt: skip
NUMBERS = (
    "strike", "moneyness", "months", "quantity", "notional", "fixed_rate", "swap_months", "normal_vol", "contracts",
    "multiplier", "spread", "past_rate", "price", "quoted_rate", "frequency", "reversion", "protection",
    "participation", "cap", "barrier", "coupon_barrier", "protection_barrier", "observation_months",
)  # fmt: skip
KINDS = {
    "put": "p puts putoption europeanput verkaufsoption",
    "call": "c calls calloption europeancall kaufoption",
    "swap": "s swaps irs interestrateswap", "ois": "overnightswap overnightindexswap",
    "bond": "bonds note notes treasury gilt", "bill": "bills tbill tbills", "cd": "certificateofdeposit deposit",
    "fra": "fras forwardrateagreement", "sofr_3m": "sr3 sofr3m", "sofr_1m": "sr1 sofr1m",
    "swaption": "swaptions europeanswaption",
    "bermudan_swaption": "bermudanswaption bermudan", "cancellable_swap": "cancellableswap cancelableswap callableswap",
    "cap": "caps interestratecap", "floor": "floors interestratefloor",
    "equity_note": "equitylinkednote equitynote eln structurednote",
    "autocall": "autocallable autocallablenote phoenix", "gamma_claim": "gammaclaim gamma",
    "asset": "underlying stock stocks share shares equity etf", "future": "futures fut forward forwards fwd",
}  # fmt: skip
WORDS = {word: kind for kind, words in KINDS.items() for word in (kind, *words.split())}
SHARES = ("protection", "participation", "cap", "barrier", "coupon_barrier", "protection_barrier")  # of a note
YES = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}
SIDES = {
    "p": "payer", "pay": "payer", "pays": "payer", "payfixed": "payer",
    "r": "receiver", "rec": "receiver", "receive": "receiver", "receives": "receiver", "receivefixed": "receiver",
}  # fmt: skip
HELD = {  # of what is bought or sold: the sign of its size
    "long": 1.0, "buy": 1.0, "bought": 1.0, "b": 1.0, "short": -1.0, "sell": -1.0, "sold": -1.0, "s": -1.0,
    "kauf": 1.0, "achat": 1.0, "compra": 1.0, "acquisto": 1.0,
    "verkauf": -1.0, "vente": -1.0, "venta": -1.0, "venda": -1.0, "vendita": -1.0,
}  # fmt: skip
BOUGHT = ("put", "call", "asset", "future")
SIGNS = {"payer": -1.0, "receiver": 1.0}  # of the notional of a swap, which says the side
SIGNED = ("swap", "ois")
LENGTH = re.compile(r"(\d+) ?([MY])", re.IGNORECASE)
CONTRACTS = {"sofr_3m": 1e6, "sofr_1m": 5e6}  # notional of a contract, $
MULTIPLIER = 100.0  # units of the asset in a listed contract


def take_book(scenario: Scenario, book: Source, *, dates: str | None = None) -> Scenario:
    """The scenario with the book of `hedger` (or else of its only Hedger) read from a CSV file or a frame.

    What was assumed is added to `scenario.notes`. Raises UserError with file and line: also for an expiry without a
    close or not after the start, and, unless the scenario takes its levels as given, for a line in other units.
    """
    table = read_table(book, _layout(), dates=dates)
    _refuse_without_kind(table.columns, table.name)
    notes = list(table.notes)
    assets = _assets(table.rows, scenario, notes)
    lines = [_position(row, scenario.start, notes, assets) for row in table.rows]
    places = [row.place for row in table.rows]
    lines = _on_sessions(lines, table.rows, scenario, notes)
    check_days(scenario.clock.calendar, expiries(lines, places), scenario.end)
    spots = starting_spots(scenario)
    for line, place in zip(lines, places, strict=True) if not scenario.run.as_given else ():
        for odd in (*odd_fields(line, place), *odd_position(line, spots, scenario.start, place)):
            raise odd.error
    said = tuple(f"{table.name}: {note}" for note in dict.fromkeys(notes))
    taken = dataclasses.replace(with_book(scenario, tuple(lines), table.name), notes=(*scenario.notes, *said))
    if not scenario.run.as_given:
        owner = next(new.name for new, old in zip(taken.agents, scenario.agents, strict=True) if new is not old)
        for odd in odd_amounts(taken, Place(scenario.name), {owner: places}):
            if odd.refused:
                raise odd.error
    return taken


def with_book(scenario: Scenario, book: tuple[Position, ...], place: str) -> Scenario:
    """The scenario with the book of `hedger` (or else of its only Hedger) replaced. Raises UserError."""
    names = [agent.name for agent in scenario.agents if isinstance(agent, Hedger)]
    if not names:
        raise UserError(
            "the scenario has no Hedger to give the book to", place=place, remedy="add an [agents.hedger] table"
        )
    if "hedger" not in names and len(names) > 1:
        rule = "the scenario has several Hedgers, none of them named 'hedger'"
        raise UserError(rule, value=names, place=place, remedy="name one of them 'hedger'")
    owner = "hedger" if "hedger" in names else names[0]
    new = dataclasses.replace(cast(Hedger, scenario.agent(owner)), book=book)
    agents = tuple(new if agent.name == owner else agent for agent in scenario.agents)
    return dataclasses.replace(scenario, agents=agents)


def _layout() -> Layout:
    return Layout("book", ALIASES, (), ("expiry", "start"), NUMBERS, REMARKS)


def _refuse_without_kind(columns: Sequence[str], name: str) -> None:
    if not {"kind", "symbol"} & set(columns):
        kinds = ", ".join(KINDS)
        remedy = f"name the instrument of each line: {kinds}; or give an option's `symbol`"
        raise UserError("the column 'kind' is missing", place=name, remedy=remedy)


def _position(row: Row, start: date, notes: list[str], assets: Mapping[str, str]) -> Position:
    """assets: see `_assets`."""
    cells: dict[str, Any] = {"kind": _kind(row)}
    for column in ("strike", "normal_vol", "price", "reversion"):
        cells[column] = row.number(column)
    for column in ("moneyness", "fixed_rate", "spread", "past_rate", "quoted_rate", *SHARES):
        cells[column] = row.number(column, percent=0.01)
    cells |= {column: row.text(column) for column in ("compounding", "profile", "stub", "model")}
    cells |= {column: row.text(column) or "" for column in ("tenor", "convention", "day_count")}
    cells["asset"] = _asset(row, assets)
    cells |= {"notional": _notional(row), "start": row.day("start"), "notionals": row.numbers("notionals") or ()}
    cells |= {"quantity": _quantity(row, notes), "expiry": row.day("expiry"), "side": _side(row)}
    cells |= {column: row.whole(column) for column in ("months", "swap_months", "frequency", "observation_months")}
    if (symbol := row.text("symbol")) is not None:
        cells |= _from_symbol(row, symbol, cells)
    if cells["kind"] is None:
        remedy = "name its instrument, or drop the line if it is a total"
        raise row.place.at("kind").error("every line needs its kind", remedy=remedy)
    cells["memory"] = _yes(row, "memory")
    cells |= _length(cells) | _signed(row, cells, notes)
    cells |= _held(row, cells, notes)
    position = build(Position, cells, row.place)
    position.check(start, row.place, [*assets.values()])
    return position


def _assets(rows: Sequence[Row], scenario: Scenario, notes: list[str]) -> dict[str, str]:
    """Assets that positions may be on, by what a file calls them: further ones by their names, the main one as "".

    Where there are no further ones, all positions may be on one underlying, by any name.
    """
    known = {asset.name.casefold(): asset.name for asset in scenario.assets if asset.implied is not None}
    said = {(row.text("asset") or "").casefold() for row in rows} - {""}
    if not known and len(said) == 1:
        notes.append(f"all positions are taken as on the main asset: they have one underlying, {next(iter(said))!r}")
        known = dict.fromkeys(said, "")
    _check_roots(rows, known, notes)
    return known


def _asset(row: Row, assets: Mapping[str, str]) -> str:
    """The asset of a position: as it says, in any case, or else by the root of its symbol."""
    text, symbol = row.text("asset") or "", parse_symbol(row.text("symbol") or "")
    if not text and symbol is not None:
        return next((asset for name, asset in assets.items() if _one_underlying(name, symbol.root)), "")
    return assets.get(text.casefold(), text)


def _check_roots(rows: Sequence[Row], assets: Mapping[str, str], notes: list[str]) -> None:
    """Say whose symbols are taken as on the main asset; UserError where they are of two underlyings."""
    roots: dict[str, Row] = {}
    for row in rows:
        symbol = None if row.text("asset") else parse_symbol(row.text("symbol") or "")
        if symbol is not None and not any(_one_underlying(name, symbol.root) for name in assets):
            roots.setdefault(symbol.root, row)
    if not roots:
        return
    first = min(roots, key=len)
    for root, row in roots.items():
        if not _one_underlying(first, root):
            rule = f"the book has symbols of two underlyings, {first} and {root}"
            remedy = f"declare the other as [assets.{root.lower()}] with a vol of its own, or leave its lines out"
            raise row.place.at("symbol").error(rule, value=row.text("symbol"), remedy=remedy)
    notes.append(f"symbols of {', '.join(roots)} are taken as on the main asset")


def _one_underlying(name: str, root: str) -> bool:
    """Whether two roots are of one underlying: that of weeklies has a letter more, SPX and SPXW."""
    short, long = sorted((name.upper(), root.upper()), key=len)
    return long.startswith(short) and len(long) - len(short) <= 1


def _length(cells: dict[str, Any]) -> dict[str, Any]:
    """A tenor of '10Y' or '18M' as months, of what expires after so long and has no tenor of another meaning."""
    product = PRODUCTS.get(cells["kind"])
    found = LENGTH.fullmatch(cells["tenor"])
    if product is None or found is None or not product.takes.expiry or "tenor" in product.takes.more:
        return {}
    if cells["expiry"] is not None or cells["months"] is not None:
        return {}
    return {"tenor": "", "months": int(found[1]) * (12 if found[2].upper() == "Y" else 1)}


def _signed(row: Row, cells: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Of a swap that is said to pay or to receive: the side is the sign of its notional."""
    side, notional = cells["side"], cells["notional"]
    if cells["kind"] not in SIGNED or side not in SIGNS or notional is None:
        return {}
    if notional < 0 < SIGNS[side]:
        remedy = "a negative notional pays fixed: leave the side empty, or drop the minus"
        raise row.place.at("side").error("the notional is negative and the side receives", value=side, remedy=remedy)
    notes.append("swaps that pay fixed are taken with a negative notional, those that receive with a positive one")
    return {"side": None, "notional": SIGNS[side] * abs(notional)}


def _held(row: Row, cells: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Of an option, a future or the asset that is said to be long or short: the side is the sign of its size."""
    sign = HELD.get(cells["side"] or "")
    if cells["kind"] not in BOUGHT or sign is None:
        return {}
    sizes = {column: cells[column] for column in ("quantity", "notional") if cells[column] is not None}
    for column, size in sizes.items():
        if size < 0 < sign:
            remedy = "a negative size is short: leave the side empty, or drop the minus"
            raise row.place.at("side").error(
                f"the {column} is negative and the side long", value=cells["side"], remedy=remedy
            )
    notes.append("positions that are sold or short are taken with a negative size")
    return {"side": None, **{column: sign * abs(size) for column, size in sizes.items()}}


def _notional(row: Row) -> float | None:
    """As given; of a future on SOFR also as contracts, a million each of three months, five of one month."""
    notional, contracts = row.number("notional"), row.number("contracts")
    size = CONTRACTS.get(_kind(row) or "")
    if size is None or contracts is None:
        return notional
    if notional is not None:
        raise row.place.at("contracts").error("needs exactly one of notional and contracts", remedy="leave one empty")
    return contracts * size


def _kind(row: Row) -> str | None:
    """An instrument by any of its words; another word as it stands, for the schema to refuse."""
    text = row.text("kind")
    if text is None or not text[0].isalnum():  # `-put` may be a short one
        return text
    return WORDS.get(plain(text), text)


def _yes(row: Row, column: str) -> bool | str | None:
    """True or false by any of its words; another word as it stands, for the schema to refuse."""
    text = row.text(column)
    return None if text is None else YES.get(plain(text), text)


def _side(row: Row) -> str | None:
    """Payer or receiver by any of its words; another word as it stands, for the schema to refuse."""
    text = row.text("side")
    return None if text is None else SIDES.get(plain(text), plain(text))


def _quantity(row: Row, notes: list[str]) -> float | None:
    """Units of the asset, given as such or as contracts of so many units."""
    quantity, contracts, multiplier = (row.number(column) for column in ("quantity", "contracts", "multiplier"))
    if _kind(row) in CONTRACTS:
        return quantity
    if multiplier is not None and multiplier <= 0:
        raise row.place.at("multiplier").error("must be > 0", value=multiplier, remedy="the sign is that of the size")
    if contracts is None:
        if quantity is not None and parse_symbol(row.text("symbol") or "") is not None:
            notes.append(
                "the quantity of listed options is taken in units; call the column `contracts` if it is in those"
            )
        if multiplier is not None and quantity is not None and multiplier != 1:
            remedy = "call the column `contracts`, or drop the multiplier"
            raise row.place.at("multiplier").error("quantity is in units, without a multiplier", remedy=remedy)
        return quantity
    if quantity is not None:
        raise row.place.at("contracts").error("needs exactly one of quantity and contracts", remedy="leave one empty")
    if multiplier is None and _kind(row) in ("asset", "future"):
        rule = "contracts of the asset or of a future need a multiplier"
        raise row.place.at("contracts").error(rule, remedy="add a column `multiplier`: units a contract, e.g. 50")
    if multiplier is None:
        notes.append(f"contracts are taken as {MULTIPLIER:g} units each: there is no multiplier")
    return contracts * (MULTIPLIER if multiplier is None else multiplier)


def _from_symbol(row: Row, text: str, cells: dict[str, Any]) -> dict[str, Any]:
    """What a symbol says, where the line's own cells do not say something else."""
    option = parse_symbol(text)
    if option is None:
        if cells["kind"] is not None:
            return {}  # a ticker beside a line that says all itself
        remedy = "write it as SPXW220617P03800000: root, yymmdd, C or P, strike x 1000 in eight digits"
        raise row.place.at("symbol").error("is not an option's symbol", value=text, remedy=remedy)
    said = {"kind": option.kind, "strike": option.strike, "expiry": option.expiry}
    for key, value in said.items():
        if cells.get(key) is not None and cells[key] != value:
            rule = f"the symbol says {value}"
            raise row.place.at(key).error(rule, value=str(cells[key]), remedy="leave the cell empty, or mend it")
    return said


def _on_sessions(lines: list[Position], rows: Sequence[Row], scenario: Scenario, notes: list[str]) -> list[Position]:
    """Symbols of before 2015 are dated the Saturday after the last close: they expire at that close."""
    moved = []
    for line, row in zip(lines, rows, strict=True):
        symbol = parse_symbol(row.text("symbol") or "")
        if symbol is not None and line.expiry is not None and line.expiry.weekday() == 5:
            before = last_session(scenario.clock.calendar, line.expiry, scenario.end)
            notes.append(f"symbols dated {line.expiry}, a Saturday, expire at the close of {before}")
            line = dataclasses.replace(line, expiry=before)
        moved.append(line)
    return moved
