"""Margin by weights: by hand, from a file, and the mistakes that files can hold."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from agents.funding.weights_margin import Correlation, FactorWeight, Weights
from scenarios import load, open_session
from scenarios.cli import main
from sim.errors import UserError
from sim.phases import Phase
from tests.small import crisis, only, watch, world_of

NEVER = {"type": "Hedger", "policy": {"kind": "never"}, "hedge_rates": False}
SWAP = {"kind": "swap", "notional": 1e9, "months": 60}
STOCK = {"kind": "asset", "quantity": 1e5}
RATES = {"us2y": {"weight": 0.006}, "us10y": {"weight": 0.005}, "overnight": {"weight": 0.0}}
BOTH = {**RATES, "asset": {"weight": 0.2}}


def first(book, **model):
    """The first initial margin, and the slopes that it was computed from, $ per 1.00 by name."""
    bank = {"type": "FundingDesk", "margin_model": {"kind": "weights", **model}}
    cast = {"desk": {**NEVER, "capital": 1e9, "book": book}, "maker": {"type": "MarketMaker"}, "bank": bank}
    world = world_of(crisis(agents=cast, feedback=only(), minutes=390), 2)
    found = {}

    def look():
        if world.tick_index == 0:
            client = world.lenders[0].clients["desk"]
            found["margin"] = client.asked.initial_margin[0]
            found.update({key.node or key.name: s[0] for key, s in client.portfolio.slopes_by_factor().items()})

    watch(world, Phase.END, look)
    world.run()
    return found


def test_one_class_by_hand():
    """a = w s of 2Y, b of 10Y: sqrt(a^2 + b^2 + 2 rho a b)."""
    rho = [{"one": "us10y", "other": "us2y", "rho": 0.8}]
    told = first([SWAP], factors=RATES, correlations=rho)
    a, b = 0.006 * told["us2y"], 0.005 * told["us10y"]
    assert a * b > 1e12
    assert told["margin"] == pytest.approx(np.sqrt(a**2 + b**2 + 1.6 * a * b), rel=1e-12)
    assert first([SWAP], factors=RATES)["margin"] == pytest.approx(np.hypot(a, b), rel=1e-12)
    assert first([SWAP], factors=RATES, within=1.0)["margin"] == pytest.approx(abs(a + b), rel=1e-12)


def test_classes_by_hand():
    """Stock of $10m at 20 % beside a swap: added up, or with a correlation of the two classes."""
    alone = first([SWAP], factors=BOTH)["margin"]
    stock = 0.2 * 1e5 * 100.0
    assert first([STOCK], factors=BOTH)["margin"] == pytest.approx(stock, rel=1e-12)
    book = [STOCK, SWAP]
    assert first(book, factors=BOTH)["margin"] == pytest.approx(alone + stock, rel=1e-9)
    assert first(book, factors=BOTH, between=0.0)["margin"] == pytest.approx(np.hypot(alone, stock), rel=1e-9)
    psi = [{"one": "equity", "other": "rates", "rho": -0.3}]
    expected = np.sqrt(alone**2 + stock**2 - 0.6 * alone * stock)
    assert first(book, factors=BOTH, class_correlations=psi)["margin"] == pytest.approx(expected, rel=1e-9)
    as_rates = {**BOTH, "asset": {"weight": 0.2, "risk_class": "rates"}}
    assert first(book, factors=as_rates)["margin"] == pytest.approx(np.hypot(alone, stock), rel=1e-9)


def test_concentration_by_hand():
    """A slope of four thresholds counts twice; below its threshold it counts once."""
    crowded = {**BOTH, "asset": {"weight": 0.2, "threshold": 2.5e6}}
    assert first([STOCK], factors=crowded)["margin"] == pytest.approx(2 * 0.2 * 1e7, rel=1e-12)
    free = {**BOTH, "asset": {"weight": 0.2, "threshold": 2e7}}
    assert first([STOCK], factors=free)["margin"] == pytest.approx(0.2 * 1e7, rel=1e-12)


def test_options_have_their_vega_and_opposite_swaps_net():
    put = {"kind": "put", "moneyness": 1.0, "months": 2, "quantity": -1e6}
    none = {name: {"weight": 0.0} for name in BOTH}
    told = first([put], factors={**none, "vol": {"weight": 0.5}})
    assert told["margin"] > 1e6
    assert first([SWAP, {**SWAP, "notional": -1e9}], factors=RATES)["margin"] == pytest.approx(0.0, abs=1e-3)


SCENARIO = """
name = "weighed"
clock = { tick_minutes = 390 }
run = { paths = 2, witnesses = 2, twin = "none", unhedged = false }
storyline = { anchor = [
  { date = 2020-02-19, spot = 100.0, vol = 0.2, overnight = 0.02, us2y = 0.025, us10y = 0.03, credit = 0.01 },
  { date = 2020-02-21, spot = 97.0, vol = 0.25 },
] }
[agents.maker]
type = "MarketMaker"
[agents.desk]
type = "Hedger"
capital = 1e9
hedge_rates = false
policy = { kind = "never" }
book = [{ kind = "swap", notional = 1e9, months = 60 }]
[agents.bank]
type = "FundingDesk"
margin_model = { kind = "weights", factors = "weights.csv", correlations = "rho.csv" }
"""
WEIGHTS = "factor,weight,threshold\nus2y,0.006,\nus10y,0.005,1e9\novernight,0,\n"
RHO = "one,other,rho\nus2y,us10y,0.8\n"


def written(folder, weights=WEIGHTS, rho=RHO, scenario=SCENARIO):
    for name, text in (("weights.csv", weights), ("rho.csv", rho), ("weighed.toml", scenario)):
        (folder / name).write_text(text)
    return folder / "weighed.toml"


def test_files_beside_the_scenario_become_part_of_it(tmp_path):
    model = load(written(tmp_path)).agent("bank").margin_model
    assert model == Weights(
        factors={
            "us2y": FactorWeight(weight=0.006),
            "us10y": FactorWeight(weight=0.005, threshold=1e9),
            "overnight": FactorWeight(weight=0.0),
        },
        correlations=(Correlation(one="us2y", other="us10y", rho=0.8),),
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": "factor,weight\nus2y,-0.1\n"}, "margin_model.factors.us2y.weight: must be >= 0, got -0.1"),
        ({"weights": "factor,weight\nus2y,much\n"}, "weights.csv:2: weight: must be a number, got 'much'"),
        ({"weights": "factor,weight\nus2y,\n"}, "weights.csv:2: weight: a number is needed"),
        ({"weights": "factor,weight\nus2y,1\nus2y,2\n"}, "weights.csv:3: factor: stands there twice, got 'us2y'"),
        ({"weights": "factor\nus2y\n"}, "weights.csv:1: the column 'weight' is missing"),
        ({"weights": "factor,weight,risk_class\nus2y,1,rate\n"}, "factors.us2y.risk_class: must be"),
        ({"weights": ""}, "weights.csv: the file is empty"),
        ({"rho": "one,other,rho\nus2y,us01y,0.8\n"}, "correlations.1.other: no such name, got 'us01y'; did you mean"),
        ({"rho": "one,other,rho\nus2y,us2y,1\n"}, "correlations.1: a factor's correlation with itself is 1"),
        ({"rho": "one,other,rho\nus2y,us10y,1.5\n"}, "correlations.1.rho: must be <= 1, got 1.5"),
        ({"rho": f"{RHO}us10y,us2y,0.5\n"}, "correlations.2: stands there twice, got 'us10y, us2y'"),
        (
            {"rho": f"{RHO}us2y,overnight,0.9\nus10y,overnight,-0.9\n"},
            "margin_model.correlations: together these are no correlations: the lowest eigenvalue must be >= 0,",
        ),
        (
            {"scenario": SCENARIO.replace("rho.csv", "../rho.csv")},
            "correlations: a file of a scenario stands",
        ),
        ({"scenario": SCENARIO.replace("rho.csv", "/rho.csv")}, "correlations: a file of a scenario stands"),
        ({"scenario": SCENARIO.replace("rho.csv", "rho2.csv")}, "rho2.csv: cannot be read"),
        ({"scenario": SCENARIO.replace('factors = "weights.csv", ', "")}, "margin_model.factors: this key is required"),
        ({"scenario": SCENARIO.replace('"weights.csv"', "{}")}, "factors: weights margin needs weights"),
    ],
)
def test_mistakes(tmp_path, change, said):
    with pytest.raises(UserError) as error:
        load(written(tmp_path, **change))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            "factor,weight\nus2y,0.006\nus10y,0.005\n",
            "of the book or its hedges, got 'overnight'; write weight",
        ),
        (f"{WEIGHTS}us5y,0.1,\n", "margin_model.factors: the market has no such factor, got 'us5y'"),
    ],
)
def test_a_factor_without_a_weight_is_refused_in_one_line(tmp_path, weights, said):
    file = str(written(tmp_path, weights))
    for command in (["check", file], ["run", file, "--out", str(tmp_path / "made")]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 2, done.output
        assert said in done.output
        assert "Traceback" not in done.output
    assert not (tmp_path / "made").exists()


def test_a_session_does_not_begin_without_a_weight(tmp_path):
    with pytest.raises(UserError, match=r"weighed: margin_model\.factors: no weight is given"):
        open_session(load(written(tmp_path, "factor,weight\nus2y,0.006\nus10y,0.005\n")), seat="desk")


def test_more_weights_than_any_market_has_factors(tmp_path):
    """Their correlations would be a matrix of ten thousand million numbers."""
    many = "factor,weight\n" + "".join(f"f{i},1\n" for i in range(90_000))
    with pytest.raises(UserError, match="at most 2000 items"):
        load(written(tmp_path, many))
