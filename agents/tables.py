"""Tables that the agents write."""

from __future__ import annotations

from dataclasses import replace

from agents.desk.book_table import AGENT, BOOK
from agents.desk.exposure_record import EXPECTED, EXPOSURE
from agents.desk.loss import CREDIT, CVA, FX, SMILE, STEPS, option_hedges
from agents.desk.risk_record import RISK
from agents.requirement import Requirement
from markets.costs import INVENTORY
from sim.columns import Column, Table

IN_FULL = "every agent at every close, on all paths"
AT_THE_END = "on all paths at the last close, on the witness paths before it"
RATES = "rates"  # column after which that of FX rates stands
MARGINS = ("Proceeds of short sales, kept by the lender", "Variation margin", "Initial margin")
REQUIRED = tuple(  # they add up to margin_required
    Column(name, label, "$") for name, label in zip(Requirement._fields, MARGINS, strict=True)
)
CREDIT_FOR_OPTIONS = Column("option_credit", "Credit for long options", "$")  # taken off what is called
MARKS = Table(
    "marks",
    (
        AGENT,
        Column("role", "Role", kind="text"),
        Column("book_value", "Value of the book", "$"),
        Column("hedge_value", "Value of the hedge", "$"),
        Column("cash", "Cash", "$"),
        Column("margin", "Margin posted", "$"),
        Column("claims", "Claims on others", "$"),
        Column("equity", "Equity", "$"),
        Column("pnl", "P&L", "$"),
        *STEPS,
        Column("unhedged_pnl", "P&L of the whole book, unhedged", "$"),
        Column("net_delta_dollars", "Delta of book and hedge", "$"),
        Column("gamma_dollars_1pct", "Gamma per 1 % of spot", "$"),
        Column("book_share", "Share of the book not taken", "share"),
        Column("liquidated", "Liquidated", kind="flag"),
        Column("defaulted", "Defaulted", kind="flag"),
    ),
    rows=f"every agent {AT_THE_END}; of hedging desks see `desks`",
)
# Columns of `marks` that `desks` has too: on every path at every close, but for the desks alone.
WHOLE = ("agent", "equity", "pnl", "unhedged_pnl", "liquidated", "defaulted")
HELD = "hedge"  # gains of hedges, whose columns begin so, are compared day by day with those of the book
LEFT_OUT = ("role", "book_value", "hedge_value", "cash", "margin", "claims")
DESKS = "desks"
FUNDING = Table(
    "funding",
    (
        AGENT,
        Column("overnight", "Overnight rate", "rate"),
        Column("credit", "Credit spread", "rate"),
        Column("borrowed", "Borrowed", "$"),
        Column("line", "Credit line", "$"),
        Column("margin_required", "Margin required", "$"),
        Column("margin_posted", "Margin posted", "$"),
        *REQUIRED,
        Column("free_cash", "Free cash", "$"),
    ),
    rows="every borrower with a book at every close, on the witness paths alone",
)
CAPITAL = Table(
    "capital",
    (
        AGENT,
        Column("required", "Capital required", "$"),
        Column("equity", "Equity", "$"),
    ),
    rows="every close and desk or maker with a limit, on all paths",
)
NETTING_SETS = Table(
    "netting_sets",
    (
        AGENT,
        Column("netting_set", "Netting set", kind="text"),
        *REQUIRED[1:],
    ),
    rows="every borrower and netting set at every close, on the witness paths alone",
)
LIQUIDITY = Table(
    "liquidity",
    (
        AGENT,
        Column("low_free_cash", "Lowest free cash", "$"),
        Column("low_free_cash_time", "When free cash was lowest", kind="time"),
        Column("peak_line_share", "Peak use of the credit line", "share"),
        *(Column(f"peak_{c.name}", f"Peak {c.label[0].lower()}{c.label[1:]}", c.unit) for c in REQUIRED),
        Column("book_share", "Share of the book not taken", "share"),  # last value; it never grows
        Column("capital_needed", "Survival capital", "$"),
    ),
    timeless=True,
    rows="one a path and borrower with a book: the worst of the closes",
)
MARGIN_CALLS = Table(
    "margin_calls",
    (
        AGENT,
        Column("required", "Margin required", "$"),
        Column("called", "Called", "$"),
        Column("met", "Met", "$"),
        Column("deadline", "Deadline", kind="time"),
        Column("outcome", "Outcome", kind="text"),
    ),
    rows="every call, on all paths",
)
SETTLEMENTS = Table(
    "settlements",
    (
        Column("debtor", "Debtor", kind="text"),
        Column("creditor", "Creditor", kind="text"),
        Column("due", "Due", kind="time"),
        Column("owed", "Owed", "$"),
        Column("paid", "Paid", "$"),
        Column("round", "Round of default", kind="count"),
    ),
    rows="every debt that is settled, on all paths",
)
ACCOUNTS = Table(
    "accounts",
    (
        Column("account", "Account", kind="text"),
        Column("asset", "Asset", kind="text"),
        Column("balance", "Balance"),
        Column("value", "Value", "$"),
    ),
    rows=f"every account and asset {AT_THE_END}",
)


def desks_of(marks: Table) -> Table:
    """The table `desks` beside a table of marks: what is needed of every path, in single precision but for totals."""
    kept = (column for column in marks.columns if column.name not in LEFT_OUT)
    columns = tuple(c if is_whole(c.name) else replace(c, kind="single") for c in kept)
    return Table(DESKS, columns, rows="every hedging desk at every close, on all paths")


def is_whole(name: str) -> bool:
    """Whether a column of `desks` is in double precision."""
    return name in WHOLE or name.startswith(HELD)


TABLES = (MARKS, desks_of(MARKS), FUNDING, LIQUIDITY, MARGIN_CALLS, SETTLEMENTS, ACCOUNTS, BOOK)


def agent_tables(
    *,
    vega_hedges: bool = False,
    options: bool = False,
    fx: bool = False,
    credit: bool = False,
    risk: bool = False,
    capital: bool = False,
    netting_sets: bool = False,
    option_credit: bool = False,
    counterparty: bool = False,
    investors: bool = False,
    smile: bool = False,
    marks_in_full: bool = False,
) -> tuple[Table, ...]:
    """The tables of agents in a market.

    vega_hedges, options, fx, credit: `marks` has the vega of hedges in options on rates, the greeks of hedges in
    options on the asset, the part of FX rates, or those of names, beside its other columns. risk: a desk has options on
    rates or a leg of its own against rates, and the table `risk` is written. capital: somebody's capital is limited,
    and the table `capital` is written. netting_sets: a lender has some, and the table of that name is written.
    option_credit: long options count in margin, and `funding` and `netting_sets` have for how much.
    counterparty: a desk's book has one: `marks` has its part, and the tables of exposures are written. investors: those
    of a venue ask a price for inventory, and `marks` has what makers paid. smile: `marks` has its part. marks_in_full:
    `marks` has every path at every close, so there is no table `desks`.
    """
    named = tuple(column for part in CREDIT for column in part.columns) if credit else ()
    named += (*(CVA.columns if counterparty else ()), *(SMILE.columns if smile else ()))
    hedges = tuple(option_hedges(rates=vega_hedges, options=options, smile=smile).values())
    after = {RATES: (*(FX.columns if fx else ()), *named), STEPS[-1].name: hedges + ((INVENTORY,) if investors else ())}
    columns = (each for column in MARKS.columns for each in (column, *after.get(column.name, ())))
    asked = {RISK: risk, CAPITAL: capital, NETTING_SETS: netting_sets, EXPOSURE: counterparty, EXPECTED: counterparty}
    marks = Table(MARKS.name, tuple(columns), rows=IN_FULL if marks_in_full else MARKS.rows)
    beside = () if marks_in_full else (desks_of(marks),)
    found = (marks, *beside, *TABLES[2:], *(table for table, wanted in asked.items() if wanted))
    return tuple(map(_with_credit, found)) if option_credit else found


def _with_credit(table: Table) -> Table:
    """A table that has what is asked for, with what options stand for of it."""
    if table not in (FUNDING, NETTING_SETS):
        return table
    columns = (
        each for column in table.columns for each in (column, CREDIT_FOR_OPTIONS)[: 1 + (column == REQUIRED[-1])]
    )
    return replace(table, columns=tuple(columns))
