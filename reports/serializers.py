"""What the API says about its rows in the OpenAPI description."""

from rest_framework import serializers

from reports.columns import Column
from reports.dataset import Dataset

FIELDS: dict[str, type[serializers.Field]] = {
    "text": serializers.CharField,
    "integer": serializers.IntegerField,
    "decimal": serializers.CharField,
    "date": serializers.DateField,
    "time": serializers.TimeField,
    "timestamp": serializers.DateTimeField,
    "boolean": serializers.BooleanField,
}
NEVER_NULL = ("id", "site", "participant", "status", "changed_at")


def _field(column: Column, never: tuple[str, ...]) -> serializers.Field:
    return FIELDS[column.kind](
        help_text=column.text, allow_null=column.name not in never, read_only=True
    )


def _never_null(dataset: Dataset) -> tuple[str, ...]:
    """Each row is of a site; events of the trail need not be, nor what concerns the whole study."""
    if dataset.append_only:
        return ("id", "at", "kind")
    if dataset.filled is not None:
        return dataset.filled
    fields = dataset.rows.model._meta.concrete_fields
    nullable = {field.name for field in fields if field.null}
    return tuple(name for name in NEVER_NULL if name not in nullable)


def serializer_for(dataset: Dataset) -> type[serializers.Serializer]:
    """A read-only serializer that describes a dataset's rows.

    Rows are rendered by `Dataset.show`, which is the same for every format.
    """
    name = dataset.rows.model.__name__.removesuffix("Row")
    never = _never_null(dataset)
    fields = {column.name: _field(column, never) for column in dataset.columns}
    return type(name, (serializers.Serializer,), {**fields, "__doc__": dataset.text})


class LabelText(serializers.Serializer):
    """A text of the study in its two languages."""

    en = serializers.CharField(help_text="In English.")
    zh = serializers.CharField(help_text="In Chinese.")


class AnswerCode(serializers.Serializer):
    """One answer of a closed question."""

    code = serializers.CharField(help_text="As stored and exported.")
    label = LabelText()  # type: ignore[assignment]  # DRF takes declared fields off the class
    cdisc = serializers.CharField(allow_null=True, help_text="CDISC submission value.")


class Condition(serializers.Serializer):
    """A question is asked only where another one of the row has one of these answers."""

    question = serializers.CharField(help_text="The other question.")
    codes = serializers.ListField(child=serializers.CharField(), help_text="Its answers.")


def _limit(text: str) -> serializers.Field:
    return serializers.CharField(allow_null=True, help_text=text)


class FormQuestion(serializers.Serializer):
    """A question of a form."""

    name = serializers.CharField(help_text="Column of the form's dataset.")
    label = LabelText()  # type: ignore[assignment]
    help = LabelText(allow_null=True)
    type = serializers.ChoiceField(choices=list(FIELDS), help_text="Type of the column.")
    kind = serializers.CharField(help_text="How it is asked, such as choice or partial_date.")
    unit = serializers.CharField(allow_null=True, help_text="Unit of a number.")
    decimals = serializers.IntegerField(allow_null=True, help_text="Decimal places of a number.")
    low = _limit("Lowest number that can be stored.")
    high = _limit("Highest number that can be stored.")
    soft_low = _limit("A number below it is asked about.")
    soft_high = _limit("A number above it is asked about.")
    length = serializers.IntegerField(allow_null=True, help_text="Most characters of a text.")
    codes = AnswerCode(many=True)
    line_of = serializers.CharField(allow_null=True, help_text="Form whose line it names.")
    needed = serializers.BooleanField(help_text="The form is not complete without an answer.")
    when = Condition(allow_null=True)
    cdisc = serializers.CharField(allow_null=True, help_text="SDTM variable or test code.")
    exported = serializers.BooleanField(help_text="False: free text, which never leaves.")


class FormSection(serializers.Serializer):
    """What is saved at one go."""

    code = serializers.CharField()
    label = LabelText()  # type: ignore[assignment]
    questions = FormQuestion(many=True)


class FormDescription(serializers.Serializer):
    """A form of the casebook."""

    code = serializers.CharField(help_text="Code of the form.")
    label = LabelText()  # type: ignore[assignment]
    dataset = serializers.CharField(help_text="Name of its dataset.")
    domain = serializers.CharField(help_text="SDTM domain.")
    level = serializers.ChoiceField(choices=["visit", "participant"], help_text="Whose it is.")
    repeats = serializers.BooleanField(help_text="Whether it has any number of lines.")
    visits = serializers.ListField(
        child=serializers.CharField(), help_text="Visits at which it is filled in."
    )
    sections = FormSection(many=True)


class FormDictionary(serializers.Serializer):
    """The forms of one version of the protocol."""

    protocol = serializers.CharField(help_text="Version of the protocol.")
    forms = FormDescription(many=True)
