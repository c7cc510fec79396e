"""Curves solved from a table of quotes, and swaps on them with their risk: known values and QuantLib."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from markets.curves.bond import BillFigures, BondFigures
from markets.curves.curve_set import CurveSet
from markets.curves.interpolation import INTERPOLATIONS
from markets.curves.stress import parse_stress
from markets.curves.swap_book import SwapBook
from markets.curves.tents import fixed_widths, partition
from markets.specs.curve_swaps import CurveSwapSpec
from markets.specs.curves import CurveSpec, QuoteSpec
from scenarios.studies.curves.bonds import price_bond
from scenarios.studies.curves.solving import solve_curves, value_swaps
from scenarios.studies.validation.case import Case, Expected, Measured
from scenarios.studies.validation.known_curves import SOFR, SONIA, known, quotes_csv
from scenarios.studies.validation.lab import Lab
from sim.estimate import Estimate

TODAY = date(2026, 3, 2)
TABLES = {"sofr": SOFR, "sonia": SONIA}
NINE_YEARS = "receive 3.5% 9Y 50m"
TWICE = "computed twice, 1e-15"
SWAP = {  # value, and the last digit given
    "annuity": (7.61701474389139, 1e-13),
    "par rate": (0.0382444790035803, 1e-15),
    "value": (-1235662.22032587, 1e-7),
    "PV01": (38085.07371946, 1e-8),
    "DV01 by quotes": (-37509.61223647, 1e-7),
    "DV01 by the 8Y quote": (-16853.166869, 1e-6),
    "DV01 by the 10Y quote": (-21080.032863, 1e-6),
    "gamma by quotes": (35.115896, 1e-5),
    "zero curve +1 bp": (-38212.072738, 1e-6),
    "theta, forwards realised": (-147.540127, 1e-6),
    "theta, zero curve unchanged": (-498.416359, 1e-6),
}
HEDGE = {  # way: 8Y quote, 10Y quote, outside the two over the sum
    "log_linear": (-340.3, -422.9, 0.002),
    "linear_zero": (-383.1, -381.6, 0.004),
    "log_cubic": (-538.0, -471.3, 0.50),
}
DISCOUNT = "0.5 .0405 1 .039 2 .037 3 .0366 5 .0372 7 .038 10 .0392 15 .0405 20 .0408 30 .04"
FORWARD = "0.5 .0412 1 .0398 2 .0379 3 .0376 5 .0383 7 .0391 10 .0403 15 .0415 20 .0417 30 .0408"
GRID = (  # what, for the swaps A, B, C, half a unit of the last digit
    ("par rate", (0.04047159297053, 0.03832570892509, 0.04153785628914), 1e-14),
    ("value", (-38860.702900, 168083.170923, 106100.462467), 1e-6),
    ("DV01, both zero curves", (-8338.984489, 9349.481088, -23379.559292), 1e-6),
    ("DV01, discount curve", (68.070462, -33.401469, 55.587136), 1e-6),
    ("gamma", (7.80203503, -3.65350414, 47.09577527), 1e-8),
    ("+50 bp", (-407351.9370, 462937.1170, -1112199.7623), 1e-4),
    ("1Y +5, 5Y +10, 10Y 0, 30Y -5 bp", (-8354.0387, 80604.9197, 48467.0265), 1e-4),
    ("sum of key rates, partition", (-8338.984489, 9349.481088, -23379.559292), 1e-6),
    ("sum of key rates, fixed widths", (-8582.980742, 9711.808165, -6591.405581), 1e-6),
)
SWAPS = ("receive 4% 10Y 10m on forward", "pay 3.65% 4Y 25m on forward", "receive 4.2% 24Y 15m on forward")
BASIS = {
    "EUR DF under USD collateral, 1Y": (0.9818589833276, 1e-13),
    "EUR DF under USD collateral, 3Y": (0.9417914074135, 1e-13),
    "EUR DF under USD collateral, 10Y": (0.7934817174872, 1e-13),
    "FX forward 5Y": (1.17123959122, 1e-11),
    "par cross-currency basis 7Y": (-0.00206950863687, 1e-14),
    "receive 5Y at -12 bp on 100m EUR": (474584.9833, 1e-4),
    "basis spread 5Y": (0.0008083023722295, 1e-15),
    "basis annuity 5Y": (4.508950340938, 1e-12),
    "amortising par rate": (0.0390098918425, 1e-13),
    "amortising, receive 4.10 %": (315843.9115, 1e-4),
    "accreting par rate": (0.039822141429, 1e-12),
}


def sofr_and_sonia(lab: Lab, way: str) -> dict[str, CurveSet]:
    """Solved from tables in the lab's folder, as a user has them."""
    out = {}
    for name, text in TABLES.items():
        path = lab.folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(quotes_csv(name, text), encoding="utf-8")
        out[name] = solve_curves(path, day=TODAY, interpolation=way)
    return out


def read_discounts(lab: Lab) -> Measured:
    """Largest error of a discount factor, by curve and interpolation, and the largest error of a quote."""
    found, residual = {}, 0.0
    for column, way in enumerate(INTERPOLATIONS):
        for name, curves in sofr_and_sonia(lab, way).items():
            lines, curve = known(TABLES[name]), curves[name]
            errors = [abs(curve.discount(line.day) - line.discounts[column]) for line in lines]
            found[f"{name}, {way}: worst error of a discount factor"] = Estimate(max(errors))
            residual = max(residual, curves.residual)
    return Measured(estimates={**found, "worst error of a quote": Estimate(residual)})


def read_swap(lab: Lab) -> Measured:
    """The nine-year swap on the log-linear curve."""
    book = value_swaps([NINE_YEARS], sofr_and_sonia(lab, "log_linear")["sofr"])
    ladder = by_tenor(book)
    values: dict[str, Any] = {
        "annuity": book.annuity,
        "par rate": book.par,
        "value": book.npv,
        "PV01": book.pv01,
        "DV01 by quotes": book.par_dv01,
        "DV01 by the 8Y quote": ladder["8Y"],
        "DV01 by the 10Y quote": ladder["10Y"],
        "gamma by quotes": book.par_gamma,
        "zero curve +1 bp": book.stressed(parse_stress("parallel 1")),
        "theta, forwards realised": book.theta(),
        "theta, zero curve unchanged": book.theta_same_zeros(),
    }
    return Measured(estimates={what: Estimate(float(np.sum(value))) for what, value in values.items()})


def read_hedge(lab: Lab) -> Measured:
    """The ladder of a par swap of nine years on 1m, by interpolation."""
    found: dict[str, Estimate] = {}
    for way in HEDGE:
        book = value_swaps(["receive par 9Y 1m"], sofr_and_sonia(lab, way)["sofr"])
        ladder = by_tenor(book)
        far = sum(abs(bp) for tenor, bp in ladder.items() if tenor not in ("8Y", "10Y"))
        values = (ladder["8Y"], ladder["10Y"], far / abs(sum(ladder.values())))
        found |= {what: Estimate(value) for what, value in zip(hedge_readings(way), values, strict=True)}
    return Measured(estimates=found)


def hedge_readings(way: str) -> tuple[str, ...]:
    """What is read of an interpolation."""
    return f"{way}: 8Y quote", f"{way}: 10Y quote", f"{way}: risk outside the two, over the sum"


def by_tenor(book: SwapBook) -> dict[str, float]:
    """The ladder of a book's first swap, by tenor."""
    return {quote.name.split()[-1]: float(bp) for quote, bp in zip(book.curves.quotes, book.ladder[0], strict=True)}


def grid(pairs: str, **more: Any) -> CurveSpec:
    """Zero rates on a grid of years."""
    words = pairs.split()
    quotes = tuple(QuoteSpec(kind="zero", tenor=t, rate=float(r)) for t, r in zip(words[::2], words[1::2], strict=True))
    spec = {"convention": "year_grid", "interpolation": "linear_zero", "quotes": quotes, **more}
    return CurveSpec(**spec)


def two_curves() -> CurveSet:
    """Zero curves that discount and that project, half-yearly on both legs."""
    return solve_curves({"discount": grid(DISCOUNT), "forward": grid(FORWARD, discount="discount")}, day=TODAY)


def read_grid(lab: Lab) -> Measured:
    """Three swaps on two zero curves."""
    book = value_swaps(SWAPS, two_curves())
    years = book.flows.years
    values = (
        book.par,
        book.npv,
        book.zero_dv01(),
        book.zero_dv01(curve="discount"),
        book.gamma,
        book.stressed(parse_stress("parallel 50")),
        book.stressed(parse_stress("1Y 5, 5Y 10, 10Y 0, 30Y -5")),
        book.key_rates(partition(years)).sum(axis=1),
        book.key_rates(fixed_widths(years)).sum(axis=1),
    )
    found = {
        f"{what}, {name}": Estimate(float(value))
        for (what, _, _), row in zip(GRID, values, strict=True)
        for name, value in zip("ABC", row, strict=True)
    }
    return Measured(estimates=found)


def read_basis(lab: Lab) -> Measured:
    """Cross-currency and basis swaps, and swaps whose notional falls or rises."""
    usd, eur = "0.25 .043 1 .04 2 .0375 5 .037 10 .0385", "0.25 .02 1 .0195 2 .0205 5 .023 10 .026"
    quotes = {"1Y": -0.0012, "2Y": -0.0015, "5Y": -0.0022, "10Y": -0.0028}
    basis = CurveSpec(
        convention="year_grid",
        currency="eur",
        projection="eur",
        against="usd",
        quotes=tuple(QuoteSpec(kind="cross_currency", tenor=t, rate=r) for t, r in quotes.items()),
    )
    curves = solve_curves(
        {"usd": grid(usd, currency="usd"), "eur": grid(eur, currency="eur"), "eur_usd": basis}, day=TODAY
    )
    collateral = curves["eur_usd"]
    seven, five = (curves.fair("eur_usd", QuoteSpec(kind="cross_currency", tenor=t)) for t in ("7Y", "5Y"))
    knots = [k / 4 for k in range(1, 21)]
    own, other = (" ".join(f"{t} {0.038 + 0.0006 * t + add:.6f}" for t in knots) for add in (0.0, 0.0008))
    tenor_basis = solve_curves({"a": grid(own), "b": grid(other, discount="a", against="a")}, day=TODAY).fair(
        "b", QuoteSpec(kind="basis", tenor="5Y")
    )
    falling, rising = (
        SwapBook.of(
            [CurveSwapSpec(side="receive", rate=0.041, tenor="6Y", notional=50e6, curve="forward", months=12,
                           profile="amortising" if way else "accreting")],
            two_curves(),
        )
        for way in (True, False)
    )  # fmt: skip
    values = (
        *(np.exp(collateral.log_discount(t)) for t in (1.0, 3.0, 10.0)),
        curves.fx_forward("eur_usd", 1.08, 5.0),
        seven.value,
        (-0.0012 - five.value) * five.annuity * 100e6,
        tenor_basis.value,
        tenor_basis.annuity,
        falling.par[0],
        falling.npv[0],
        rising.par[0],
    )
    return Measured(estimates={what: Estimate(float(value)) for what, value in zip(BASIS, values, strict=True)})


BONDS = {
    "note: accrued": (0.031589673913, 1e-12),
    "note: yield": (0.0377297155076, 1e-13),
    "note: duration": (4.5863076479, 1e-10),
    "note: modified duration": (4.5013895739, 1e-10),
    "note: DV01 per 100": (0.045235179402, 1e-12),
    "note: convexity": (23.567828903, 1e-9),
    "bill of 93 days: price": (98.9485833333, 1e-10),
    "bill of 93 days: bond-equivalent yield": (0.04170375804044, 1e-14),
    "bill of 352 days: price": (96.3626666667, 1e-10),
    "bill of 352 days: simple yield": (0.0391403309719, 1e-13),
    "bill of 352 days: bond-equivalent yield": (0.0387782763909, 1e-13),
}


def read_bonds(lab: Lab) -> Measured:
    """A note and two bills, settled 3 March 2026."""
    settled = date(2026, 3, 3)
    note = price_bond("3.875% 2031-02-28 at 100.46", settled=settled)
    short, long = (
        price_bond(text, settled=settled) for text in ("bill 2026-06-04 at 4.07%", "bill 2027-02-18 at 3.72%")
    )
    assert isinstance(note, BondFigures) and isinstance(short, BillFigures) and isinstance(long, BillFigures)
    values = (
        *(note.accrued, note.rate, note.duration, note.modified, note.dv01, note.convexity),
        *(short.price, short.equivalent, long.price, long.simple, long.equivalent),
    )
    return Measured(estimates={what: Estimate(value) for what, value in zip(BONDS, values, strict=True)})


CASES: tuple[Case, ...] = (
    Case(
        name="curve-discount-factors",
        title="Discount factors of SOFR and SONIA curves",
        chapter="Curves",
        source="Newton with an exact Jacobian, and QuantLib's iterative bootstrap",
        inputs="20 SOFR and 16 SONIA swaps of 2 March 2026 from a table of quotes, one week to 30 years",
        statistic="worst error at all nodes and at four dates between them; worst error of a quote per 1 of notional",
        expected=(
            *(
                Expected(
                    what=f"{name}, {way}: worst error of a discount factor", value=1e-14, relation="<", exact=TWICE
                )
                for way in INTERPOLATIONS
                for name in TABLES
            ),
            Expected(what="worst error of a quote", value=1e-12, relation="<", exact="bound"),
        ),
        measure=read_discounts,
        fast=True,
        needs=("QuantLib",),
        seconds=1.5,
    ),
    Case(
        name="curve-swap",
        title="A nine-year SOFR swap and its exact risk",
        chapter="Curves",
        source="QuantLib: value to 1e-8, ladder by bumps of 0.01 bp to 1e-6",
        inputs="receive 3.50 % for nine years on 50m, log-linear curve of 20 quotes",
        statistic="value, sensitivities per bp, gamma per bp squared, a calendar day of both thetas",
        expected=tuple(
            Expected(what=what, value=value, rounding=digit, exact=TWICE) for what, (value, digit) in SWAP.items()
        ),
        measure=read_swap,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="curve-hedge",
        title="Interpolation decides the hedge",
        chapter="Curves",
        source="two bootstraps of the same 20 quotes",
        inputs="par swap of nine years on 1m between the quotes of 8 and 10 years",
        statistic="DV01 by quote, and how much of it lies outside the two neighbours, over the sum",
        expected=tuple(
            Expected(what=what, value=value, rounding=digit, exact="computed twice, digits given")
            for way, values in HEDGE.items()
            for what, value, digit in zip(
                hedge_readings(way), values, (0.05, 0.05, 0.0006 if values[2] < 0.1 else 0.006), strict=True
            )
        ),
        measure=read_hedge,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="curve-two-curves",
        title="Swaps on a discount and a forward curve, key rates and stresses",
        chapter="Curves",
        source="derivatives at forty digits",
        inputs="zero rates linear in time at ten tenors, half-yearly legs; receive 10Y, pay 4Y, receive 24Y",
        statistic="values, DV01, gamma, changes in static stresses, sums of key-rate DV01",
        expected=tuple(
            Expected(what=f"{what}, {name}", value=value, rounding=digit, exact="exact")
            for what, row, digit in GRID
            for name, value in zip("ABC", row, strict=True)
        ),
        measure=read_grid,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="curve-basis",
        title="Basis, cross-currency and amortising swaps",
        chapter="Curves",
        source="bootstrap and global Newton",
        inputs="USD collateral at 1.08 USD per EUR, quarterly basis swaps of 1 to 10 years; annual swaps of 6 years",
        statistic="discount factors, FX forward, par spreads and values",
        expected=tuple(
            Expected(what=what, value=value, rounding=digit, exact=TWICE) for what, (value, digit) in BASIS.items()
        ),
        measure=read_basis,
        fast=True,
        needs=("QuantLib",),
    ),
    Case(
        name="bond-figures",
        title="A note and two bills",
        chapter="Curves",
        source="street formulas; QuantLib's yield, durations and convexity",
        inputs="3 7/8 % due 28 February 2031 at 100.46; bills at discounts of 4.07 and 3.72 %; settled 3 March 2026",
        statistic="accrued interest, yields, durations, convexity, prices",
        expected=tuple(
            Expected(what=what, value=value, rounding=digit, exact=TWICE) for what, (value, digit) in BONDS.items()
        ),
        measure=read_bonds,
        fast=True,
        needs=("QuantLib",),
    ),
)
