"""The short list of what is replaced before two worlds are compared, each with why that is safe.

A replacement is a place in which a leak could hide. So it replaces exact values that the world
itself knows, not shapes, wherever that can be done; a value that is no such value stays as it is
and differs.
"""

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.parquet
import pypdf
import time_machine


@dataclass(frozen=True, slots=True)
class Replacement:
    """One kind of value that is replaced."""

    name: str
    what: str
    why: str


REPLACEMENTS = (
    Replacement(
        "day of the run",
        "dates and times of the day of the run, where SQL asks the database's own clock",
        "The application's clock stands still at a day of the script, and columns that the "
        "database fills with the time take it from a counter: both are compared. What is left is "
        "how long a request took; see the limits.",
    ),
    Replacement(
        "commitment",
        "the published hash of the list or its first 12 characters, by value, and only if it is "
        "SHA-256 over the secret salt of 32 bytes and the list",
        "Nobody can try lists without the salt, and no blinded reader has it. An unsalted hash is "
        "not replaced, and differs.",
    ),
    Replacement(
        "root of a seal",
        "the hashes in audit_seal and audit_redacted or their beginning, by value",
        "SHA-256 over the rows of the open trail, which are compared, and over their transaction "
        "numbers.",
    ),
    Replacement(
        "transaction number",
        "numbers of transactions and snapshots of the database, signed ones too; in tables their "
        "order is kept",
        "They count the transactions of the whole server, with all its other databases.",
    ),
    Replacement(
        "savepoint",
        "the name that Django gives a savepoint within a statement",
        "A number of the thread and a count since the process began. How many there are is "
        "compared.",
    ),
    Replacement(
        "hash of this body",
        "X-SHA256, Repr-Digest, ETag and Content-Length, only where they are those of the body "
        "that came with them; later the hash of such a file, by value",
        "They say nothing that the body does not say, and the body is compared.",
    ),
    Replacement(
        "process",
        "number and host of the process in a message to the workers",
        "Two worlds may be run by two processes.",
    ),
)
DIGEST_HEADERS = ("X-SHA256", "Repr-Digest", "ETag", "Content-Length")
SHORT = 12  # as a page shows a hash
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHORTENED = re.compile(r"(?<![0-9a-f])[0-9a-f]{12,16}(?=…)")
_SNAPSHOT = re.compile(r"(?<![\d:.])\d{3,}:\d{3,}:[\d,]*")
_SIGNED = re.compile(r"\b(Wz[\w-]{6,}):\w{6}:[\w-]{27,43}\b")  # a list, signed by Django
# Where the trail shows one: a field of JSON, the third value of its canonical text, in a file the
# column before the nonce.
_TRANSACTION = re.compile(
    r'("xid": ?")\d+(?=")|(\[\d+, \d+, \\*"+)\d+(?=\\*")|(,)\d+(?=,[0-9a-f]{8}-[0-9a-f]{4}-)'
)
_SAVEPOINT = re.compile(r"\bs\d+_x\d+\b")
_PROCESS = re.compile(r"gen\d+@[\w.-]+")


@dataclass
class Normaliser:
    """The replacements of one world, and how often each was used."""

    began: datetime
    commitments: set[str] = field(default_factory=set)  # those that are salted
    read_roots: Callable[[], set[str]] = set  # the roots that audit_seal has by now
    roots: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)  # hashes of the bodies that were compared
    others: set[str] = field(default_factory=set)  # hashes that are none
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._times = _times_of(self.began)

    def text(self, text: str) -> str:
        """The text with what is to be replaced replaced, and counted."""
        if not text:
            return text
        for commitment in self.commitments:
            for shown in (commitment, commitment[:SHORT]):
                self.counts["commitment"] += text.count(shown)
                text = text.replace(shown, "<commitment>")
        text = self._times.sub(self._named("day of the run"), text)
        text = _HEX.sub(self._hash, text)
        if "…" in text:
            text = _SHORTENED.sub(self._short, text)
        text = _SIGNED.sub(self._signed, text)
        text = _SNAPSHOT.sub(self._named("transaction number"), text)
        text = _TRANSACTION.sub(self._transaction, text)
        return _PROCESS.sub(self._named("process"), text)

    def statement(self, text: str) -> str:
        """A statement without the names of its savepoints."""
        return _SAVEPOINT.sub(self._named("savepoint"), text)

    def _named(self, name: str) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            self.counts[name] += 1
            return f"<{name}>"

        return replace

    def _transaction(self, match: re.Match[str]) -> str:
        self.counts["transaction number"] += 1
        return f"{match[1] or match[2] or match[3]}<transaction number>"

    def _hash(self, match: re.Match[str]) -> str:
        """A hash of the trail, or of a file that was compared when it was fetched."""
        value = match[0]
        if value in self.files:
            self.counts["hash of this body"] += 1
            return "<hash of a file>"
        if value not in self.roots and value not in self.others:
            self.roots |= self.read_roots()
            if value not in self.roots:
                self.others.add(value)
        if value in self.others:
            return value
        self.counts["root of a seal"] += 1
        return "<root of a seal>"

    def _short(self, match: re.Match[str]) -> str:
        if not any(root.startswith(match[0]) for root in self.roots):
            self.roots |= self.read_roots()
        if not any(root.startswith(match[0]) for root in self.roots):
            return match[0]
        self.counts["root of a seal"] += 1
        return "<root of a seal>"

    def _signed(self, match: re.Match[str]) -> str:
        """A signed mark of a snapshot of the database, and no other signed text."""
        try:
            content = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).decode()
        except ValueError:
            return match[0]
        if not _SNAPSHOT.search(content):
            return match[0]
        return _SNAPSHOT.sub(self._named("transaction number"), content)

    def headers(self, answer: Any, body: bytes) -> str:
        """The headers in their order, cookies included."""
        digest = hashlib.sha256(body)
        own = {
            digest.hexdigest(),
            f"sha-256=:{base64.b64encode(digest.digest()).decode()}:",
            str(len(body)),
        }
        lines = []
        for name, value in answer.headers.items():
            if name in DIGEST_HEADERS and value.strip('"') in own:
                self.counts["hash of this body"] += 1
                self.files.add(digest.hexdigest())
                lines.append(f"{name}: <hash of this body>")
            else:
                lines.append(f"{name}: {value}")
        return self.text("\n".join([*lines, answer.cookies.output()]))


def _times_of(began: datetime) -> re.Pattern[str]:
    """Times of the day of the run, and of those beside it: runs pass midnight, zones differ."""
    days: list[date] = [began.date() + timedelta(days=n) for n in (-1, 0, 1)]
    iso = "|".join(f"{day:%Y-%m-%d}" for day in days)
    compact = "|".join(f"{day:%Y%m%d}" for day in days)
    clock = (
        r"(?:[T\x20]|\u00a0|&nbsp;)?(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?"
    )
    return re.compile(rf"(?<!\d)(?:(?:{iso}){clock}|(?:{compact})(?:T\d{{6}}Z)?)")


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
    columns = [map(str, table.column(name)) for name in table.column_names]
    out = io.StringIO()
    csv.writer(out).writerows(zip(*columns, strict=True))
    return "\n".join(
        [str(file.schema_arrow), str(file.schema_arrow.metadata), *groups, out.getvalue()]
    )


def _zip(body: bytes) -> str:
    """Members in their order with size and time, each unpacked."""
    parts = []
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for one in archive.infolist():
            head = json.dumps([one.filename, one.file_size, one.date_time, one.comment.hex()])
            parts += [head, as_text("", archive.read(one))]
    return "\n".join(parts)


def _pdf(body: bytes) -> str:
    """As it is, then each packed stream as it is unpacked.

    A file that brings its font along says text by numbers that the text itself deals out: of it
    what a reader sees is compared, page by page, with its pages' sizes, links and bookmarks.
    """
    if b"/FontFile" in body:
        return _printed(body)
    parts = [body.decode("latin-1")]
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", body, re.DOTALL):
        try:
            parts.append(zlib.decompress(match[1]).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join(parts)


def _printed(body: bytes) -> str:
    reader = pypdf.PdfReader(io.BytesIO(body))
    parts = [json.dumps(reader.metadata, default=str), str(len(reader.pages))]
    for page in reader.pages:
        parts += [str(page.mediabox), str(len(page.annotations or ())), page.extract_text()]
    return "\n".join([*parts, str([one.title for one in _flat(reader.outline)])])


def _flat(outline: Iterable[Any]) -> Iterator[Any]:
    for one in outline:
        yield from _flat(one) if isinstance(one, list) else [one]
