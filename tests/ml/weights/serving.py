"""A real HTTP server on this machine, with the manners of several."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ETAG = '"one"'


@dataclass
class Manners:
    """How the server behaves, and what it was asked."""

    ranges: bool = True
    breaks_off_after: int | None = None  # bytes an answer
    stalls_after: int | None = None
    status: int = 200
    etag: str = ETAG
    asked: list[str | None] = field(default_factory=list)  # each request's Range


@contextmanager
def serving(files: dict[str, bytes], manners: Manners) -> Iterator[str]:
    """Serve `files` by name; give the server's address."""
    quiet = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            manners.asked.append(self.headers.get("Range"))
            body = files.get(self.path.strip("/"))
            if body is None or manners.status != 200:
                self.send_error(404 if body is None else manners.status)
                return
            start = _start(self, len(body), manners)
            if start is None:
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("ETag", manners.etag)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            rest = body[start:]
            self.wfile.write(rest[: manners.breaks_off_after or manners.stalls_after or len(rest)])
            if manners.stalls_after is not None:
                self.wfile.flush()
                quiet.wait(20)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        quiet.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _start(request: BaseHTTPRequestHandler, size: int, manners: Manners) -> int | None:
    """Return the first byte to send; None when there is nothing behind it."""
    asked, condition = request.headers.get("Range"), request.headers.get("If-Range")
    if not asked or not manners.ranges or (condition and condition != manners.etag):
        return 0
    start = int(asked.removeprefix("bytes=").removesuffix("-"))
    return start if start < size else None
