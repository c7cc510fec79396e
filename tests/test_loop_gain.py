"""Loop gain as a matrix: its spectral radius, who answers whose price, and what the engine makes of a shock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from agents.funding.margin import MarginModel
from markets.kernels.loops import raise_radius
from markets.spec import VenueSpec
from markets.venues.further import FURTHER
from markets.venues.loop_gain import CURVATURE, VANNA, circuits, spectral_radius
from markets.venues.stock import Stock
from scenarios.reading.loading import from_dict
from scenarios.studies.run import run
from scenarios.studies.validation.textbook import FREE, MAKER, textbook
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import BugError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

PATHS = 5


def radius(matrices: np.ndarray) -> np.ndarray:
    """Of (n, n, paths)."""
    found = np.zeros(matrices.shape[2])
    raise_radius(np.ascontiguousarray(matrices), found)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_radius_is_that_of_the_eigenvalues(size):
    """Real and complex ones, of either sign, large and small."""
    random = np.random.Generator(np.random.Philox(size))
    matrices = random.normal(size=(size, size, 200)) * 10.0 ** random.uniform(-6, 3, 200)
    expected = np.abs(np.linalg.eigvals(np.moveaxis(matrices, 2, 0))).max(axis=1)
    np.testing.assert_allclose(radius(matrices), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (np.zeros((3, 3)), 0.0),
        (np.diag([0.2, -0.7, 0.1]), 0.7),
        (np.diag([1.0, 1.0], k=1), 0.0),  # moves go one way: no loop
        (np.array([[0.0, 0.0, 0.3], [0.5, 0.0, 0.0], [0.0, 0.2, 0.0]]), 0.03 ** (1 / 3)),  # a round through three
        (np.array([[0.5, 1e6], [0.0, 0.5]]), 0.5),
        (np.array([[0.3, -0.4], [0.4, 0.3]]), 0.5),  # turns as it shrinks
    ],
)
def test_radius_in_the_limits(matrix, expected):
    np.testing.assert_allclose(radius(matrix[:, :, None]), expected, atol=1e-12)


def test_what_is_not_finite_is_not_hidden():
    assert np.isnan(radius(np.full((3, 3, 1), np.nan))).all()


def test_only_moves_that_come_back_count():
    """Of a chain that ends in a pair, the pair is what comes back; a venue that answers itself stands alone."""
    entries = (("a", "b"), ("b", "c"), ("c", "b"), ("d", "d"), ("d", "a"))
    assert sorted(map(sorted, circuits(entries))) == [["b", "c"], ["d"]]
    matrix = {entry: np.full(PATHS, 0.5) for entry in entries} | {("b", "c"): np.linspace(0.1, 2.0, PATHS)}
    expected = np.maximum(0.5, np.sqrt(0.5 * np.linspace(0.1, 2.0, PATHS)))
    np.testing.assert_allclose(spectral_radius(matrix, PATHS), expected, rtol=1e-12)


# --- funds that sell everything for the fall of one -------------------------------------------------------------------
SHOCK = 1e-5  # fall of ln S of the first asset
DEPTH, SPOT, DAYS = 1e10, {"asset": 100.0, "bond": 50.0}, 12


def shocked(funds: dict[str, dict[str, float]], sensitivity: float, folder) -> tuple[np.ndarray, np.ndarray]:
    """Two assets without noise, of which the first falls once by the shock, and funds that hold units of both.

    Returns the displacement of ln S by sales of each day, (days, 2), and the logged spectral radius, (days,).
    """
    level = {"vol": 0.2, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0, "credit": 0.0}
    spots = [SPOT["asset"]] + [SPOT["asset"] * np.exp(-SHOCK)] * DAYS
    anchors = [{"date": f"2020-01-{day:02d}", "spot": spot, **level} for day, spot in enumerate(spots, 1)]
    venue = {**FREE, "permanent_share": 1.0, "depth": DEPTH, "impact": 1.0}
    still = {"realised_ratio": 0.0, "dispersion": 0.0}
    tables = textbook(minutes=1440, anchors=anchors, market=still, asset=venue, feedback={"impact": 1.0}).to_dict()
    tables["assets"] = {"bond": {"spot": SPOT["bond"], "vol": 0.0, "venue": venue}}
    makers = {"maker": {**MAKER, "venues": list(SPOT)}}
    fund = {"type": "ProportionalFund", "capital": 1e9, "sensitivity": sensitivity}
    tables["agents"] = makers | {name: {**fund, "holdings": units} for name, units in funds.items()}
    tables["run"] |= {"paths": 1}
    closes = run(from_dict(tables), out=folder / "run", workers=1).closes.sort("time").collect()
    impact = np.stack([closes.filter(pl.col("venue") == name)["impact"].to_numpy() for name in SPOT], axis=1)
    radius = closes.filter(pl.col("venue") == "bond")["spectral_radius"].to_numpy()
    return np.diff(impact, axis=0), radius


def closed_form(funds: dict[str, dict[str, float]], sensitivity: float) -> np.ndarray:
    """G_ij = sum over funds of impact / D x sensitivity x w_i w_j / V0, w the fund's $ in each asset, (2, 2)."""
    worth = [np.array([units[name] * SPOT[name] for name in SPOT]) for units in funds.values()]
    return sum(sensitivity / DEPTH * np.outer(w, w) / w.sum() for w in worth)


ONE = {"fund": {"asset": 3e6, "bond": 4e6}}
TWO = ONE | {"other": {"asset": 0.5e6, "bond": 8e6}}


@pytest.mark.parametrize(("funds", "sensitivity"), [(ONE, 20.0), (TWO, 10.0)])
def test_a_shock_is_multiplied_by_the_spectral_radius(funds, sensitivity, tmp_path):
    """Sales of round n are G^n times the shock; the ratio of one round to the last goes to the radius.

    To the first order in the shock: what the falls themselves change in the matrix is smaller by `SHOCK`.
    """
    matrix = closed_form(funds, sensitivity)
    expected = np.abs(np.linalg.eigvals(matrix)).max()
    if len(funds) == 1:
        np.testing.assert_allclose(expected, np.trace(matrix))  # of one fund: impact / D x sensitivity sum w^2 / V0
    moves, radius = shocked(funds, sensitivity, tmp_path)
    rounds = [-SHOCK * np.array([1.0, 0.0])]
    while len(rounds) < DAYS:
        rounds.append(matrix @ rounds[-1])
    np.testing.assert_allclose(moves[0], rounds[1], rtol=100 * SHOCK)
    np.testing.assert_allclose(moves[: DAYS - 2], rounds[1 : DAYS - 1], rtol=100 * SHOCK)
    ratios = np.linalg.norm(moves[1:-1], axis=1) / np.linalg.norm(moves[:-2], axis=1)
    assert np.abs(ratios[-1] / expected - 1) < 1e-3
    np.testing.assert_allclose(radius[1:], expected, rtol=100 * SHOCK)


# --- swaps ------------------------------------------------------------------------------------------------------------
NODES = ("us2y", "us10y")


def hedged(**rates: float) -> tuple[dict[str, float], dict[tuple[str, str], float], float]:
    """What a desk short a five-year swap holds at the start of a world with these rates, $ received fixed by venue.

    Also what it says it would pay fixed more per unit of each rate, by (venue, node), and the spectral radius.
    """
    level = {**LEVEL, **rates}
    anchors = [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level}]
    swap = {"kind": "swap", "notional": -1e9, "months": 60, "fixed_rate": 0.03}
    agents = {"desk": {"type": "Hedger", "capital": 1e9, "book": [swap]}, "maker": {"type": "MarketMaker"}}
    world = world_of(crisis(anchors=anchors, agents=agents, feedback=only(impact=1.0), minutes=390), 1)

    def look():
        venues = [world.venue(name) for name in NODES]
        held = {venue.name: float(venue.held("desk")[0]) for venue in venues}
        gains = {(v.name, node): v.gain(node, CURVATURE) * v.depth / v.impact for v in venues for node in NODES}
        radius = spectral_radius(world.loop_gains(), 1)
        return held, {entry: float(flow[0]) for entry, flow in gains.items()}, float(radius[0])

    seen = watch(world, Phase.MARK, look)
    world.run()
    return seen[0]


def test_a_move_of_one_rate_is_hedged_at_the_other_too():
    """The flow is by what the hedge differs in a world that starts with the other rate a basis point higher.

    There the swap's first fixing is higher too, which makes 1.4e-4 of it.
    """
    here, flows, radius = hedged()
    for node in NODES:
        moved, _, _ = hedged(**{node: LEVEL[node] + 1e-4})
        for venue in NODES:
            assert flows[venue, node] == pytest.approx(-(moved[venue] - here[venue]) / 1e-4, rel=5e-4)
    assert abs(flows["us10y", "us2y"]) > 1e7  # $ for 1.00
    specs = world_of(crisis(), 1).venues
    matrix = np.array(
        [[flows[at, node] * specs[at].spec.impact / specs[at].spec.depth for node in NODES] for at in NODES]
    )
    assert radius == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), rel=1e-2)  # depth is the maker's, of base


def test_a_flow_for_a_group_of_venues_is_that_of_each():
    world = world_of(crisis(agents={}), 3)
    asset, flows = world.venue("asset"), np.random.default_rng(2).normal(size=(3, 3))
    asset.expose(flows[0], moved=("us2y", "us10y"), by=CURVATURE)
    asset.expose(flows[1], moved="us10y", by=CURVATURE)
    asset.expose(flows[2], moved="us10y", by=VANNA)
    scale = asset.impact / asset.depth
    gains = world.loop_gains()
    assert np.array_equal(gains["asset", "us2y"], scale * flows[0])
    assert np.array_equal(gains["asset", "us10y"], scale * (flows[0] + flows[1] + flows[2]))
    assert asset.gain("us10y", CURVATURE) == pytest.approx(scale * (flows[0] + flows[1]), rel=1e-14)
    assert set(world.loop_gains(frozenset({"us10y"}))) == {("asset", "us2y")}


def unread(tables=(), policy=None, **others):
    """A hedged world that writes no table with a loop gain."""
    call = {"kind": "call", "moneyness": 1.0, "months": 3, "quantity": -1e6}
    desk = {"type": "Hedger", "book": [call], **({} if policy is None else {"policy": {"kind": policy}})}
    cast = {"desk": desk, "maker": {"type": "MarketMaker"}, **others}
    scenario = crisis(agents=cast, market={"realised_ratio": 0.7}, minutes=195)
    return make_world(scenario, Chunk("actual", 0, 3), scenario.feedback, tables=tables)


def test_loop_gains_are_found_only_where_somebody_may_read_them():
    """Nothing else differs; and who would read them all the same is told, not given zeros."""
    bare, full = unread(), unread(("peaks",))
    bare.run()
    full.run()
    assert np.array_equal(bare.equity_now("desk"), full.equity_now("desk"))
    assert full.venue("asset").loop_gain.all()
    assert not bare.venue("asset").reactions.flows
    with pytest.raises(BugError, match="loop gains are found only in worlds that write peaks, closes or market"):
        _ = bare.venue("asset").loop_gain


def test_a_user_s_process_reads_loop_gains_whatever_is_written():
    bare, full = unread(), unread(None)
    seen, known = (
        watch(world, Phase.MARK, lambda w=world: w.venue("asset").loop_gain.copy()) for world in (bare, full)
    )
    bare.run()
    full.run()
    assert len(seen) > 5
    assert np.array_equal(seen, known)
    assert np.any(seen)


class Reader(Stock):
    """A listing of a user's own that reads the asset's loop gain at every tick."""

    def __init__(self, market):
        super().__init__(market, "asset")
        self.name, self.assets, self.seen = "read", ("read",), []

    def step(self, tick):
        self.seen.append(self.market.venue("asset").loop_gain[0])


def test_a_user_s_listing_reads_them(monkeypatch):
    """When the market steps, of no tick: they are those of TRADE."""
    spec = VenueSpec(half_spread=0.0, depth=1e9, impact=0.01)
    monkeypatch.setitem(FURTHER, "read", lambda market: (Reader(market), spec))
    world = unread()
    world.run()
    assert world.measures_gains and world.venue("asset").loop_gain.all()
    assert len(world.venue("read").listing.seen) == len(world.clock.ticks) - 1


@dataclass(frozen=True, kw_only=True)
class Worst(MarginModel):
    """A margin model of a user's own, with the loop gain in it."""

    def initial(self, portfolio, terms):
        return 1e6 * portfolio.venues["asset"].loop_gain


@pytest.mark.parametrize("sets", [False, True])
def test_a_user_s_model_reads_them(sets):
    """Of a lender, or of one of its netting sets."""
    model = {"margin_model": {"kind": "tests.test_loop_gain:Worst"}}
    lender = {"netting_sets": {"shares": {"venues": ["asset"], **model}}} if sets else model
    world = unread(tables=("funding",), lender={"type": "FundingDesk", **lender})
    assert world.measures_gains
    world.run()


def test_a_user_s_policy_may_read_them_and_ours_do_not():
    assert unread(policy="tests.policies_made:HalfHedge").measures_gains
    assert not unread(policy="band").measures_gains


def test_who_comes_in_the_middle_of_a_run_is_not_given_zeros():
    world = unread()
    for tick in world.stops(Phase.DECIDE):
        if tick == 3:
            watch(world, Phase.MARK, lambda: world.venue("asset").loop_gain)
            break
    assert not world.measures_gains
