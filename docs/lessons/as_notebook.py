"""A page of the course as a notebook: prose becomes text, scripts become cells, other files are written by cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.documents import FENCE, ROOT, SESSION, Block, blocks, sessions, stands_on

PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]+\)\n", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]+\)")
SPIRAL = "import sys  # of this kernel: its interpreter runs the commands below\n\n"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(page: str) -> Any:
    """The notebook of a page: the files that it stands on first, then all that it says, in its order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    cells = [cell for before in stands_on(page) for cell in files_of(before)]
    place = 0
    for match in FENCE.finditer(text):
        cells += said(text[place : match.start()])
        cells += cells_of(Block(*match.groups()), page)
        place = match.end()
    cells += said(text[place:])
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number:02}"
    return new_notebook(cells=cells, metadata=METADATA)


def said(text: str) -> list[Any]:
    """Prose, without pictures and links, which would lead nowhere from a notebook."""
    plain = LINK.sub(r"\1", PICTURE.sub("", text)).strip()
    return [new_markdown_cell(plain)] if plain else []


def files_of(page: str) -> Iterator[Any]:
    """Cells that save the files of a page."""
    return (writing(block) for block in blocks(page) if "." in block.label)


def writing(block: Block) -> Any:
    return new_code_cell(f"%%writefile {block.label}\n{block.text.rstrip()}")


def cells_of(block: Block, page: str) -> list[Any]:
    """A block of a page: a script that the page runs is a cell, another file is written, a command is given."""
    if "." in block.label:
        run = f"python {block.label}" in {command for command, _ in sessions(page)}
        return [new_code_cell(block.text.rstrip()) if run else writing(block)]
    commands = [command for command, _ in SESSION.findall(block.text) if not command.startswith("python ")]
    return [
        new_code_cell(SPIRAL + "!{sys.executable} -m scenarios " + command.removeprefix("spiral "))
        for command in commands
    ]
