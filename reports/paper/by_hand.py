"""How a question looks on paper before it is answered: boxes, lines, codes to tick."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from reportlab.lib.units import mm

from reports.paper import fonts
from reports.paper.asked import Asked
from reports.paper.page import BOX, LEFT, LINE, RIGHT, SIZE, SMALL, SOFT, WIDTH, Cell, Page

LABELS: float = 66 * mm
_ANSWERS = LEFT + LABELS + 2 * mm
_ROOM = RIGHT - _ANSWERS
_TICK_LEADING: float = 4.7 * mm
_WRITING: float = 6.5 * mm  # a line of a note
_LINE: float = 5 * mm
_DIGITS = 9  # more boxes than that are a line
_GAP = 1.4 * mm


def ask(page: Page, asked: Asked) -> None:
    """One question with room for its answer."""
    texts = _texts(asked)
    left = sum(cell.height(LABELS) for cell in texts)
    height = max(left, _height(asked)) + 2 * _GAP
    page.need(height)
    y = page.y - _GAP
    for cell in texts:
        page.cell(LEFT, y, LABELS, cell)
        y -= cell.height(LABELS)
    _answer(page, asked, page.y - _GAP)
    page.y -= height
    page.rule(page.y, LINE)


def _texts(asked: Asked) -> list[Cell]:
    mark = " *" if asked.needed else ""
    small = [text for text in (asked.help, asked.when) if text]
    return [Cell(asked.label + mark), *(Cell(text, size=SMALL, tone=SOFT) for text in small)]


def _height(asked: Asked) -> float:
    if asked.kind == "note":
        return 3 * _WRITING
    if asked.codes:
        return len(tick_lines(asked.codes, _ROOM)) * _TICK_LEADING
    return _LINE


def _answer(page: Page, asked: Asked, top: float) -> None:
    if asked.codes:
        ticks(page, asked.codes, _ANSWERS, top, _ROOM)
    elif asked.kind == "note":
        for place in range(1, 4):
            page.dots(_ANSWERS, top - place * 6.3 * mm, RIGHT)
    elif asked.kind == "tick":
        page.box(_ANSWERS, top - BOX)
    elif asked.kind in ("date", "partial_date", "moment"):
        when(page, _ANSWERS, top - BOX - 0.4 * mm, asked.kind)
    elif asked.kind in ("number", "line"):
        _number(page, asked, top - BOX - 0.4 * mm)
    else:
        page.dots(_ANSWERS, top - 4.6 * mm, RIGHT)


def _number(page: Page, asked: Asked, y: float) -> None:
    if asked.whole + asked.decimals > _DIGITS:
        page.dots(_ANSWERS, y, _ANSWERS + 40 * mm)
        x = _ANSWERS + 41 * mm
    else:
        x = boxes(page, _ANSWERS, y, asked.whole or 3)
        if asked.decimals:
            x = boxes(page, page.write(x + 0.4 * mm, y, "."), y, asked.decimals)
    x = page.write(x + 1.5 * mm, y + 0.6, asked.unit)
    if asked.limits:
        page.write(x + 3 * mm, y + 0.6, asked.limits, size=SMALL, tone=SOFT)


def boxes(page: Page, x: float, y: float, count: int) -> float:
    """A box for each sign; gives where they end."""
    for _place in range(count):
        x = page.box(x, y, 3.9 * mm, 4.4 * mm) + 0.3 * mm
    return x


def when(page: Page, x: float, y: float, kind: str) -> float:
    """Boxes for a day, YYYY-MM-DD, and for a moment HH:MM; gives where they end."""
    for place, count in enumerate((4, 2, 2)):
        x = boxes(page, page.write(x, y + 0.6, "-") + 0.3 * mm if place else x, y, count)
    if kind == "moment":
        x = boxes(page, x + 3 * mm, y, 2)
        x = boxes(page, page.write(x, y + 0.6, ":") + 0.3 * mm, y, 2)
    words = {"partial_date": _("leave open what is not known"), "moment": _("24-hour clock")}
    hint = pgettext("boxes of a date", "YYYY-MM-DD")
    text = f"{hint}, {words[kind]}" if kind in words else hint
    return page.write(x + 2 * mm, y + 0.8, text, size=SMALL, tone=SOFT)


def tick_lines(codes: Sequence[str], room: float) -> list[list[str]]:
    """Codes in lines, as many as a line holds; a long one has a line of its own."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for code in codes:
        wide = BOX + 1.2 * mm + fonts.width(fonts.clean(code), SIZE) + 4 * mm
        if lines[-1] and used + wide > room + 4 * mm:
            lines.append([])
            used = 0.0
        lines[-1].append(code)
        used += wide
    return lines


def ticks(page: Page, codes: Sequence[str], x: float, top: float, room: float) -> None:
    """A box before each code."""
    for place, line in enumerate(tick_lines(codes, room)):
        y, at = top - place * _TICK_LEADING - BOX, x
        for code in line:
            end = page.box(at, y)
            size = min(SIZE, SIZE * room / max(room, fonts.width(fonts.clean(code), SIZE) + BOX))
            at = page.write(end + 1.2 * mm, y + 0.5 * mm, code, size=size) + 4 * mm


def grid(
    page: Page, header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float],
    *, high: float = 6.6 * mm,
) -> None:  # fmt: skip
    """A table to be filled in; texts of rows stand in its cells, "" leaves room to write."""
    scale = WIDTH / sum(widths)
    wide = [one * scale for one in widths]

    def head() -> None:
        page.row([Cell(text, size=SMALL, tone=SOFT) for text in header], wide, tint=True)

    page.need(18 * mm)
    head()
    page.again.append(head)
    for row in rows:
        _grid_row(page, row, wide, high)
    page.again.remove(head)
    page.y -= 2 * mm


def _grid_row(page: Page, row: Sequence[str], wide: Sequence[float], high: float) -> None:
    cells = [Cell(text, size=SIZE - 0.7) for text in row]
    rooms = [one - 1.5 * mm for one in wide]
    height = max(high, *(c.height(r) + 2 * mm for c, r in zip(cells, rooms, strict=True)))
    page.need(height)
    x = LEFT
    for cell, one in zip(cells, wide, strict=True):
        page.cell(x + 0.6 * mm, page.y - 1 * mm, one - 1.5 * mm, cell)
        page.canvas.setStrokeColor(LINE)
        page.canvas.setLineWidth(0.35)
        page.canvas.rect(x, page.y - height, one, height, stroke=1, fill=0)
        x += one
    page.y -= height
