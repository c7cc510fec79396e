"""The JavaScript that draws charts in a page without a network: Vega, Vega-Lite and Vega-Embed in one script."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sim.errors import SpiralError
from sim.files import write_whole

SCHEMA = "6.4"  # Vega-Lite's version, the one that Altair 6 writes
SNIPPET = "window.vegaEmbed = vegaEmbed;"  # vl-convert bundles it with its own copy of the libraries: no download


def script() -> str:
    """The script's text, safe inside a <script> element. Bundling takes about 2 s, so the user's cache keeps it.

    A stored script that is truncated or changed is made again.
    """
    from importlib.metadata import version

    kept = _cache() / f"vega-embed-{SCHEMA}-vl-convert-{version('vl-convert-python')}.js"
    found = _whole(kept)
    if found is not None:
        return found
    import vl_convert

    text: str = vl_convert.javascript_bundle(SNIPPET, SCHEMA).replace("</script", "<\\/script")
    _keep(kept, f"{_seal(text)}\n{text}")
    return text


def _whole(kept: Path) -> str | None:
    """A stored script without its digest; None if there is none or the digest does not match."""
    try:
        seal, _, text = kept.read_bytes().decode().partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if seal == _seal(text) else None


def _seal(text: str) -> str:
    """The first line of a kept script: a digest of the rest."""
    return f"// sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(root) / "spiral" if os.path.isabs(root) else Path(os.devnull)  # a user without a home keeps nothing


def _keep(place: Path, text: str) -> None:
    """Write whole or not at all; an error is ignored."""
    with suppress(OSError, SpiralError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, text.encode())
