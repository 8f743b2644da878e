"""Forms about queries: filtering the list, asking, answering, settling, many at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from patients.filters import site_name
from reports.records import Found
from reports.wording import FORM_NAMES
from trial.access.models import Site
from trial.protocol import registry
from trial.protocol.casebook.forms import FORMS
from trial.quality.models import Addressee, Origin, Query, Status
from trial.quality.selectors.asked import BUCKETS
from trial.quality.services.asking import MAX_TEXT
from trial.web.formats import localized

ANY = ("", _("Any"))
STATES = (
    ("", _("Not closed")), *Status.choices, ("all", _("All")),
)  # fmt: skip


class QueryFilter(forms.Form):
    """Which queries the list shows. A value that is none of the choices filters nothing."""

    site = forms.ChoiceField(label=_("Site"), required=False)
    status = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    origin = forms.ChoiceField(
        label=_("Asked by"), choices=[ANY, *Origin.choices], required=False
    )  # fmt: skip
    form = forms.ChoiceField(label=_("Form"), choices=[ANY, *FORM_NAMES.items()], required=False)
    age = forms.ChoiceField(
        label=_("Age"), choices=[ANY, *((one.code, one.label) for one in BUCKETS)], required=False
    )
    participant = forms.CharField(label=_("Participant"), max_length=12, required=False)
    mine = forms.BooleanField(label=_("Assigned to me"), required=False)

    def __init__(self, sites: Sequence[Site], data: Mapping[str, Any]) -> None:
        super().__init__(data)
        choices = [("", _("All sites")), *((site.code, site_name(site)) for site in sites)]
        self.fields["site"] = forms.ChoiceField(label=_("Site"), choices=choices, required=False)

    def choice(self) -> dict[str, Any]:
        """What was chosen, by field; a participant as the code it is, or as it was typed."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name, "") for name in self.fields}
        return found | {"participant": normalise(found["participant"]) or found["participant"]}


class CheckFilter(forms.Form):
    """Which edit checks are listed. A value that is none of the choices filters nothing."""

    form = forms.ChoiceField(label=_("Form"), required=False)
    severity = forms.ChoiceField(
        label=_("Severity"), choices=[ANY, ("hard", _("hard")), ("soft", _("soft"))], required=False
    )
    protocol = forms.ChoiceField(label=_("Protocol"), required=False)

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        codes = [(form.code, localized(form.label)) for form in FORMS]
        numbers = [(number, number) for number in reversed(registry.numbers())]
        self.fields["form"] = forms.ChoiceField(
            label=_("Form"), choices=[ANY, *codes], required=False
        )
        self.fields["protocol"] = forms.ChoiceField(
            label=_("Protocol"), choices=[("", _("the newest")), *numbers], required=False
        )

    def choice(self) -> dict[str, str]:
        """What was chosen, by field."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


def text_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    """What somebody asks or answers."""
    return forms.CharField(
        label=label, max_length=MAX_TEXT, required=required, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class RaiseForm(forms.Form):
    """A question about a record, or about one of its values."""

    field = forms.ChoiceField(label=_("About"), required=False)
    text = text_field(_("Question"), help_text=_("No names of patients: the site reads codes."))
    addressee = forms.ChoiceField(label=_("To be answered by"), choices=Addressee.choices)

    def __init__(
        self, found: Found, data: Mapping[str, Any] | None = None, field: str = ""
    ) -> None:
        super().__init__(data, initial={"field": field})
        choices = [("", _("the record as a whole")), *found.fields.items()]
        self.fields["field"] = forms.ChoiceField(label=_("About"), choices=choices, required=False)


class AnswerForm(forms.Form):
    """The site's answer."""

    text = text_field(_("Answer"))


class CloseForm(forms.Form):
    """Why a query is settled; without an answer the reason is needed."""

    text = text_field(_("Remark"), required=False)


class ReopenForm(forms.Form):
    """What is still to be answered."""

    text = text_field(_("What is still open"))


class AssignForm(forms.Form):
    """Who at the site is to answer."""

    addressee = forms.ChoiceField(label=_("To be answered by"), choices=Addressee.choices)
    assignee = forms.ChoiceField(label=_("Person"), required=False)

    def __init__(
        self,
        people: Sequence[tuple[str, str]],
        data: Mapping[str, Any] | None = None,
        query: Query | None = None,
    ) -> None:
        initial = {"addressee": query.addressee, "assignee": query.assignee_id} if query else {}
        super().__init__(data, initial=initial)
        choices = [("", _("anybody of this role")), *people]
        self.fields["assignee"] = forms.ChoiceField(
            label=_("Person"), choices=choices, required=False
        )


class BulkCloseForm(forms.Form):
    """Why many queries are settled; those without an answer need it."""

    text = text_field(
        _("Remark"), required=False, help_text=_("Needed for those that nobody has answered.")
    )
