"""What the datasets of described forms are filtered by, made from the descriptions."""

import django_filters

from reports import expressions
from reports.filters import CodeFilter, ExportFilters, changed_since, choice, day
from trial.protocol.crf import Form


class FormFilters(ExportFilters):
    """What every form is filtered by."""

    participant = CodeFilter(field_name="participant__code", help_text="Participant code.")
    struck = django_filters.TypedChoiceFilter(
        field_name="struck",
        choices=[("true", "true"), ("false", "false")],
        coerce=lambda text: text == "true",
        help_text="Whether the line was entered by mistake.",
    )
    changed_since = changed_since("saved_at")


def filters_of(form: Form) -> type[FormFilters]:
    """The filters of a form: by its visit, and by the first day that it asks for."""
    found: dict[str, object] = {"__doc__": f"{form.label.en} by whose, when and since when."}
    if form.level == "visit":
        found["visit"] = choice("visit__code", expressions.VISITS, "Visit code.")
    dated = next((one for one in form.questions if one.kind == "date"), None)
    if dated is not None:
        name = dated.label.en
        found["date_from"] = day(dated.name, "gte", f"{name}: this day or later.")
        found["date_to"] = day(dated.name, "lte", f"{name}: this day or before.")
    return type(f"{form.model}Filters", (FormFilters,), found)
