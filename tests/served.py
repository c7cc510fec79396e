"""A browser desk in a thread of the tests, and headless Chromium to look at it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import uvicorn

from scenarios.desk.app import make_app
from scenarios.desk.connections import connections
from scenarios.desk.settings import LOCAL, Settings
from tests.conftest import NO_BROWSER

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)


PATIENCE = 120.0  # seconds: the machine of a test may be busy
get, post = partial(httpx.get, timeout=PATIENCE), partial(httpx.post, timeout=PATIENCE)


@contextmanager
def served(folder: Path, *, connected: Mapping[str, Any] = MappingProxyType({}), **settings: Any) -> Iterator[str]:
    """The address of a desk over a folder, for as long as the block lasts. connected: limits of its connections."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    app = make_app(Settings(folder=folder, port=port, hosts=LOCAL, **settings))
    protocol = connections(**connected)
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium. Its pages: `new_page()`."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=1000 * PATIENCE / 2)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
