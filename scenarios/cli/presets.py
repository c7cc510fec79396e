"""`spiral list`: its arguments and options."""

from __future__ import annotations

from scenarios.commands.options import brief
from scenarios.commands.output import say


@brief("list")
def list_presets() -> None:
    """The shipped scenarios."""
    from scenarios.reading.shipped import presets

    titles = presets()
    width = max(map(len, titles))
    for name, title in titles.items():
        say(f"{name:<{width}}  {title}")
