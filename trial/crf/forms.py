"""A section of a form as a Django form, made from its description."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from trial.crf.columns import digits
from trial.crf.values import mark_of, unit_text
from trial.protocol.crf import Question, Section, Values
from trial.web.fields import DayField, MomentField, NumberField, half_width, line_field
from trial.web.formats import localized, plain_number
from trial.web.forms import FieldDisplay

FEW = 6  # so many answers are shown side by side; more are a list to choose from
YES_NO = [("no", _("no")), ("yes", _("yes"))]
Lines = Mapping[str, Sequence[tuple[int, str]]]  # by form: numbers and titles of its lines


class PartialDayField(forms.CharField):
    """A day, month or year: YYYY-MM-DD, YYYY-MM or YYYY; other separators are understood."""

    def __init__(self, **options: Any) -> None:
        attrs = {"placeholder": "YYYY-MM-DD", "inputmode": "numeric", "autocomplete": "off"}
        widget = forms.TextInput(attrs={**attrs, "data-partial-date": ""})
        super().__init__(max_length=10, required=False, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(half_width(value)) or "")
        return text.replace("/", "-").replace(".", "-")


class SectionForm(forms.Form):
    """One section with what is stored, or with what was typed. Whether an answer is possible, the
    service says: it answers for every door."""

    def __init__(
        self, section: Section, *, prefix: str, zone: tzinfo, values: Values | None = None,
        lines: Lines | None = None, data: QueryDict | None = None,
        offered: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`offered`: texts that a new line begins with, to be looked at before they are saved."""
        self.section, self.stored = section, values or {}
        initial = {one.name: _drawn(one, self.stored.get(one.name)) for one in section.questions}
        initial |= offered or {}
        super().__init__(data, initial=initial, prefix=prefix)
        self.displays = {
            one.name: FieldDisplay(unit=unit_text(one.unit))
            for one in section.questions
            if one.unit
        }
        for question in section.questions:
            self.fields[question.name] = _field(question, zone, lines or {})
        base = mark_of({one.name: self.stored.get(one.name) for one in section.questions})
        self.fields["base"] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=base
        )

    @property
    def typed(self) -> dict[str, Any]:
        """What can be used of what was typed, by question, whether or not the rest is right."""
        self.is_valid()
        return {
            one.name: self._answer(one)
            for one in self.section.questions
            if one.name in self.cleaned_data
        }

    def _answer(self, question: Question) -> Any:
        value = self.cleaned_data[question.name]
        if question.kind == "tick" and value is False and not self.stored.get(question.name):
            return self.stored.get(question.name)  # a box that was never touched says nothing
        return question.empty if value is None else value

    @property
    def base(self) -> str:
        """The mark of what the form was drawn from."""
        return str(self.cleaned_data.get("base") or "")


class AboutForm(forms.Form):
    """What goes with every save: why a stored answer is changed, and the key of this save."""

    reason = line_field(_("Why is it changed?"), 1000, required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class NotDoneForm(forms.Form):
    """Why a sheet was not filled in, and why what stood there is taken back."""

    why = line_field(_("Why was the form not filled in?"), 200)
    reason = line_field(_("Why is it changed?"), 1000, required=False)


class StrikeForm(forms.Form):
    """Why a line is struck."""

    reason = line_field(_("Why is the line struck?"), 1000)


class ObjectionForm(forms.Form):
    """Why a check is wrong here."""

    text = line_field(_("Why it is wrong here"), 500)


def _drawn(question: Question, value: Any) -> Any:
    """A stored answer as its widget takes it."""
    if question.kind == "yes_no" and value is not None:
        return "yes" if value else "no"
    return plain_number(value) if isinstance(value, Decimal) else value


def _field(question: Question, zone: tzinfo, lines: Lines) -> forms.Field:
    about: dict[str, Any] = {
        "label": localized(question.label),
        "help_text": localized(question.help) if question.help else "",
    }
    if question.kind == "number":
        # one more than is possible, so that too much is answered with the limit
        return NumberField(question.decimals, digits=digits(question) + 1, **about)
    if question.kind == "moment":
        return MomentField(zone, **about)
    if question.kind == "date":
        return DayField(required=False, **about)
    if question.kind == "partial_date":
        return PartialDayField(**about)
    if question.kind == "tick":
        return forms.BooleanField(required=False, **about)
    if question.kind in ("text", "note"):
        return _text(question, about)
    return _choice(question, lines, about)


def _text(question: Question, about: Mapping[str, Any]) -> forms.Field:
    long = question.kind == "note"
    widget = forms.Textarea(attrs={"rows": 2}) if long else forms.TextInput()
    return forms.CharField(
        max_length=question.length, required=False, widget=widget, strip=True, **about
    )


def _choice(question: Question, lines: Lines, about: Mapping[str, Any]) -> forms.Field:
    if question.kind == "yes_no":
        return forms.TypedChoiceField(
            choices=YES_NO, coerce=lambda text: text == "yes", empty_value=None, required=False,
            widget=forms.RadioSelect, **about,
        )  # fmt: skip
    if question.kind == "line":
        options = [("", "–"), *((number, title) for number, title in lines.get(question.to, ()))]
        return forms.TypedChoiceField(
            choices=options, coerce=int, empty_value=None, required=False, **about
        )
    few = len(question.codes) <= FEW
    codes = [(code.code, localized(code.label)) for code in question.codes]
    return forms.ChoiceField(
        choices=codes if few else [("", "–"), *codes], required=False,
        widget=forms.RadioSelect if few else forms.Select, **about,
    )  # fmt: skip
