"""What every test may need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Examples are the same every time, and a slow machine is no failure. `--hypothesis-profile=wide` looks further.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("wide", deadline=None, max_examples=1_000)
settings.load_profile("house")


@pytest.fixture(scope="session")
def crises() -> Path:
    """A folder of daily histories beside the checkout, or where SPIRAL_CRISES says; the test is skipped without one."""
    given = os.environ.get("SPIRAL_CRISES")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "crises"
    if not folder.is_dir():
        pytest.skip(f"no folder of daily histories at {folder}; set SPIRAL_CRISES to one")
    return folder
