"""How form fields look: one template draws each of them, with unit, range, help and errors."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class FieldDisplay:
    """What stands beside a field: its unit, its reference range, a remark, its own width."""

    unit: str | Promise = ""
    reference: str | Promise = ""
    note: str | Promise = ""


class FieldBound(BoundField):
    """A field of a form, knowing how it is to be displayed.

    A form says so in `displays`, a dict of field name -> FieldDisplay, on class or instance.
    """

    @property
    def display(self) -> FieldDisplay:
        """The form's FieldDisplay for this field, or an empty one."""
        displays: dict[str, FieldDisplay] = getattr(self.form, "displays", {})
        return displays.get(self.name, FieldDisplay())

    @property
    def is_checkbox(self) -> bool:
        """A single box, whose label stands after it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def aria_describedby(self) -> str | None:
        """Ids of help, error, unit and range, so that screen readers say them with the field."""
        described = super().aria_describedby
        if described is None or not self.auto_id or self.is_hidden:
            return described
        parts = [described] if described else []
        shown = self.display
        parts += [
            f"{self.auto_id}_{part}"
            for part in ("unit", "reference", "note")
            if getattr(shown, part)
        ]
        return " ".join(parts)

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        """Django's attributes, and the class that styles this kind of control."""
        drawn = widget or self.field.widget
        built = super().build_widget_attrs(attrs, drawn)
        own = drawn.attrs.get("class", "")
        invalid = "is-invalid" if self.errors else ""
        built["class"] = " ".join(part for part in (control_class(drawn), own, invalid) if part)
        return built


def control_class(widget: forms.Widget) -> str:
    """The Bootstrap class of a control: box, list, or input."""
    if widget.is_hidden:
        return ""
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


class FieldRenderer(TemplatesSetting):
    """Forms drawn by templates/django/forms/, so that a project template can be used for each."""

    form_template_name = "django/forms/form.html"
    field_template_name = "django/forms/field.html"
    bound_field_class = FieldBound


class DateInput(forms.DateInput):
    """A day as YYYY-MM-DD in every language, with today/yesterday buttons and keys t, y, v.

    `visit_date` (ISO) adds a "visit date" button.
    """

    template_name = "django/forms/widgets/day.html"

    def __init__(self, attrs: dict[str, Any] | None = None, visit_date: str = "") -> None:
        defaults = {
            "data-date": "",
            "placeholder": "YYYY-MM-DD",
            "inputmode": "numeric",
            "autocomplete": "off",
            "maxlength": "10",
        }
        if visit_date:
            defaults["data-visit-date"] = visit_date
        super().__init__(attrs={**defaults, **(attrs or {})}, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A time of day as HH:MM on the 24-hour clock."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        defaults = {"placeholder": "HH:MM", "inputmode": "numeric", "autocomplete": "off"}
        super().__init__(attrs={**defaults, **(attrs or {})}, format="%H:%M")
