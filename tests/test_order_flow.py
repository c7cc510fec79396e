"""Executors, noise traders and informed traders; the price law they trade under."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize

from agents.funds.schedules import almgren_chriss, even, obizhaeva_wang
from markets.factors.price import PriceLaw
from scenarios.reading.loading import from_dict
from scenarios.studies.run import run
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from sim.errors import UserError


def costs(shares, kept):
    """Cost of a schedule in a book of which `kept` of a displacement is left at the next trade, X = kappa = 1."""
    displaced = total = 0.0
    for share in shares:
        total += share * (displaced + 0.5 * share)
        displaced = (displaced + share) * kept
    return total


@pytest.mark.parametrize("trades", [1, 2, 5, 9])
def test_obizhaeva_wang_is_the_cheapest(trades):
    shares = obizhaeva_wang(trades, step=0.5, resilience=0.8)
    assert shares.sum() == pytest.approx(1.0)
    best = costs(shares, np.exp(-0.4))
    free = minimize(lambda x: costs([*x, 1 - sum(x)], np.exp(-0.4)), shares[:-1] * 0.9) if trades > 1 else None
    assert free is None or best <= free.fun + 1e-9
    assert best <= costs(even(trades), np.exp(-0.4)) + 1e-12


def test_almgren_chriss_minimises_cost_and_variance():
    step, sigma, cost, aversion = 0.5, 0.9, 2e-6, 1e-6
    shares = almgren_chriss(6, step=step, risk_aversion=aversion, sigma=sigma, cost=cost * step)

    def utility(sold):
        left = 1e6 * (1 - np.cumsum(sold))
        return cost * np.sum((1e6 * np.asarray(sold)) ** 2) + aversion * sigma**2 * step * np.sum(left**2)

    assert shares.sum() == pytest.approx(1.0)
    free = minimize(lambda x: utility([*x, 1 - sum(x)]) / 1e6, np.full(5, 1 / 6), tol=1e-12)
    np.testing.assert_allclose(free.x, shares[:-1], atol=2e-5)


def test_without_aversion_it_is_even():
    np.testing.assert_allclose(almgren_chriss(4, step=1, risk_aversion=0, sigma=1, cost=1), 0.25)
    np.testing.assert_allclose(almgren_chriss(4, step=1, risk_aversion=1e-12, sigma=1, cost=1), 0.25, atol=1e-9)


def market(agents, **asset):
    """A still market of 20 daily ticks with these agents."""
    tables = textbook(minutes=1440, steps=364, market={"realised_ratio": 0.0}, asset=asset).to_dict()
    level = tables["storyline"]["anchor"][0]
    tables["storyline"]["anchor"][1] = {**level, "date": "2020-01-21"}
    tables["agents"] = {**agents, "maker": MAKER}
    tables["feedback"]["impact"] = 1.0
    tables["run"] |= {"paths": 4, "witnesses": 4}
    return from_dict(tables)


def test_an_order_is_done_in_its_trades(tmp_path):
    seller = {"type": "Executor", "capital": 1e5, "quantity": -90.0, "trades": 3, "interval": "2d"}
    result = run(market({"seller": seller}), out=tmp_path / "run", workers=1)
    sold = result.trades.filter(pl.col("path") == 0).sort("time").collect()
    assert sold["quantity"].to_list() == pytest.approx([-30.0] * 3)
    assert [t.day for t in sold["time"]] == [1, 3, 5]
    last = result.marks.filter(pl.col("agent") == "seller").sort("time").last().collect()
    assert last["hedge_value"].item() == pytest.approx(0.0, abs=1e-9)
    assert last["pnl"].item() == pytest.approx(0.0, abs=1e-9)


def test_an_order_may_begin_later(tmp_path):
    """Two trades, a day apart, from the day that it names; a day outside the story is refused."""
    scenario = market({"buyer": {"type": "Executor", "capital": 1e5, "quantity": 60.0, "trades": 2, "interval": "1d"}})
    first = scenario.start + timedelta(days=3)
    late = load_again(scenario, first)
    bought = run(late, out=tmp_path / "run", workers=1).trades.filter(pl.col("path") == 0).sort("time").collect()
    assert bought["quantity"].to_list() == pytest.approx([30.0, 30.0])
    assert [t.date() - first for t in bought["time"]] == [timedelta(0), timedelta(days=1)]
    with pytest.raises(UserError, match=r"agents\.buyer\.begins: must lie within the story"):
        load_again(scenario, scenario.end + timedelta(days=1))


def load_again(scenario, begins):
    """The same with an executor that begins on a day."""
    tables = scenario.to_dict()
    tables["agents"]["buyer"]["begins"] = begins
    return from_dict(tables)


def test_what_is_not_filled_is_traded_later(tmp_path):
    buyer = {"type": "Executor", "capital": 1e5, "quantity": 90.0, "trades": 2}
    scenario = market({"buyer": buyer}, depth=2500.0, capacity=1.0)  # 25 units a clearing
    bought = run(scenario, out=tmp_path / "run", workers=1).trades.filter(pl.col("path") == 0).sort("time").collect()
    assert bought["quantity"].to_list() == pytest.approx([25.0, 25.0, 25.0, 15.0])


def test_noise_is_by_time_and_its_own(tmp_path):
    noise = {"type": "NoiseTrader", "capital": 1e5, "size": 3.0}
    scenario = market({"a": noise, "b": noise}).with_run(paths=512, witnesses=512)
    trades = run(scenario, out=tmp_path / "run", workers=1).trades.collect()
    flows = {n: trades.filter(pl.col("taker") == n).sort("path", "time")["quantity"].to_numpy() for n in ("a", "b")}
    expected = 3.0 * np.sqrt(252 / 364)
    n = flows["a"].size
    assert n == 512 * 20
    assert abs(flows["a"].std() - expected) < 4 * expected / np.sqrt(2 * n)
    assert abs(np.corrcoef(flows["a"], flows["b"])[0, 1]) < 4 / np.sqrt(n)


def test_the_informed_know_the_next_price(tmp_path):
    insider = {"type": "InformedTrader", "capital": 1e9, "aggressiveness": 1.0}
    tables = market({"insider": insider}, slope=0.0).to_dict()
    tables["market"] |= {"realised_ratio": 1.0, "spot_reversion": 3.0, "dispersion": 0.4}
    result = run(from_dict(tables), out=tmp_path / "run", workers=1)
    mids = result.closes.sort("path", "time").collect()["mid"].to_numpy().reshape(4, -1)
    marks = result.marks.filter(pl.col("agent") == "insider").sort("path", "time").collect()
    held = marks["hedge_value"].to_numpy().reshape(4, -1) / mids
    np.testing.assert_allclose(held[:, :-1], np.diff(mids, axis=1), atol=1e-7)  # no impact: he bought the difference


def test_laws_of_the_price():
    move = np.array([-0.3, 0.0, 0.2])
    log, flat = PriceLaw(100.0), PriceLaw(100.0, normal=True)
    np.testing.assert_allclose(log.at(np.log(80.0), move), 80.0 * np.exp(move))
    np.testing.assert_allclose(flat.at(np.log(80.0), move), 80.0 + 100.0 * move)
    for law in (log, flat):
        price = law.at(np.log(80.0), move)
        np.testing.assert_allclose(law.moved(price, move), law.at(np.log(80.0), 2 * move))
        np.testing.assert_allclose(price + law.reference(price) * law.relative(move), law.moved(price, move))


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ({"type": "Executor", "quantity": 0.0}, "must not be 0"),
        ({"type": "Executor", "quantity": 1.0, "venue": "gold"}, "no such venue"),
        ({"type": "Executor", "quantity": 1.0, "interval": "often"}, "an interval is a number and a unit"),
        ({"type": "Executor"}, "quantity: this key is required"),
        ({"type": "NoiseTrader", "size": -1.0}, "must be >= 0"),
        ({"type": "InformedTrader", "aggressiveness": -1.0}, "must be >= 0"),
    ],
)
def test_mistakes_in_one_line(agent, said):
    with pytest.raises(UserError, match=said):
        market({"trader": {"capital": 1.0, **agent}}, **FREE)
