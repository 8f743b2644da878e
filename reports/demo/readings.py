"""Central reading in the demo study: pictures, two readers, differences, some that wait.

The biopsies of one site, in the order in which they were taken. Of the last ones some have no
picture yet, some no reader, and some are in the hands of readers who have not read them.
"""

import io
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from labs.models import Result
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.protocol.casebook.histology_scores import FEATURES
from visits.double_reading import State
from visits.models import Biopsy, FinalHistology, ReadingAssignment
from visits.models.reading import BiopsyRow, Stain
from visits.services import assigning, readings, slides

SITE, SEED = "01", 20260323
NO_PICTURE, NO_READER, NOT_READ = 2, 2, 3  # how many of the last biopsies wait for what
DIFFERS = 5  # every fifth is read otherwise by the second reader
ACTIVE_ALT = 100  # U/L
SIDE = (480, 360)


def read_biopsies(*, manager: User, readers: Sequence[User]) -> int:
    """Add pictures, give them to the first two readers, let them and a third one read. Returns the
    number of readings."""
    by = Actor.of(manager, role=Role.DATA_MANAGER.value)
    rows = Biopsy.objects.filter(participant__site__code=SITE, not_done="", sent=True)
    found = list(rows.select_related("visit__participant").order_by("taken_at", "pk"))
    pictured = found[:-NO_PICTURE]
    for row in pictured:
        slides.add_image(
            biopsy=row, name="slide.jpg", data=_slide(row), stain=Stain.HE, looked_at=True, by=by
        )
    given = pictured[:-NO_READER]
    assigning.assign(biopsies=[row.pk for row in given], first=readers[0], second=readers[1], by=by)
    read = given[:-NOT_READ]
    active = _active(read)
    count = 0
    for place, reader in enumerate(readers[:2]):
        for number, row in enumerate(read, start=1):
            differs = place == 1 and number % DIFFERS == 0
            count += _submit(row, reader, _found(row, row.pk in active, differs=differs))
    return count + _settled(read, active, readers[2], by)


def _settled(read: Sequence[BiopsyRow], active: set[int], third: User, by: Actor) -> int:
    """A third reader settles all differences but the last."""
    waiting = FinalHistology.objects.filter(biopsy__in=read, state=State.ADJUDICATE)
    open_ones = list(waiting.order_by("biopsy").values_list("biopsy", flat=True))[:-1]
    if not open_ones:
        return 0
    assigning.assign_third(biopsies=open_ones, reader=third, by=by)
    settled = [row for row in read if row.pk in open_ones]
    return sum(_submit(row, third, _found(row, row.pk in active)) for row in settled)


def _submit(row: BiopsyRow, reader: User, values: Mapping[str, Any]) -> int:
    specimen = ReadingAssignment.objects.standing().get(biopsy=row, reader=reader)
    readings.submit(
        reader=reader, code=specimen.code, values=values, base=0,
        by=Actor.of(reader, role=Role.READER.value),
    )  # fmt: skip
    return 1


def _active(read: Sequence[BiopsyRow]) -> set[int]:
    """The biopsies taken at a visit with a raised ALT."""
    raised = Result.objects.filter(
        panel__visit__in=[row.visit_id for row in read], analyte="ALT", canonical__gt=ACTIVE_ALT
    ).values_list("panel__visit_id", flat=True)
    visits = set(raised)
    return {row.pk for row in read if row.visit_id in visits}


def _found(row: BiopsyRow, active: bool, *, differs: bool = False) -> dict[str, Any]:
    """What is seen: much of the disease before treatment, little of it in remission."""
    rng = _rng(row, "found")
    grade = [rng.randint(2, 3), 0, rng.randint(1, 2), rng.randint(2, 3)]
    if not active:
        grade = [rng.randint(0, 1), 0, 1, rng.randint(0, 1)]
    if differs:
        grade[0], grade[3] = grade[0] + 1, grade[3] + 1
    typical = {one.name: False for one in FEATURES if one.kind == "yes_no"}
    if active:
        typical |= {"interface_hepatitis": True, "plasma_cells": True, "portal_infiltrate": True}
    scores = {f"mhai_{part}": str(n) for part, n in zip("abcd", grade, strict=True)}
    return {
        "adequate": True, **scores, "stage_system": "ishak", "stage_ishak": str(rng.randint(1, 3)),
        **typical, "steatosis": rng.choice([0, 0, 5, 10]),
        "consensus": "likely" if active else "possible", "remark": "",
    }  # fmt: skip


def _slide(row: BiopsyRow) -> bytes:
    """A drawing in the colours of haematoxylin and eosin: a core with its nuclei."""
    rng = _rng(row, "slide")
    image = Image.new("RGB", SIDE, (246, 240, 244))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 70, SIDE[0], 290), fill=(238, 190, 212))
    for _number in range(1500):
        x, y, size = rng.randint(0, SIDE[0]), rng.randint(72, 286), rng.randint(1, 3)
        shade = (rng.randint(70, 120), rng.randint(50, 90), rng.randint(130, 170))
        pen.ellipse((x, y, x + size, y + size), fill=shade)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _rng(row: BiopsyRow, what: str) -> Random:
    return Random(f"{SEED} {row.specimen} {what}")  # noqa: S311 - a simulation, repeatable
