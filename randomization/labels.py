"""Labels of a shipment's bags as PDF: number, QR code of the number, expiry, volume, storage.

Nothing here depends on what is in a bag, not even a byte: the document carries no time, no
random identifier and no order but that of the shipment. Latin letters and digits alone: the
standard fonts of PDF have no Chinese, and what site staff check is the number.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

COLUMNS, ROWS = 2, 4
PER_PAGE = COLUMNS * ROWS
_WIDTH, _HEIGHT = 95 * mm, 66 * mm
_LEFT, _TOP, _PAD = 10 * mm, 15 * mm, 5 * mm
_QR = 34 * mm


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label; `code` is what its QR code says: the number's digits."""

    number: str
    code: str
    shipment: str
    site: str
    expires: str
    volume: str
    claim: str
    storage: str


def sheet(labels: Sequence[Label], *, study: str) -> bytes:
    """The labels as A4 pages of eight. The same labels give the same bytes."""
    printable = study.encode("latin-1", "ignore").decode("latin-1")
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("Labels")
    canvas.setAuthor("")
    for place, label in enumerate(labels):
        if place and place % PER_PAGE == 0:
            canvas.showPage()
        row, column = divmod(place % PER_PAGE, COLUMNS)
        x = _LEFT + column * _WIDTH
        y = A4[1] - _TOP - (row + 1) * _HEIGHT
        _draw(canvas, label, printable, x, y)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, study: str, x: float, y: float) -> None:
    canvas.setLineWidth(0.4)
    canvas.roundRect(x + 1 * mm, y + 1 * mm, _WIDTH - 2 * mm, _HEIGHT - 2 * mm, 2 * mm)
    _qr(canvas, label.code, x + _WIDTH - _QR - _PAD, y + _HEIGHT - _QR - _PAD)
    left, top = x + _PAD, y + _HEIGHT - _PAD
    canvas.setFont("Helvetica", 7)
    canvas.drawString(left, top - 3 * mm, study)
    canvas.setFont("Helvetica-Bold", 22)
    canvas.drawString(left, top - 13 * mm, label.number)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(left, top - 19 * mm, f"Site {label.site}   Shipment {label.shipment}")
    lines = (
        ("Use before", label.expires),
        ("Volume", label.volume),
        ("Labelled for", label.claim),
        ("Store at", label.storage),
        ("Participant", "____________________"),
    )
    for place, (name, value) in enumerate(lines):
        height = top - (29 + 5 * place) * mm
        canvas.setFont("Helvetica", 8)
        canvas.drawString(left, height, name)
        canvas.setFont("Helvetica-Bold", 9)
        canvas.drawString(left + 20 * mm, height, value)
    canvas.setFont("Helvetica-Bold", 8)
    canvas.drawString(left, y + 4 * mm, "For clinical trial use only. Intravenous infusion.")


def _qr(canvas: Canvas, code: str, x: float, y: float) -> None:
    widget = QrCodeWidget(code, barLevel="M")
    left, bottom, right, top = widget.getBounds()
    drawing = Drawing(
        _QR, _QR, transform=[_QR / (right - left), 0, 0, _QR / (top - bottom), -left, -bottom]
    )
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, x, y)
