"""The parts of a desk's loss, each declared once, here or in `markets.costs`; everything else reads the declarations.

The ledger's proof takes its reasons from here, and the table `marks` its columns. The manifest stores it; figures,
tables, charts, sweeps and texts are made from it.

Cost of survival is the desk's whole loss over the run, marked at the end: minus its P&L. The parts add up to it on
every path. Two sub-totals: re-hedging at mid (P&L of position and hedge before any cost) and frictions (costs of
trading, close-outs and funding).
"""

from __future__ import annotations

from dataclasses import replace

from markets.costs import FRICTIONS, TRADING
from markets.kernels.hedging import (
    CREDIT_PART,
    CVA_PART,
    DEFAULT_PART,
    DELTA_PART,
    FX_PART,
    GAMMA_PART,
    RATES_PART,
    SMILE_PART,
    THETA_PART,
    VEGA_PART,
)
from sim.metric_names import BEFORE_RE_MARKING, COST
from sim.split import Group, Part, Split, Step

REHEDGING = Group(name="rehedging", label="Re-hedging at mid")
FUNDING = Group(name="funding", label="Funding", within=FRICTIONS)

BOOK = (  # book and hedge
    Part(
        name="convexity",
        columns=(Step("gamma", "Gamma", source="book", row=GAMMA_PART),),
        label="Convexity (gamma)",
        short="convexity",
        said="what price moves took from the book beyond its delta",
        within=REHEDGING,
        colour=0,
    ),
    Part(
        name="carry",
        columns=(Step("theta", "Theta", source="book", row=THETA_PART),),
        label="Carry (theta)",
        short="carry",
        said="what the passing of time took; below zero: it paid",
        within=REHEDGING,
        colour=1,
    ),
    Part(
        name="slippage",
        columns=(
            Step("delta", "Delta of the book", source="book", row=DELTA_PART),
            Step("hedge", "Hedge in assets", source="held"),
        ),
        label="Slippage (delta left open)",
        short="slippage",
        said="delta of the book net of its hedge at mid: what the policy left open",
        within=REHEDGING,
        colour=2,
    ),
    Part(
        name="re_marking",
        columns=(Step("vega", "Vega", source="book", row=VEGA_PART),),
        label="Re-marking (vega)",
        short="re-marking",
        said="what the change of implied vol did to the book's mark",
        passing=True,
        colour=3,
    ),
    Part(
        name="rates_cost",
        columns=(
            Step("rates", "Rates, the book", source="book", row=RATES_PART),
            Step("hedge_rates", "Hedge in swaps", source="held"),
        ),
        label="Rates (net of swap hedges)",
        short="rates",
        said="what the curve did to the book, net of the swaps that hedge it",
        colour=4,
    ),
)
LENDING = (
    Part(
        name="closeout_cost",
        columns=(Step("closeout_cost", "Close-outs"),),
        label="Close-outs",
        short="close-outs",
        said="what forced reductions cost beyond the spread",
        within=FRICTIONS,
        colour=9,
    ),
    Part(
        name="funding_overnight",
        columns=(Step("funding_overnight", "Funding, overnight"),),
        label="Funding, overnight (below zero: interest earned)",
        short="funding, overnight",
        said="interest on cash at the overnight rate; below zero: received",
        within=FUNDING,
        colour=10,
    ),
    Part(
        name="funding_credit",
        columns=(Step("funding_credit", "Funding, credit"),),
        label="Funding, credit",
        short="funding, credit",
        said="what borrowing cost above the overnight rate",
        within=FUNDING,
        colour=11,
    ),
)
LOSS = Split(
    name=COST,
    label="Cost of survival",
    column="pnl",
    lasting=Group(name=BEFORE_RE_MARKING, label="Cost of survival before re-marking"),
    parts=(*BOOK, *TRADING, *LENDING),
)


FX = Part(  # of a scenario that has prices of other currencies
    name="fx_cost",
    columns=(Step("fx", "FX", source="book", row=FX_PART),),
    label="FX",
    short="FX",
    said="what the prices of other currencies did to the book",
    within=REHEDGING,
    colour=5,
)
HEDGE_CREDIT = Step("hedge_credit", "Hedge in credit", source="held")
CREDIT = (  # of a scenario that has names
    Part(
        name="credit_cost",
        columns=(Step("credit", "Credit", source="book", row=CREDIT_PART), HEDGE_CREDIT),
        label="Credit (net of its hedge)",
        short="credit",
        said="what the spreads of names did to the book, net of the contracts that hedge it",
        within=REHEDGING,
    ),
    Part(
        name="default_cost",
        columns=(Step("defaults", "Defaults of names", source="book", row=DEFAULT_PART),),
        label="Defaults of names",
        short="defaults",
        said="what the defaults of names did to the book",
        within=REHEDGING,
        rare=True,
    ),
)

CVA = Part(  # of a scenario in which a desk's book has a counterparty
    name="cva_cost",
    columns=(Step("cva", "Credit of the counterparty", source="book", row=CVA_PART),),
    label="Counterparty (CVA)",
    short="counterparty",
    said="what the credit of the counterparty did to the book: its adjustment (CVA), and its default",
    within=REHEDGING,
)

SMILE = Part(  # of a scenario in which the smile moves with spot, or by itself
    name="smile_cost",
    columns=(Step("smile", "Smile", source="book", row=SMILE_PART),),
    label="Smile",
    short="smile",
    said="what the smile's slide under spot, beyond the delta that follows it, and its slope and skew did to the mark",
    within=REHEDGING,
)


def _steps(source: str) -> tuple[Step, ...]:
    """Steps of the loss from one source: those with a row first, in the order of rows."""
    found = [step for step in LOSS.columns if isinstance(step, Step) and step.source == source]
    return tuple(sorted(found, key=lambda step: len(found) if step.row is None else step.row))


STEPS = (*_steps("book"), *_steps("held"), *_steps("flow"))  # as columns of `marks`
ATTRIBUTION, HEDGES, FLOWS = (tuple(step.name for step in _steps(source)) for source in ("book", "held", "flow"))
VEGA_HEDGE = Step("hedge_vega", "Vega of the hedge", source="held")  # in markets that trade options
GAMMA_HEDGE = Step("hedge_gamma", "Gamma of the hedge", source="held")  # in markets that trade options on the asset
THETA_HEDGE = Step("hedge_theta", "Theta of the hedge", source="held")
SMILE_HEDGE = Step("hedge_smile", "Smile of the hedge", source="held")  # ... on a smile that moves
UNSPLIT = "unsplit"  # P&L of a book that is not attributed; no column of a table
COSTS = (*HEDGES, *FLOWS)  # reasons of the ledger


def option_hedges(*, rates: bool, options: bool, smile: bool) -> dict[str, Step]:
    """Steps of traded options by the part of the loss that they belong to.

    rates: options on rates are traded; options: options on the asset; smile: on a smile that moves.
    """
    vega = {"re_marking": VEGA_HEDGE} if rates or options else {}
    moved = {SMILE.name: SMILE_HEDGE} if options and smile else {}
    return ({"convexity": GAMMA_HEDGE, "carry": THETA_HEDGE} if options else {}) | vega | moved


def loss(
    *,
    vega_hedges: bool = False,
    options: bool = False,
    fx: bool = False,
    credit: bool = False,
    counterparty: bool = False,
    smile: bool = False,
) -> Split:
    """The parts of the loss in a market.

    vega_hedges: options on rates are traded, and re-marking is net of what is held of them. options: options on the
    asset are, and convexity and carry are net of them, too. fx: there are prices of other currencies, which have a part
    of their own. credit: there are names, whose spreads and defaults have theirs. counterparty: a desk's book has one,
    whose credit has its part. smile: vols of an asset move along its smile with spot, or by factors of its own; the
    part is net of options, too.
    """
    hedges = option_hedges(rates=vega_hedges, options=options, smile=smile)
    parts = [*BOOK, *([FX] if fx else []), *(CREDIT if credit else []), *([CVA] if counterparty else [])]
    parts += [SMILE] if smile else []
    parts = [replace(p, columns=(*p.columns, hedges[p.name])) if p.name in hedges else p for p in parts]
    own = any((hedges, fx, credit, counterparty, smile))
    return replace(LOSS, parts=(*parts, *LOSS.parts[len(BOOK) :])) if own else LOSS


_OWN = (FX.columns[0].name, *(part.columns[0].name for part in CREDIT), CVA.columns[0].name, SMILE.columns[0].name)
ROWS = (*ATTRIBUTION[:FX_PART], *_OWN, *ATTRIBUTION[FX_PART:])  # of the totals that a desk keeps


def components(*, fx: bool, credit: bool, counterparty: bool = False, smile: bool = False) -> tuple[str, ...]:
    """Steps of a book's attribution that `marks` shows in a market."""
    kinds = ((fx, (FX,)), (credit, CREDIT), (counterparty, (CVA,)), (smile, (SMILE,)))
    away = {part.columns[0].name for there, parts in kinds if not there for part in parts}
    return tuple(name for name in ROWS if name not in away)
