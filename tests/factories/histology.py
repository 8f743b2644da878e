"""Biopsies, pictures of slides, readers and what they find, through the services."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from PIL import Image

from patients.models import Participant
from tests.factories import study
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.crf.owner import Owner
from trial.crf.services import Entry, save
from trial.crf.values import mark_of
from trial.protocol.casebook.biopsy import FORM
from visits.models import Biopsy, HistologyReading, ReadingAssignment, ReadingBatch, SlideImage
from visits.models.reading import BiopsyRow, Stain
from visits.services import assigning, readings, slides

SIDE = 240
SAMPLE = {"core_mm": Decimal(21), "portal_tracts": 12, "fragments": 1, "adequate": True}
QUIET, ACTIVE = (1, 0, 1, 0), (2, 1, 1, 2)  # mHAI 2 and 6
FEATURES = (
    "interface_hepatitis", "plasma_cells", "emperipolesis", "rosettes", "portal_infiltrate",
    "centrilobular", "bile_duct_damage", "granuloma", "copper", "iron",
)  # fmt: skip


CHECKED = {
    **{f"BX-{n:02}": "checked" for n in range(1, 14)},
    **{f"biopsy.{name}": "checked" for name in ("core_mm", "portal_tracts", "gauge")},
}


def png(colour: str = "pink", side: int = SIDE, **more: Any) -> bytes:
    """A picture of one colour as a PNG file."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, more.pop("format", "PNG"), **more)
    return out.getvalue()


def reader(username: str = "reader") -> User:
    """A central reader of this name."""
    found = User.objects.filter(username=username).first()
    return found or study.make_user(username, Role.READER)


def by_reader(user: User) -> Actor:
    """A reader as the trail names them."""
    return Actor.of(user, role="reader")


def taken(
    participant: Participant, label: str = "D0", *, specimen: str = "", **sample: Any
) -> BiopsyRow:
    """A biopsy of a planned visit, taken on its target day, sent to central reading."""
    visit = study.visit_of(participant, label)
    on = visit.target_on or participant.screened_on
    moment = datetime(on.year, on.month, on.day, 10, tzinfo=participant.site.zone)
    owner = Owner(participant, visit)
    parts = {
        "taken": {"taken_at": moment, "route": "percutaneous", "gauge": 16},
        "sample": {**SAMPLE, **sample},
        "stains": {"stain_he": True},
        "complications": {"complications": False},
        "central": {
            "specimen": specimen or f"S{visit.pk}Q", "sent": True,
            "sent_on": on + timedelta(days=1), "slides": 2,
        },
    }  # fmt: skip
    for section, values in parts.items():
        part = FORM.section(section)
        base = mark_of({one.name: None for one in part.questions})
        entry = Entry(FORM, part, values, base=base, answers=CHECKED)
        save(owner=owner, entry=entry, by=study.SETUP)
    return biopsy_of(participant, label)


def biopsy_of(participant: Participant, label: str) -> BiopsyRow:
    found: BiopsyRow = Biopsy.objects.get(visit=study.visit_of(participant, label))
    return found


def pictured(biopsy: BiopsyRow, colour: str = "pink", stain: Stain = Stain.HE) -> SlideImage:
    """A picture of a slide of this biopsy."""
    return slides.add_image(
        biopsy=biopsy, name="slide.png", data=png(colour), stain=stain, looked_at=True,
        by=study.SETUP,
    )  # fmt: skip


def ready(participant: Participant, label: str = "D0", **more: Any) -> BiopsyRow:
    """A biopsy with a picture, which waits for readers."""
    found = taken(participant, label, **more)
    pictured(found)
    return found


def given(*biopsies: BiopsyRow, first: str = "reader", second: str = "reader2") -> ReadingBatch:
    """Biopsies in the hands of two readers."""
    return assigning.assign(
        biopsies=[one.pk for one in biopsies], first=reader(first), second=reader(second),
        by=study.SETUP,
    )  # fmt: skip


def specimen(biopsy: BiopsyRow, username: str = "reader") -> ReadingAssignment:
    """The specimen under which a reader knows a biopsy."""
    standing = ReadingAssignment.objects.standing()
    return standing.get(biopsy=biopsy, reader__username=username)


def answers(
    grade: tuple[int, int, int, int] = QUIET, stage: int = 2, *, system: str = "ishak", **more: Any
) -> dict[str, Any]:
    """A whole reading of an adequate biopsy."""
    scores = {f"mhai_{letter}": str(n) for letter, n in zip("abcd", grade, strict=True)}
    return {
        "adequate": True, **scores, "stage_system": system, f"stage_{system}": str(stage),
        **dict.fromkeys(FEATURES, False), "steatosis": 5, "consensus": "likely", "remark": "",
        **more,
    }  # fmt: skip


INADEQUATE = {"adequate": False, "remark": "Two tracts only."}


def submit(
    biopsy: BiopsyRow, username: str = "reader", values: Mapping[str, Any] | None = None,
    *, base: int = 0, reason: str = "",
) -> HistologyReading:  # fmt: skip
    """What a reader found in a biopsy."""
    user = User.objects.get(username=username)
    return readings.submit(
        reader=user, code=specimen(biopsy, username).code, values=values or answers(), base=base,
        by=by_reader(user), reason=reason,
    )  # fmt: skip


def third(biopsy: BiopsyRow, username: str = "reader3") -> ReadingBatch:
    """A biopsy in the hands of a third reader."""
    return assigning.assign_third(biopsies=[biopsy.pk], reader=reader(username), by=study.SETUP)


def read(
    participant: Participant, label: str = "D0",
    grade: tuple[int, int, int, int] = QUIET, stage: int = 2, **more: Any,
) -> BiopsyRow:  # fmt: skip
    """A biopsy that two readers have read alike."""
    found = ready(participant, label, **more)
    given(found)
    for username in ("reader", "reader2"):
        submit(found, username, answers(grade, stage))
    return found
