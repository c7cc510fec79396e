"""`spiral desk`: the server of the browser desk."""

from __future__ import annotations

import socket
import threading
import webbrowser
from pathlib import Path

from scenarios.commands.output import say
from sim.errors import UserError

PATIENCE = 3  # seconds that open streams get when the server ends
EXTRA = "`make desk` in a clone; elsewhere pip install 'spiral-crisis[desk]'"


def serve(
    *,
    folder: Path,
    host: str,
    port: int,
    names: tuple[str, ...],
    everything: bool,
    jobs: int,
    most_paths: int,
    most_minutes: float,
    most_disk: float,
    no_open: bool,
) -> None:
    """Serve until interrupted. Raises UserError where the extra is missing and where nothing can be served."""
    try:
        import uvicorn

        from scenarios.desk.app import make_app
        from scenarios.desk.connections import connections
        from scenarios.desk.limits import GIB, Limits
        from scenarios.desk.settings import LOCAL, Settings
    except ModuleNotFoundError as error:
        raise UserError("the browser desk needs a further package", value=error.name, remedy=EXTRA) from None
    if not folder.is_dir():
        raise UserError("the desk's folder is a folder", value=str(folder), place="--folder", remedy="make it first")
    listening = _socket(host, port)
    port = listening.getsockname()[1]
    limits = Limits(at_once=jobs, paths=most_paths, minutes=most_minutes, disk=int(most_disk * GIB))
    settings = Settings(
        folder=folder,
        host=host,
        port=port,
        hosts=(*LOCAL, host, *names),
        everything=everything,
        limits=limits,
    )
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/"
    say(f"The desk is open at {address} (Ctrl-C ends it)")
    if not no_open:
        threading.Timer(0.5, webbrowser.open, (address,)).start()
    config = uvicorn.Config(
        make_app(settings),
        http=connections(),
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=PATIENCE,
    )
    uvicorn.Server(config).run([listening])


def _socket(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(found[0], socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found[4])
        listening.listen()  # the address is told before the server runs: who asks meanwhile waits
    except OSError as error:
        remedy = "give another --port" if port else "give another --host"
        raise UserError(f"cannot listen there: {error.strerror}", value=f"{host}:{port}", remedy=remedy) from None
    return listening
