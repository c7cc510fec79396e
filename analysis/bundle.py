"""The JavaScript that draws charts in a page without a network: Vega, Vega-Lite and Vega-Embed in one script."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from sim.errors import SpiralError
from sim.files import write_whole

SCHEMA = "6.4"  # Vega-Lite's version, the one that Altair 6 writes
SNIPPET = "window.vegaEmbed = vegaEmbed;"  # vl-convert bundles it with its own copy of the libraries: no download


def script() -> str:
    """The script's text, safe inside a <script> element. Bundling takes about 2 s, so the user's cache keeps it."""
    kept = _cache() / f"vega-embed-{SCHEMA}-vl-convert-{version('vl-convert-python')}.js"
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        pass
    import vl_convert

    text: str = vl_convert.javascript_bundle(SNIPPET, SCHEMA).replace("</script", "<\\/script")
    _keep(kept, text)
    return text


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "spiral"


def _keep(place: Path, text: str) -> None:
    """Write whole or not at all; a cache that cannot be written is done without."""
    with suppress(OSError, SpiralError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, text)
