"""What a list of participants can be narrowed down to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from patients.codes import mistyped, normalise, plain
from patients.models import ParticipantQuerySet, Status
from trial.access.models import Site


@dataclass(frozen=True, slots=True)
class Choice:
    """What the filter form says, already checked: None or "" where nothing is asked for."""

    code: str = ""
    site: Site | None = None
    status: str = ""

    def apply(self, participants: ParticipantQuerySet) -> ParticipantQuerySet:
        """The participants that fit."""
        if self.code:
            participants = participants.filter(code__contains=self.code)
        if self.site:
            participants = participants.filter(site=self.site)
        if self.status:
            participants = participants.filter(status=self.status)
        return participants

    @property
    def active(self) -> int:
        """How many filters are set."""
        return sum(bool(value) for value in (self.code, self.site, self.status))


def site_choice(sites: Iterable[Site], *, required: bool = False) -> forms.TypedChoiceField:
    """A choice among sites, read once for both drawing and checking; gives the Site or None.

    A required choice among one is made already; one that is not required offers all sites.
    """
    by_code = {site.code: site for site in sites}
    first = _("Choose a site") if required else _("All sites")
    choices = [("", first), *((code, site_name(site)) for code, site in by_code.items())]
    return forms.TypedChoiceField(
        label=_("Site"),
        choices=choices[1:] if required and len(by_code) == 1 else choices,
        coerce=by_code.__getitem__,
        empty_value=None,
        required=required,
    )


def site_name(site: Site) -> str:
    """A site in a list of choices: its code, and its name in the reader's language."""
    chinese = (get_language() or "").startswith("zh") and site.name_zh
    return f"{site.code} {chinese or site.name}"


class ParticipantFilter(forms.Form):
    """Filter by code, site and status. A code may be typed loosely, but not wrongly."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "placeholder": "01-0017"}
        ),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("Any")), *Status.choices],
        required=False,
    )

    def __init__(self, sites: QuerySet[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"] = site_choice(sites)
        self.order_fields(["code", "site", "status"])

    def clean_code(self) -> str:
        """The code as it is written; ValidationError where its check digit tells of a slip."""
        typed = self.cleaned_data["code"]
        if mistyped(typed):
            raise forms.ValidationError(
                _(
                    "%(code)s is not a code of this study: its check digit does not fit, so a "
                    "digit is wrong or two are swapped. Look at the paper again."
                )
                % {"code": typed}
            )
        return normalise(typed) or plain(typed)

    def choice(self) -> Choice:
        """What was chosen; a field that is wrong filters nothing and says so itself."""
        if not self.is_valid():
            return Choice(**{k: v for k, v in self.cleaned_data.items() if k != "code" and v})
        data = self.cleaned_data
        return Choice(code=data["code"], site=data["site"], status=data["status"])
