"""What the page of liver safety over all participants shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from labs.wording import analyte_text
from patients.models import Participant
from safety.charts import edish_chart, places
from safety.grading import Graded
from safety.liver_signals import Quadrant, Reference
from safety.liver_wording import QUADRANTS, REFERENCES, references_text
from safety.selectors.courses import LIVER, LabCourse, courses
from safety.selectors.liver import listed
from safety.toxicity_page import signal_word
from trial.access.policy import AnyUser
from trial.access.roles import Permission
from trial.protocol import registry
from trial.web.parts import Tab

PAGE = 20
GRADES = (0, 1, 2, 3, 4, None)


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """Participants with one grade at baseline, by their worst grade on treatment."""

    grade: int | None
    counts: Sequence[int]

    @property
    def total(self) -> int:
        return sum(self.counts)


def page(user: AnyUser, query: Mapping[str, str]) -> dict[str, Any]:
    """The context: the plot against one reference, the shifts of one analyte, the signals."""
    reference = _one_of(Reference, query.get("against"), Reference.UPPER)
    analyte = query["analyte"] if query.get("analyte") in LIVER else LIVER[0]
    found = _courses(user)
    placed = places(found, reference)
    lines = registry.latest().safety.liver_signals
    quadrants = Counter(one.found.possible[0] for one in placed)
    signals = Paginator(listed(user, query), PAGE).get_page(query.get("page"))
    return {
        "chart": edish_chart(placed, reference, lines),
        "participants": len(found),
        "placed": len(placed),
        "counts": [(QUADRANTS[one], quadrants[one]) for one in Quadrant],
        "references": _tabs(query, "against", [(o.value, REFERENCES[o]) for o in Reference],
                            reference.value),
        "shift": _shift(found, analyte),
        "grades": GRADES,
        "analyte": analyte_text(analyte),
        "analytes": _tabs(query, "analyte", [(o, analyte_text(o)) for o in LIVER], analyte),
        "page": signals,
        "signals": [
            (one, signal_word(one), references_text(one.references)) for one in signals
        ],
        "all": query.get("show") == "all",
        "shows": _tabs(query, "show", [("open", _("To be judged")), ("all", _("All"))],
                       "all" if query.get("show") == "all" else "open"),
    }  # fmt: skip


def _courses(user: AnyUser) -> list[LabCourse]:
    """The treated participants whose labs the user may see, with their liver results."""
    visible = Participant.objects.visible_to(user, Permission.LAB_VIEW).order_by("code")
    return [one for one in courses(visible, LIVER) if one.start is not None]


def _shift(found: Sequence[LabCourse], analyte: str) -> list[ShiftRow]:
    """Baseline grade to worst on treatment, both against the upper limit: one scale for all."""
    counts: Counter[tuple[int | None, int | None]] = Counter()
    for course in found:
        rows = course.grades(analyte)
        counts[_at_baseline(rows), _worst(rows)] += 1
    return [ShiftRow(one, [counts[one, other] for other in GRADES]) for one in GRADES]


def _at_baseline(rows: Sequence[Graded]) -> int | None:
    before = [one for one in rows if not one.on_treatment and one.draw.counted is not None]
    return before[-1].by_upper if before else None


def _worst(rows: Sequence[Graded]) -> int | None:
    known = [one.by_upper for one in rows if one.on_treatment and one.by_upper is not None]
    return max(known) if known else None


def _tabs(
    query: Mapping[str, str], name: str, choices: Sequence[tuple[str, Any]], active: str
) -> list[Tab]:
    """Tabs that change one parameter and keep the others."""
    kept = {key: query[key] for key in ("against", "analyte", "show") if query.get(key)}
    return [
        Tab(label, _address(kept | {name: value}), active=value == active)
        for value, label in choices
    ]


def _address(parameters: Mapping[str, str]) -> str:
    return f"{reverse('liver:overview')}?{urlencode(parameters)}"


def _one_of(kind: Any, value: str | None, otherwise: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return otherwise
