"""The notebook runs from top to bottom in this environment, and is stored without outputs."""

from __future__ import annotations

import gc
import re
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ipykernel.kernelspec import install
from nbclient import NotebookClient

from tests.documents import ROOT, few_paths

NOTEBOOK = ROOT / "notebooks" / "main.ipynb"
KERNEL = "spiral"
COARSE = '"clock.tick_minutes": 195'
LIMIT = 60  # seconds, on two cores


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def coarse(code: str) -> str:
    """The same scenario looked at twice a day: every cell has as much to show, in a fraction of the time."""
    found = code.replace('load("taper_tantrum_2013", {', f'load("taper_tantrum_2013", {{{COARSE}, ')
    return found.replace('load("taper_tantrum_2013")', f'load("taper_tantrum_2013", {{{COARSE}}})')


def printed(outputs: list[Any]) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kernel of this interpreter, installed for the test only, whatever is installed on the machine."""
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter" / name.lower()))
    install(prefix=str(tmp_path), kernel_name=KERNEL)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    return KERNEL


def test_is_stored_without_outputs() -> None:
    cells = [cell for cell in read().cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
    assert all(not cell.metadata for cell in read().cells)


def test_names_no_machine() -> None:
    assert read().metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


@pytest.mark.filterwarnings("ignore")  # of the libraries that talk to the kernel
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["few paths", "as it is"])
def test_runs(whole: bool, tmp_path: Path, kernel: str) -> None:
    """Every cell, in a folder of its own; what the text says of the figures holds."""
    notebook = read()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.source = cell.source if whole else coarse(few_paths(cell.source))
    assert whole or sum(COARSE in cell.source for cell in cells) == 2  # both runs
    client = NotebookClient(
        notebook, kernel_name=kernel, timeout=LIMIT if whole else None, resources={"metadata": {"path": str(tmp_path)}}
    )
    begun = time.perf_counter()
    client.execute()
    assert not whole or time.perf_counter() - begun < LIMIT
    outputs = [cell.outputs for cell in cells]
    pages = [o["data"].get("text/html", "") for cell in outputs for o in cell if "data" in o]
    assert sum("vegaEmbed" in page for page in pages) == 3
    said = "".join(printed(cell) for cell in outputs)
    assert re.search(r"^Cost of survival +\$", said, re.MULTILINE)
    assert "Cost of the leverage loop: " in said
    del client
    gc.collect()  # what the client leaves open is warned of here, and not in another test
