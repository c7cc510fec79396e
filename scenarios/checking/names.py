"""The registry of reserved names, which no asset, agent or twin of a scenario may have, with the reason.

Each room declares its own names once, where it uses them; here they are collected, and read when a scenario is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from agents.accounts import ACCOUNTS as AGENTS_ACCOUNTS
from agents.desk.loss import loss
from agents.tables import TABLES as AGENTS_TABLES
from markets.accounts import ACCOUNTS as MARKET_ACCOUNTS
from markets.costs import INVENTORY
from markets.factors.key import MAIN, SHORT_NAMES
from markets.specs.bond_future import future_columns
from markets.specs.rates import STANDARD_NODES
from markets.specs.variable import FX, HAZARD, SPREAD, ZERO
from markets.tables import TABLES as MARKET_TABLES
from sim.ledger import CASH
from sim.metric_names import CAPITAL, COUNTERFACTUAL, COUNTERPARTY, EFFECTIVENESS, EXPLAINED, metrics
from sim.names import ALL, EVERY_ROW, FROZEN, LINES, LONGEST, PRICE_TAKER, WORLDS, malformed, same_name
from sim.place import Place

if TYPE_CHECKING:
    from scenarios.scenario import Scenario, TwinSpec
    from sim.errors import UserError


def _declared() -> Iterator[tuple[str, Iterable[str]]]:
    """(rule, reserved names) of each room. Where two rules reserve a name, messages give the first."""
    yield "the ledger counts money under this name", [str(CASH)]
    yield "the engine has an account of this name", map(str, (*MARKET_ACCOUNTS, *AGENTS_ACCOUNTS))
    yield "the main asset has this name", [MAIN]
    yield "the market has a factor of this name", SHORT_NAMES
    yield "a run has a world of this name", WORLDS
    yield "charts have a line of this name", LINES
    yield "this name stands for all desks together", [ALL]
    yield "every table has a column of this name", EVERY_ROW
    for table in (*MARKET_TABLES, *AGENTS_TABLES):
        figures = [column.name for column in table.columns if column.kind != "text"]  # maker, venue: they hold names
        yield f"the table {table.name} has a column of this name", figures
    yield "the table marks has a column of this name", [INVENTORY.name]
    further = (*COUNTERFACTUAL, *EFFECTIVENESS, *EXPLAINED, *CAPITAL, *COUNTERPARTY)
    yield (
        "a run has a figure of this name",
        (*metrics(loss(fx=True, credit=True, counterparty=True, smile=True)), *further),
    )


@cache
def reserved() -> dict[str, str]:
    """The rule that keeps each reserved name, by the name in lower case."""
    found: dict[str, str] = {}
    for rule, names in _declared():
        for name in names:
            found.setdefault(same_name(name), rule)
    return found


def check_name(name: object, at: Place) -> None:
    """Raise UserError if the name is malformed or reserved. Case makes no difference."""
    check_form(name, at)
    rule = reserved().get(same_name(str(name)))
    if rule is not None:
        raise at.error(rule, value=name, remedy="use another name")


def check_node(name: str, at: Place) -> None:
    """A further node is none of every curve's, and its column in the market's tables is its own."""
    if name in STANDARD_NODES:
        remedy = f"its keys are market.rates.vol_{name} and market.rates.corr_*"
        raise at.error("every curve has this node", value=name, remedy=remedy)
    if name in MARKET_TABLES[0].names:
        raise at.error("the market's tables have a column of this name", value=name, remedy="use another name")


def check_form(name: object, at: Place) -> None:
    """Raise UserError if this cannot be a name."""
    wrong = malformed(name)
    if wrong is not None:
        shown = f"{name[:LONGEST]}..." if isinstance(name, str) and len(name) > LONGEST else name
        raise at.error(wrong[0], value=shown, remedy=wrong[1])


def check_names(scenario: Scenario, place: Place | None = None) -> None:
    """Every name of a scenario is usable, and all are different, in more than case. Raises UserError."""
    at = place or Place("scenario")
    wrong = malformed(scenario.name)
    if wrong is not None:
        raise at.at("name").error(wrong[0], value=scenario.name, remedy=f"{wrong[1]}: it names the run's folder")
    taken: dict[str, str] = {}
    further = scenario.market.further
    for kind, here, names in (
        ("asset", at.at("assets"), [asset.name for asset in scenario.assets]),
        ("node", at.at("market", "rates", "nodes"), list(scenario.market.rates.nodes)),
        ("bond", at.at("market", "rates", "bonds"), list(scenario.market.rates.bonds)),
        ("spread", at.at("market", "rates", "spreads"), [each.name for each in further if each.family == SPREAD]),
        ("node", at.at("market", "rates", "currencies"), [each.name for each in further if each.family == ZERO]),
        ("price", at.at("market", "fx"), [each.name for each in further if each.family == FX]),
        ("name", at.at("market", "credits"), [each.name for each in further if each.family == HAZARD]),
        ("straddle", at.at("market", "rates", "straddles"), list(scenario.market.rates.straddles)),
        ("option", at.at("market", "options"), list(scenario.market.options)),
        ("variance swap", at.at("market", "variance_swaps"), list(scenario.market.variance_swaps)),
        ("future", at.at("market", "rates", "futures"), list(scenario.market.rates.futures)),
        ("vol future", at.at("market", "vol_futures"), list(scenario.market.vol_futures)),
        ("agent", at.at("agents"), [agent.name for agent in scenario.agents]),
    ):
        for name in names:
            if kind == "node":
                check_node(name, here.at(str(name)))
            check_name(name, here.at(str(name)))
            before = taken.get(same_name(name))
            if before is not None:
                raise _two(kind, name, before, here.at(name))
            taken[same_name(name)] = f"{kind} {name}"
    for future in scenario.market.rates.futures:
        for column in future_columns(future):
            if same_name(column) in taken:
                rule = f"the tables have a column of the name of {taken[same_name(column)]}"
                here = at.at("market", "rates", "futures", future)
                raise here.error(rule, value=column, remedy="rename one of them")
    check_twin(scenario.run.twin, at.at("run", "twin"))


def _two(kind: str, name: str, before: str, at: Place) -> UserError:
    """The mistake of one name for two things."""
    first, _, earlier = before.partition(" ")
    if first == kind == "agent" and earlier == name:
        remedy = "`count` names its copies NAME-2, NAME-3, ...: rename the other table"
        return at.error("two agents have this name", value=name, remedy=remedy)
    rule = f"two {kind}s have this name, but for upper and lower case"
    if first != kind:
        rule = f"{'an' if first in ('asset', 'option') else 'a'} {first} has this name"
    return at.error(rule, value=name, remedy=f"rename it, or the {before}")


def check_twin(twin: str | TwinSpec, at: Place) -> None:
    """A twin's name is part of files' names and obeys the rules; it alone may be a twin's own. Raises UserError."""
    if not isinstance(twin, str) and twin.name not in (PRICE_TAKER, FROZEN):
        check_name(twin.name, at.at("name"))
