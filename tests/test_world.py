"""Time: phases of an instant, ticks and what lies between them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from sim.clock import Clock
from sim.eventlog import EventLog
from sim.ledger import Ledger
from sim.phases import Phase, hours, minutes
from sim.streams import Streams
from sim.world import World
from tests.small import crisis, send, watch, world_of

HOUR = 3600
DAY = 24 * HOUR


def world(night: float = 0.2) -> World:
    """Wednesday's close to Friday's, every 65 minutes."""
    clock = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 2, 21), tick_minutes=65, overnight_variance=night)
    log = EventLog(world="actual", first=0, paths=2, witnesses=0)
    return World(name="actual", clock=clock, streams=Streams(1, 0, 2), ledger=Ledger(2), log=log)


def times(here: World, *steps) -> list[int]:
    """Instants at which a process stands after each step, a function of the world that gives an event."""
    seen = []

    def process():
        for step in steps:
            yield step(here)
            seen.append(here.now)

    here.start(process())
    here.run()
    return seen


def test_phases_of_an_instant_come_in_order_whoever_waits_first():
    here, seen = world(), []

    def waiting(phase):
        while True:
            yield here.tick(phase)
            seen.append((here.now, here.phase, here.tick_index))
            assert here.phase is phase

    late = (Phase.FUND, Phase.TRADE, Phase.DECIDE)
    for phase in (Phase.MARK, Phase.SHOCK, Phase.CLEAR, Phase.END, Phase.QUOTE, Phase.MARKET, *late):
        here.start(waiting(phase))
    here.run()
    expected = [(int(t), phase, i) for i, t in enumerate(here.clock.ticks) for phase in Phase]
    assert seen == expected


def test_one_process_walks_through_all_phases_of_a_tick():
    here, seen = world(), []

    def walking():
        while True:
            for phase in Phase:
                yield here.tick(phase)
                seen.append((here.tick_index, here.phase))

    here.start(walking())
    here.run()
    assert seen == [(i, phase) for i in range(len(here.clock.ticks)) for phase in Phase]


def test_a_phase_that_is_under_way_or_over_comes_at_the_next_tick():
    here, seen = world(), []

    def process():
        yield here.tick(Phase.TRADE)
        yield here.tick(Phase.TRADE)
        seen.append(here.tick_index)
        yield here.tick(Phase.SHOCK)
        seen.append(here.tick_index)

    here.start(process())
    here.run()
    assert seen == [1, 2]


def test_waiting_for_the_same_phase_is_one_event():
    here = world()
    assert here.tick(Phase.TRADE) is here.tick(Phase.TRADE)
    assert here.tick(Phase.TRADE) is here.at(here.now, Phase.TRADE)
    assert here.tick(Phase.TRADE) is not here.tick(Phase.MARK)


TRADE = lambda here: here.tick(Phase.TRADE)  # noqa: E731


def after(seconds, phase=Phase.TRADE):
    return lambda here: here.after(seconds, phase)


OPEN = DAY + 9 * HOUR + 1800  # Thursday


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((TRADE, TRADE, after(minutes(5))), OPEN + 300),  # in session, between ticks
        ((TRADE, TRADE, after(minutes(65))), OPEN + 65 * 60),  # on a tick
        ((TRADE, TRADE, after(hours(6.5))), OPEN + 6.5 * HOUR),  # on the close
        ((TRADE, TRADE, after(hours(7))), OPEN + DAY),  # after the close: the next open
        ((TRADE, after(minutes(5))), OPEN),  # tick 0 is a close
        ((TRADE, TRADE, after(minutes(5)), TRADE), OPEN + 65 * 60),  # from between ticks to the next one
        ((TRADE, TRADE, after(minutes(5)), after(minutes(60))), OPEN + 65 * 60),
        ((TRADE, TRADE, after(0, Phase.MARK)), OPEN),
    ],
)
def test_after(steps, expected):
    here = world()
    got = times(here, *steps)
    assert len(got) == len(steps)
    assert got[-1] == expected


def test_where_there_are_no_nights_an_order_is_not_held_back():
    """On a continuous calendar every tick is a day's first; a minute after one is a minute after it."""
    from scenarios.studies.validation.textbook import textbook
    from tests.small import world_of

    world = world_of(textbook(steps=52), paths=1)
    seen: list[int] = []

    def waiting():
        yield world.tick(Phase.TRADE)
        yield world.after(60, Phase.TRADE)
        seen.append(world.now)

    world.start(waiting())
    world.run()
    assert seen == [60]


def test_nothing_comes_after_the_end():
    here = world()
    end = int(here.clock.ticks[-1])
    assert times(here, after(end - here.now)) == [end]
    assert times(world(), after(end - here.clock.ticks[0] + 1)) == []
    many = [TRADE] * (len(here.clock.ticks) + 3)
    assert len(times(world(), *many)) == len(here.clock.ticks)


def test_without_a_night_the_first_tick_of_a_day_is_its_open():
    assert times(world(night=0.0), TRADE, after(minutes(5)))[-1:] == [OPEN + 65 * 60]


def test_ticks_between_which_nobody_wakes_are_counted():
    """A world of a single process that sleeps over ticks."""
    here = world()
    asleep = times(here, TRADE, TRADE, after(hours(4)), TRADE)
    assert asleep[-1] == OPEN + 4 * 65 * 60


def test_progress_hears_every_tick():
    here, heard = world(), []
    here.run(heard.append)
    assert sum(heard) == len(here.clock.ticks)


def test_full_is_a_fresh_vector():
    here = world()
    one, two = here.full(3.0), here.full(3.0)
    one[0] = 1.0
    np.testing.assert_array_equal(two, [3.0, 3.0])


# --- with a market ----------------------------------------------------------------------------------------------------
def test_an_order_is_answered_before_the_next_phase():
    here = world_of(crisis())
    send(here, {1: {"asset": 1.0}})
    phases = []

    class Taker:
        name = "taker"

    here.ledger.open("taker")

    def trading():
        yield here.tick(Phase.TRADE)
        yield here.venue("asset").trade(Taker(), 1.0)
        phases.append((here.tick_index, here.phase))

    here.start(trading())
    here.run()
    assert phases == [(0, Phase.CLEAR)]


def put_desk(**changes):
    """A short put re-hedged, beside a maker."""
    book = [{"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "notional": -1e9}]
    desk = {"type": "Hedger", "book": book, "capital": 1e9, "policy": {"kind": "every", "interval": "tick"}, **changes}
    return {"desk": desk, "maker": {"type": "MarketMaker"}}


ANCHORS = [
    {"date": "2020-02-19", "spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03, "credit": 0.01},
    {"date": "2020-02-24", "spot": 90.0},
]


def trades(latency: int, paths: int = 4, **desk):
    scenario = crisis(
        anchors=ANCHORS,
        agents=put_desk(latency_seconds=latency, **desk),
        run={"paths": paths, "witnesses": paths, "twin": "none"},
    )
    here = world_of(scenario, paths)
    targets = watch(here, Phase.TRADE, lambda: -here.desks["desk"].unit.risk().delta)
    here.run()
    return here, here.log.frame("trades", here.clock), targets


@pytest.mark.parametrize("latency", [60, 30 * 60])
def test_an_order_arrives_after_the_latency(latency):
    here, frame, _ = trades(latency)
    clock = here.clock
    looks = clock.ticks[:-1]  # what is sent at the last close never arrives
    arrivals = [int(t) + latency for t in looks]
    arrivals = [int(clock.ticks[clock.next_tick(t)]) if clock.is_open[clock.next_tick(t)] else t for t in arrivals]
    seen = {int(s) for s in (frame["time"].dt.replace_time_zone(None) - clock.midnight).dt.total_seconds()}
    assert seen <= set(arrivals)
    assert len(seen) > len(set(arrivals)) * 3 / 4  # only looks at an unmoved price send nothing


def test_a_slow_desk_hedges_what_it_saw_and_counts_orders_under_way():
    """A latency of three ticks: after the fill the desk holds the target of the look, however many orders fly."""
    latency = 3 * 65 * 60
    here, frame, targets = trades(latency)
    day = [i for i in range(len(here.clock.ticks)) if here.clock.day[i] == 2]
    held = 0.0
    path = frame.filter(frame["path"] == 0)
    sums = dict(zip((path["time"]).to_list(), path["quantity"].cum_sum().to_list(), strict=True))
    start = targets[0][0]
    last = here.clock.timestamp(int(here.clock.ticks[day[-1]]))
    held = start + sums[last]
    seen_three_ticks_ago = targets[day[-1] - 3][0]
    assert held == pytest.approx(seen_three_ticks_ago, rel=1e-12)


def test_no_latency_is_hedged_at_once():
    here, frame, targets = trades(0)
    held = here.ledger.balance("desk", "asset")
    np.testing.assert_allclose(held, targets[-1], rtol=1e-12)
    assert frame.height
