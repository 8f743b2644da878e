"""A4 pages that are filled from top to bottom, with a head, a foot and bookmarks.

What is drawn depends on nothing but what is handed in: the document has no time and no random
mark of its own, so that the same content gives the same bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from reports.paper import fonts

LEFT: float = 16 * mm
RIGHT: float = A4[0] - 14 * mm
WIDTH = RIGHT - LEFT
FOOT: float = 17 * mm
SIZE, SMALL, LEADING = 8.5, 6.8, 1.35
INK, SOFT, LINE, TINT, RED = (
    HexColor(code) for code in ("#111827", "#4b5563", "#9ca3af", "#eef2f7", "#9f1239")
)
BOX: float = 3.1 * mm
_OUTLINE = 2  # PDF's mode of writing that draws the outline too


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on every page. `head` draws the top and says where the text begins; `foot` are
    the lines below, to the left of the page's number."""

    title: str
    language: str
    head: Callable[["Page"], float]
    foot: Sequence[str]
    count: Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a row: bold, small or red; struck through; `raised` signs behind it."""

    text: str
    bold: bool = False
    size: float = SIZE
    tone: Color = INK
    struck: bool = False
    raised: str = ""

    def lines(self, room: float) -> tuple[str, ...]:
        """The lines it takes in a column."""
        room -= fonts.width(fonts.clean(self.raised), self.size * 0.7)
        return fonts.wrap(self.text, self.size, room)

    def height(self, room: float) -> float:
        return len(self.lines(room)) * self.size * LEADING


class _Nothing:
    """A canvas on which pages are counted before they are drawn."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args, **more: None


@dataclass
class Page:
    """Where the next line goes. `running` is what the head says about this part."""

    canvas: Any
    cover: Cover
    total: int
    number: int = 0
    y: float = 0.0
    running: str = ""
    keys: int = 0
    again: list[Callable[[], None]] = field(default_factory=list)

    # --- pages ------------------------------------------------------------------------------------
    def turn(self) -> None:
        """Begin the next page; what is to be repeated on each is drawn again."""
        self.end()
        self.number += 1
        self.y = self.cover.head(self)
        for repeat in self.again:
            repeat()

    def end(self) -> None:
        """Close the page that is open, with its foot."""
        if not self.number:
            return
        self.rule(FOOT - 2 * mm, LINE)
        for place, line in enumerate(self.cover.foot):
            self.write(LEFT, FOOT - (5 + 3.2 * place) * mm, line, size=6.3, tone=SOFT)
        count = self.cover.count(self.number, self.total)
        self.write(RIGHT - fonts.width(count, 7.5), FOOT - 5.4 * mm, count, size=7.5)
        self.canvas.showPage()

    def need(self, height: float) -> None:
        """Begin a new page unless this much is left."""
        if self.y - height < FOOT:
            self.turn()

    def bookmark(self, title: str, level: int) -> None:
        """A place that a viewer's list of contents leads to."""
        self.keys += 1
        key = f"p{self.keys}"
        self.canvas.bookmarkHorizontal(key, 0, self.y + 4 * mm)
        self.canvas.addOutlineEntry(title, key, level=level, closed=level > 0)

    # --- text -------------------------------------------------------------------------------------
    def write(
        self, x: float, y: float, text: str, *, size: float = SIZE, bold: bool = False,
        tone: Color = INK,
    ) -> float:  # fmt: skip
        """One line at a place; gives where it ends."""
        self.canvas.setFillColor(tone)
        self.canvas.setStrokeColor(tone)
        self.canvas.setLineWidth(0.25)
        for font, piece in fonts.pieces(fonts.clean(text)):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, piece, mode=_OUTLINE if bold else 0)
            x += fonts.width(piece, size)
        return x

    def cell(self, x: float, y: float, room: float, cell: Cell) -> None:
        """A text of several lines from the top `y` on, in a column."""
        end = x
        for line in cell.lines(room):
            y -= cell.size
            end = self.write(x, y, line, size=cell.size, bold=cell.bold, tone=cell.tone)
            if cell.struck and line:
                self.canvas.setLineWidth(0.7)
                self.canvas.line(x, y + cell.size * 0.33, end, y + cell.size * 0.33)
            y -= cell.size * (LEADING - 1)
        if cell.raised:
            top = y + cell.size * (LEADING - 1) + cell.size * 0.4
            self.write(end + 0.6, top, cell.raised, size=cell.size * 0.7, tone=RED)

    def text(self, text: str, **look: Any) -> None:
        """A paragraph over the whole width."""
        self.row([Cell(text, **look)], [WIDTH], line=False)

    def row(
        self, cells: Sequence[Cell], widths: Sequence[float], *, line: bool = True,
        tint: bool = False, gap: float = 1.6,
    ) -> None:  # fmt: skip
        """Texts side by side; one that no page holds goes on over the next."""
        rooms = [room - 1.5 * mm for room in widths]
        height = max(cell.height(room) for cell, room in zip(cells, rooms, strict=True)) + 2 * gap
        if height > A4[1] / 2:
            self._over_pages(cells, widths, rooms)
            return
        self.need(height)
        if tint:
            self.canvas.setFillColor(TINT)
            self.canvas.rect(LEFT, self.y - height, WIDTH, height, stroke=0, fill=1)
        x = LEFT
        for cell, room, wide in zip(cells, rooms, widths, strict=True):
            self.cell(x + 0.6 * mm, self.y - gap, room, cell)
            x += wide
        self.y -= height
        if line:
            self.rule(self.y, LINE)

    def _over_pages(
        self, cells: Sequence[Cell], widths: Sequence[float], rooms: Sequence[float]
    ) -> None:
        """A row line by line."""
        columns = [cell.lines(room) for cell, room in zip(cells, rooms, strict=True)]
        for place in range(max(map(len, columns))):
            self.need(SIZE * LEADING)
            x = LEFT
            for cell, lines, wide in zip(cells, columns, widths, strict=True):
                if place < len(lines):
                    self.write(x + 0.6 * mm, self.y - cell.size, lines[place], size=cell.size,
                               bold=cell.bold, tone=cell.tone)  # fmt: skip
                x += wide
            self.y -= SIZE * LEADING

    def heading(
        self, text: str, *, size: float = 10.5, keep: float = 18 * mm, raised: str = ""
    ) -> None:
        """A heading that stays with what follows."""
        self.need(size * 2 + keep)
        self.y -= 2.2 * mm
        end = LEFT
        for line in fonts.wrap(text, size, WIDTH):
            self.y -= size * 1.15
            end = self.write(LEFT, self.y, line, size=size, bold=True)
        if raised:
            self.write(end + 0.6, self.y + size * 0.4, raised, size=SMALL, tone=RED)
        self.y -= 1.6 * mm

    def rule(self, y: float, tone: Color = INK) -> None:
        """A line over the whole width."""
        self.canvas.setStrokeColor(tone)
        self.canvas.setLineWidth(0.35)
        self.canvas.line(LEFT, y, RIGHT, y)

    # --- to be filled in by hand ------------------------------------------------------------------
    def box(self, x: float, y: float, wide: float = BOX, high: float = BOX) -> float:
        """An empty box that stands on `y`; gives where it ends."""
        self.canvas.setStrokeColor(INK)
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, y, wide, high, stroke=1, fill=0)
        return x + wide

    def dots(self, x: float, y: float, until: float) -> None:
        """A line to write on."""
        self.canvas.setStrokeColor(SOFT)
        self.canvas.setLineWidth(0.4)
        self.canvas.line(x, y, until, y)


def document(
    file: IO[bytes], cover: Cover, parts: Callable[[], Iterable[Callable[[Page], None]]]
) -> int:
    """Draw the parts into a file, each in its turn; `parts` is asked twice: to count, to draw.

    Gives the number of pages.
    """
    fonts.ready()
    counted = _fill(Page(_Nothing(), cover, 0), parts())
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1, lang=cover.language)
    canvas.setTitle(cover.title)
    canvas.setAuthor("")
    canvas.showOutline()
    _fill(Page(canvas, cover, counted), parts())
    canvas.save()
    return counted


def _fill(page: Page, parts: Iterable[Callable[[Page], None]]) -> int:
    for part in parts:
        part(page)
    page.end()
    return page.number
