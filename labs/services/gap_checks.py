"""What the sweeper asks the sites about: labs that stay incomplete, and dialysis unanswered.

Both checks look at everything there is, in two statements each, and close what has healed.
"""

from datetime import timedelta

from django.db.models import F, Q

from labs.models import MeldScore, Panel
from patients.models import Status as ParticipantStatus
from trial.audit.context import Actor
from trial.audit.records import Place, Record
from trial.protocol import registry
from trial.protocol.label import Label
from trial.quality.services.checks import Finding, sync_all
from visits.models import Status, Visit
from visits.selectors import SiteDay

INCOMPLETE, DIALYSIS = "labs.incomplete", "labs.dialysis"
_UNANSWERED = "dialysis_unanswered"  # a code of labs/meld.py
BY = Actor.system("checks")


def check_gaps() -> int:
    """Bring the queries of both checks up to date. Returns how many were opened or closed."""
    visits, panels = Visit._meta.db_table, Panel._meta.db_table
    return sync_all(check=INCOMPLETE, table=visits, findings=_incomplete(), by=BY) + sync_all(
        check=DIALYSIS, table=panels, findings=_dialysis(), by=BY
    )


def _incomplete() -> dict[str, Finding]:
    """Held visits whose labs are not complete so many days later (protocol parameter)."""
    late, asked = Q(pk__in=[]), Q(pk__in=[])
    for number in registry.numbers():
        version = registry.get(number)
        days = timedelta(days=version.quality.incomplete_after_days)
        late |= Q(protocol_version=number, held_on__lt=F("today") - days)
        codes = [visit.code for visit in version.visits if visit.panel]
        asked |= Q(protocol_version=number, code__in=codes)
    rows = (
        Visit.objects.filter(status=Status.HELD)
        .exclude(participant__status=ParticipantStatus.SCREEN_FAILED)
        .annotate(today=SiteDay("participant__site__timezone"))
        .filter(late & asked, Q(panel=None) | Q(panel__filled__lt=F("panel__expected")))
        .select_related("participant", "panel")
        .order_by("pk")
    )
    return {f"{INCOMPLETE}:{visit.pk}": _gap(visit) for visit in rows}


def _gap(visit: Visit) -> Finding:
    panel: Panel | None = getattr(visit, "panel", None)
    version = registry.get(visit.protocol_version)
    expected = panel.expected if panel else len(version.visit(visit.code).panel)
    return Finding(
        place=_place(visit),
        record=Record(Visit._meta.db_table, visit.pk),
        label=_label(visit),
        params={
            "days": str(version.quality.incomplete_after_days),
            "filled": str(panel.filled if panel else 0),
            "expected": str(expected),
        },
    )


def _dialysis() -> dict[str, Finding]:
    """Samples whose scores wait for the answer about dialysis."""
    scores = MeldScore.objects.current().filter(missing__contains=[_UNANSWERED])
    rows = (
        Panel.objects.filter(pk__in=scores.values("panel_id"), dialysis=None)
        .exclude(visit__participant__status=ParticipantStatus.SCREEN_FAILED)
        .select_related("visit__participant")
        .order_by("pk")
    )
    return {
        f"{DIALYSIS}:{panel.pk}": Finding(
            place=_place(panel.visit),
            record=Record(Panel._meta.db_table, panel.pk, "dialysis"),
            label=_label(panel.visit),
        )
        for panel in rows
    }


def _place(visit: Visit) -> Place:
    person = visit.participant
    return Place(person.site_id, person.pk, person.code, visit.pk, visit.label, "labs")


def _label(visit: Visit) -> Label:
    return Label(f"Labs, {visit.label}", f"实验室检查，{visit.label}")
