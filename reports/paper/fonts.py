"""The letters of the printed casebook: one embedded font for Latin, Greek and Chinese.

WenQuanYi Micro Hei, from the wheel that carries it; a PDF holds the signs that it uses, so that
every viewer shows it alike. A rare sign outside of it is written in a standard font of PDF viewers.
The font has one weight: what is bold is drawn with an outline.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import paperang_p2_fonts_cjk
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

FONT, SPARE = "CasebookSans", "STSong-Light"
_FILE = Path(paperang_p2_fonts_cjk.__file__).parent / "fonts" / "wqy-microhei.ttc"
# Signs that neither font has, in others that say the same.
_SAID = str.maketrans({"⁹": "^9", "⁸": "^8", "⁷": "^7", "⁶": "^6", "\t": " ", "\u00a0": " "})
# Control signs have no picture; a line's end is kept.
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")
_WORDS = re.compile(r"\n| +|[!-~\u00a1-\u2fff]+|.", re.DOTALL)
# What no line begins with.
_CLOSING = frozenset("，。；：、！？）》】”’％°!?),.;:%")


@lru_cache(maxsize=1)
def _face() -> Any:
    """The embedded font, registered once for the process."""
    pdfmetrics.registerFont(TTFont(FONT, str(_FILE)))
    pdfmetrics.registerFont(UnicodeCIDFont(SPARE))
    return pdfmetrics.getFont(FONT).face


def ready() -> None:
    """Register the fonts, before a canvas names them."""
    _face()


def clean(text: str) -> str:
    """A text as it can be drawn."""
    return _CONTROL.sub("", text.translate(_SAID))


@lru_cache(maxsize=20_000)
def _advance(sign: str) -> float:
    """The width of a sign at size 1."""
    found = _face().charWidths.get(ord(sign))
    return 1.0 if found is None else float(found) / 1000


def width(text: str, size: float) -> float:
    """The width of a cleaned text."""
    return size * sum(map(_advance, text))


@lru_cache(maxsize=4_000)
def pieces(text: str) -> tuple[tuple[str, str], ...]:
    """(font, text) of the stretches of a cleaned text that one font can draw."""
    known = _face().charToGlyph
    return tuple(
        (font, "".join(signs))
        for font, signs in groupby(text, lambda sign: FONT if ord(sign) in known else SPARE)
    )


# Kept for a while: each text is measured when pages are counted and drawn when they are filled.
@lru_cache(maxsize=8_000)
def wrap(text: str, size: float, room: float) -> tuple[str, ...]:
    """A text in lines no wider than `room`: Latin words stay whole where they fit, Chinese breaks
    anywhere but before a closing sign. At least one line."""
    lines: list[str] = []
    line, used = "", 0.0
    for word in _broken(clean(text), size, room):
        wide = width(word, size)
        if word == "\n" or (used + wide > room and line and not _hangs(word)):
            lines.append(line.rstrip())
            line, used = "", 0.0
            if word == "\n" or word.isspace():
                continue
        line, used = line + word, used + wide
    return (*lines, line.rstrip())


def _hangs(word: str) -> bool:
    """Whether a closing sign stays on its line, a little over the edge."""
    return len(word) == 1 and word in _CLOSING


def _broken(text: str, size: float, room: float) -> Iterator[str]:
    """The words of a text; one that no line holds in parts that do."""
    for word in _WORDS.findall(text):
        rest = word
        while len(rest) > 1 and width(rest, size) > room:
            fits = _fitting(rest, size, room)
            yield rest[:fits]
            rest = rest[fits:]
        yield rest


def _fitting(word: str, size: float, room: float) -> int:
    """How many signs of a word a line holds: at least one."""
    used = 0.0
    for place, sign in enumerate(word):
        used += width(sign, size)
        if used > room:
            return max(place, 1)
    return len(word)
