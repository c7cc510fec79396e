"""The type of what lives in a world: a generator of the events that it waits for."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

Process = Generator[Any, Any, None]
