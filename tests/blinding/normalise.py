"""The short list of what is replaced before two worlds are compared, each with why that is safe.

A replacement is a place in which a leak could hide. So it replaces exact values that the world
itself knows, not shapes, wherever that can be done; a value that is no such value stays as it is
and differs.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet
import time_machine


@dataclass(frozen=True, slots=True)
class Replacement:
    """One kind of value that is replaced."""

    name: str
    what: str
    why: str


REPLACEMENTS = (
    Replacement(
        "database time",
        "dates and times of the day of the run, as the database's own clock gives them",
        "The application's clock stands in the year of the script, the database's at the day of "
        "the run: no planned date, expiry or date of a visit can be one. What is lost is how long "
        "a thing took; see the limits.",
    ),
    Replacement(
        "nonce",
        "the UUIDs in audit_event.nonce, by value",
        "Drawn by the database, one a row, before anything of the row is known.",
    ),
    Replacement(
        "hash of the trail",
        "roots in audit_seal and what is hashed with them, by value",
        "SHA-256 over rows of the open trail with their nonces; the rows themselves are compared.",
    ),
    Replacement(
        "commitment",
        "the published hash of the list, by value, only if it is SHA-256 over the secret salt of "
        "32 bytes and the list",
        "Nobody can try lists without the salt, which no blinded reader has. An unsalted hash is "
        "not replaced, and differs.",
    ),
    Replacement(
        "transaction number",
        "xid8 and snapshots of the database, by value; in tables their order is kept",
        "Counted for the whole server, with all its other databases.",
    ),
    Replacement(
        "hash of this body",
        "X-SHA256, Repr-Digest, ETag and Content-Length, only where they are those of the body "
        "that came with them",
        "They say nothing that the body does not say, and the body is compared.",
    ),
    Replacement(
        "process",
        "number and host of the process in a message to the workers",
        "Two worlds may be run by two processes.",
    ),
)
DIGEST_HEADERS = ("X-SHA256", "Repr-Digest", "ETag", "Content-Length")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SNAPSHOT = re.compile(r"(?<![\d:.])\d{3,}:\d{3,}:[\d,]*")
_PROCESS = re.compile(r"gen\d+@[\w.-]+")


@dataclass
class Normaliser:
    """The replacements of one world. `nonces` and `hashes` are the values it knows."""

    began: datetime
    nonces: set[str] = field(default_factory=set)
    hashes: dict[str, str] = field(default_factory=dict)  # value: name of the replacement
    counts: Counter[str] = field(default_factory=Counter)
    learn: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._times = _times_of(self.began)

    def text(self, text: str) -> str:
        """The text with what is to be replaced replaced, and counted."""
        if not text:
            return text
        text = self._times.sub(self._named("database time"), text)
        text = _UUID.sub(self._nonce, text)
        text = _HEX.sub(self._hash, text)
        text = _SNAPSHOT.sub(self._named("transaction number"), text)
        return _PROCESS.sub(self._named("process"), text)

    body = text

    def _named(self, name: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            self.counts[name] += 1
            return f"<{name}>"

        return replace

    def _nonce(self, match: re.Match[str]) -> str:
        if match[0] not in self.nonces:
            self.learn()
        if match[0] not in self.nonces:
            return match[0]
        self.counts["nonce"] += 1
        return "<nonce>"

    def _hash(self, match: re.Match[str]) -> str:
        if match[0] not in self.hashes:
            return match[0]
        name = self.hashes[match[0]]
        self.counts[name] += 1
        return f"<{name}>"

    def headers(self, answer: Any, body: bytes) -> str:
        """The headers in their order, cookies included."""
        digest = hashlib.sha256(body)
        own = {
            digest.hexdigest(),
            f"sha-256=:{b64encode(digest.digest()).decode()}:",
            str(len(body)),
        }
        lines = []
        for name, value in answer.headers.items():
            if name in DIGEST_HEADERS and value.strip('"') in own:
                self.counts["hash of this body"] += 1
                value = "<hash of this body>"
            lines.append(f"{name}: {value}")
        return self.text("\n".join([*lines, answer.cookies.output()]))


def _times_of(began: datetime) -> re.Pattern[str]:
    """Times of the day of the run, and of those beside it: runs pass midnight, zones differ."""
    days: list[date] = [began.date() + timedelta(days=n) for n in (-1, 0, 1)]
    iso = "|".join(f"{day:%Y-%m-%d}" for day in days)
    compact = "|".join(f"{day:%Y%m%d}" for day in days)
    clock = r"(?:[T\x20]|\u00a0|&nbsp;)?(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
    return re.compile(rf"\b(?:(?:{iso}){clock}|(?:{compact})(?:T\d{{6}}Z)?)")


def today() -> datetime:
    """The moment outside, while the clock of this process stands still."""
    return time_machine.escape_hatch.datetime.datetime.now(UTC)


# --- files, unpacked ------------------------------------------------------------------------------
def as_text(content_type: str, body: bytes) -> str:
    """A body as text, with what files hide in their insides: members, metadata, streams."""
    kind = content_type.partition(";")[0]
    if kind == "application/vnd.apache.parquet" or body[:4] == b"PAR1":
        return _parquet(body)
    if body[:4] == b"PK\x03\x04":
        return _zip(body)
    if body[:5] == b"%PDF-":
        return _pdf(body)
    return body.decode("utf-8", "backslashreplace")


def _parquet(body: bytes) -> str:
    file = pyarrow.parquet.ParquetFile(io.BytesIO(body))
    groups = [str(file.metadata.row_group(n).to_dict().keys()) for n in range(file.num_row_groups)]
    table = file.read()
    out = io.StringIO()
    csv.writer(out).writerows(zip(*(map(str, table.column(n)) for n in table.column_names)))
    return "\n".join([str(file.schema_arrow), str(file.schema_arrow.metadata), *groups, out.getvalue()])


def _zip(body: bytes) -> str:
    """Members in their order with size and time, each unpacked."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for one in archive.infolist():
            head = json.dumps([one.filename, one.file_size, one.date_time, one.comment.hex()])
            parts += [head, as_text("", archive.read(one))]
    return "\n".join(parts)


def _pdf(body: bytes) -> str:
    """As it is, then each packed stream as it is unpacked."""
    parts = [body.decode("latin-1")]
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", body, re.DOTALL):
        try:
            parts.append(zlib.decompress(match[1]).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join(parts)
