"""The engine against itself path by path, and against SimPy alone."""

from __future__ import annotations

from heapq import heappop

import numpy as np

import sim.world
from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.phases import Phase
from tests.bench.timing import least, seconds
from tests.bench.worlds import bare_simpy, covid, run_all
from tests.small import crisis, world_of

ALONE = 10  # paths that are run one by one
EVENTS = 200_000


def pnl(world):
    """Equity of every agent at the end, (agents, paths) $."""
    return np.array([world.equity_now(agent.name) for agent in world.agents])


def test_one_environment_for_all_paths_against_one_each(board, paths):
    scenario, blueprint = covid(), draw_up(covid())

    def one(path):
        world = make_world(scenario, Chunk("actual", path, 1), scenario.feedback, blueprint)
        world.run()
        return pnl(world)

    one(0)  # compiled
    alone = []
    apart = seconds(lambda: alone.extend(one(path) for path in range(ALONE))) / ALONE * paths
    found = []
    (together,) = least(3, lambda: found.append(np.hstack(run_all(scenario, paths, pnl))))
    assert np.allclose(found[0][:, :ALONE], np.hstack(alone), rtol=1e-9)
    opponent = f"the same engine, one environment a path (from {ALONE})"
    board.faster(f"full covid run, {paths:,} paths", opponent, ours=together, theirs=apart, at_least=250)
    (bare,) = least(3, lambda: bare_simpy(EVENTS))
    decisions = len(scenario.agents) * paths * len(blueprint.clock.ticks) / together
    what = f"agent decisions a second (agents x paths x ticks), full covid run, {paths:,} paths, one core"
    goal = {"at_least": 13, "goal": "at least 13x", "unit": "1/s"}  # one core; the limit of 25x: test_workers
    board.rate(what, "bare SimPy loop of timeouts, events a second", ours=decisions, theirs=EVENTS / bare, **goal)


def resumptions(world):
    """Run a world; how often a process was resumed or something called back: what a bare loop counts as its events."""
    number = 0

    def counting(queue):
        nonlocal number
        number += len(queue[0][3].callbacks)
        return heappop(queue)

    sim.world.heappop = counting
    try:
        world.run()
    finally:
        sim.world.heappop = heappop
    return number


def idle(agents, scenario=None):
    """A world of one path in which so many processes wait for TRADE of every tick, and do nothing."""
    world = world_of(scenario or crisis(minutes=1), paths=1)

    def waiting():
        while True:
            yield world.tick(Phase.TRADE)

    for _ in range(agents):
        world.start(waiting())
    return world


def test_events_of_one_path(board):
    """Events are resumptions of processes: agents who wait for the same instant share one of SimPy's own."""
    scenario, blueprint = covid(), draw_up(covid())

    def full():
        return make_world(scenario, Chunk("actual", 0, 1), scenario.feedback, blueprint)

    number = resumptions(full())
    whole = iter([full() for _ in range(3)])
    bare, mine = least(3, lambda: bare_simpy(EVENTS), lambda: next(whole).run())
    bare, mine = bare / EVENTS, mine / number
    goal = {"at_least": 1 / 12, "goal": "at least 1/12 (0.083x)", "unit": "1/s"}
    board.rate(
        "events a second, full covid run of 1 path",
        "bare SimPy loop of timeouts",
        ours=1 / mine,
        theirs=1 / bare,
        **goal,
    )
    waiting = {agents: iter([idle(agents) for _ in range(3)]) for agents in (0, 20)}
    few, many = least(3, *(lambda some=some: next(some).run() for some in waiting.values()))
    ticks = len(idle(0).clock.ticks)
    each = (many - few) / (20 * ticks)
    what = "events a second, 20 agents of 1 path who only wait (the market's own work taken off)"
    board.rate(what, "bare SimPy loop of timeouts", ours=1 / each, theirs=1 / bare, **goal)
