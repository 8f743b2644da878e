"""From a file's bytes to its rows, piece by piece: memory stays flat at any size; F-121, F-122.

What the file is, is decided by its content, never by its name. Pure.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from labs.importing.mapping import FileMapping
from labs.importing.problems import FileError

MAX_LINE = 100_000
_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "excel"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF", "pdf"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ\x00", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\x28\xb5\x2f\xfd", "archive"),
    (b"\x89PNG", "binary"),
    (b"\xff\xd8\xff", "binary"),
    (b"GIF8", "binary"),
    (b"\x7fELF", "binary"),
    (b"MZ", "binary"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF32_LE, "utf-32", ()),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16",)),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16",)),
)


def sniff(head: bytes, encoding: str) -> None:
    """Refuse what is no text file, or carries the mark of another encoding. Raises FileError."""
    if not head:
        raise FileError("empty")
    for magic, code in _MAGIC:
        # "MZ" may begin a header's first word; a program has a NUL soon after.
        if head.startswith(magic) and (magic != b"MZ" or b"\0" in head[:64]):
            raise FileError(code)
    for mark, found, allowed in _MARKS:
        if head.startswith(mark):
            if encoding not in allowed:
                raise FileError("mark", found=found, encoding=encoding)
            return
    if encoding == "utf-16":
        raise FileError("encoding", encoding=encoding, line=1)
    if b"\0" in head:
        raise FileError("nul", line=1)


class _Stream(io.RawIOBase):
    """Pieces of bytes as one stream; `utf8` tells, at the end, whether all of it was UTF-8."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""
        self._decoder: Any = codecs.getincrementaldecoder("utf-8")()
        self._ascii = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                self._watch(b"", final=True)
                return 0
            self._watch(piece, final=False)
            self._rest = bytes(piece)
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _watch(self, piece: bytes, *, final: bool) -> None:
        self._ascii = self._ascii and piece.isascii()
        if self._decoder is None:
            return
        try:
            self._decoder.decode(piece, final)
        except UnicodeDecodeError:
            self._decoder = None

    @property
    def foreign_utf8(self) -> bool:
        """Whether every byte read so far is UTF-8, and some of it is not plain ASCII."""
        return self._decoder is not None and not self._ascii


def records(pieces: Iterable[bytes], mapping: FileMapping) -> Iterator[tuple[int, list[str]]]:
    """(line on which the record begins, its cells) of every record, the header included.

    Raises FileError for a wrong encoding, a NUL, a line or cell without end, broken quotes.
    """
    stream = _Stream(pieces)
    # A mark at the beginning of a UTF-8 file is no part of its first header.
    encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
    lines = _lines(stream, encoding)
    reader = csv.reader(lines, delimiter=mapping.delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileError("csv", line=line, detail=str(error)) from None
        if cells is None:
            break
        if any(cells):
            yield line, cells
        line = reader.line_num + 1
    # GB18030 reads almost any bytes, UTF-8 too, as Chinese: only the shape of the bytes tells.
    if mapping.encoding == "gb18030" and stream.foreign_utf8:
        raise FileError("looks_utf8")


def _lines(stream: _Stream, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(io.BufferedReader(stream, 65_536), encoding, newline="")
    number = 0
    while True:
        number += 1
        try:
            line = text.readline(MAX_LINE + 1)
        except UnicodeError:
            raise FileError(
                "encoding", encoding=encoding.removesuffix("-sig"), line=number
            ) from None
        if not line:
            return
        if len(line) > MAX_LINE:
            raise FileError("line_too_long", line=number, max=MAX_LINE)
        if "\0" in line:
            raise FileError("nul", line=number)
        yield line
