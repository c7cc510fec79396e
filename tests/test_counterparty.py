"""A desk's book with a counterparty: CVA against closed forms, losses against CVA, wrong way, margin, hedges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from analysis import charts, open_run
from analysis.exposures import by_day, counterparty
from markets.factors.key import US2Y, US10Y, FactorKey
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from scenarios import from_dict, run, solve_credit, solve_curves, swap_cva
from scenarios.cli import main
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import blueprint_of
from sim.dataset import Run
from sim.errors import UserError
from sim.estimate import Estimate
from sim.phases import Phase
from tests.small import watch, world_of

RATE, SIGMA, A = 0.04, 0.0096, 0.03
START = {"date": "2025-10-03", "spot": 5000.0, "vol": 0.18, "overnight": RATE, "us2y": RATE, "us10y": RATE}
ACME = {"quotes": {"5Y": 0.03}, "beta": 0.0, "vol": 0.0, "defaults": True}
HULL_WHITE = {"hull_white": {"reversion": A, "sigma": SIGMA}}
QUOTED = ["asset", "us2y", "us10y"]
PAYER = {"kind": "swap", "notional": -1e8, "months": 72, "fixed_rate": 0.043}


def told(
    *,
    acme: dict[str, Any] | None = None,
    terms: dict[str, Any] | None = None,
    desk: dict[str, Any] | None = None,
    rates: dict[str, Any] | None = None,
    end: str = "2025-10-31",
    told_end: dict[str, Any] | None = None,
    **changed: Any,
) -> Scenario:
    """Four weeks of a desk that pays 4.30 % for six years to a name that may default."""
    names = {"acme": ACME | (acme or {}), **changed.pop("names", {})}
    with_ = {"credit": "acme", "sigma": SIGMA, "reversion": A, **(terms or {})}
    held = {
        "type": "Hedger",
        "policy": {"kind": "never"},
        "counterparty": {k: v for k, v in with_.items() if v is not None},
        "book": [PAYER],
    }
    return from_dict(
        {
            "name": "counterparty",
            "clock": {"tick_minutes": 390},
            "storyline": {"anchor": [{**START, "credit": 0.009}, {"date": end, "spot": 5000.0, **(told_end or {})}]},
            "market": {"credits": names, "rates": HULL_WHITE if rates is None else rates, **changed.pop("market", {})},
            "agents": {
                "maker": {"type": "MarketMaker", "venues": QUOTED},
                "desk": held | (desk or {}),
                **changed.pop("agents", {}),
            },
            "run": {"twin": "none", "unhedged": False, "as_given": True},
        }
        | changed
    )


def table(found: Run, name: str, agent: str | None = "desk") -> pl.DataFrame:
    frame = found.table(name).collect()
    return frame if agent is None else frame.filter(pl.col("agent") == agent)


def last(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("time") == frame["time"].max()).sort("path")


# --- the start --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("notional", "side"), [(-1e8, "payer"), (1e8, "receiver")])
def test_cva_of_one_swap_is_a_sum_of_swaptions(notional: float, side: str) -> None:
    """Exposure at each semi-annual payment: a swaption into what is left; CVA: times loss and the chance of default."""
    scenario = told(
        desk={"book": [PAYER | {"notional": notional}]},
        terms={"looked_at": "end", "step_months": 12},
        end="2025-10-07",
    )
    found = run(scenario, paths=1, workers=1)
    ahead = table(found, "expected_exposure").sort("years")
    years = ahead["years"].to_numpy()
    assert years.size == 12
    model = HullWhite(reversion=A, sigma=SIGMA, log_discount=lambda t: -RATE * np.asarray(t, dtype=float))
    known = []
    for k in range(11):
        terms = SwapTerms(float(years[k]), years[k + 1 :], np.full(11 - k, 0.5))
        known.append(1e8 * float(model.swaption(terms, 0.043, side=side)))
    assert ahead["expected"].to_numpy()[:-1] == pytest.approx(known, rel=1e-9)
    assert ahead["expected"][-1] == 0.0
    hazard = blueprint_of(scenario).credits["acme"].hazard
    died = -np.diff(np.exp(-hazard * years), prepend=1.0)
    assert ahead["died"].to_numpy() == pytest.approx(died, rel=1e-12)
    first = table(found, "exposure").sort("time")
    assert first["cva"][0] == pytest.approx(0.6 * float(died[:-1] @ np.array(known)), rel=1e-9)


def test_cva_of_an_overnight_swap_is_that_of_the_function() -> None:
    """`scenarios.swap_cva` on the same quotes, but for the two days of its payment lag."""
    quoted = {"1Y": 0.039, "2Y": 0.0368, "5Y": 0.0364, "10Y": 0.0386}
    ois = {"kind": "ois", "notional": -5e7, "months": 72, "fixed_rate": 0.037}
    scenario = told(
        rates={"curves": {"usd": {"convention": "usd_sofr", "rates": quoted}}},
        desk={"book": [ois]},
        terms={"looked_at": "end", "step_months": 12, "sigma": 0.0095},
        end="2025-10-07",
    )
    first = table(run(scenario, paths=1, workers=1), "exposure").sort("time")["cva"][0]
    lines = {"curve": "sofr", "kind": "swap", "tenor": list(quoted), "rate_percent": [100 * r for r in quoted.values()]}
    curves = solve_curves(pl.DataFrame(lines), day="2025-10-03")
    names = pl.DataFrame({"tenor": ["5Y"], "spread_bp": [300.0]})
    name = solve_credit(names, discount=curves["sofr"], day="2025-10-03", recovery=0.4)["name"]
    assert first == pytest.approx(swap_cva("pay 3.7% 6Y 50m", curves, name, vol=0.0095).value, rel=0.01)


def test_the_vol_of_exposures_is_the_markets() -> None:
    """Without a `sigma` it is the vol of rates where that moves, else the market's normal vol."""
    vol = {"vol": {"usd": {"start": 0.012}}}
    own, market, plain = (
        table(run(told(terms=terms, rates=rates, end="2025-10-07"), paths=1, workers=1), "exposure").sort("time")[
            "cva"
        ][0]
        for terms, rates in (
            ({"sigma": 0.012}, vol),
            ({"sigma": None}, vol),
            ({"sigma": None}, {"normal_vol": 0.007}),
        )
    )
    assert own == pytest.approx(market, rel=1e-12)
    assert plain < 0.7 * own


def test_cva_is_on_the_balance_sheet() -> None:
    """The book is taken on for its value less CVA, and marked at that; positions and their values stay as they are."""
    plain = table(run(told(desk={"counterparty": None}), paths=3, workers=1), "marks")
    found = run(told(), paths=3, workers=1)
    marks, exposure = table(found, "marks"), table(found, "exposure")
    both = marks.join(exposure, on=["time", "path"]).join(plain, on=["time", "path"], suffix="_plain")
    assert (both["book_value"] + both["cva_right"] - both["book_value_plain"]).abs().max() < 1e-6
    assert (both["pnl"] - both["cva"] - both["pnl_plain"]).abs().max() < 0.2  # interest on the CVA that was kept
    opening = both.filter(pl.col("time") == both["time"].min())
    assert opening["pnl"].abs().max() < 1e-6
    assert (opening["cash"] - opening["cash_plain"] - opening["cva_right"]).abs().max() < 1e-6


def test_nothing_else_changes_where_no_book_has_a_counterparty() -> None:
    bare = told(desk={"counterparty": None})
    found = run(bare, paths=2, workers=1)
    assert not {"exposure", "expected_exposure"} & set(found.tables)
    assert "cva" not in table(found, "marks").columns


# --- defaults ---------------------------------------------------------------------------------------------------------
RISKY = {"quotes": {"5Y": 0.35}}


@pytest.mark.slow
@pytest.mark.parametrize("notional", [-1e8, 1e8])
def test_losses_are_what_cva_says(notional: float) -> None:
    """With rates by Hull-White and a constant hazard, discounted losses and what is left of CVA are worth CVA_0."""
    book = [{"kind": "swap", "notional": notional, "months": 18, "fixed_rate": 0.0405}]
    scenario = told(acme=RISKY, desk={"book": book}, end="2026-04-02")
    found = run(scenario, paths=1500, workers=1)
    end, closes = last(table(found, "exposure")), table(found, "closes", None).filter(pl.col("venue") == "asset")
    grown = closes.sort("path", "time").with_columns(
        years=pl.col("time").diff().dt.total_days().over("path") / 365.0, rate=pl.col("overnight").shift().over("path")
    )
    paid = grown.with_columns(factor=(-pl.col("rate") * pl.col("years")).fill_null(0.0).cum_sum().over("path").exp())
    exposure = table(found, "exposure").join(paid.select("path", "time", "factor"), on=["path", "time"])
    lost = (
        exposure.sort("path", "time")
        .group_by("path", maintain_order=True)
        .agg(
            (pl.col("lost").diff().fill_null(0.0) * pl.col("factor")).sum(),
            left=(pl.col("cva") * pl.col("factor")).last(),
        )
    )
    worth = Estimate.mean((lost["lost"] + lost["left"]).to_numpy())
    start = float(exposure.sort("time")["cva"][0])
    assert end["ended"].sum() > 250 and start > 1e4
    assert worth.error < 0.06 * start
    assert worth.value == pytest.approx(start, abs=3.5 * worth.error)


def test_a_default_ends_the_book_at_what_is_recovered() -> None:
    """The desk has value less 60 % of what it was owed; no more flows; P&L of the book unhedged stands still."""
    found = run(told(acme={"quotes": {"5Y": 0.39}}, rates={}), paths=200, workers=1)
    exposure = table(found, "exposure").sort("path", "time")
    ended = exposure.filter("ended")
    assert ended["path"].n_unique() > 3
    assert (ended["value"].abs().max(), ended["exposure"].max(), ended["cva"].max()) == (0.0, 0.0, 0.0)
    assert (ended["lost"] - 0.6 * ended["met"]).abs().max() < 1e-6
    assert ended["met"].max() > 0
    marks = table(found, "marks").join(exposure, on=["time", "path"])
    after = marks.filter("ended")
    assert after["book_share"].min() == 1.0  # no lender has taken it
    assert after.group_by("path").agg(pl.col("unhedged_pnl").n_unique())["unhedged_pnl"].max() == 1
    events = table(found, "events", None).filter(pl.col("kind") == "counterparty_default").sort("path")
    assert events["value"].to_numpy() == pytest.approx(last(exposure).filter("ended")["lost"].to_numpy())


@pytest.mark.slow
def test_wrong_way_costs_more_than_right_way() -> None:
    """Spread and rates up together: the payer is owed most where the name is worst. The same draws, three worlds."""
    lost, ratio = {}, {}
    daily = {"run": {"twin": "none", "unhedged": False, "as_given": True, "attribution": "daily"}}
    for correlation in (-0.8, 0.0, 0.8):
        acme = {"quotes": {"5Y": 0.3}, "vol": 2.5, "mean_reversion": 0.5}
        acme["correlation"] = dict.fromkeys(("overnight", "us2y", "us10y"), correlation) if correlation else {}
        desk = {"book": [PAYER | {"fixed_rate": 0.0405}]}
        scenario = told(acme=acme, desk=desk, terms={"step_months": 24}, end="2025-12-31", **daily)
        found = run(scenario, paths=2500, workers=1)
        lost[correlation] = Estimate.mean(last(table(found, "exposure"))["lost"].to_numpy())
        ratio[correlation] = counterparty(found)["wrong_way"]
    wrong, right = lost[0.8] - lost[0.0], lost[0.0] - lost[-0.8]
    assert wrong.standard_errors > 3 and right.standard_errors > 3
    assert lost[0.8].value > 1.2 * lost[0.0].value > 2.0 * lost[-0.8].value
    assert ratio[0.8].value > 1.4 and ratio[-0.8].value < 0.7
    assert ratio[0.0].value == pytest.approx(1.0, abs=3.5 * float(ratio[0.0].error or 0))


# --- laws -------------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_a_path_alone_is_the_path_of_the_ensemble() -> None:
    scenario = told(acme=RISKY | {"vol": 0.8, "correlation": {"us10y": 0.5}}, desk={"policy": {"kind": "every"}})
    whole, few = (run(scenario, paths=n, workers=1) for n in (20, 3))
    for name in ("exposure", "marks"):
        mine = table(whole, name).filter(pl.col("path") < 3).sort("time", "path")
        assert mine.equals(table(few, name).sort("time", "path"))


@pytest.mark.slow
def test_how_often_a_book_is_marked_changes_no_sum() -> None:
    ends = {}
    for attribution in ("tick", "daily", "none"):
        settings = {"run": {"twin": "none", "unhedged": False, "as_given": True, "attribution": attribution}}
        terms = {"collateralised": True, "threshold": 1e5, "margin_days": 3}
        found = run(told(acme=RISKY, terms=terms, **settings), paths=60, seed=2, workers=1)
        ends[attribution] = last(table(found, "marks"))["pnl"].to_numpy(), last(table(found, "exposure"))
    assert ends["tick"][1]["ended"].any() and ends["tick"][1]["lost"].sum() > 0
    for other in ("daily", "none"):
        assert ends["tick"][0] == pytest.approx(ends[other][0], rel=1e-10, abs=1e-3)
        assert ends["tick"][1].equals(ends[other][1])


# --- margin -----------------------------------------------------------------------------------------------------------
def test_margin_leaves_what_moves_in_its_period() -> None:
    """Collateral is the value ten days before; its CVA is far smaller, and grows with the threshold."""
    costs = []
    for threshold in (0.0, 1e6, 1e8):
        terms = {"collateralised": True, "threshold": threshold}
        found = run(told(terms=terms, end="2025-10-24"), paths=8, workers=1)
        mine = table(found, "exposure").sort("path", "time")
        costs.append(mine["cva"][0])
        clipped = (mine["value"] - mine["value"].clip(-threshold, threshold)).to_numpy().reshape(8, -1)
        held = mine["collateral"].to_numpy().reshape(8, -1)
        assert held[:, 10:] == pytest.approx(clipped[:, :-10])
        assert (mine["exposure"] - (mine["value"] - mine["collateral"]).clip(0.0)).abs().max() < 1e-6
    bare = table(run(told(end="2025-10-07"), paths=1, workers=1), "exposure")["cva"][0]
    assert costs[0] < 0.35 * bare and costs[0] < costs[1] < costs[2]
    assert costs[2] == pytest.approx(bare, rel=0.01)


def test_a_lender_asks_no_variation_margin_on_a_book_that_has_none() -> None:
    asked = {}
    for collateralised in (False, True):
        agents = {"bank": {"type": "FundingDesk", "margin_multiple": 0.0}}
        found = run(told(terms={"collateralised": collateralised}, agents=agents), paths=4, workers=1)
        asked[collateralised] = last(table(found, "funding"))["variation_margin"].to_numpy()
        value = last(table(found, "exposure"))["value"].to_numpy()
        if collateralised:
            assert asked[True] == pytest.approx(-value)
    assert (asked[False] == 0.0).all()


# --- hedges -----------------------------------------------------------------------------------------------------------
VENUE = {"half_spread": 0.0, "depth": 1e15, "impact": 0.0}


@pytest.mark.slow
def test_protection_on_the_name_hedges_what_its_spread_does() -> None:
    """Only the spread moves, by half. What is left, less what a still spread brings, is a day's lag and convexity."""
    spread = {"vol": 0.0, "defaults": False, "venue": VENUE}
    still = {"hull_white": {"reversion": A, "sigma": 1e-6}}
    agents = {"maker": {"type": "MarketMaker", "venues": [*QUOTED, "acme"]}}
    made = {}
    for end, leg in ((0.03, False), (0.045, False), (0.03, True), (0.045, True)):
        desk = {"policy": {"kind": "every", "interval": "1d"}, "credit_leg": {"venues": ["acme"]} if leg else None}
        told_end = {"credits": {"acme": end}}
        scenario = told(acme=spread, desk=desk, agents=agents, rates=still, told_end=told_end)
        ends = last(table(run(scenario, paths=1, workers=1), "marks"))
        made[end, leg] = float((ends["cva"] + ends["hedge_credit"])[0])
    open_, hedged = (made[0.045, leg] - made[0.03, leg] for leg in (False, True))
    assert open_ < -3e4
    assert abs(hedged) < 0.03 * abs(open_)


@pytest.mark.slow
def test_swaps_hedge_the_delta_of_book_and_cva() -> None:
    """Swaps held at the start leave no risk of book less CVA at the nodes that trade; CVA's own is a part of it."""
    world = world_of(told(desk={"policy": {"kind": "every", "interval": "1d"}}), 2)
    desk, left = world.desks["desk"], dict[FactorKey, tuple[float, float]]()

    def look() -> None:
        if world.tick_index == 0:
            risk = desk.legs.open_risk({})
            for node in (US2Y, US10Y):
                venues = [venue for venue in world.venues.values() if venue.name in QUOTED[1:]]
                held = sum(v.held("desk") * v.listing.sensitivities().get(node, 0.0) for v in venues)
                left[node] = float((risk.first(node) + held)[0]), float(desk.counterparty.hedged()[node][0])

    watch(world, Phase.END, look)
    world.run()
    for remains, own in left.values():
        assert abs(remains) < 1e-6 * abs(own)
        assert abs(own) > 1e5


def test_figures_and_days() -> None:
    found = run(told(acme=RISKY), paths=40, workers=1)
    days, figures = by_day(found), counterparty(found)
    mine = table(found, "exposure").filter(~pl.col("ended"))
    end = last(mine)["exposure"].to_numpy()
    assert days["expected"][-1] == pytest.approx(end.mean())
    assert days["expected_error"][-1] == pytest.approx(end.std(ddof=1) / np.sqrt(end.size))
    assert days["potential"][-1] == pytest.approx(np.quantile(end, 0.975))
    assert figures["potential_exposure"].value == pytest.approx(days["potential"].max())
    each = mine.group_by("path").agg(pl.col("exposure").mean())["exposure"]
    assert figures["expected_exposure"].value == pytest.approx(each.mean())
    with pytest.raises(UserError, match=r"a level lies between 0 and 1, got 1.5"):
        by_day(found, level=1.5)


# --- funding ----------------------------------------------------------------------------------------------------------
def test_a_desk_borrows_at_the_spread_of_its_own_name() -> None:
    """Spread x days / 360 of the loan, from open to open; the other desk pays the market's spread."""
    bank = {"quotes": {"5Y": 0.02}, "vol": 0.9, "beta": 0.0}
    stock = {"capital": 1e6, "book": [{"kind": "asset", "quantity": -1e5}]}
    agents = {
        "own": {"type": "Hedger", "funding_name": "bank", **stock},
        "other": {"type": "Hedger", **stock},
        "lender": {"type": "FundingDesk", "margin_multiple": 0.0},
    }
    found = run(told(names={"bank": bank}, agents=agents), paths=3, workers=1)
    closes = table(found, "closes", None).filter(pl.col("venue") == "asset").select("time", "path", "bank")
    paid = {}
    for name in ("own", "other"):
        marks = table(found, "marks", name).join(closes, on=["time", "path"]).sort("path", "time")
        spread = table(found, "funding", name).sort("path", "time")["credit"]
        marks = marks.with_columns(spread=spread)
        days = pl.col("time").diff().dt.total_days().over("path")
        days = days - pl.when(pl.col("time").rank().over("path") == 2).then(6.5 / 24).otherwise(0.0)  # since a close
        loan = (-pl.col("cash")).clip(0.0).shift().over("path")
        due = loan * (pl.col("spread").shift().over("path") * days / 360)
        paid[name] = marks.select(due=due.fill_null(0.0).sum().over("path"), got=-pl.col("funding_credit"))[-1]
        own = marks["bank"].to_numpy() if name == "own" else np.full(marks.height, 0.009)
        assert marks["spread"].to_numpy() == pytest.approx(own, rel=1e-12 if name == "own" else 0.2)
    assert paid["own"]["got"][0] == pytest.approx(paid["own"]["due"][0], rel=1e-9)
    assert paid["own"]["got"][0] > 1.5 * paid["other"]["got"][0] > 0


def test_floating_rates_whose_gap_moves_are_refused() -> None:
    moving = {"spreads": {"term": {"level": 0.002, "vol": 0.003}}, "projection": "term"}
    with pytest.raises(UserError, match=r"keep their gap to the discount curve; leave out the spread that moves"):
        run(told(rates=moving, terms={"reversion": None}), paths=1, workers=1)


def test_a_funding_name_must_be_quoted() -> None:
    with pytest.raises(UserError, match=r"agents\.desk\.funding_name: no such name, got 'acne'; did you mean 'acme'"):
        told(desk={"funding_name": "acne"})


def test_charts_and_command_tell_it(tmp_path: Path) -> None:
    run(told(acme=RISKY), paths=12, workers=1, out=tmp_path / "run")
    found = open_run(tmp_path / "run")
    for name, unit in (("exposure", "exposure, $"), ("expected_exposure", "part of CVA, $")):
        drawn = charts.draw(found, name).to_dict()
        assert unit in json.dumps(drawn)
        assert any(c.isdigit() for c in "".join(drawn["title"]["subtitle"]))
    out = tmp_path / "days.csv"
    shown = CliRunner().invoke(main, ["exposure", str(tmp_path / "run"), "--out", str(out)])
    assert shown.exit_code == 0 and "Exposure to the counterparty at closes" in shown.output
    assert "CVA at the start: $" in shown.output
    assert pl.read_csv(out)["expected"].to_numpy() == pytest.approx(by_day(found)["expected"].to_numpy())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--level", "97.5"], "level: a level lies between 0 and 1, got 97.5; 0.975 is usual"),
        (["--agent", "nobody"], "a run has no such agent, got 'nobody'"),
        (["--world", "moon"], "a run has no such world, got 'moon'"),
        (["--agent", "maker"], "no counterparty of this desk in the run"),
    ],
)
def test_wrong_questions(options: list[str], said: str, tmp_path: Path) -> None:
    run(told(end="2025-10-07"), paths=2, workers=1, out=tmp_path / "run")
    shown = CliRunner().invoke(main, ["exposure", str(tmp_path / "run"), *options])
    assert shown.exit_code == 2
    assert said in shown.output and "Traceback" not in shown.output


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"credit": "acne"}, "agents.desk.counterparty.credit: no such name, got 'acne'; did you mean 'acme'?"),
        ({"threshold": 1e6}, "counterparty.threshold: there is no margin that it limits, got 1000000"),
        ({"threshold": -1.0, "collateralised": True}, "counterparty.threshold: must be >= 0"),
        ({"sigma": float("nan")}, "counterparty.sigma: "),
        ({"sigma": 0.0}, "counterparty.sigma: must be >= 1e-06"),
        ({"reversion": -0.1}, "counterparty.reversion: must be >= 1e-06"),
        ({"looked_at": "begin"}, "counterparty.looked_at: must be 'middle' or 'end', got 'begin'"),
        ({"step_months": 0}, "counterparty.step_months: must be > 0"),
        ({"margin_days": -1}, "counterparty.margin_days: must be >= 0"),
        ({"colateral": True}, "counterparty.colateral: "),
    ],
)
def test_wrong_terms(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        told(terms=terms)
    assert said in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["call", "swaption"])
def test_books_of_which_no_exposure_is_known(kind: str) -> None:
    lines = {
        "call": {"kind": "call", "moneyness": 1.0, "months": 3, "quantity": -1000.0},
        "swaption": {"kind": "swaption", "side": "payer", "months": 12, "swap_months": 60, "notional": 1e8},
    }
    with pytest.raises(UserError) as caught:
        blueprint_of(told(desk={"book": [PAYER, lines[kind]]}))
    said = (
        "agents.desk.counterparty: a counterparty's exposure is known of fixed and floating payments on one curve, got"
    )
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_book_that_is_empty_or_over_owes_nothing() -> None:
    short = {"kind": "swap", "notional": -1e8, "expiry": "2025-10-15", "fixed_rate": 0.04}
    for book in ([], [short]):
        exposure = table(run(told(desk={"book": book}), paths=2, workers=1), "exposure")
        end = last(exposure)
        assert (end["exposure"].max(), end["cva"].max()) == (0.0, 0.0)
