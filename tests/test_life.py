"""Our processes are resumed, and a run is stepped, without SimPy's own loops: all is as with them, to the last bit."""

from __future__ import annotations

import pytest
import simpy
from polars.testing import assert_frame_equal

from scenarios.reading.loading import load
from scenarios.studies.run import run
from sim.errors import SpiralError
from sim.phases import Phase, minutes
from sim.world import World
from tests.small import crisis, world_of

LONG = [pytest.param(name, marks=pytest.mark.slow) for name in ("covid_crash_2020", "gilt_ldi_2022")]


@pytest.fixture(params=["ours", "simpy"])
def by(request, monkeypatch):
    """Who resumes processes and steps the run."""
    if request.param == "simpy":
        step_by_simpy(monkeypatch)
    return request.param


def step_by_simpy(monkeypatch):
    monkeypatch.setattr("sim.world.begin", lambda env, process: env.process(process))
    monkeypatch.setattr(World, "_run_out", World._run_to)


def empty():
    """A world in which nobody trades."""
    return world_of(crisis(), 2)


def lived(live):
    """What a process of a world notes: `live(world, notes)` is a generator."""
    world, notes = empty(), []
    world.start(live(world, notes))
    world.run()
    return notes


@pytest.mark.parametrize("name", ["short_vol_blowup", *LONG])
def test_tables_are_those_of_a_run_by_simpy_alone(name, monkeypatch, tmp_path):
    """So that a release of SimPy with another queue, other events or another order of them does not pass unseen."""
    given = load(name, {"clock.tick_minutes": 390, "run.paths": 3, "run.witnesses": 2})
    one = run(given, workers=1, out=tmp_path / "ours")
    step_by_simpy(monkeypatch)
    other = run(given, workers=1, out=tmp_path / "simpy")
    assert len(one.tables) > 8
    for table in one.tables:
        assert_frame_equal(one.table(table).collect(), other.table(table).collect(), check_exact=True)


def test_a_failed_event_is_raised_where_it_is_waited_for(by):
    """Each who waits gets a copy, its cause the exception itself; who catches it goes on."""
    error = KeyError("no quote")

    def live(world, notes):
        failing = world.env.event()

        def other():
            try:
                yield failing
            except KeyError as caught:
                notes.append(("other", caught.args, caught is error, caught.__cause__ is error))

        world.start(other())
        yield world.tick(Phase.QUOTE)
        failing.fail(error)
        try:
            yield failing
        except KeyError as caught:
            notes.append(("one", caught.args, caught is error, caught.__cause__ is error))
        try:
            yield failing  # it has come already
        except KeyError as caught:
            notes.append(("again", caught.args, caught is error, caught.__cause__ is error))
        yield world.tick(Phase.MARK)
        notes.append(world.tick_index)

    told = [(who, ("no quote",), False, True) for who in ("other", "one", "again")]
    assert lived(live) == [*told, 0]


def test_a_failed_event_for_which_nobody_waits_ends_the_run(by):
    def live(world, notes):
        yield world.tick(Phase.QUOTE)
        world.env.event().fail(KeyError("no quote"))
        yield world.tick(Phase.TRADE)
        notes.append("too late")

    notes = []
    world = empty()
    world.start(live(world, notes))
    with pytest.raises((SpiralError, KeyError), match="no quote"):
        world.run()
    assert notes == []


def test_any_and_all_of_several_events(by):
    def live(world, notes):
        trade, hour = world.tick(Phase.TRADE), world.after(minutes(65), Phase.FUND)
        first = yield trade | hour
        notes.append((world.tick_index, world.phase.name, list(first.todict()) == [trade]))
        both = yield trade & hour  # one of them has come
        notes.append((world.tick_index, world.phase.name, list(both.todict()) == [trade, hour]))
        none = yield world.env.all_of([])
        notes.append(none.todict())
        soon = yield simpy.AnyOf(world.env, [world.soon("now"), world.tick(Phase.QUOTE)])
        notes.append((world.tick_index, list(soon.todict().values())))

    assert lived(live) == [(0, "TRADE", True), (1, "FUND", True), {}, (1, ["now"])]


def test_an_event_that_has_come_already_answers_at_once(by):
    def live(world, notes):
        event = world.soon(7.0)
        yield world.tick(Phase.TRADE)
        notes.append(((yield event), (yield event), world.tick_index, world.phase.name))

    assert lived(live) == [(7.0, 7.0, 0, "TRADE")]


def test_a_process_that_ends_leaves_the_others(by):
    def live(world, notes):
        def child():
            yield world.tick(Phase.FUND)
            notes.append("child")

        world.start(child())
        yield world.tick(Phase.TRADE)
        notes.append("parent")

    assert lived(live) == ["parent", "child"]


def test_an_event_of_another_world_is_refused(by):
    def live(world, notes):
        yield world.tick(Phase.TRADE)
        yield simpy.Environment().timeout(0)

    with pytest.raises(SpiralError, match="it yielded an event of another world, which never comes"):
        lived(live)


def test_ctrl_c_ends_the_run(by):
    def live(world, notes):
        yield world.tick(Phase.TRADE)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lived(live)


def test_processes_of_simpy_live_beside_ours(by):
    """Of its `env.process`; there one can wait for an end."""

    def live(world, notes):
        def child():
            yield world.tick(Phase.FUND)
            return "its end"

        notes.append((yield world.env.process(child())))
        notes.append(world.phase.name)

    assert lived(live) == ["its end", "FUND"]
