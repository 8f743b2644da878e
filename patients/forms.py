"""Forms about the person: screening, consent, eligibility, enrolment, leaving."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.eligibility import Backing, Proposal
from patients.filters import site_choice
from patients.models import Answer, DiseaseStatus, Participant, Sex
from patients.selectors import SCORE
from patients.services import HIGHEST_SCORE, CriterionEntry
from trial.access.exceptions import Refused
from trial.access.models import Site
from trial.access.refusals import show_refusal
from trial.protocol.casebook.disposition import REASONS
from trial.protocol.criteria import Criterion
from trial.web.fields import ClockField, DayField
from trial.web.formats import localized
from trial.web.forms import FieldDisplay

# Those that need no more to be said: an adverse event has its line, "other" its own text.
_PLAIN_REASONS = ("lack_of_effect", "wish", "physician", "deviation", "pregnancy")


def reason_field(label: str | Any, **options: Any) -> forms.CharField:
    """A reason in a person's own words."""
    return forms.CharField(
        label=label, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), **options
    )


class ScreeningForm(forms.Form):
    """The few things that open a participant. No name, no date of birth (R-52)."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)
    screened_on = DayField(
        label=gettext_lazy("Screening date"),
        help_text=gettext_lazy("The day of the screening visit at the site."),
    )
    birth_year = forms.IntegerField(
        label=gettext_lazy("Year of birth"),
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"}
        ),
        error_messages={"min_value": gettext_lazy("Write all four digits, such as 1980.")},
        help_text=gettext_lazy("Four digits. Only the year is kept."),
    )
    sex = forms.ChoiceField(
        label=gettext_lazy("Sex"), choices=Sex.choices, widget=forms.RadioSelect
    )
    childbearing_potential = forms.TypedChoiceField(
        label=gettext_lazy("Childbearing potential"),
        choices=[("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))],
        coerce=lambda text: text == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Decides whether a pregnancy test is needed."),
    )
    sex_for_meld = forms.ChoiceField(
        label=gettext_lazy("Sex used by MELD 3.0"),
        choices=[("", gettext_lazy("the same")), *Sex.choices],
        required=False,
        help_text=gettext_lazy(
            "MELD 3.0 gives women 1.33 points more. Choose another sex only where the one "
            "that fits the creatinine (sex at birth or by hormones) differs."
        ),
    )

    def __init__(self, sites: QuerySet[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"] = site_choice(sites, required=True)
        self.order_fields(["site"])

    def clean(self) -> dict[str, Any]:
        """A woman's childbearing potential must be known; a man's is not asked."""
        return _ask_women(self, super().clean() or self.cleaned_data)

    def screening(self) -> dict[str, Any]:
        """What visits.services.schedule.start_screening asks for."""
        data = self.cleaned_data
        return {
            "key": data["key"],
            "site": data["site"],
            "sex": Sex(data["sex"]),
            "sex_for_meld": Sex(data["sex_for_meld"] or data["sex"]),
            "birth_year": data["birth_year"],
            "screened_on": data["screened_on"],
            "childbearing_potential": data["childbearing_potential"],
        }


def _ask_women(form: forms.Form, data: dict[str, Any]) -> dict[str, Any]:
    if data.get("sex") == Sex.FEMALE and data.get("childbearing_potential") is None:
        form.add_error("childbearing_potential", _("Say yes or no."))
    if data.get("sex") == Sex.MALE:
        data["childbearing_potential"] = None
    return data


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment (in UTC) a clock in `zone` shows `at` on `day`; the first, if it does so twice.

    ValueError if that clock leaves this time out (the hour that summer time skips).
    """
    wall = datetime.combine(day, at)
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall:
        raise ValueError("The clock skips this time.")
    return moment


class ConsentForm(forms.Form):
    """A signed consent: which version, and when by the clock of the site."""

    form_version = forms.CharField(
        label=gettext_lazy("Version of the consent form"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("As printed on the signed form."),
    )
    given_on = DayField(label=gettext_lazy("Signed on"))
    given_time = ClockField(label=gettext_lazy("Signed at"))

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = site.zone
        self.displays = {"given_time": FieldDisplay(note=_("Local time at %s") % site.timezone)}

    def clean(self) -> dict[str, Any]:
        """Puts day and time together in the site's zone, as `given_at`."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("given_on") and data.get("given_time"):
            try:
                data["given_at"] = local_moment(data["given_on"], data["given_time"], self.zone)
            except ValueError:
                self.add_error(
                    "given_time", _("The clocks skip this time on that day (summer time begins).")
                )
        return data

    def refuse(self, refused: Refused) -> None:
        """Show a refusal; what is wrong with the moment stands at the day."""
        errors = {"given_on" if f == "given_at" else f: m for f, m in refused.errors.items()}
        show_refusal(self, Refused(errors))


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One criterion with its answer and, for the simplified score, the number.

    `proposal`: what the forms say; `contradicted`: the stored answer is not what they say;
    `unbacked`: a score that no form of diagnosis stands behind.
    """

    criterion: Criterion
    answer: BoundField
    number: BoundField | None
    pk: int | None = None  # the stored answer's row
    proposal: Proposal | None = None
    contradicted: bool = False
    unbacked: bool = False


class CriteriaForm(forms.Form):
    """The eligibility criteria of the protocol version in force, one row each.

    `seen` carries what was stored when the page was drawn, so that only what the user has changed
    is kept, and nothing that somebody else has answered meanwhile is overwritten.
    """

    seen = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        criteria: Sequence[Criterion],
        stored: Mapping[str, CriterionEntry],
        data: Any = None,
        rows: Mapping[str, int] | None = None,
        backing: Backing | None = None,
    ) -> None:
        self.criteria = criteria
        self._rows = rows or {}
        self._stored, self._backing = stored, backing or Backing()
        initial: dict[str, Any] = {
            "seen": {code: [entry.answer.value, entry.value] for code, entry in stored.items()}
        }
        for code, entry in stored.items():
            initial |= {code: entry.answer.value, _number(code): entry.value}
        super().__init__(data, initial=initial)
        for criterion in criteria:
            self.fields[criterion.code] = _answer_field(criterion)
            if criterion.code == SCORE:
                self.fields[_number(SCORE)] = _score_field()
        if any(entry.answer != Answer.UNKNOWN for entry in stored.values()):
            self.fields["reason"] = reason_field(
                _("Reason, if a recorded answer is changed"), required=False
            )

    def rows(self, kind: str) -> Iterator[CriterionRow]:
        """The rows of one kind, "inclusion" or "exclusion"."""
        for criterion in self.criteria:
            if criterion.kind == kind:
                number = _number(criterion.code)
                bound = self[number] if number in self.fields else None
                yield self._row(criterion, bound)

    def _row(self, criterion: Criterion, number: BoundField | None) -> CriterionRow:
        code = criterion.code
        proposal, kept = self._backing.proposals.get(code), self._stored.get(code)
        return CriterionRow(
            criterion,
            self[code],
            number,
            self._rows.get(code),
            proposal,
            bool(kept and self._backing.contradicts(code, kept.answer, kept.value)),
            bool(kept and kept.value is not None and proposal is None),
        )

    def inclusion(self) -> list[CriterionRow]:
        """The inclusion criteria, for the template."""
        return list(self.rows("inclusion"))

    def exclusion(self) -> list[CriterionRow]:
        """The exclusion criteria, for the template."""
        return list(self.rows("exclusion"))

    def clean_seen(self) -> dict[str, CriterionEntry]:
        """What the user saw; ValidationError if it is not what this page sends."""
        sent = self.cleaned_data["seen"] or {}
        try:
            return {
                str(code): CriterionEntry(Answer(answer), None if value is None else int(value))
                for code, (answer, value) in sent.items()
            }
        except (AttributeError, TypeError, ValueError):
            raise ValidationError(_("This page is out of date. Reload it.")) from None

    def clean(self) -> dict[str, Any]:
        """A score needs its yes or no."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get(_number(SCORE)) is not None and data.get(SCORE) is None:
            self.add_error(SCORE, _("Say yes or no as well."))
        return data

    def typed(self) -> dict[str, CriterionEntry]:
        """Every answer that could be read, whether or not the rest is right."""
        data = self.cleaned_data
        return {
            c.code: CriterionEntry(data[c.code], data.get(_number(c.code)))
            for c in self.criteria
            if data.get(c.code) is not None
        }

    def changed(self) -> dict[str, CriterionEntry]:
        """The answers that differ from what the user saw."""
        seen = self.seen_entries()
        return {code: entry for code, entry in self.typed().items() if seen.get(code) != entry}

    def seen_entries(self) -> dict[str, CriterionEntry]:
        """What was stored when the user opened the page."""
        seen: dict[str, CriterionEntry] = self.cleaned_data.get("seen") or {}
        return seen


def _number(code: str) -> str:
    return f"{code}_number"


def _answer_field(criterion: Criterion) -> forms.TypedChoiceField:
    offered = [Answer.YES, Answer.NO, Answer.UNKNOWN]
    if criterion.female_only:
        offered.append(Answer.NOT_APPLICABLE)
    return forms.TypedChoiceField(
        choices=[(answer.value, answer.label) for answer in offered],
        coerce=Answer,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        label=criterion.code,
    )


def _score_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Simplified score (0–8)"),
        min_value=0,
        max_value=HIGHEST_SCORE,
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "maxlength": 2, "autocomplete": "off"}
        ),
    )


class EnrolmentForm(forms.Form):
    """Enrolment, and the day from which all visits are counted."""

    enrolled_on = DayField(label=gettext_lazy("Enrolled on"))
    day0_on = DayField(
        label=gettext_lazy("Planned day 0"),
        help_text=gettext_lazy("The day of the first infusion; all visits count from it."),
    )
    induction_started_on = DayField(
        label=gettext_lazy("Start of induction therapy"),
        required=False,
        help_text=gettext_lazy("Steroid start, if known. It can be added later."),
    )
    disease_status = forms.ChoiceField(
        label=gettext_lazy("Disease status"),
        choices=DiseaseStatus.choices,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Participants are randomised in strata by site and by this."),
    )


class LeaveForm(forms.Form):
    """The end of screening or of the study: when, and why."""

    on = DayField(label=gettext_lazy("Date"))
    reason = reason_field(gettext_lazy("Reason"))


class WithdrawForm(LeaveForm):
    """Leaving the study early: the main reason as the casebook codes it, if it is one of them."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("Main reason"), required=False,
        help_text=gettext_lazy("As in the casebook; it can be added there later."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coded = [(one.code, localized(one.label)) for one in REASONS if one.code in _PLAIN_REASONS]
        self.fields["reason_code"].choices = [("", _("not chosen yet")), *coded]  # type: ignore[attr-defined]


class FinishForm(LeaveForm):
    """The end of the study as planned: a remark is welcome, not needed."""

    reason = reason_field(gettext_lazy("Remark"), required=False)


class DetailsForm(forms.Form):
    """Corrections to what is known about the person."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    birth_year = ScreeningForm.base_fields["birth_year"]
    sex = ScreeningForm.base_fields["sex"]
    childbearing_potential = ScreeningForm.base_fields["childbearing_potential"]
    sex_for_meld = forms.ChoiceField(
        label=gettext_lazy("Sex used by MELD 3.0"), choices=Sex.choices
    )
    induction_started_on = DayField(
        label=gettext_lazy("Start of induction therapy"), required=False
    )
    disease_status = forms.ChoiceField(
        label=gettext_lazy("Disease status"),
        choices=[("", gettext_lazy("not recorded")), *DiseaseStatus.choices],
        required=False,
    )
    reason = reason_field(gettext_lazy("Reason for the correction"))

    def clean(self) -> dict[str, Any]:
        """The same rule as at screening."""
        return _ask_women(self, super().clean() or self.cleaned_data)

    def changes(self) -> dict[str, Any]:
        """The fields of the participant as they should be."""
        return {k: v for k, v in self.cleaned_data.items() if k not in ("version", "reason")}

    @staticmethod
    def starting(participant: Participant) -> dict[str, Any]:
        """The values to begin with."""
        fertile = {True: "yes", False: "no", None: ""}
        return {
            "version": participant.version,
            "birth_year": participant.birth_year,
            "sex": participant.sex,
            "sex_for_meld": participant.sex_for_meld,
            "childbearing_potential": fertile[participant.childbearing_potential],
            "induction_started_on": participant.induction_started_on,
            "disease_status": participant.disease_status,
        }
