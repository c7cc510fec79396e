"""The cast of a scenario (agents, venues, dates), against which each agent is checked when the scenario is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from markets.factors.key import MAIN
from markets.venues.further import FURTHER
from sim.dataclass import dataclass
from sim.nearest import nearest

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from sim.place import Place


class Player(Protocol):
    """The properties of an agent that others are checked against."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The agents of a scenario, the venues that they find, the dates of the run."""

    agents: Sequence[Player]
    hedgers: tuple[str, ...]  # names of those that have, or may have, a book
    venues: Mapping[str, VenueSpec]
    assets: tuple[str, ...]  # names of the venues that are assets
    implied: tuple[str, ...] = (MAIN,)  # those that have an implied vol
    nodes: tuple[str, ...]  # of the curve, the shortest first
    straddles: tuple[str, ...] = ()  # names of the venues that trade them
    options: tuple[str, ...] = ()  # names of the venues of options on the asset
    other_options: Mapping[str, str] = field(default_factory=dict)  # further assets by the names of options on them
    with_vol: tuple[str, ...] = ()  # further assets that have a vol of their own
    credits: tuple[str, ...] = ()  # names of the venues that are names
    names: tuple[str, ...] = ()  # of `market.credits`
    vol_futures: tuple[str, ...] = ()  # names of the venues that are futures on implied vol
    bonds: tuple[str, ...] = ()  # names of the venues that are bonds
    futures: Mapping[str, str] = field(default_factory=dict)  # bond by the name of its future
    repo: bool = False  # whether bonds are financed in repo
    rates_vol: bool = False  # whether rates have a vol of their own
    start: date
    end: date

    def makers_of(self, venue: str) -> list[str]:
        """Names of the makers that quote a venue; a maker without a list of venues quotes all."""
        makers = [agent for agent in self.agents if agent.role == "market_maker"]
        return [maker.name for maker in makers if venue in getattr(maker, "venues", (venue,))]

    def check_venue(self, name: str, at: Place) -> None:
        """Raise UserError if there is no such venue."""
        known = [*self.venues, *FURTHER]
        if name not in known:
            raise at.error("no such venue", value=name, remedy=nearest(name, known))

    @property
    def rates_venues(self) -> tuple[str, ...]:
        """Venues of claims on rates, and listings of the user's own, which may be."""
        return (*self._of_rates, *FURTHER)

    @property
    def _of_rates(self) -> list[str]:
        others = (*self.assets, *self.straddles, *self.options, *self.other_options, *self.credits, *self.vol_futures)
        return [venue for venue in self.venues if venue not in others]

    def check_rates_venue(self, name: str, at: Place) -> None:
        """Raise UserError where there is no such venue, or what trades there is no claim on a rate."""
        known = self._of_rates
        if name not in known:
            raise at.error("no such venue of swaps or bonds", value=name, remedy=nearest(name, known))

    def check_repo(self, bond: str, at: Place) -> None:
        """Raise UserError where there is no such bond, or no repo market in which it is financed."""
        if bond not in self.bonds:
            raise at.error("no such bond", value=bond, remedy=nearest(bond, list(self.bonds)))
        if not self.repo:
            raise at.error("bonds are financed in no repo market", value=bond, remedy="add [market.rates.repo.usd]")

    def check_future(self, name: str, bond: str, at: Place) -> None:
        """Raise UserError where there is no such future, or it is on another bond."""
        if name not in self.futures:
            raise at.error("no such bond future", value=name, remedy=nearest(name, list(self.futures)))
        if self.futures[name] != bond:
            raise at.error(f"is a future on {self.futures[name]}, not on {bond}", value=name)

    def check_tracked(self, name: str, at: Place) -> None:
        """Raise UserError if this is neither an asset nor a future on vol."""
        known = (*self.assets, *self.vol_futures)
        if name not in known:
            raise at.error("no such asset or vol future", value=name, remedy=nearest(name, list(known)))

    def check_held(self, name: str, at: Place) -> None:
        """Raise UserError if this is neither an asset nor a bond."""
        known = (*self.assets, *self.bonds)
        if name not in known:
            raise at.error("no such asset or bond", value=name, remedy=nearest(name, list(known)))

    def check_asset(self, name: str, at: Place) -> None:
        """Raise UserError if there is no such asset; a swap venue is no asset."""
        if name not in self.assets:
            raise at.error("no such asset", value=name, remedy=nearest(name, list(self.assets)))
