"""A client on a kept-open connection, signed in as a person signs in, or with a token."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import IO, ClassVar
from urllib.parse import urlencode

_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
_KEPT_OPEN = 3  # s; the server closes an idle connection after 5
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Browser:
    """Cookies and one connection. A fixture closes what a test has opened."""

    opened: ClassVar[list["Browser"]] = []

    def __init__(self, port: int, *, token: str = "") -> None:
        self.opened.append(self)
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Token {token}"} if token else {}
        self.cookies: dict[str, str] = {}
        self.used_at = 0.0

    @classmethod
    def close_all(cls) -> None:
        """Close every connection."""
        while cls.opened:
            cls.opened.pop().connection.close()

    def sign_in(self, username: str, password: str) -> "Browser":
        """Through the form."""
        fields = {"login": username, "password": password}
        answer = self.post("/accounts/login/", fields | self.csrf("/accounts/login/"))
        assert answer.status == 302, answer.body.decode()
        return self

    def csrf(self, path: str) -> dict[str, str]:
        """The hidden field of a page's form."""
        found = _TOKEN.search(self.get(path).body)
        assert found, path
        return {"csrfmiddlewaretoken": found[1].decode()}

    def _wake(self) -> None:
        """Open the connection anew if the server may have closed it."""
        if time.monotonic() - self.used_at > _KEPT_OPEN:
            self.connection.close()
            self.connection.connect()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(
        self,
        path: str,
        body: Mapping[str, str] | bytes,
        *,
        kind: str = _FORM,
        headers: Mapping[str, str] = {},
    ) -> Answer:
        data = body if isinstance(body, bytes) else urlencode(body).encode()
        return self.ask("POST", path, data, {"Content-Type": kind, **headers})

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """One request, its answer read to the end."""
        self._wake()
        self.connection.request(method, path, body, self._sent(headers))
        answer = self.connection.getresponse()
        found = Answer(answer.status, dict(answer.headers), answer.read())
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
        self.used_at = time.monotonic()
        return found

    def download(self, path: str, file: IO[bytes]) -> Answer:
        """The answer's body into a file, piece by piece."""
        self._wake()
        self.connection.request("GET", path, None, self._sent({}))
        answer = self.connection.getresponse()
        while piece := answer.read(1 << 16):
            file.write(piece)
        self.used_at = time.monotonic()
        return Answer(answer.status, dict(answer.headers), b"")

    def _sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**self.headers, **headers, **({"Cookie": cookies} if cookies else {})}
