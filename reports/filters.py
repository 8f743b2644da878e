"""What each dataset can be filtered by; one FilterSet serves REST and pages."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from patients.models import Sex
from patients.models import Status as ParticipantStatus
from randomization.models import Kind as UnblindingKind
from reports import expressions
from safety.models.liver import Kind as LiverKind
from safety.models.liver import State as LiverState
from trial.quality.casebook import FORM_OF_TABLE
from trial.quality.models import Origin
from trial.quality.models import Status as QueryStatus
from trial.signing.models import Scope
from visits.custody import State
from visits.models import Status as VisitStatus
from visits.models.course import Term


class MomentField(forms.CharField):
    """A point in time, ISO 8601 with its offset: without one nobody knows what is meant."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or moment.utcoffset() is None:
            raise ValidationError(
                _(
                    "Give a time with its offset, such as 2026-01-31T08:15:00Z (in an address a + "
                    "is written %2B)."
                )
            )
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(_("Enter a valid date.")) from error


class MomentFilter(filters.Filter):
    field_class = MomentField


class CodeField(forms.CharField):
    """A participant code, with its check digit."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        code = normalise(text)
        if code is None:
            raise ValidationError(_("This is not a participant code."))
        return code


class CodeFilter(filters.Filter):
    field_class = CodeField


def day(field: str, lookup: str, text: str) -> filters.DateFilter:
    """A filter by an ISO date."""
    return filters.DateFilter(
        field_name=field, lookup_expr=lookup, input_formats=["%Y-%m-%d"], help_text=text
    )


def choice(field: str, values: Iterable[str], text: str) -> filters.ChoiceFilter:
    """A filter by one of a fixed set of words."""
    return filters.ChoiceFilter(
        field_name=field, choices=[(value, value) for value in values], help_text=text
    )


def changed_since(field: str = "changed_at") -> MomentFilter:
    """Rows that have changed at or after a point in time, corrections included."""
    return MomentFilter(
        field_name=field,
        lookup_expr="gte",
        help_text="Rows changed at or after this time (ISO 8601 with offset).",
    )


class ExportFilters(filters.FilterSet):
    """The site, which every dataset has, and the order of the two dates."""

    site = filters.CharFilter(
        field_name="site",
        validators=[RegexValidator(r"^[0-9]{2}$", _("A site is two digits."))],
        help_text="Site, two digits.",
    )

    def get_form_class(self) -> type[forms.Form]:
        class Ordered(super().get_form_class()):  # type: ignore[misc]
            def clean(self) -> dict[str, Any]:
                cleaned: dict[str, Any] = super().clean()
                first, last = cleaned.get("date_from"), cleaned.get("date_to")
                if first and last and first > last:
                    self.add_error("date_to", _("The period ends before it begins."))
                return cleaned

        return Ordered


class ParticipantFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    status = choice("status", ParticipantStatus.values, "Where the participant stands.")
    sex = choice("sex", Sex.values, "M or F.")
    date_from = day("screened_on", "gte", "Screened on this day or later.")
    date_to = day("screened_on", "lte", "Screened on this day or before.")
    changed_since = changed_since()


class VisitFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    status = choice("status", VisitStatus.values, "planned, held or missed.")
    date_from = day("held_on", "gte", "Held on this day or later.")
    date_to = day("held_on", "lte", "Held on this day or before.")
    changed_since = changed_since()


class LabResultFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    analyte = choice("analyte", expressions.ANALYTES, "Analyte: CDISC LBTESTCD.")
    flag = choice("flag", ("L", "N", "H"), "Below, within or above the range.")
    date_from = day("collected_on", "gte", "Sample taken on this day or later.")
    date_to = day("collected_on", "lte", "Sample taken on this day or before.")
    changed_since = changed_since()


class MeldScoreFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    formula = choice("formula", expressions.FORMULAS, "MELD, MELDNA or MELD30.")
    status = choice("status", ("FINAL", "NOT_COMPUTABLE", "PENDING"), "State of the evaluation.")
    date_from = day("collected_on", "gte", "Sample taken on this day or later.")
    date_to = day("collected_on", "lte", "Sample taken on this day or before.")
    changed_since = changed_since()


class ResponseAssessmentFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    rule = choice("rule", expressions.RULES, "The rule, such as TRIAL-REL.")
    outcome = choice("outcome", expressions.OUTCOMES, "Outcome of the rule.")
    status = choice("status", ("FINAL", "NOT_EVALUABLE", "PENDING"), "State of the evaluation.")
    date_from = day("occurred_on", "gte", "Event on this day or later.")
    date_to = day("occurred_on", "lte", "Event on this day or before.")
    changed_since = changed_since()


class LabToxicityFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    analyte = choice("analyte", expressions.ANALYTES, "Analyte: CDISC LBTESTCD.")
    date_from = day("collected_on", "gte", "Sample taken on this day or later.")
    date_to = day("collected_on", "lte", "Sample taken on this day or before.")
    changed_since = changed_since()


class SteroidExposureFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    date_from = day("held_on", "gte", "Visit on this day or later.")
    date_to = day("held_on", "lte", "Visit on this day or before.")
    changed_since = changed_since()


class LiverSignalFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    kind = choice("kind", LiverKind.values, "hys_law, stop or watch.")
    state = choice("state", LiverState.values, "How it is judged.")
    date_from = day("occurred_on", "gte", "Began with a sample of this day or later.")
    date_to = day("occurred_on", "lte", "Began with a sample of this day or before.")
    changed_since = changed_since()


class SignatureFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    scope = choice("scope", Scope.values, "visit, casebook or allocation.")
    state = choice("state", ("intact", "changed", "superseded"), "Whether it stands.")
    changed_since = changed_since()


class VerificationFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    form = choice("form", tuple(dict.fromkeys(FORM_OF_TABLE.values())), "Form it is about.")
    scope = choice("scope", ("form", "record", "value"), "How much it covers.")
    state = choice("state", ("verified", "changed", "withdrawn"), "Whether it holds.")
    changed_since = changed_since()


class QueryFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    status = choice("status", QueryStatus.values, "open, answered or closed.")
    origin = choice("origin", Origin.values, "What asked.")
    changed_since = changed_since()


class RandomisationFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    changed_since = changed_since()


class BagFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    state = choice("state", tuple(state.value for state in State), "Where the bag stands.")
    changed_since = changed_since()


class InfusionFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    changed_since = changed_since()


class InfusionVitalsFilters(InfusionFilters):
    """Vital signs are filtered as infusions are."""


class InfusionReactionFilters(InfusionFilters):
    term = choice("term", Term.values, "The reaction.")


class HistologyReadingFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = choice("visit", expressions.VISITS, "Visit code.")
    reader = choice("reader", ("final", "1", "2", "3"), "What counts, or a reader's.")
    date_from = day("taken_on", "gte", "Taken on this day or later.")
    date_to = day("taken_on", "lte", "Taken on this day or before.")
    changed_since = changed_since()


class UnblindingFilters(ExportFilters):
    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    kind = choice("kind", UnblindingKind.values, "emergency, planned or inadvertent.")
    changed_since = changed_since()


class SiteFilters(ExportFilters):
    """Sites are filtered by their code alone."""


class TrailFilters(ExportFilters):
    """Whose event, of what kind, by whom and when."""

    participant = CodeFilter(field_name="participant", help_text="Participant code.")
    visit = filters.CharFilter(field_name="visit", help_text="Visit, as W36 or UNS 2.")
    form = choice("form", sorted(set(FORM_OF_TABLE.values())), "Form of the casebook.")
    table = filters.CharFilter(field_name="table_name", help_text="Table of the record.")
    record = filters.CharFilter(field_name="record_id", help_text="Row of the record.")
    kind = filters.CharFilter(
        field_name="kind", help_text="insert, update, delete, or act: and what was done."
    )
    actor = filters.CharFilter(field_name="actor", help_text="User name or process.")
    role = filters.CharFilter(field_name="actor_role", help_text="Role it was done under.")
    since = MomentFilter(
        field_name="at", lookup_expr="gte", help_text="At or after this time (ISO 8601)."
    )
    until = MomentFilter(
        field_name="at", lookup_expr="lt", help_text="Before this time (ISO 8601)."
    )
