"""The JavaScript that draws charts in a page without a network: Vega, Vega-Lite and Vega-Embed in one script."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

SCHEMA = "6.4"  # Vega-Lite's version, the one that Altair 6 writes
SNIPPET = "window.vegaEmbed = vegaEmbed;"  # vl-convert bundles it with its own copy of the libraries: no download


def script() -> str:
    """The script's text, safe inside a <script> element. Bundling takes about 2 s, so the user's cache keeps it.

    A kept script that is not what was written (truncated, changed) is made again.
    """
    kept = _cache() / f"vega-embed-{SCHEMA}-vl-convert-{version('vl-convert-python')}.js"
    found = _whole(kept)
    if found is not None:
        return found
    import vl_convert

    text: str = vl_convert.javascript_bundle(SNIPPET, SCHEMA).replace("</script", "<\\/script")
    _keep(kept, f"{_seal(text)}\n{text}")
    return text


def _whole(kept: Path) -> str | None:
    """A kept script without its seal; None where there is none or where the seal does not fit."""
    try:
        seal, _, text = kept.read_bytes().decode().partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return text if seal == _seal(text) else None


def _seal(text: str) -> str:
    """The first line of a kept script: a digest of the rest."""
    return f"// sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(root) / "spiral"


def _keep(place: Path, text: str) -> None:
    """Write whole or not at all; a cache that cannot be written is done without."""
    part = place.with_suffix(f".{os.getpid()}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(text.encode())
        part.replace(place)
    except OSError:
        with suppress(OSError):
            part.unlink()
