"""`spiral show`: a scenario explained in the terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agents.base import Agent
from agents.hedging.hedger import Hedger
from agents.hedging.positions import Position
from agents.policies import Policy
from markets.products.registry import PRODUCTS
from scenarios.commands.book_table import print_books
from scenarios.commands.calibration_table import print_calibration
from scenarios.commands.chart_file import check_ending
from scenarios.commands.implied_laws import MONTHS, arbitrage
from scenarios.commands.output import BARS, say
from scenarios.commands.screen import Screen, screen
from scenarios.describing.levels import daily_levels
from scenarios.describing.scenario_file import value_text
from scenarios.parameters.unseen import UnseenAgent, UnseenPolicy
from scenarios.scenario import Scenario, encode, type_name
from scenarios.studies.calibrating.before_run import plan
from scenarios.worlds.assumed import assumed
from scenarios.worlds.clock import make_clock
from scenarios.worlds.remembered import memory_line
from sim.errors import UserError
from sim.figure_text import fixed, money, percent, significant
from sim.jit import interpreted
from sim.screen.table import Table
from sim.screen.text import Text

SPARK_WIDTH = 60  # characters
MULTIPLES = ("spread", "depth", "realised")

CASH = ("bond", "bill", "cd", "fra", "sofr_3m", "sofr_1m")  # described key by key


def level(name: str, value: float, *, finer: int = 0) -> str:
    """A level of the storyline: a price to the cent, a vol to a tenth of a point, rates to a basis point."""
    return fixed(value, 2) if name == "spot" else percent(value, (1 if name == "vol" else 2) + finer)


@interpreted()
def explain(scenario: Scenario, chart: Path | None) -> None:
    """Print everything that a reader of the scenario wants to know; draw the storyline into `chart`."""
    if chart is not None:
        check_ending(chart, "--chart")
        from analysis.chart_file import save_spec
        from analysis.chart_words import with_labels
        from scenarios.describing.storyline_chart import storyline_chart

        drawn = with_labels(storyline_chart(scenario))
        save_spec(drawn, chart, title=scenario.title)  # before printing: the terminal may be closed
    out = screen()
    out.print(Text.assemble((scenario.title, "bold"), f"  ({scenario.name})"))
    out.print(Text(scenario.regime, "italic"), f"{scenario.description.strip()}\n")
    out.print(storyline_table(scenario))
    print_calibration(out, scenario)
    for name, label in (("spot", "Spot"), ("vol", "Vol"), ("us10y", "10Y")):
        levels = daily_levels(scenario, name)
        low, high = (level(name, f(levels)) for f in (min, max))
        out.print(f"{label:<5} {sparkline(levels)}  {low} to {high}")
    out.print()
    print_quoted(out, scenario)
    for agent in scenario.agents:
        print_agent(out, agent)
    print_books(out, scenario)
    out.print(feedback_line(scenario))
    with suppress(
        UserError
    ):  # a clock that cannot be laid out: the rest is shown, and the book says why it is not valued
        out.print(memory_line(scenario, make_clock(scenario)))
    notes = [*assumed(scenario), *filter(None, [plan(scenario)])]
    with suppress(UserError):  # as above
        notes += arbitrage(scenario)
    for note in notes:
        out.print(f"note: {note}")
    if chart is not None:
        say(chart)


def print_quoted(out: Screen, scenario: Scenario) -> None:
    """The curves that the scenario quotes, node by node. Raises UserError where a quote cannot be met."""
    if scenario.market.rates.curves:
        from scenarios.studies.curves.nodes import nodes_alone
        from scenarios.worlds.starting_curve import solved_curves

        out.print(nodes_alone(solved_curves(scenario.market.rates, scenario.start)))


def explain_density(scenario: Scenario, path: Path, months: tuple[int, ...]) -> None:
    """Draw the densities that the smile implies into `path`, and warn of strikes where they are negative."""
    check_ending(path, "--density")
    from scenarios.commands.smile_chart import draw

    for warning in draw(scenario, path, months or MONTHS):
        say(f"warning: {warning}", err=True)
    say(path)


def storyline_table(scenario: Scenario) -> Table:
    """The anchors, one a line."""
    rows = scenario.storyline.anchor
    extra = [key for key in MULTIPLES if any(getattr(row, key) is not None for row in rows)]
    outside = dict.fromkeys(name for row in rows for name in row.outside_levels)
    table = Table(title=f"Storyline ({scenario.storyline.anchors} anchors, at the close)")
    names = ("spot", "vol", *(node.name for node in scenario.market.rates.curve), "credit")
    for heading in ("date", *names, *extra, *(f"outside {name}" for name in outside)):
        table.add_column(heading, justify="left" if heading == "date" else "right")
    for row in rows:
        cells = [_cell(name, row.level(name)) for name in names]
        beside = (_cell(name, row.outside_levels.get(name)) for name in outside)
        table.add_row(str(row.date), *cells, *(_multiple(getattr(row, key)) for key in extra), *beside)
    return table


def _cell(name: str, value: float | None) -> str:
    return "" if value is None else level(name, value)


def _multiple(value: float | None) -> str:
    return "" if value is None else significant(value)


def sparkline(values: list[float]) -> str:
    """At most `SPARK_WIDTH` bars from the lowest to the highest value."""
    count = min(SPARK_WIDTH, len(values))
    sample = [values[round(i * (len(values) - 1) / max(count - 1, 1))] for i in range(count)]
    low, span = min(sample), max(sample) - min(sample)
    return "".join(BARS[int((v - low) / span * (len(BARS) - 1) + 0.5)] if span > 0 else BARS[0] for v in sample)


def print_agent(out: Screen, agent: Agent) -> None:
    """Type, the parameters that differ from their defaults, policy and book."""
    told = ", ".join(f"{key} = {value}" for key, value in changed(agent))
    out.print(Text.assemble((agent.name, "bold"), f"  {class_of(agent)}: {told}"))
    if isinstance(agent, Hedger):
        table = {**encode(agent.policy), "kind": class_of(agent.policy)}
        policy = ", ".join(f"{k} = {value_text(v)}" for k, v in table.items() if k != "import_path" and v is not None)
        out.print(f"  policy: {policy}")
        for position in agent.book:
            out.print(f"  {describe(position)}")


def class_of(part: Agent | Policy) -> str:
    """The name of an agent's or a policy's class in a scenario file."""
    return part.import_path if isinstance(part, UnseenAgent | UnseenPolicy) else type_name(type(part))


def changed(agent: Agent) -> Iterator[tuple[str, str]]:
    """Parameters that are not at their default, as a scenario file has them, with their units; capital always."""
    for f in dataclasses.fields(agent):
        value = getattr(agent, f.name)
        default = f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
        if f.name not in ("name", "book", "policy", "import_path") and (value != default or f.name == "capital"):
            unit = str(f.metadata.get("unit", ""))
            yield f.name, f"{value_text(value)} {unit}" if unit not in ("", "decimal") else value_text(value)


def describe(position: Position) -> str:
    """One position in words: short $5.1bn put at 95 %, 2 months."""
    expiry = f"{position.months} months" if position.months else f"to {position.expiry}"
    if position.kind in CASH:
        return _describe_cash(position, expiry)
    if position.kind in ("swap", "ois"):
        side = "receives" if (position.notional or 0) > 0 else "pays"
        rate = "par" if position.fixed_rate is None else percent(position.fixed_rate, 3)
        return f"{position.kind}: {side} fixed at {rate} on {_amount(position)}, {expiry}"
    if position.kind == "cds":
        side = "buys" if (position.notional or 0) > 0 else "sells"
        rate = "par" if position.fixed_rate is None else f"{significant(1e4 * position.fixed_rate)} bp"
        return f"cds: {side} {_amount(position)} of protection on {position.credit} at {rate}, {expiry}"
    if PRODUCTS[position.kind].takes.rate:
        return _describe_rate_option(position, expiry)
    if position.kind in ("asset", "future"):
        return _describe_linear(position, expiry)
    size = position.quantity if position.quantity is not None else position.notional or 0.0
    amount = _amount(position)
    strike = f"strike {significant(position.strike)}, " if position.strike is not None else ""
    if position.moneyness is not None:
        strike = f"strike {_of_spot(position)}, "
    on = f" on {position.asset}" if position.asset else ""
    return f"{'short' if size < 0 else 'long'} {position.kind}{on}: {amount}, {strike}{expiry}"


def _describe_cash(position: Position, expiry: str) -> str:
    """long bond: $1bn, fixed_rate = 0.04, price = 99.5, to 2030-03-01."""
    said = {key: getattr(position, key) for key in ("fixed_rate", "tenor", "price", "quoted_rate", "spread")}
    kept = {key: value for key, value in said.items() if value not in (None, "")}
    given = [f"{key} = {value if isinstance(value, str) else f'{value:.10g}'}" for key, value in kept.items()]
    when = [] if position.expiry is None and position.months is None else [expiry]
    held = "short" if (position.notional or 0) < 0 else "long"
    return f"{held} {position.kind}: {', '.join([_amount(position), *given, *when])}"


def _amount(position: Position) -> str:
    if position.quantity is not None:
        return f"{significant(abs(position.quantity))} units"
    return money(abs(position.notional or 0.0))


def _of_spot(position: Position) -> str:
    return significant(100 * (position.moneyness or 0.0), 6, " % of spot")


def _describe_rate_option(position: Position, expiry: str) -> str:
    """short payer swaption: $1.00bn at 4.200 %, 12 months into 120; long cap: $1bn at the money, 60 months."""
    side = f"{position.side} " if position.side else ""
    rate = "the money" if position.fixed_rate is None else percent(position.fixed_rate, 3)
    vol = "" if position.normal_vol is None else f", vol {significant(1e4 * position.normal_vol)} bp"
    into = f" into {position.swap_months}" if position.swap_months else ""
    held = "short" if (position.notional or 0) < 0 else "long"
    return f"{held} {side}{position.kind}: {_amount(position)} at {rate}, {expiry}{into}{vol}"


def _describe_linear(position: Position, expiry: str) -> str:
    """long asset: 1,000 units; short future: $1bn at 3,400, 2 months."""
    size = position.quantity if position.quantity is not None else position.notional or 0.0
    kind = position.asset if position.kind == "asset" and position.asset else position.kind
    said = f"{'short' if size < 0 else 'long'} {kind}: {_amount(position)}"
    if position.kind == "asset":
        return said
    price = "the forward"
    if position.strike is not None or position.moneyness is not None:
        price = significant(position.strike) if position.strike is not None else _of_spot(position)
    return f"{said} at {price}, {expiry}"


def feedback_line(scenario: Scenario) -> str:
    """The loops' switches, the twin, and the run's size."""
    loops = ", ".join(f"{k} {significant(v)}" for k, v in encode(scenario.feedback).items())
    twin = scenario.twin.name if scenario.twin else "none"
    run = scenario.run
    size = f"{run.paths:,} paths, seed {run.seed}, ticks of {scenario.clock.tick_minutes} min"
    return f"Feedback: {loops}. Twin: {twin}. Run: {size}."
