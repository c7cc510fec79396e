"""The house as it is imported: its picture and the table of its rooms, made from the real import graph."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("scenarios", "agents", "markets", "sim", "analysis")
WIDTH, HEIGHT, GAP = 680, 58, 42  # px of a package's box, and between two
COLUMNS, APART = 430, 42  # px: where the first arrow goes down, and between two: beside what is written in the boxes
STYLE = "fill:none;stroke:currentColor"


@dataclass(frozen=True)
class Box:
    """Where a package stands in the picture, px."""

    x: int
    y: int
    width: int = WIDTH
    height: int = HEIGHT


STEP = HEIGHT + GAP
BOXES = {name: Box(10, 10 + i * STEP) for i, name in enumerate(PACKAGES[:-1])}
BOXES["analysis"] = Box(WIDTH + 90, 10 + STEP, width=190, height=STEP + HEIGHT)


@cache
def graph() -> grimp.ImportGraph:
    """Who imports whom, module by module."""
    return grimp.build_graph(*PACKAGES)


def arrows() -> Counter[tuple[str, str]]:
    """Number of imports from one package to another."""
    found: Counter[tuple[str, str]] = Counter()
    for module in graph().modules:
        for imported in graph().find_modules_directly_imported_by(module):
            ends = module.partition(".")[0], imported.partition(".")[0]
            if ends[0] != ends[1]:
                found[ends] += 1
    return found


def rooms(package: str) -> list[str]:
    """The packages inside a package, by name."""
    return sorted(path.parent.name for path in (ROOT / package).glob("*/__init__.py"))


def picture() -> str:
    """The packages and their imports as SVG, in the colour of the text around it."""
    counts = sorted(arrows().items(), key=lambda each: [PACKAGES.index(end) for end in each[0]])
    down = [(ends, count) for ends, count in counts if "analysis" not in ends]
    parts = [_box(name) for name in PACKAGES]
    parts += [_down(*ends, count, COLUMNS + i * APART) for i, (ends, count) in enumerate(down)]
    parts += [_aside(*ends, count) for ends, count in counts if "analysis" in ends]
    width, height = BOXES["analysis"].x + BOXES["analysis"].width + 10, len(BOXES) * STEP - STEP
    head = '<marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    defs = f'<defs>{head}<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker></defs>'
    name = 'role="img" aria-label="Packages and the imports between them" fill="currentColor"'
    body = "\n".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" {name} font-family="sans-serif">{defs}\n{body}\n</svg>'


def table() -> str:
    """The rooms of every package with the first sentence at their door, as Markdown."""
    lines = ["## The rooms", "", "| room | what is in it | files |", "|---|---|---|"]
    for package in PACKAGES:
        for folder in [ROOT / package, *(ROOT / package / room for room in rooms(package))]:
            name = ".".join(folder.relative_to(ROOT).parts)
            files = sum(1 for path in folder.glob("*.py") if path.name != "__init__.py")
            lines.append(f"| `{name}` | {_door(folder)} | {files} |")
    return "\n".join(lines)


def _door(folder: Path) -> str:
    """What a package says of itself in its first line."""
    said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return said.partition("\n")[0]


def _box(name: str) -> str:
    box = BOXES[name]
    inside = rooms(name)
    lines = [", ".join(inside)] if box.width == WIDTH else inside
    text = [f'<text x="{box.x + 12}" y="{box.y + 24}" font-weight="bold">{name}</text>']
    text += [
        f'<text x="{box.x + 12}" y="{box.y + 46 + 18 * i}" font-size="13">{line}</text>' for i, line in enumerate(lines)
    ]
    shape = f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6" style="{STYLE}"/>'
    return shape + "".join(text)


def _down(source: str, target: str, count: int, x: int) -> str:
    """An arrow from a package to one below it."""
    top = BOXES[source].y + HEIGHT
    return _line(f"M{x} {top}V{BOXES[target].y}", count, x + 5, top + 16)


def _aside(source: str, target: str, count: int) -> str:
    """An arrow to or from `analysis`, which stands beside the others."""
    beside, (left, right) = BOXES["analysis"], (10 + WIDTH, BOXES["analysis"].x)
    middle = (left + right) // 2
    if target == "analysis":
        start, end = BOXES[source].y + HEIGHT // 2, beside.y + 20
        return _line(f"M{left} {start}H{middle}V{end}H{right}", count, middle + 5, (start + end) // 2)
    start, end = beside.y + beside.height - 20, BOXES[target].y + HEIGHT // 2
    return _line(f"M{right} {start}H{middle}V{end}H{left}", count, middle + 5, (start + end) // 2)


def _line(path: str, count: int, x: int, y: int) -> str:
    label = f'<text x="{x}" y="{y}" font-size="12">{count}</text>'
    return f'<path d="{path}" style="{STYLE}" marker-end="url(#to)"/>{label}'
