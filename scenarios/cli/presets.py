"""`spiral list`: its arguments and options."""

from __future__ import annotations

from scenarios.commands.options import command
from scenarios.commands.output import say


@command("list")
def list_presets() -> None:
    """The shipped scenarios."""
    from scenarios.reading.shipped import presets

    titles = presets()
    width = max(map(len, titles))
    for name, title in titles.items():
        say(f"{name:<{width}}  {title}")
