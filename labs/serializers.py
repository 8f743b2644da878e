"""The body of a panel sent over REST, and the panel as it is answered."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labs.entry import Entry
from labs.models import NotDone, Panel, Result, SampleState, Source
from labs.wording import number_problem_text, verdict_text
from patients.serializers import CodeField
from trial.protocol.checks import assess
from trial.protocol.numbers import NumberError, parse_quantity
from trial.protocol.version import ProtocolVersion
from trial.web.rest import JsonNumber, PlainText, StrictBoolean, StrictSerializer

MAX_RESULTS = 100
_LONG = 2_000


_NUMBER_OR_TEXT = {"oneOf": [{"type": "string", "maxLength": 32}, {"type": "number"}]}


@extend_schema_field(_NUMBER_OR_TEXT)
class ValueField(serializers.Field[str, Any, str, Any]):
    """A measured value: a text as typed ("1,5", "<0.3") or a JSON number; kept digit by digit."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Give the value as a text or a number."))
        if len(data) > _LONG:
            raise serializers.ValidationError(_("The text is too long."))
        return str(data)

    def to_representation(self, value: str) -> str:
        return value


@extend_schema_field(_NUMBER_OR_TEXT)
class NumberField(serializers.Field[Decimal, Any, str, Any]):
    """An exact number with at most `places` decimals, as a JSON number or a text."""

    def __init__(self, *, places: int, **options: Any) -> None:
        self.places = places
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Give an exact number."))
        try:
            quantity = parse_quantity(data)
        except NumberError as error:
            text = number_problem_text(error.code, error.params)
            raise serializers.ValidationError(text) from error
        if quantity.comparator:
            raise serializers.ValidationError(_("Give an exact number."))
        if round(quantity.value, self.places) != quantity.value:
            text = _("At most %(places)s decimals.") % {"places": self.places}
            raise serializers.ValidationError(text)
        return quantity.value

    def to_representation(self, value: Decimal) -> str:
        return exact(value) or ""


class CountField(serializers.IntegerField):
    """A whole number from 0; a JSON number, not a text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=1_000_000, **options)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, JsonNumber):
            self.fail("invalid")
        return super().to_internal_value(data)


class ResultIn(StrictSerializer):
    """One analyte: a value with its unit, or why there is none; neither takes a value back."""

    analyte = PlainText(max_length=10, help_text="CDISC LBTESTCD.")
    value = ValueField(
        required=False, allow_null=True, help_text='As reported: 125, "1,5", "<0.3".'
    )
    unit = PlainText(required=False, allow_blank=True, max_length=20, help_text="CDISC UNIT.")
    not_done = serializers.ChoiceField(
        NotDone.choices, required=False, allow_blank=True, help_text="Why there is no value."
    )
    confirmed = StrictBoolean(required=False, help_text="An unusual value is right.")
    comment = PlainText(required=False, allow_blank=True, max_length=_LONG)

    def entry(self, data: dict[str, Any]) -> Entry:
        """The entry that a row of validated data means."""
        return Entry(
            text=data.get("value") or "",
            unit=data.get("unit", ""),
            not_done=data.get("not_done", ""),
            comment=data.get("comment", ""),
            confirmed=data.get("confirmed", False),
        )


class PanelIn(StrictSerializer):
    """A panel. What is left out stays as it is stored; `base_version` is the version you saw."""

    participant = CodeField(max_length=12)
    visit = PlainText(max_length=10, help_text="Visit of the protocol, such as W36.")
    visit_number = CountField(required=False, default=0, help_text="Of an unscheduled visit.")
    base_version = CountField(help_text="Version of the panel you saw; 0: there was none.")
    laboratory = PlainText(max_length=20, help_text="Code of the laboratory.")
    collected_on = serializers.DateField(input_formats=["%Y-%m-%d"])
    collected_time = serializers.TimeField(
        required=False, allow_null=True, input_formats=["%H:%M", "%H:%M:%S"]
    )
    sample_state = serializers.ChoiceField(SampleState.choices, required=False)
    dialysis = StrictBoolean(
        required=False,
        allow_null=True,
        help_text="Two or more sessions, or 24 h CVVHD, in the 7 days before; null: not answered.",
    )
    pt_isi = NumberField(places=3, required=False, allow_null=True, help_text="ISI of the lot.")
    pt_mnpt = NumberField(places=2, required=False, allow_null=True, help_text="MNPT in s.")
    reason = PlainText(
        required=False, allow_blank=True, default="", max_length=_LONG,
        help_text="Needed to change or remove a stored value.",
    )  # fmt: skip
    results: Any = serializers.ListSerializer(child=ResultIn(), max_length=MAX_RESULTS)

    def validate_results(self, rows: list[dict[str, Any]]) -> dict[str, Entry]:
        """The entries by analyte; twice the same one is an error."""
        entries: dict[str, Entry] = {}
        for row in rows:
            if row["analyte"] in entries:
                text = _("%(analyte)s is given twice.") % {"analyte": row["analyte"]}
                raise serializers.ValidationError(text)
            entries[row["analyte"]] = ResultIn().entry(row)
        return entries


class VerdictOut(serializers.Serializer[Any]):
    """What the checks say of an accepted value."""

    level = serializers.ChoiceField(["ok", "soft"])
    code = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True)


class ResultOut(serializers.Serializer[Any]):
    """One stored analyte; decimals are texts."""

    id = serializers.IntegerField()
    analyte = serializers.CharField()
    value_text = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_null=True)
    comparator = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    canonical_value = serializers.CharField(allow_null=True)
    canonical_unit = serializers.CharField()
    range_low = serializers.CharField(allow_null=True)
    range_high = serializers.CharField(allow_null=True)
    flag = serializers.CharField(allow_null=True)
    not_done = serializers.CharField(allow_null=True)
    confirmed = serializers.BooleanField()
    comment = serializers.CharField(allow_null=True)
    verdict = VerdictOut(allow_null=True)


class PanelOut(serializers.Serializer[Any]):
    """A stored panel. `changed`: whether the request wrote anything (absent when read)."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    site = serializers.CharField()
    participant = serializers.CharField()
    visit = serializers.CharField()
    visit_number = serializers.IntegerField()
    laboratory = serializers.CharField()
    collected_on = serializers.DateField()
    collected_time = serializers.TimeField(allow_null=True)
    sample_state = serializers.ChoiceField(SampleState.choices)
    dialysis = serializers.BooleanField(allow_null=True)
    pt_isi = serializers.CharField(allow_null=True)
    pt_mnpt = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(Source.choices)  # type: ignore[assignment]  # DRF pops it
    saved_at = serializers.DateTimeField()
    evaluation = serializers.ChoiceField(["PENDING", "FINAL"])
    results = ResultOut(many=True)
    changed = serializers.BooleanField(required=False)


def exact(value: Decimal | None) -> str | None:
    """A number digit by digit, without the zeros that storage adds."""
    return None if value is None else format(value.normalize(), "f")


def shown_panel(panel: Panel, protocol: ProtocolVersion, *, pending: bool) -> dict[str, Any]:
    """A panel as PanelOut describes it, ready for JSON."""
    participant = panel.visit.participant
    time = panel.collected_time
    return {
        "id": panel.pk,
        "version": panel.version,
        "site": participant.site.code,
        "participant": participant.code,
        "visit": panel.visit.code,
        "visit_number": panel.visit.number,
        "laboratory": panel.laboratory.code,
        "collected_on": panel.collected_on.isoformat(),
        "collected_time": time.isoformat() if time else None,
        "sample_state": panel.sample_state,
        "dialysis": panel.dialysis,
        "pt_isi": exact(panel.pt_isi),
        "pt_mnpt": exact(panel.pt_mnpt),
        "source": panel.source,
        "saved_at": panel.saved_at.isoformat(),
        "evaluation": "PENDING" if pending else "FINAL",
        "results": [_shown_result(row, protocol) for row in panel.results.all()],
    }


def _shown_result(row: Result, protocol: ProtocolVersion) -> dict[str, Any]:
    return {
        "id": row.pk,
        "analyte": row.analyte,
        "value_text": row.text or None,
        "unit": row.unit or None,
        "comparator": row.comparator or None,
        "value": exact(row.value),
        "canonical_value": exact(row.canonical),
        "canonical_unit": protocol.analyte(row.analyte).canonical_unit.code,
        "range_low": exact(row.range_low),
        "range_high": exact(row.range_high),
        "flag": row.flag or None,
        "not_done": row.not_done or None,
        "confirmed": row.confirmed,
        "comment": row.comment or None,
        "verdict": _verdict(row, protocol),
    }


def _verdict(row: Result, protocol: ProtocolVersion) -> dict[str, Any] | None:
    if not row.text:
        return None
    verdict = assess(protocol.analyte(row.analyte), row.text, row.unit)
    return {
        "level": verdict.level,
        "code": verdict.code or None,
        "text": verdict_text(verdict) or None,
    }
