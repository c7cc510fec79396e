"""The law that a smile implies: the lognormal limit, quadrature, derivatives at 40 digits, arbitrage, mistakes."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import quad
from scipy.stats import lognorm

from markets.factors.snapshot import Snapshot
from markets.factors.storyline import lay_out
from markets.products.book import Book
from markets.products.option import Option
from markets.vols.density import ImpliedLaw, SkewSmile
from markets.vols.smile import strike_multiple
from scenarios.cli import main
from scenarios.commands.implied_laws import implied_laws
from scenarios.reading.loading import load
from scenarios.worlds.books import starting_market
from scenarios.worlds.clock import make_clock
from sim.errors import UserError

QUADRATIC = ImpliedLaw(
    smile=lambda k: 0.025 * (k / 100) ** 2 - 0.23 * k / 100 + 0.55,
    forward=100 * np.exp(0.04),
    years=1.0,
    discount=np.exp(-0.04),
)
SKEW = ImpliedLaw(smile=SkewSmile(level=0.25, spot=100.0, skew=0.4, years=0.5), forward=102.0, years=0.5, discount=0.99)
LAWS = {"quadratic": QUADRATIC, "skew": SKEW}
STRIKES = np.array([60.0, 80.0, 95.0, 100.0, 104.0, 120.0, 140.0])


def flat(vol: float = 0.3, years: float = 0.5, **more: float) -> ImpliedLaw:
    return ImpliedLaw(smile=lambda k: np.full_like(k, vol), forward=101.0, years=years, **more)


def precise_call(law: ImpliedLaw, smile, strike):
    """Black's undiscounted call at 40 digits, of an mpmath strike."""
    vol = smile(strike)
    sd = vol * mpmath.sqrt(law.years)
    d1 = mpmath.log(law.forward / strike) / sd + sd / 2
    return law.forward * mpmath.ncdf(d1) - strike * mpmath.ncdf(d1 - sd)


SMILES = {
    "quadratic": lambda k: mpmath.mpf("0.025") * (k / 100) ** 2 - mpmath.mpf("0.23") * k / 100 + mpmath.mpf("0.55"),
    "skew": lambda k: mpmath.mpf("0.25") * (1 - mpmath.mpf("0.4") * mpmath.log(k / 100) / mpmath.sqrt(0.5)),
}


@pytest.mark.parametrize("years", [1e-6, 0.01, 1.0, 30.0])
def test_flat_smile_is_lognormal(years):
    law, sd = flat(years=years), 0.3 * np.sqrt(years)
    exact = lognorm(s=sd, scale=101 * np.exp(-(sd**2) / 2))
    k = 101 * np.exp(sd * np.linspace(-6, 6, 25))
    np.testing.assert_allclose(law.above(k), exact.sf(k), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(law.below(k), exact.cdf(k), rtol=1e-11)
    np.testing.assert_allclose(law.density(k) * k, exact.pdf(k) * k, rtol=1e-10, atol=1e-11 / sd)
    assert law.breaches() == ()


@pytest.mark.parametrize("name", LAWS)
def test_digitals_and_density_are_derivatives_of_the_price(name):
    """Against derivatives of the price at 40 digits: no difference of prices at double precision comes near."""
    law, smile = LAWS[name], SMILES[name]
    with mpmath.workdps(40):
        slopes = [-mpmath.diff(lambda k: precise_call(law, smile, k), mpmath.mpf(x)) for x in STRIKES]
        bends = [mpmath.diff(lambda k: precise_call(law, smile, k), mpmath.mpf(x), 2) for x in STRIKES]
        prices = [law.discount * precise_call(law, smile, mpmath.mpf(x)) for x in STRIKES]
    np.testing.assert_allclose(law.call(STRIKES), np.array(prices, dtype=float), rtol=1e-13)
    np.testing.assert_allclose(law.above(STRIKES), np.array(slopes, dtype=float), rtol=1e-11)
    np.testing.assert_allclose(law.density(STRIKES), np.array(bends, dtype=float), atol=1e-13)


@pytest.mark.parametrize("name", LAWS)
def test_density_integrates_to_one_to_the_forward_and_to_puts(name):
    law = LAWS[name]
    low, high = law.strikes()[[0, -1]]

    def mean(payoff, upto=high):
        return quad(lambda k: payoff(k) * float(law.density(k)), low, upto, epsabs=1e-12, limit=400)[0]

    assert mean(lambda k: 1.0) == pytest.approx(1, abs=3e-10)  # 1e-10 is left out at either end
    assert mean(lambda k: k) == pytest.approx(law.forward, abs=1e-7)
    for strike, level in ((90.0, 90.0), (100.0, 75.0), (110.0, 60.0)):
        expected = law.discount * mean(lambda k, x=strike: x - k, level)
        assert float(law.put_below(strike, level)) == pytest.approx(expected, abs=1e-7)


def test_relations_between_the_values():
    for law in LAWS.values():
        np.testing.assert_allclose(
            law.call(STRIKES) - law.put(STRIKES), law.discount * (law.forward - STRIKES), atol=1e-12
        )
        np.testing.assert_allclose(law.above(STRIKES) + law.below(STRIKES), 1, atol=1e-15)
        np.testing.assert_array_equal(law.put_below(STRIKES, STRIKES + 5), law.put(STRIKES))
        np.testing.assert_allclose(law.put_below(STRIKES, 1e-3), 0, atol=1e-12)
        assert law.above(STRIKES[:, None]).shape == (7, 1) and law.density(100.0).shape == ()


def test_the_engines_smile_knows_its_own_derivatives():
    smile = SKEW.smile
    np.testing.assert_allclose(
        smile(STRIKES), 0.25 * strike_multiple(STRIKES, np.full(7, 0.5), spot=100.0, skew=0.4), rtol=1e-15
    )
    told = smile.shape(STRIKES)
    found = ImpliedLaw(smile=lambda k: smile(k), forward=102.0, years=0.5).shape(STRIKES)  # by differences
    for mine, theirs, digits in zip(told, found, (1e-15, 1e-13, 1e-12), strict=True):
        np.testing.assert_allclose(mine * STRIKES**2, theirs * STRIKES**2, atol=digits * 1e4)


def test_kinks_of_the_bounds_carry_the_missing_mass():
    """High vol and a steep skew: below the strike where the multiple meets 4 the slope falls off; a negative atom."""
    law = ImpliedLaw(smile=SkewSmile(level=0.8, spot=100.0, skew=0.5, years=1 / 12), forward=100.0, years=1 / 12)
    low, high = (100 * np.exp(power / (0.5 * np.sqrt(12))) for power in (-3, 0.75))
    atom, other = (float(law.above(k * (1 - 1e-9)) - law.above(k * (1 + 1e-9))) for k in (low, high))
    assert atom < -0.05 and abs(other) < 1e-10
    first, last = law.strikes()[[0, -1]]
    smooth = quad(law.density, first, low)[0] + quad(law.density, low, high)[0] + quad(law.density, high, last)[0]
    assert smooth + atom + other == pytest.approx(1, abs=1e-7)
    (breach,) = law.breaches()
    assert breach.low < low < breach.high and breach.mass < -0.05


def test_breach_is_where_the_density_is_negative():
    """A dent in the smile: the cells named are those of negative density, and their mass is its integral."""
    law = ImpliedLaw(smile=lambda k: 0.2 + 0.05 * np.exp(-(((k - 110) / 3) ** 2)), forward=100.0, years=0.5)
    breaches = law.breaches()
    assert breaches
    for low, high, mass in breaches:
        inside = np.linspace(low, high, 41)[1:-1]
        assert law.density(inside[len(inside) // 2]) < 0
        assert quad(law.density, low, high)[0] == pytest.approx(mass, rel=1e-5)
        assert law.density(low * 0.995) > 0 and law.density(high * 1.005) > 0


def test_arbitrage_far_out_is_found_where_asked():
    """A vol that grows like K^2 admits arbitrage, but only at strikes that nobody trades."""
    assert QUADRATIC.breaches() == ()
    (breach,) = QUADRATIC.breaches(np.geomspace(30.0, 2_000.0, 3_000))
    assert breach.low > 1_000 and breach.high == np.inf


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"forward": 0.0}, "forward is a positive number"),
        ({"years": 0.0}, "years is a positive number"),
        ({"years": np.nan}, "years is a positive number"),
        ({"discount": -1.0}, "discount is a positive number"),
    ],
)
def test_bad_terms(change, rule):
    with pytest.raises(UserError, match=rule):
        ImpliedLaw(**{"smile": lambda k: 0.2 + 0 * k, "forward": 100.0, "years": 1.0, **change})


def test_bad_strikes_and_vols():
    with pytest.raises(UserError, match="a strike is a positive price"):
        flat().call([100.0, -1.0])
    falling = ImpliedLaw(smile=lambda k: 0.3 - 0.002 * k, forward=100.0, years=1.0)
    with pytest.raises(UserError, match=r"strike 200: a smile's vols are positive"):
        falling.density([100.0, 200.0])
    assert falling.strikes()[-1] < 150  # where its vol is 0


# --- of a scenario -----------------------------------------------------------------------------------------------


def show(*arguments):
    return CliRunner().invoke(main, ["show", *arguments])


LINEAR = ("--set", "market.smile=linear")  # whose wings are too steep for this crisis


def test_show_draws_densities_and_warns(tmp_path):
    crisis = show("covid_crash_2020", *LINEAR, "--density", str(tmp_path / "d.json"), "--months", "3")
    assert crisis.exit_code == 0 and crisis.stdout.splitlines()[-1] == str(tmp_path / "d.json")
    assert re.search(
        r"2020-05-19 seen on 2020-03-\d\d: the smile admits arbitrage at strikes from 1\d\d", crisis.stderr
    )
    drawn = (tmp_path / "d.json").read_text()
    assert "at the start" in drawn and "at the storyline's highest vol" in drawn and "2020-05-19" in drawn
    calm = show("calm_market", "--density", str(tmp_path / "e.json"))
    assert calm.exit_code == 0 and calm.stderr == "" and (tmp_path / "e.json").stat().st_size > 10_000
    assert show("calm_market", "--density", "d.txt").exit_code == 2
    assert show("calm_market", "--density", str(tmp_path / "none" / "d.html")).exit_code == 2


def test_law_of_a_scenario_prices_as_its_book_does():
    """At the start and at the highest vol: the compiled book's options are those of the law."""
    scenario = load("covid_crash_2020", {"market.dividend_yield": 0.02})
    clock, terms = make_clock(scenario), starting_market(scenario)
    levels = lay_out(scenario.storyline, clock, scenario.market)
    first, worst = implied_laws(scenario, (6,))
    highest = max((a for a in scenario.storyline.anchor if a.vol), key=lambda a: a.vol)
    assert (first.day, worst.day) == (scenario.start, highest.date)
    for dated in (first, worst):
        tick = int(np.flatnonzero(clock.is_close & (np.array(clock.session_dates)[clock.day] == dated.day))[0])
        logs = {name: np.exp(getattr(levels, name).level[tick]) for name in ("spot", "vol")}
        rates = {name: node.level[tick] for name, node in levels.nodes.items()}
        now = Snapshot.named(**logs, **rates)
        for kind, strike in (("put", 2_500.0), ("call", 3_600.0)):
            book = Book((Option(kind=kind, strike=strike, expiry=dated.expiry, quantity=1.0),)).compile(clock, terms)
            value = float(book.value(tick, now, book.new_fixings(1))[0])
            assert float(getattr(dated.law, kind)(strike)) == pytest.approx(value, rel=1e-12)
