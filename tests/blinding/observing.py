"""One request, and everything that leaves the process because of it.

Not the answer alone: the statements sent to the database, log lines, mails, messages to workers,
keys in Valkey and in the cache. What a blinded reader could never see today is a leak too, since
tomorrow's page, dump or log shipper shows it (integrity rules F-043 to F-047).
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.test import Client

from labs.services import hints
from tests.blinding.normalise import Normaliser, as_text
from tests.blinding.stillness import Stillness
from trial.logs import SHARED

Facets = dict[str, str]
_ONCE = b"_kombu.binding"  # which queues there are, written with a process's first message
_NEVER_CACHED = ("throttle_",)  # REST framework's own count of requests: times by user


class LogLines(logging.Handler):
    """Every line that is logged, down to INFO, as the file would have it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self.setFormatter(_formatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name} {self.format(record)}")


def _formatter() -> logging.Formatter:
    import structlog  # noqa: PLC0415 - configured by Django's settings first

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False),
        ],
    )


@dataclass
class Recording:
    """What was observed of a world: by key, what there was to see, each facet as text."""

    name: str
    seen: dict[str, Facets] = field(default_factory=dict)
    statements: dict[str, str] = field(default_factory=dict)  # each once, by the start of its hash
    # Endpoint, role, method, status, address of every request.
    answers: list[tuple[str, str, str, int, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Observer:
    """Sends requests to one world and writes down what came of them."""

    still: Stillness
    normal: Normaliser
    recording: Recording
    valkey: "redis.Redis[bytes]"
    _lines: LogLines = field(default_factory=LogLines)
    _statements: list[str] = field(default_factory=list)
    _short: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        client: Client,
        who: str,
        name: str,
        method: str,
        address: str,
        data: Mapping[str, Any] | None = None,
        *,
        secret: bool = False,
        **options: Any,
    ) -> Any:
        """Send it; the answer, its body read. `secret`: the body, an arm shown to somebody who
        may see it, is not compared; all else is."""
        key = f"{self.still.begun:05d} {who} {method} {address}"
        self.still.step(address)
        self._clear()
        send: Callable[..., Any] = getattr(client, method.lower())
        answer = send(address, data, **options) if data is not None else send(address, **options)
        body = read(answer)
        self.recording.answers.append((name, who, method, answer.status_code, address))
        self.recording.seen[key] = self._facets(answer, body)
        if secret:
            del self.recording.seen[key]["body"]
        answer.read = body
        return answer

    def _facets(self, answer: Any, body: bytes) -> Facets:
        text = self.normal.text(as_text(answer.headers.get("Content-Type", ""), body))
        return {
            "status": str(answer.status_code),
            "headers": self.normal.headers(answer, body),
            "body": text,
            **self.traces(),
        }

    def traces(self) -> Facets:
        """What was left besides the answer since the last request."""
        found = {
            "statements": "\n".join(self._statements),
            "log": self.normal.text("\n".join(self._lines.lines)),
            "mail": self.normal.text("\n".join(map(str, (one.message() for one in mail.outbox)))),
            "messages and keys": self.normal.text(self._keys()),
            "cache": self.normal.text(_cached()),
        }
        return {facet: text for facet, text in found.items() if text}

    def _clear(self) -> None:
        self._lines.lines.clear()
        self._statements.clear()
        mail.outbox.clear()

    def _keys(self) -> str:
        names = sorted(name for name in self.valkey.keys("*") if not name.startswith(_ONCE))
        if not names:
            return ""
        found = [f"{name!r}: {_valued(self.valkey, name)}" for name in names]
        self.valkey.flushdb()
        return "\n".join(found)

    def _execute(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        text = self.normal.statement(str(sql))
        if text not in self._short:
            self._short[text] = hashlib.sha256(text.encode()).hexdigest()[:12]
            self.recording.statements[self._short[text]] = text
        self._statements.append(self._short[text])
        return execute(sql, params, many, context)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts, statements and log lines are noticed and hints leave at once."""
        root, before = logging.getLogger(), hints._ensure_publisher
        level = root.level
        settings.HINT_TO_WORKERS = True
        hints._ensure_publisher = _publish_now
        shown, root.handlers = root.handlers, [self._lines]
        root.setLevel(logging.INFO)
        # The first message of a process sets up its connection, which draws more chance.
        current_app.send_task("begin", retry=False, ignore_result=True)
        self.valkey.flushdb()
        wrapped = [connections[alias] for alias in connections]
        for connection in wrapped:
            connection.execute_wrappers.append(self._execute)
        try:
            yield
        finally:
            for connection in wrapped:
                connection.execute_wrappers.remove(self._execute)
            root.handlers = shown
            root.setLevel(level)
            hints._ensure_publisher = before
            settings.HINT_TO_WORKERS = False


def read(answer: Any) -> bytes:
    """The whole body, of a stream too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    answer.close()
    return body


def _publish_now() -> None:
    """What the publisher's thread does, in this one: which request it was stays known."""
    while not hints._waiting.empty():
        task, record_id = hints._waiting.get_nowait()
        current_app.send_task(task, args=[record_id], retry=False, ignore_result=True)


def _valued(valkey: "redis.Redis[bytes]", name: bytes) -> str:
    kind = valkey.type(name)
    if kind == b"list":
        return repr(valkey.lrange(name, 0, -1))
    if kind == b"set":
        return repr(sorted(valkey.smembers(name)))
    if kind == b"hash":
        return repr(sorted(valkey.hgetall(name).items()))
    return repr(valkey.get(name)) if kind == b"string" else repr(kind)


def _cached() -> str:
    """The process's cache, but for the counts of requests."""
    held: Mapping[str, bytes] = getattr(cache, "_cache", {})
    names = sorted(name for name in held if not any(one in name for one in _NEVER_CACHED))
    return "\n".join(f"{name}: {cache.get(name.split(':', 2)[2])!r}" for name in names)
