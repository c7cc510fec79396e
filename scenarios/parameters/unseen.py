"""Stand-ins for classes that were not imported: the rest of their scenario can still be looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from agents.base import Agent, Process
from agents.funding.capital import CapitalModel
from agents.funding.margin import MarginModel
from agents.policies import Policy
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.params import param

if TYPE_CHECKING:
    from agents.funding.margin import MarginTerms
    from agents.funding.portfolio import Portfolio
    from agents.policies import Situation, Vector
    from agents.world import TradingWorld


@dataclass(frozen=True, kw_only=True)
class UnseenAgent(Agent):
    """An agent of a class that was not imported: it may be anything, a maker of every venue too."""

    role: ClassVar[str] = "market_maker"
    import_path: str = param(help="import path of its class")

    def live(self, world: TradingWorld) -> Process:
        raise _not_imported(self.import_path)


@dataclass(frozen=True, kw_only=True)
class UnseenPolicy(Policy):
    """A policy of a class that was not imported."""

    kind: ClassVar[str] = "unseen"
    import_path: str = param(help="import path of its class")

    def desired(self, at: Situation) -> Vector:
        raise _not_imported(self.import_path)


@dataclass(frozen=True, kw_only=True)
class UnseenMarginModel(MarginModel):
    """A margin model of a class that was not imported."""

    kind: ClassVar[str] = "unseen"
    import_path: str = param(help="import path of its class")

    def initial(self, portfolio: Portfolio, terms: MarginTerms) -> Vector:
        raise _not_imported(self.import_path)


@dataclass(frozen=True, kw_only=True)
class UnseenCapitalModel(CapitalModel):
    """A capital model of a class that was not imported."""

    kind: ClassVar[str] = "unseen"
    import_path: str = param(help="import path of its class")

    def required(self, portfolio: Portfolio) -> Vector:
        raise _not_imported(self.import_path)


UNSEEN: dict[type[Any], type[Any]] = {
    Agent: UnseenAgent,
    Policy: UnseenPolicy,
    MarginModel: UnseenMarginModel,
    CapitalModel: UnseenCapitalModel,
}


def known_values(cls: type[Any], values: Mapping[str, Any], path: Any) -> Mapping[str, Any]:
    """A table as its class can be built from it: of an unseen class only what all classes of its base have."""
    if cls not in UNSEEN.values():
        return values
    known = {f.name for f in dataclasses.fields(cls)}
    return {key: value for key, value in values.items() if key in known} | {"import_path": path}


def unseen_in(agents: Iterable[Agent]) -> list[str]:
    """Import paths of the classes, of agents and of what they choose, that were not imported, each once."""
    parts = [part for agent in agents for part in (agent, *_chosen(agent))]
    return list(dict.fromkeys(part.import_path for part in parts if type(part) in UNSEEN.values()))


def _chosen(table: Any) -> Iterator[Any]:
    """The values of a table of parameters, and those of the tables that it has by name."""
    for value in vars(table).values():
        yield value
        tables = value.values() if isinstance(value, Mapping) else ()
        yield from (inner for each in tables if dataclasses.is_dataclass(each) for inner in vars(each).values())


def _not_imported(path: str) -> UserError:
    return UserError("the class was not imported", value=path, remedy="load the scenario with trust=True")
