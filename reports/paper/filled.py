"""The filled casebook of a participant as PDF: everything that is recorded, with audit marks.

There is no arm in it, nor anything that depends on one but what the site itself has entered. The
same rows, trail and time give the same bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import IO

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

from reports.paper import fonts
from reports.paper.chapters import Block, Chapter, Entry
from reports.paper.content import Book
from reports.paper.page import (
    LEFT,
    RED,
    RIGHT,
    SIZE,
    SMALL,
    SOFT,
    WIDTH,
    Cell,
    Cover,
    Page,
    document,
)
from reports.selectors.printed import Printed
from trial.web.formats import NOTHING, clock

_LABELS = 0.42
_ROOM = 0.4  # of a page: with less of it left, a chapter begins on the next
_HEADINGS = {2: 11.0, 3: 9.3}


def write(file: IO[bytes], printed: Printed, at: datetime, *, audit: bool) -> int:
    """Draw the casebook in the language in force; gives the number of pages."""
    chapters = Book(printed, at, audit=audit).chapters()
    return document(file, _cover(printed, at), lambda: _parts(chapters))


def _cover(printed: Printed, at: datetime) -> Cover:
    person, seen = printed.participant, printed.document.seen
    words = {"code": person.code, "version": printed.protocol.number, "at": clock(at, "UTC")}
    return Cover(
        title=_("Casebook of participant %(code)s") % {"code": person.code},
        language=get_language() or "en",
        head=partial(_head, person.code),
        foot=(
            _("Participant %(code)s · protocol %(version)s · made %(at)s") % words,
            f"SHA-256 {printed.mark} · {seen.generation}/{seen.snapshot}",
        ),
        count=lambda number, total: _("page %(n)s of %(of)s") % {"n": number, "of": total},
    )


def _head(code: str, page: Page) -> float:
    y: float = A4[1] - 12 * mm
    page.write(LEFT, y, page.running, bold=True)
    page.write(RIGHT - fonts.width(code, SIZE), y, code, bold=True)
    page.rule(y - 2.2 * mm)
    return float(y - 5 * mm)


def _parts(chapters: Sequence[Chapter]) -> Iterator[Callable[[Page], None]]:
    for chapter in chapters:
        yield partial(_chapter, chapter)


def _chapter(chapter: Chapter, page: Page) -> None:
    page.running = chapter.title
    if not page.number or chapter.alone or page.y < A4[1] * _ROOM:
        page.turn()
    page.bookmark(chapter.title, 0)
    page.heading(chapter.title, size=14)
    for text in chapter.says:
        page.text(text)
    for block in chapter.blocks:
        _block(page, block)


def _block(page: Page, block: Block) -> None:
    page.need(26 * mm)
    if block.level == 2:
        page.bookmark(block.title, 1)
    page.heading(block.title, size=_HEADINGS[block.level], keep=14 * mm,
                 raised=block.raised)  # fmt: skip
    for text in block.says:
        page.text(text, tone=RED)
    for entry in block.entries:
        _entry(page, entry)
    if block.header:
        _table(page, block)
    if block.unasked:
        names = "; ".join(block.unasked)
        page.text(_("Not asked: %(names)s") % {"names": names}, size=SMALL, tone=SOFT)


def _entry(page: Page, entry: Entry) -> None:
    label = Cell(entry.label, tone=SOFT, struck=entry.struck)
    value = Cell(entry.value or NOTHING, raised=entry.raised, struck=entry.struck)
    page.row([label, value], [WIDTH * _LABELS, WIDTH * (1 - _LABELS)])


def _table(page: Page, block: Block) -> None:
    scale = WIDTH / sum(block.widths)
    widths = [one * scale for one in block.widths]

    def head() -> None:
        page.row([Cell(text, size=SMALL, tone=SOFT) for text in block.header], widths, tint=True)

    head()
    page.again.append(head)
    for row in block.rows:
        cells = [Cell(one.value, size=7.6, raised=one.raised, struck=one.struck) for one in row]
        page.row(cells, widths)
    page.again.remove(head)
