"""Margin models: the schedule worked by hand, chosen from a file, and the mistakes a file can hold."""

from __future__ import annotations

import numpy as np
import pytest

from agents.accounts import margin_account
from agents.funding.funding_desk import FundingDesk
from agents.funding.positions import Holding
from agents.funding.risk_classes import CREDIT, CURRENCIES, EQUITY, RATES
from agents.funding.schedule_margin import Schedule
from scenarios import from_dict, load
from scenarios.parameters.unseen import unseen_in
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of
from tests.test_credit_venue import traded
from tests.test_credit_venue import world_of as desks_world

TERMS = FundingDesk(name="bank")
PUT = {"kind": "put", "moneyness": 1.0, "expiry": "2020-02-27", "quantity": -1e6}
FUTURE = {"kind": "future", "expiry": "2020-06-19", "quantity": 5e5}
SWAP = {"kind": "swap", "notional": -1e9, "expiry": "2024-02-19"}
BOOK = [PUT, FUTURE, SWAP, {"kind": "asset", "quantity": 2e5}]
CRISIS = [
    {"date": "2020-02-19", **LEVEL},
    {"date": "2020-02-26", "spot": 80.0, "vol": 0.5, "us2y": 0.015, "us10y": 0.02},
    {"date": "2020-03-04", "spot": 90.0, "vol": 0.4},
]


class Held:
    """A portfolio of these derivatives."""

    def __init__(self, *holdings: Holding) -> None:
        self.paths, self.derivatives = holdings[0].value.size, lambda: list(holdings)


def held(asset_class: str, notional: float, years: float, *values: float) -> Holding:
    return Holding(asset_class, np.full(len(values), notional), years, np.array(values))


def test_the_schedule_by_hand():
    """Gross: 15 % of 100 and 1, 2, 4 % of 200, 300, 400 are 15 + 2 + 6 + 16 = 39.

    First path: owes 10 on the option and 6 on a swap, is owed 4 and 2: NGR (16 - 6) / 16 = 0.625,
    39 (0.4 + 0.6 x 0.625) = 30.225. Second: owes 5 on all together, 8 on the option: 39 (0.4 + 0.375) = 30.225 too.
    Third: owed more than it owes: 39 x 0.4 = 15.6. Fourth: owes nothing anywhere: no credit for netting, 39.
    """
    portfolio = Held(
        held(EQUITY, 100.0, 0.3, -10.0, -8.0, -1.0, 0.0),
        held(RATES, 200.0, 2.0, -6.0, 1.0, 1.0, 1.0),
        held(RATES, 300.0, 5.0, 4.0, 1.0, 1.0, 1.0),
        held(RATES, 400.0, 5.1, 2.0, 1.0, 1.0, 0.0),
    )
    np.testing.assert_allclose(Schedule().initial(portfolio, TERMS), [30.225, 30.225, 15.6, 39.0], rtol=1e-14)
    flat = Schedule(equity=0.2, rates_short=0.0, rates_medium=0.0, rates_long=0.0, netting=0.0)
    np.testing.assert_allclose(flat.initial(portfolio, TERMS), 20.0)


def test_names_and_currencies_have_percentages_of_their_own():
    """2, 5 and 10 % of names by maturity, 6 % of cross-currency swaps: 2 + 10 + 30 + 24."""
    owed = -1.0
    names = [held(CREDIT, 100.0, 2.0, owed), held(CREDIT, 200.0, 5.0, owed), held(CREDIT, 300.0, 5.1, owed)]
    portfolio = Held(*names, held(CURRENCIES, 400.0, 9.0, owed))
    assert Schedule().initial(portfolio, TERMS) == pytest.approx(66.0, rel=1e-14)


def test_a_desk_in_names_through_the_engine():
    """Protection on $200m for five years, sold on $300m to March 2027, and the leg's hedges at their venues."""
    bank = {"type": "FundingDesk", "margin_model": {"kind": "schedule"}}
    scenario = traded({"venues": ["ig", "acme"]}, days=6).to_dict()
    world = desks_world(from_dict(scenario | {"agents": scenario["agents"] | {"bank": bank}}, as_given=True))
    found = {}

    def look():
        if world.tick_index == 0:
            lender = world.lenders[0]
            found["margin"] = lender.calls.initial_margin(lender.clients["desk"])[0]
            found["rates"] = sum(
                percentage * abs(world.venue(name).held("desk")[0])
                for name, percentage in (("us2y", 0.01), ("us10y", 0.04))
            )
            found["hedges"] = [abs(world.venue(name).held("desk")[0]) for name in ("ig", "acme")]
            found["years"] = [world.venue(name).listing.years() for name in ("ig", "acme")]
            found["held"] = lender.clients["desk"].portfolio.derivatives()

    watch(world, Phase.END, look)
    world.run()
    gross = sum(Schedule().percentage(each) * each.notional[0] for each in found["held"])
    assert min(found["years"]) > 5
    hedges = sum(0.10 * each for each in found["hedges"])
    assert min(found["hedges"]) > 1e7
    assert gross == pytest.approx(0.10 * 2e8 + 0.02 * 3e8 + hedges + found["rates"], rel=1e-9)
    assert 0.4 * gross <= found["margin"] <= gross


def first_margin(scenario, **bank):
    """Of a desk in names, with a lender: the first margin, and what the desk holds at the venues of names."""
    tables = scenario.to_dict()
    tables["agents"]["bank"] = {"type": "FundingDesk", **bank}
    world = desks_world(from_dict(tables, as_given=True))
    seen = watch(world, Phase.END, lambda: world.lenders[0].clients["desk"].asked.initial_margin[0])
    held = watch(world, Phase.END, lambda: [world.venue(name).held("desk")[0] for name in ("ig", "acme")])
    values = watch(world, Phase.END, lambda: [world.venue(name).value("desk")[0] for name in ("ig", "acme")])
    world.run()
    return seen[0], held[0], values[0]


def test_the_jump_to_default_by_hand():
    """Protection sold on $300m of the index at a fair value of v: 0.6 x 300m + v. Protection bought costs nothing.

    With a leg each name's hedge counts with it, and the worst name alone.
    """
    jump = {"margin_model": {"kind": "parametric", "jump_to_default": 1.0}}
    book = [{"kind": "cds", "credit": "ig", "months": 60, "notional": -3e8}]
    book.append({"kind": "cds", "credit": "acme", "months": 60, "notional": 2e8})
    sold, bought = traded(book=book, days=6), traded(book=book[1:], days=6)
    added = first_margin(sold, **jump)[0] - first_margin(sold)[0]
    assert added == pytest.approx(0.6 * 3e8, rel=1e-3)
    assert first_margin(bought, **jump)[0] == first_margin(bought)[0]
    half = {"margin_model": {"kind": "parametric", "jump_to_default": 0.5}}
    assert first_margin(sold, **half)[0] - first_margin(sold)[0] == pytest.approx(added / 2, rel=1e-9)
    hedged = traded({"venues": ["ig", "acme"]}, book=book, days=6)
    margin, (ig, acme), (ig_value, acme_value) = first_margin(hedged, **jump)
    losses = 0.6 * (3e8 - ig) + ig_value, 0.65 * (-2e8 - acme) + acme_value
    assert margin - first_margin(hedged)[0] == pytest.approx(max(*losses, 0.0), rel=1e-3, abs=1e5)


def cast(**bank):
    """A desk with a put sold, a future, a swap and the asset itself, and its lender."""
    return {
        "desk": {"type": "Hedger", "capital": 1e9, "book": BOOK, "policy": {"kind": "every", "interval": "1d"}},
        "maker": {"type": "MarketMaker"},
        "bank": {"type": "FundingDesk", "capital": 1e11, "line": 1e10, **bank},
    }


def desk_world(**bank):
    return world_of(crisis(anchors=CRISIS, agents=cast(**bank), feedback=only(), minutes=390), 2)


def test_the_schedule_from_a_file():
    """The first margin: 15 % of 1e6 and 5e5 x 100 $, 2 % of the four-year swap, 1 and 4 % of the hedges at the venues.

    What stands in for stock is no derivative.
    """
    world = desk_world(margin_model={"kind": "schedule"})
    found = {}

    def look():
        if world.tick_index == 0:
            bank = world.lenders[0]
            venues = [world.venue(name) for name in ("us2y", "us10y")]
            found["margin"] = bank.calls.initial_margin(bank.clients["desk"]).copy()
            found["hedges"] = [venue.held("desk").copy() for venue in venues]
            found["owed"] = [world.desks["desk"].unit_value.copy()]

    watch(world, Phase.END, look)
    world.run()
    two, ten = (np.abs(hedge) for hedge in found["hedges"])
    assert (two > 1e7).all()
    assert (ten > 1e7).all()
    gross = 0.15 * 1.5e6 * 100 + 0.02 * 1e9 + 0.01 * two + 0.04 * ten
    # the future is fair and the swaps are at par: the put is all that is owed, so nothing is netted away
    np.testing.assert_allclose(found["margin"], gross, rtol=1e-6)


def test_positions_valued_alone_add_up_to_the_book():
    """At every close: over an expiry, coupons and fixings, with a book that has a floating leg under way."""
    world = desk_world(margin_model={"kind": "schedule"})
    desk, gaps, asked = world.desks["desk"], [], []

    def look():
        client = world.lenders[0].clients["desk"]
        gaps.append(sum(line.value() for line in client.portfolio._lines) / desk.unit_value - 1)
        asked.append(client.asked.initial_margin[0])

    watch(world, Phase.END, look)
    world.run()
    assert len(gaps) > 8
    np.testing.assert_allclose(gaps, 0.0, atol=1e-12)
    put = 0.15 * 1e6 * world.factors.spot[0]
    assert asked[-1] < max(asked) - 0.3 * put  # the put's margin went with it


def test_parametric_by_name_is_the_default():
    posted = []
    for model in ({}, {"margin_model": {"kind": "parametric"}}, {"margin_model": {"kind": "schedule"}}):
        world = desk_world(**model)
        posted.append(watch(world, Phase.END, lambda world=world: world.ledger.balance(margin_account("desk")).copy()))
        world.run()
    default, by_name, schedule = (np.array(each) for each in posted)
    np.testing.assert_array_equal(default, by_name)
    assert (default != schedule).any()


def test_a_model_comes_back_from_what_is_written():
    scenario = crisis(agents=cast(margin_model={"kind": "schedule", "equity": 0.2}))
    written = scenario.to_dict()
    assert written["agents"]["bank"]["margin_model"]["kind"] == "schedule"
    assert from_dict(written) == scenario
    plain = crisis(agents=cast())
    assert "margin_model" not in plain.to_dict()["agents"]["bank"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            {"kind": "schedul"},
            "agents.bank.margin_model.kind: no such margin model, got 'schedul'; did you mean 'schedule'?",
        ),
        ("schedule", "agents.bank.margin_model: must be a table of keys, got 'schedule'"),
        ({"kind": "schedule", "equity": 1.5}, "agents.bank.margin_model.equity: must be <= 1, got 1.5"),
        ({"kind": "parametric", "equity": 0.1}, "agents.bank.margin_model.equity: unknown key"),
    ],
)
def test_mistakes_of_a_file(model, said):
    with pytest.raises(UserError) as error:
        crisis(agents=cast(margin_model=model))
    assert said in str(error.value)


def test_a_class_of_the_users_own_is_not_imported_unasked():
    change = {"agents.treasury.margin_model.kind": "mine:Floored", "agents.treasury.margin_model.floor": 0.1}
    scenario = load("covid_crash_2020", change, trust=False)
    assert unseen_in(scenario.agents) == ["mine:Floored"]
    with pytest.raises(UserError, match="mine"):
        load("covid_crash_2020", change)
