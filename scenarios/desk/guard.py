"""Stands before every request: whose it is, how large it may be, and what a browser may do with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse

from scenarios.desk.settings import LOCAL

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from scenarios.desk.settings import Settings

SAFE = ("GET", "HEAD", "OPTIONS")
# Vega compiles its expressions, for which it needs eval. All scripts come from this server, none stands in a page.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What a student may reach: the classroom's pages, each of which asks for a secret, and its scripts.
CLASSROOM = ("/join", "/trade/seat", "/trade/leave", "/trade/class/", "/api/trade/", "/static/")
STUDENTS = ("/join", "/trade/seat", "/trade/leave", "/api/trade/")
LITTLE = 64 * 1024  # bytes of a request there
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class TooLarge(Exception):
    """A body is larger than it may be."""


class Guard:
    """ASGI middleware. Refuses foreign names (DNS rebinding), changes asked by foreign pages, and large bodies."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refused = self._refusal(scope)
        if refused is not None:
            await PlainTextResponse(refused[1], refused[0])(scope, receive, send)
            return
        begun = False

        async def answered(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, self._limited(receive, self._most(scope)), answered)
        except ClientDisconnect:  # it went away before its body had come: nobody hears an answer
            return
        except TooLarge:
            if not begun:
                await PlainTextResponse(_too_large(self._most(scope)), 413)(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self.settings.hosts:
            return 421, "this desk is not served under that name"
        if not self.settings.everything and _elsewhere(scope, host) and not scope["path"].startswith(CLASSROOM):
            return 403, "other machines reach the classroom of this desk alone: /join"
        if _from_another_page(scope["method"], headers, host):
            return 403, "another page may not use this desk: open it in a window of its own"
        size = headers.get("content-length", "0")
        if not size.isascii() or not size.isdigit() or len(size) > 18:
            return 400, "a body has a length"
        return (413, _too_large(self._most(scope))) if int(size) > self._most(scope) else None

    def _most(self, scope: Scope) -> int:
        """Bytes of a body: whoever shows no secret yet sends little."""
        few = scope["path"].startswith(STUDENTS)
        return min(LITTLE, self.settings.largest_body) if few else self.settings.largest_body

    def _limited(self, receive: Receive, most: int) -> Receive:
        had = 0

        async def limited() -> Message:
            nonlocal had
            message = await receive()
            had += len(message.get("body", b""))
            if had > most:
                raise TooLarge
            return message

        return limited


def _from_another_page(method: str, headers: Headers, host: str) -> bool:
    """Whether a page of another site, or of another port of this machine, asks; it may only lead a user here.

    Browsers say so themselves; what is no browser sends neither header.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if method not in SAFE and origin is not None and origin.partition("://")[2] != host:
        return True
    led = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")
    return site in ("cross-site", "same-site") and (method not in SAFE or not led)


def _too_large(most: int) -> str:
    return f"a request has at most {most // 2**20} MiB" if most >= 2**20 else f"a request has at most {most:,} bytes"


def _elsewhere(scope: Scope, host: str) -> bool:
    """Whether a request comes from another machine, or through a name that others use."""
    client = scope.get("client")
    return client is None or client[0] not in LOCAL or _name(host) not in LOCAL


def _name(host: str) -> str:
    """The name in a `Host` header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
