"""Loading a scenario to show it, not to run it: which modules are imported, and the note about the others."""

from __future__ import annotations

from pathlib import Path

from scenarios.commands.output import complain
from scenarios.parameters.modules import is_own
from scenarios.parameters.unseen import unseen_in
from scenarios.reading.loading import find, load
from scenarios.reading.overrides import Overrides
from scenarios.reading.shipped import catalogue
from scenarios.scenario import Scenario


def load_to_look(name: str | Path, settings: Overrides, *, trust: bool | None) -> Scenario:
    """The scenario; one that is not trusted runs none of its modules: `say_unseen` tells which.

    trust: None trusts presets, and files in the working folder or below. Raises UserError.
    """
    if trust is None:
        path = find(name)
        trust = path == catalogue().get(path.stem) or is_own(path.parent)
    return load(name, settings, trust=trust)


def say_unseen(scenario: Scenario) -> None:
    """A line on stderr that names the classes that were not imported, where there are any."""
    if left := unseen_in(scenario.agents):
        said = "so its own parameters were not looked at; give --trust to import and run that code"
        complain(f"not imported: {', '.join(left)}, {said}")
