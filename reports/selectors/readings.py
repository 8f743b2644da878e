"""Who was shown a participant's data, or a list in which the participant may have stood (R-54)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from labs.models import Panel, Result
from patients.models import Participant
from randomization.models import Allocation, Unblinding
from reports.form_datasets import name_of
from reports.records import KINDS
from safety.models import LiverSignal
from trial.audit.models import Reading
from trial.crf.models import MODELS
from trial.protocol.casebook.forms import FORMS
from trial.quality.models import Hold, Query, Verification
from trial.signing.models import Signature
from visits.models import (
    Bag,
    Biopsy,
    Infusion,
    InfusionReaction,
    InfusionVitals,
    ReadingAssignment,
    Visit,
)

# What an address names besides the participant's code, and whose rows those are.
_VISIT_VIEWS = ("api:visits-detail", "api:steroid-exposure-detail")
_RESULT_VIEWS = ("api:lab-results-detail",)
_DETAILS: Mapping[str, tuple[type[Model], str]] = {
    "api:signatures-detail": (Signature, "participant_id"),
    "api:queries-detail": (Query, "participant_id"),
    "api:verifications-detail": (Verification, "participant_id"),
    "api:randomisations-detail": (Allocation, "participant"),
    "api:unblindings-detail": (Unblinding, "participant"),
    "randomization:unblinding": (Unblinding, "participant"),
    "api:liver-signals-detail": (LiverSignal, "participant"),
    "api:infusions-detail": (Infusion, "visit__participant"),
    "api:infusion-vitals-detail": (InfusionVitals, "infusion__visit__participant"),
    "api:infusion-reactions-detail": (InfusionReaction, "infusion__visit__participant"),
    **{f"api:{name_of(form)}-detail": (MODELS[form.code], "participant") for form in FORMS},
}
_RECORD_VIEWS = ("reports:history", "reports:query_raise", "reports:redaction_ask")
LISTS = (
    "visits:participants", "visits:due", "reports:home", "reports:matrix", "reports:inbox",
    "api:participants-list", "api:visits-list", "api:lab-results-list", "api:meld-scores-list",
    "api:response-assessments-list", "api:signatures-list", "reports:to_sign", "reports:holds",
    "api:trail-list", "reports:trail", "reports:compare", "api:trace",
    "reports:verification", "api:verifications-list", "reports:queries", "api:queries-list",
    "reports:redactions", "labs:import", "labs:import-findings", "api:lab-imports-findings",
    "randomization:overview", "api:randomisations-list", "bags:stock", "api:bags-list",
    "api:infusions-list", "api:infusion-vitals-list", "api:infusion-reactions-list",
    "histology:desk", "api:histology-readings-list",
    "randomization:unblindings", "api:unblindings-list",
    *(f"api:{name_of(form)}-list" for form in FORMS),
    "liver:overview", "api:lab-toxicity-list", "api:liver-signals-list",
    "api:steroid-exposure-list",
)  # fmt: skip


def readings_of(participant: Participant, first: datetime, last: datetime) -> QuerySet[Reading]:
    """Pages and answers about this one participant, in order of time."""
    visits = Visit.objects.filter(participant=participant)
    results = Result.objects.filter(panel__visit__participant=participant)
    panels = Panel.objects.filter(visit__participant=participant)
    named = Q(record__code=participant.code) | Q(record__participant=participant.code)
    named |= Q(visit__in=_texts(visits))
    named |= Q(result__in=_texts(results))
    named |= Q(view="api:participants-detail", pk_named=str(participant.pk))
    named |= Q(view__in=_VISIT_VIEWS, pk_named__in=_texts(visits))
    named |= Q(view__in=_RESULT_VIEWS, pk_named__in=_texts(results))
    for name, model in (("signature", Signature), ("query", Query), ("hold", Hold)):
        about = _texts(model._default_manager.filter(participant_id=participant.pk))
        named |= Q(**{f"{name}__in": about})
    for view, (row, owner) in _DETAILS.items():
        about = _texts(row._default_manager.filter(**{owner: participant.pk}))
        named |= Q(view=view, pk_named__in=about)
    for kind in KINDS.values():
        owner = "__".join(filter(None, (kind.owner, "pk")))
        rows = kind.model._default_manager.filter(**{owner: participant.pk})
        named |= Q(view__in=_RECORD_VIEWS, kind_named=kind.code, pk_named__in=_texts(rows))
    bags = Bag.objects.filter(movements__participant=participant).values("number")
    named |= Q(view__startswith="bags:", number__in=bags)
    named |= Q(view="api:bags-detail", pk_named__in=bags)
    codes = ReadingAssignment.objects.filter(biopsy__participant=participant).values("code")
    named |= Q(view__startswith="reading:", specimen__in=codes)
    biopsies = Biopsy.objects.filter(participant=participant)
    for biopsy_id in biopsies.values_list("pk", flat=True):
        named |= Q(view="api:histology-readings-detail", pk_named__startswith=f"{biopsy_id}-")
    named |= Q(view="api:response-assessments-detail", pk_named__startswith=f"{participant.pk}-")
    named |= Q(view="api:lab-toxicity-detail", pk_half__in=_texts(results))
    for panel_id in panels.values_list("pk", flat=True):
        named |= Q(view="api:meld-scores-detail", pk_named__startswith=f"{panel_id}-")
        named |= Q(view="api:lab-panels-detail", pk_named=str(panel_id))
    return _between(first, last).filter(named)


def lists_shown(first: datetime, last: datetime) -> QuerySet[Reading]:
    """Lists and files in which any participant of the reader's sites may have stood."""
    return _between(first, last).filter(view__in=LISTS).exclude(record__has_key="participant")


def _between(first: datetime, last: datetime) -> QuerySet[Reading]:
    return (
        Reading.objects.filter(at__gte=first, at__lte=last)
        .annotate(
            visit=KT("record__visit_id"),
            result=KT("record__result_id"),
            signature=KT("record__signature_id"),
            query=KT("record__query_id"),
            hold=KT("record__hold_id"),
            pk_named=KT("record__pk"),
            pk_half=Func(
                KT("record__pk"),
                Value("-"),
                Value(1),
                function="split_part",
                output_field=CharField(),
            ),
            kind_named=KT("record__kind"),
            number=KT("record__number"),
            specimen=KT("record__specimen"),
        )
        .order_by("id")
    )


def _texts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The keys of rows as the texts that addresses hold."""
    texts: QuerySet[Any] = rows.order_by().annotate(text_key=Cast(F("pk"), CharField()))
    return texts.values("text_key")
