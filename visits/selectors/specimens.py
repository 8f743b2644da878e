"""What a reader of biopsies may see: specimens under the codes they were given, and nothing else.

No function here gives anything of a biopsy but its pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from trial.access.models import User
from visits.models import HistologyReading, ReadingAssignment, SlideImage, SlidePixels


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as a reader gets it: its place among the specimen's, its stain and size."""

    number: int
    stain: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a picture."""

    data: bytes
    media: str


def work_of(reader: User) -> QuerySet[ReadingAssignment]:
    """A reader's specimens in the order that was drawn."""
    rows = ReadingAssignment.objects.of_reader(reader).order_by("batch__number", "position")
    return rows.only("code", "submitted_at", "batch__number", "position")


def left_of(reader: User) -> int:
    """How many specimens a reader has still to read."""
    return ReadingAssignment.objects.of_reader(reader).filter(submitted_at=None).count()


def next_of(reader: User) -> str | None:
    """The code of the specimen to be read next; None if all are read."""
    return work_of(reader).filter(submitted_at=None).values_list("code", flat=True).first()


def specimen_of(reader: User, code: str) -> ReadingAssignment | None:
    """The reader's specimen of this code; None for another's, as for one that is not there."""
    return ReadingAssignment.objects.of_reader(reader).filter(code=code).first()


def latest(specimen: ReadingAssignment) -> HistologyReading | None:
    """The reader's own reading as it stands."""
    return specimen.readings.order_by("-number").first()


def pictures_of(specimen: ReadingAssignment) -> Sequence[Shown]:
    """The specimen's pictures, counted from 1 whatever was struck."""
    rows = SlideImage.objects.filter(biopsy=specimen.biopsy_id, struck_at=None).order_by("number")
    return [
        Shown(number, row.get_stain_display(), row.width, row.height)
        for number, row in enumerate(rows, start=1)
    ]


def content_of(specimen: ReadingAssignment, number: int) -> Content | None:
    """The bytes of a specimen's picture; None if it has no such one."""
    rows = SlidePixels.objects.filter(image__biopsy=specimen.biopsy_id, image__struck_at=None)
    found = rows.select_related("image").order_by("image__number")[number - 1 : number]
    return next((Content(bytes(one.data), one.image.media) for one in found), None)
