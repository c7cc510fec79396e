"""Tables that the agents write."""

from __future__ import annotations

from agents.requirement import Requirement
from markets.tables import TRADING_COSTS
from sim.eventlog import Table

ATTRIBUTION = ("delta", "gamma", "theta", "vega", "rates")
UNSPLIT = "unsplit"  # P&L of a book that is not attributed; no column of a table
HEDGES = ("hedge", "hedge_rates")  # gains at mid of what is held: of assets, of swaps
RISK = ("net_delta_dollars", "gamma_dollars_1pct", "book_share")  # of a desk; book_share: of its book not yet taken
COSTS = (*HEDGES, *TRADING_COSTS, "closeout_cost", "funding_overnight", "funding_credit")  # reasons of the flows

MARKS = Table(
    "marks",
    {
        "agent": "s",
        "role": "s",
        **dict.fromkeys(("book_value", "hedge_value", "cash", "margin", "claims", "equity", "pnl"), "f"),
        **dict.fromkeys((*ATTRIBUTION, *COSTS, "unhedged_pnl", *RISK), "f"),
        "liquidated": "b",
        "defaulted": "b",
    },
)
FUNDING = Table(
    "funding",
    {
        "agent": "s",
        **dict.fromkeys(("overnight", "credit", "borrowed", "line", "margin_required", "margin_posted"), "f"),
        **dict.fromkeys((*Requirement._fields, "free_cash"), "f"),  # the fields add up to margin_required
    },
)
LIQUIDITY = Table(
    "liquidity",
    {
        "agent": "s",
        "low_free_cash": "f",
        "low_free_cash_time": "t",
        "peak_line_share": "f",
        **{f"peak_{name}": "f" for name in Requirement._fields},
        "book_share": "f",  # at the end; it never grows
        "capital_needed": "f",
    },
    timeless=True,
)
MARGIN_CALLS = Table(
    "margin_calls",
    {"agent": "s", "required": "f", "called": "f", "met": "f", "deadline": "t", "outcome": "s"},
)
SETTLEMENTS = Table("settlements", {"debtor": "s", "creditor": "s", "due": "t", "owed": "f", "paid": "f", "round": "i"})
ACCOUNTS = Table("accounts", {"account": "s", "asset": "s", "balance": "f", "value": "f"})
GREEKS = ("delta_dollars", "gamma_dollars_1pct", "vega_point", "theta_day", "dv01")
BOOK = Table(
    "book",
    {
        "agent": "s",
        "number": "i",  # of the line in the book, from 1; 0: all lines that have no row of their own
        "position": "s",
        "quantity": "f",
        "at": "s",  # start, worst or end
        **dict.fromkeys(("value", "pnl", *GREEKS), "f"),
    },
)
TABLES = (MARKS, FUNDING, LIQUIDITY, MARGIN_CALLS, SETTLEMENTS, ACCOUNTS, BOOK)
