"""Forms of the central reading: a reader's answers, a picture, who reads."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from patients.filters import site_choice
from trial.access.models import Site, User
from trial.protocol.casebook.histology_reading import FORM
from trial.protocol.casebook.histology_scores import COMPONENTS
from trial.protocol.crf import Question, Values
from trial.web.fields import NumberField, line_field
from trial.web.formats import localized
from trial.web.forms import FieldDisplay
from visits.models.reading import Stain
from visits.selectors.histology import Step
from visits.slide_files import MAX_BYTES

STEP_NAMES = {
    Step.SLIDES: _("wait for pictures"),
    Step.READERS: _("wait for readers"),
    Step.READING: _("being read"),
    Step.THIRD: _("readers differ"),
    Step.DONE: _("read"),
}


class ReadingForm(forms.Form):
    """One reading, all questions on one page, each score with its wording."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    reason = line_field(_("Why is it corrected?"), 1000, required=False)

    def __init__(self, values: Values | None, base: int, data: QueryDict | None = None) -> None:
        stored = {one.name: _drawn(one, (values or {}).get(one.name)) for one in FORM.questions}
        super().__init__(data, initial={**stored, "base": base})
        self.stored = values is not None
        self.displays = {
            one.name: FieldDisplay(unit=one.unit) for one in FORM.questions if one.unit
        }
        for question in FORM.questions:
            self.fields[question.name] = _field(question)

    @cached_property
    def typed(self) -> dict[str, Any]:
        """What can be used of what was typed, by question."""
        self.is_valid()
        names = {one.name for one in FORM.questions}
        return {name: value for name, value in self.cleaned_data.items() if name in names}

    @property
    def parts(self) -> list[tuple[str, str, list[tuple[Question, BoundField, str]]]]:
        """Sections with their questions, fields and conditions for scripts."""
        return [
            (
                part.code,
                localized(part.label),
                [(one, self[one.name], _when(one)) for one in part.questions],
            )
            for part in FORM.sections
        ]


class TotalForm(forms.Form):
    """The four components as they are being chosen."""

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        for question in COMPONENTS.values():
            self.fields[question.name] = _field(question)

    @property
    def typed(self) -> Mapping[str, Any]:
        self.is_valid()
        return dict(self.cleaned_data)


def _when(question: Question) -> str:
    when = question.when
    return f"{when.question}={','.join(when.codes)}" if when else ""


def _drawn(question: Question, value: Any) -> Any:
    if question.kind == "yes_no" and value is not None:
        return "yes" if value else "no"
    return value


def _field(question: Question) -> forms.Field:
    about: dict[str, Any] = {
        "label": localized(question.label), "required": False,
        "help_text": localized(question.help) if question.help else "",
    }  # fmt: skip
    if question.kind == "number":
        about.pop("required")
        return NumberField(question.decimals, **about)
    if question.kind == "note":
        widget = forms.Textarea(attrs={"rows": 2})
        return forms.CharField(max_length=question.length, widget=widget, **about)
    if question.kind == "yes_no":
        return forms.TypedChoiceField(
            choices=[("no", _("no")), ("yes", _("yes"))], coerce=lambda text: text == "yes",
            empty_value=None, widget=forms.RadioSelect, **about,
        )  # fmt: skip
    codes = [(code.code, localized(code.label)) for code in question.codes]
    return forms.ChoiceField(choices=codes, widget=forms.RadioSelect, **about)


class DeskFilter(forms.Form):
    """Which biopsies the desk shows."""

    step = forms.ChoiceField(
        label=_("State"), required=False,
        choices=[("", _("Any")), *((one.value, name) for one, name in STEP_NAMES.items())],
    )  # fmt: skip

    def __init__(self, sites: QuerySet[Site], data: Any = None) -> None:
        super().__init__(data)
        self.fields["site"] = site_choice(sites)
        self.order_fields(["site", "step"])

    def chosen(self) -> dict[str, Any]:
        """What was chosen; what is wrong counts as not chosen."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or None for name in ("site", "step")}


class _Reader(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.full_name} ({obj.username})"


def reader_field(label: Any, readers: QuerySet[User]) -> "forms.ModelChoiceField[User]":
    """A choice among those who read biopsies."""
    return _Reader(readers, label=label, empty_label="–")


class AssignForm(forms.Form):
    """Biopsies and the two who read them."""

    def __init__(self, readers: QuerySet[User], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["first"] = reader_field(_("First reader"), readers)
        self.fields["second"] = reader_field(_("Second reader"), readers)
        self.fields["first"].help_text = _("Counts while the second agrees within the tolerance.")

    @property
    def chosen(self) -> list[int]:
        """The ids of the ticked biopsies."""
        return ids_in(self.data)


class ThirdForm(forms.Form):
    """Biopsies on which two differ, and who settles it."""

    def __init__(self, readers: QuerySet[User], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.fields["reader"] = reader_field(_("Third reader"), readers)
        self.fields["reader"].help_text = _("Is not told that two others differ.")

    @property
    def chosen(self) -> list[int]:
        """The ids of the ticked biopsies."""
        return ids_in(self.data)


def ids_in(data: Any) -> list[int]:
    """The numbers under "biopsy", without what is none."""
    texts = data.getlist("biopsy") if hasattr(data, "getlist") else []
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 16]


class ImageForm(forms.Form):
    """A picture of a slide."""

    file = forms.FileField(
        label=_("Picture"),
        widget=forms.ClearableFileInput(attrs={"accept": ".jpg,.jpeg,.png,.tif,.tiff"}),
        help_text=_("JPEG, PNG or TIFF, one picture, at most 8 MB. Only its pixels are kept: "
                    "neither the file's name nor anything else that it says."),
    )  # fmt: skip
    stain = forms.ChoiceField(label=_("Stain"), choices=Stain.choices)
    looked_at = forms.BooleanField(
        label=_("I have looked at the picture: no name, number, date or label is seen in it."),
        required=False,
    )

    def __init__(self, data: Any = None, files: Any = None, *, too_big: bool = False) -> None:
        super().__init__(data, files)
        if too_big:
            text = _("The file is too large: at most %(megabytes)s MB.")
            self.fields["file"].error_messages["required"] = text % {
                "megabytes": MAX_BYTES // 1_000_000
            }

    @property
    def content(self) -> bytes:
        """The file's bytes, and one more than is allowed at most."""
        data: bytes = self.cleaned_data["file"].read(MAX_BYTES + 1)
        return data


class StrikeForm(forms.Form):
    """Why a picture is shown no more."""

    why = line_field(_("Why is it struck?"), 200)


class ReplaceForm(forms.Form):
    """Who reads instead of whom, and why."""

    def __init__(
        self, readers: QuerySet[User], data: QueryDict | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.fields["reader"] = reader_field(_("Reader instead"), readers)
        self.fields["why"] = line_field(_("Why is it taken back?"), 200)
