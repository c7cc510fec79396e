"""A desk's derivatives as trades of one netting set, as SA-CCR looks at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from agents.capital.netting_set import Trade, option_delta
from agents.capital.supervisory import BASIS, EQUITY, INDEX, RATES, VOLATILITY
from markets.factors.key import MAIN, USD
from markets.products.basis_swap import BasisSwap
from markets.products.bermudan_swaption import BermudanSwaption
from markets.products.cancellable_swap import CancellableSwap
from markets.products.cap import Cap
from markets.products.cds import Cds
from markets.products.cross_currency_swap import CrossCurrencySwap
from markets.products.dates import add_months
from markets.products.fra import Fra
from markets.products.future import Future
from markets.products.gamma_claim import GammaClaim
from markets.products.ois import Ois
from markets.products.option import Option
from markets.products.sofr_future import SofrFuture
from markets.products.swap import Swap
from markets.products.swaption import Swaption
from markets.venues.variance_swap import VarianceSwap

if TYPE_CHECKING:
    from agents.desk.lines import BookLine
    from agents.funding.portfolio import Portfolio
    from markets.products.rate_option_table import OpenOption
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
DOLLAR = USD[1].upper()
RATING = "BBB"  # of every name
LEAST_RATE = 1e-4  # forwards and strikes of rates are shifted until both are at least this (CRE52.40, FAQ 2)


def book_trades(portfolio: Portfolio) -> list[Trade]:
    """Every live derivative of book and hedges. Amortising swaps count with their whole notional."""
    return [
        *(trade for line in portfolio.lines for trade in RULES.get(type(line.instrument), _other)(portfolio, line)),
        *(_hedge(venue, portfolio) for venue in portfolio.held_venues() if not venue.listing.funded),
        *(trade for venue in portfolio.held_venues() for trade in _variance_swap(venue, portfolio)),
    ]


# --- on the asset -----------------------------------------------------------------------------------------------------
def _equity(portfolio: Portfolio, line: BookLine, delta: Vector | float) -> Iterable[Trade]:
    notional = portfolio.scale * abs(line.instrument.size) * portfolio.price(line.asset)
    yield Trade(
        asset_class="equity",
        name=line.asset,
        quality=INDEX,
        notional=notional,
        delta=np.broadcast_to(delta, notional.shape),
        value=portfolio.scale * line.value(),
        maturity=line.years,
    )


def _option(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    option: Any = line.instrument
    delta = option_delta(
        bought=option.quantity > 0,
        call=option.kind == "call",
        forward=_forward(portfolio, line),
        strike=option.strike,
        years=line.years,
        volatility=EQUITY[INDEX].volatility,
    )
    return _equity(portfolio, line, delta)


def _forward(portfolio: Portfolio, line: BookLine) -> Vector:
    """Of its asset to the end of a position, (paths,) $."""
    curve, start = portfolio.curve, line.start
    grown = curve.zero(line.years, portfolio.factors.snapshot.block(curve.block))  # -ln DF
    forward: Vector = portfolio.price(line.asset) * np.exp(grown - start.dividend_yield * line.years)
    return forward


def _linear_equity(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    return _equity(portfolio, line, np.sign(line.instrument.size))


# --- on rates ---------------------------------------------------------------------------------------------------------
def _rates(
    portfolio: Portfolio, line: BookLine, *, delta: Vector | float, start: float, end: float, **more: Any
) -> Trade:
    notional = portfolio.scale * line.instrument.gross(1.0)
    said: dict[str, Any] = {
        "name": DOLLAR,
        "notional": notional,
        "value": portfolio.scale * line.value(),
        "delta": np.broadcast_to(delta, notional.shape),
        "maturity": line.years,
    }
    return Trade(asset_class="rates", quality="", start=max(start, 0.0), end=end, **(said | more))


def _swap(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Receiving fixed is short of the rate."""
    held: Any = line.instrument
    begin: date | None = held.begin if isinstance(held, Ois) else held.start
    start = 0.0 if begin is None else line.years_to(begin)
    yield _rates(portfolio, line, delta=-np.sign(held.size), start=start, end=line.years)


def _basis_swap(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Long of the curve whose name comes first."""
    held: Any = line.instrument
    pair = " ".join(sorted((held.curve, held.against)))
    sign = np.sign(held.size) * (1.0 if pair.startswith(held.curve) else -1.0)
    yield _rates(portfolio, line, delta=sign, start=0.0, end=line.years, name=pair, kind=BASIS)


def _fra(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Bought, it gains where the rate rises; it is settled when its period begins."""
    months = [int(each) for each in str(line.instrument.tenor).lower().split("x")]  # type: ignore[attr-defined]
    length = (months[1] - months[0]) / 12
    delta = np.sign(line.instrument.size)
    yield _rates(portfolio, line, delta=delta, start=line.years, end=line.years + length)


def _rate_future(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Bought, it gains where the rate falls."""
    held: Any = line.instrument
    begin, end = (line.years_to(day) for day in held.span(line.start))
    yield _rates(portfolio, line, delta=-np.sign(held.size), start=begin, end=end)


def _rate_options(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Each option alone; the value stands with the first."""
    value = portfolio.scale * line.value()
    for option in line.open_options():
        yield _rate_option(portfolio, line, option, last=option.years, value=value)
        value = np.zeros_like(value)


def _bermudan(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Start: its first exercise. The formula has the last one, when a fixed period is left (CRE52.42)."""
    held: Any = line.instrument
    last = line.years_to(add_months(held.expiry, held.swap_months - held.fixed_months))
    value = portfolio.scale * line.value()
    for option in line.open_options():
        yield _rate_option(portfolio, line, option, last=max(last, option.years), value=value)


def _cancellable(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """The swap, and the right to the opposite one."""
    held: Any = line.instrument
    paid = np.sign(held.size) * (1.0 if held.side == "payer" else -1.0)
    end = line.years_to(add_months(held.expiry, held.swap_months))
    yield _rates(portfolio, line, delta=paid, start=0.0, end=end)
    last = line.years_to(add_months(held.expiry, held.swap_months - held.fixed_months))
    for option in line.open_options():
        opposite = option._replace(sign=-option.sign)
        none = np.zeros(portfolio.paths)
        yield _rate_option(portfolio, line, opposite, last=max(last, option.years), value=none)


def _rate_option(portfolio: Portfolio, line: BookLine, option: OpenOption, *, last: float, value: Vector) -> Trade:
    """last: years to the last exercise."""
    lowest = np.minimum(option.forward, option.strike)
    shift = np.maximum(LEAST_RATE - lowest, 0.0)
    delta = option_delta(
        bought=option.notional > 0,
        call=option.sign > 0,
        forward=(option.forward + shift) / (option.strike + shift),
        strike=1.0,
        years=last,
        volatility=RATES.volatility,
    )
    notional, end = portfolio.scale * abs(option.notional), option.years + option.tenor
    more = {"notional": notional, "value": value, "maturity": end}
    return _rates(portfolio, line, delta=delta, start=option.years, end=end, **more)


# --- on names ---------------------------------------------------------------------------------------------------------
def _cds(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """Protection bought gains where the spread rises."""
    held: Any = line.instrument
    notional = portfolio.scale * held.gross(1.0) * portfolio.living(held.credit)
    yield Trade(
        asset_class="credit",
        name=held.credit,
        quality=RATING,
        notional=notional,
        delta=np.full(portfolio.paths, np.sign(held.size)),
        value=portfolio.scale * line.value(),
        maturity=line.years,
        end=line.years,
    )


# --- on currencies ----------------------------------------------------------------------------------------------------
def _cross_currency(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    held: Any = line.instrument
    notional = portfolio.scale * abs(held.size) * portfolio.price_of(held.currency)
    yield Trade(
        asset_class="fx",
        name=held.currency.upper() + DOLLAR,
        quality="",
        notional=notional,
        delta=np.full(portfolio.paths, np.sign(held.size)),
        value=portfolio.scale * line.value(),
        maturity=line.years,
    )


# --- others -----------------------------------------------------------------------------------------------------------
def _other(portfolio: Portfolio, line: BookLine) -> Iterable[Trade]:
    """A product of whom nothing more is known: linear, and long where its size is positive."""
    if line.rates:
        return [_rates(portfolio, line, delta=np.sign(line.instrument.size), start=0.0, end=line.years)]
    return _linear_equity(portfolio, line)


# --- hedges -----------------------------------------------------------------------------------------------------------
def _hedge(venue: Venue, portfolio: Portfolio) -> Trade:
    """A swap or a future at a venue: bought, it gains where rates fall."""
    held = venue.listing.exposure(portfolio.name)
    rates = venue.key[:2] == USD
    years = venue.listing.years()
    return Trade(
        asset_class="rates" if rates else "equity",
        name=DOLLAR if rates else MAIN,
        quality="" if rates else INDEX,
        notional=np.abs(held),
        delta=-np.sign(held) if rates else np.sign(held),
        value=venue.value(portfolio.name),
        maturity=years,
        end=years,
    )


def _variance_swap(venue: Venue, portfolio: Portfolio) -> Iterable[Trade]:
    """On the variance of its asset, at what it is expected to be; nothing of what is no variance swap."""
    swap = venue.listing
    if isinstance(swap, VarianceSwap):
        held = venue.held(portfolio.name)
        yield Trade(
            asset_class="equity",
            name=swap.underlying.name,
            quality=INDEX,
            notional=np.abs(held) * swap.variance_dollars,
            delta=np.sign(held),
            value=venue.value(portfolio.name),
            maturity=swap.years(),
            kind=VOLATILITY,
        )


Rule = Callable[["Portfolio", "BookLine"], Iterable[Trade]]
RULES: dict[type, Rule] = {
    Option: _option,
    GammaClaim: _linear_equity,
    Future: _linear_equity,
    Swap: _swap,
    Ois: _swap,
    BasisSwap: _basis_swap,
    Fra: _fra,
    SofrFuture: _rate_future,
    Swaption: _rate_options,
    Cap: _rate_options,
    BermudanSwaption: _bermudan,
    CancellableSwap: _cancellable,
    CrossCurrencySwap: _cross_currency,
    Cds: _cds,
}
