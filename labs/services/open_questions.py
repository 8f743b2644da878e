"""What the system itself asks about labs: panels that stay incomplete, dialysis not answered.

Set-based over the whole study and idempotent: whoever looks, and however often, there is one
query per panel, and it closes itself once the data are there (F-073).
"""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import DateField, Exists, F, OuterRef, Q, Value
from django.utils.translation import gettext as _

from labs.models import Panel, Result
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

MELD_NEEDS = ("BILI", "INR", "CREAT")


def ask_open_questions(*, process: str, today: date | None = None) -> None:
    """Ask what is missing now, and close what was asked and is there. A few statements.

    `today` stands for every site's own date.
    """
    by = Actor.system(process)
    machine = Query.objects.all()
    sync_checks(
        findings=list(_incomplete(today)),
        scope=machine.filter(cause__startswith="labs.incomplete:"),
        origin=Origin.MACHINE,
        by=by,
        passed=both(lambda: _("Closed by itself: the panel is complete.")),
    )
    sync_checks(
        findings=list(_dialysis()),
        scope=machine.filter(cause__startswith="labs.dialysis:"),
        origin=Origin.MACHINE,
        by=by,
        passed=both(lambda: _("Closed by itself: it is answered.")),
    )


def _incomplete(today: date | None) -> Iterator[Ask]:
    """Held visits whose panel is not complete after the days that the protocol allows.

    Days are counted at the site. Who failed screening is asked nothing: nothing may be entered.
    """
    day = Value(today, DateField()) if today else SiteDay("participant__site__timezone")
    days = {number: registry.get(number).labs_overdue_days for number in registry.numbers()}
    late = Q(pk__in=[])
    for number, allowed in days.items():
        late |= Q(protocol_version=number, held_on__lt=F("day") - timedelta(days=allowed))
    held = Visit.objects.annotate(day=day).filter(late, status=Status.HELD)
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


def _dialysis() -> Iterator[Ask]:
    """Panels from which MELD follows as soon as the question about dialysis is answered."""
    rows = Panel.objects.filter(dialysis=None)
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
