"""What the system itself asks about labs: panels that stay incomplete, dialysis not answered.

Set-based and idempotent: whoever looks, and however often, there is one
query per panel, and it closes itself once the data are there (F-073).
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import DateField, Exists, F, OuterRef, Q, Value
from django.utils.translation import gettext as _

from labs.models import Panel, Result
from patients.models import Participant
from patients.models import Status as ParticipantStatus
from trial.audit.context import Actor
from trial.audit.records import Record
from trial.protocol import registry
from trial.protocol.label import Label
from trial.quality.models import Origin, Query
from trial.quality.services.asking import Ask, both
from trial.quality.services.checks import sync_checks
from visits.models import Status, Visit
from visits.places import place_of
from visits.selectors.visits import SiteDay, visit_name

logger = logging.getLogger(__name__)
AT_ONCE = 500  # participants in one look, so that memory does not grow with the study
MELD_NEEDS = ("BILI", "INR", "CREAT")


def ask_open_questions(*, process: str, today: date | None = None) -> None:
    """Ask what is missing now, and close what was asked and is there.

    A few statements for each AT_ONCE participants. One of whom something can't be asked does not
    stop the others: it is logged, and looked at again at the next call. Raises OperationalError
    or InterfaceError if the database is gone. `today` stands for every site's own date.
    """
    by = Actor.system(process)
    people = list(Participant.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(people), AT_ONCE):
        _ask_apart(people[start : start + AT_ONCE], today, by)


def _ask_apart(people: Sequence[int], today: date | None, by: Actor) -> None:
    """Ask about `people` together; if that fails, about each one alone."""
    try:
        _ask(people, today, by)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if len(people) == 1:
            logger.exception("what participant %s lacks could not be asked", people[0])
            return
        for participant_id in people:
            _ask_apart([participant_id], today, by)


def _ask(people: Sequence[int], today: date | None, by: Actor) -> None:
    machine = Query.objects.filter(participant_id__in=people)
    sync_checks(
        findings=list(_incomplete(people, today)),
        scope=machine.filter(cause__startswith="labs.incomplete:"),
        origin=Origin.MACHINE,
        by=by,
        passed=both(lambda: _("Closed by itself: the panel is complete.")),
    )
    sync_checks(
        findings=list(_dialysis(people)),
        scope=machine.filter(cause__startswith="labs.dialysis:"),
        origin=Origin.MACHINE,
        by=by,
        passed=both(lambda: _("Closed by itself: it is answered.")),
    )


def _incomplete(people: Sequence[int], today: date | None) -> Iterator[Ask]:
    """Held visits whose panel is not complete after the days that the protocol allows.

    Days are counted at the site. Who failed screening is asked nothing: nothing may be entered.
    """
    day = Value(today, DateField()) if today else SiteDay("participant__site__timezone")
    days = {number: registry.get(number).labs_overdue_days for number in registry.numbers()}
    late = Q(pk__in=[])
    for number, allowed in days.items():
        late |= Q(protocol_version=number, held_on__lt=F("day") - timedelta(days=allowed))
    of_people = Visit.objects.filter(participant__in=people, status=Status.HELD)
    held = of_people.annotate(day=day).filter(late)
    rows = held.exclude(participant__status=ParticipantStatus.SCREEN_FAILED).filter(
        Q(panel=None) | Q(panel__filled__lt=F("panel__expected"))
    )
    for visit in rows.select_related("participant", "panel").order_by("pk"):
        if registry.get(visit.protocol_version).visit(visit.code).panel:
            yield _about_panel(visit, days[visit.protocol_version])


def _about_panel(visit: Visit, days: int) -> Ask:
    panel: Panel | None = getattr(visit, "panel", None)
    name = visit_name(visit)
    words = {"days": days, "filled": panel.filled if panel else 0}

    def question() -> str:
        if panel is None:
            return _("%(days)s days after the visit no lab value is stored.") % words
        return _("%(days)s days after the visit the lab panel is not complete.") % words

    return Ask(
        place=place_of(visit, "labs"),
        record=Record(Visit._meta.db_table, visit.pk),
        label=Label(f"Labs, {name.en}", f"实验室检查，{name.zh}"),
        text=both(question),
        cause=f"labs.incomplete:{visit.pk}",
    )


def _dialysis(people: Sequence[int]) -> Iterator[Ask]:
    """Panels from which MELD follows as soon as the question about dialysis is answered."""
    rows = Panel.objects.filter(visit__participant__in=people, dialysis=None)
    for analyte in MELD_NEEDS:
        known = Result.objects.filter(
            panel=OuterRef("pk"), analyte=analyte, canonical__isnull=False
        )  # fmt: skip
        rows = rows.filter(Exists(known))
    rows = rows.exclude(visit__participant__status=ParticipantStatus.SCREEN_FAILED)
    for panel in rows.select_related("visit__participant").order_by("pk"):
        label = panel.visit.label
        yield Ask(
            place=place_of(panel.visit, "labs"),
            record=Record(Panel._meta.db_table, panel.pk, "dialysis"),
            label=Label(f"Dialysis, {label}", f"透析，{label}"),
            text=both(lambda: _("Dialysis is not answered, so MELD cannot be computed.")),
            cause=f"labs.dialysis:{panel.pk}",
        )
