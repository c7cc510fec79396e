"""Fingerprint of the engine that made a result: the sources that decide it, and the versions of libraries used."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scenarios.house import ROOMS

ROOT = Path(__file__).resolve().parents[3]
FIRST = "scenarios.studies.sweeps.cell_run"  # the module that runs a cell
IMPORT = re.compile(r"^[ \t]*(?:from[ ]+([\w.]+)[ ]+import[ ]+(\([^)]*\)|.*)|import[ ]+([\w.]+))", re.MULTILINE)
# Docstrings, and imports for type checkers alone.
LEFT_OUT = re.compile(r'"""[\s\S]*?"""|^if TYPE_CHECKING:\n(?:[ \t]+.*\n|\n)+', re.MULTILINE)
REGISTERED = re.compile(r'"([\w.]+):\w+"')  # `sim.registry` imports the module once its class is asked for
LIBRARIES = ("spiral-crisis", "simpy", "numpy", "scipy", "polars", "numba")


@cache
def fingerprint() -> str:
    """Twelve hex digits of the sources and of the libraries' versions; equal on two machines only if both are."""
    return fingerprint_now()


def fingerprint_now() -> str:
    """The same of the sources as they stand now: another one where they were changed since this process began."""
    digest = hashlib.sha256()
    for file in sources():
        digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes())
    digest.update(repr(sorted(versions().items())).encode())
    return digest.hexdigest()[:12]


def sources() -> list[Path]:
    """All that a cell can load of ours, by imports and registries from `cell_run` on, sorted.

    Command line, charts and reports are not among them: they may change, and no cell is asked to run again.
    """
    found: dict[str, Path] = {}
    waiting = [FIRST]
    while waiting:
        name = waiting.pop()
        file = None if name in found else _file(name)
        if file is not None:
            found[name] = file
            waiting += [name.rpartition(".")[0], *_imported(file.read_text(encoding="utf-8"))]
    return sorted(found.values())


def _file(module: str) -> Path | None:
    """The source of one of our modules or packages; None for anything else."""
    if module.partition(".")[0] not in ROOMS:
        return None
    stem = ROOT.joinpath(*module.split("."))
    return next((file for file in (stem.with_suffix(".py"), stem / "__init__.py") if file.is_file()), None)


def _imported(text: str) -> Iterator[str]:
    """Names that a module's text imports, at once or by a registry: modules, and what may be modules in them."""
    for module, names, plain in IMPORT.findall(LEFT_OUT.sub("", text)):
        yield module or plain
        yield from (f"{module}.{name}" for name in re.findall(r"\w+", names) if module)
    yield from REGISTERED.findall(text)


def of_classes(classes: Iterable[type]) -> dict[str, str]:
    """Hash of the file of each module that is the user's own, by name: an agent that was rewritten is another."""
    found = {}
    for name in sorted({cls.__module__ for cls in classes}):
        file = getattr(sys.modules.get(name), "__file__", None)
        if name.partition(".")[0] not in ROOMS and file is not None and Path(file).is_file():
            found[name] = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return found


def versions() -> dict[str, str]:
    """Version of each library that a result depends on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
