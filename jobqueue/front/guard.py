"""Refuse requests of foreign web pages, and those without the token: an ASGI middleware.

A request isn't trusted just because it's local.

A browser on this machine reaches loopback too, and so does any page that's open in it. A page can point its own name
at our address (DNS rebinding), so the Host must be ours. The Origin tells which site a page comes from. And a write
must be JSON, because no page may send JSON to another site without asking.
"""

import hmac
import ipaddress
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jobqueue.printable import printable

JSON = "application/json"


class Guard:
    """Passes requests on to `app`, refuses those of foreign pages, and answers HEAD like GET without a body.

    The Host may be a name in `hosts`, localhost, or any numeric address, because a page of another site has a name. If
    there's a token, all but the `open_paths` need it. `advice` says what to do about another host.
    """

    def __init__(
        self,
        app: Any,
        hosts: Collection[str] = (),
        token: str | None = None,
        open_paths: Collection[str] = (),
        advice: str = "start it with --allow-host NAME",
    ):
        self.app, self.hosts = app, {"localhost", *(host.lower() for host in hosts)}
        self.token, self.open_paths, self.advice = token, open_paths, advice

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if refusal := self._refusal(scope):
            status, detail = refusal
            body = msgspec.json.encode({"detail": printable(detail)})
            headers = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]
            headers += [(b"www-authenticate", b"Bearer")] if status == 401 else []
            await send({"type": "http.response.start", "status": status, "headers": headers})
            return await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        if scope["method"] != "HEAD":
            return await self.app(scope, receive, send)

        async def send_headers(message: Any) -> None:
            await send(message | {"body": b""} if message["type"] == "http.response.body" else message)

        await self.app(scope | {"method": "GET"}, receive, send_headers)

    def _refusal(self, scope: Any) -> tuple[int, str] | None:
        headers: dict[bytes, str] = {}
        for name, value in scope["headers"]:  # a header that comes twice is judged as a whole
            before = headers[name] + ", " if name in headers else ""
            headers[name] = before + value.decode("latin-1").strip()
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if host and not self._is_ours(host):  # HTTP/1.0 has no Host, but no browser speaks it
            return 421, f"this front does not answer for the host {host!r}: {self.advice}"
        if origin is not None and _address(origin) != host.lower():
            return 403, f"pages of {origin!r} may not use this front"
        if self.token and scope["path"] not in self.open_paths:
            scheme, _, given = headers.get(b"authorization", "").partition(" ")
            # compare_digest takes as long for a token that's nearly right as for any other
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self.token.encode()):
                return 401, "send the token of this front: Authorization: Bearer TOKEN"
        has_body = headers.get(b"content-length", "0") != "0" or b"transfer-encoding" in headers
        if scope["method"] in ("POST", "PUT", "PATCH") or (scope["method"] == "DELETE" and has_body):
            kind = headers.get(b"content-type", "").partition(";")[0].strip().lower()
            if kind != JSON:
                return 415, f"send every write with Content-Type: {JSON}"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
        except ValueError:
            return False
        if parts.netloc != host or "@" in host:  # a Host has neither a path nor a user
            return False
        name = parts.hostname or ""
        return name.rstrip(".") in self.hosts or _is_numeric(name)


def _address(origin: str) -> str:
    """The host and port in an Origin; "" for `null`, which matches no host."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_numeric(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
