"""Forms about queries: filters, raising, answering, deciding, and many at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from patients.codes import normalise
from reports.forms import SiteFilter
from reports.selectors.queried import Choice
from reports.wording import FORMS
from trial.access.models import Site, User
from trial.access.roles import ROLES, Role
from trial.quality.models import Origin, Status
from trial.quality.models.query import ADDRESSEES
from trial.quality.services.queries import MAX_TEXT

AGES: Mapping[str, str | Promise] = {
    "week": _("under 7 days"),
    "month": _("7 to 29 days"),
    "quarter": _("30 to 89 days"),
    "old": _("90 days and more"),
}
ROLE_CHOICES = [(role.value, ROLES[role].name) for role in ADDRESSEES]


class QueryFilter(SiteFilter):
    """What the list of queries can be narrowed down to."""

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("Not closed")), *Status.choices, ("all", _("All"))],
    )
    origin = forms.ChoiceField(
        label=_("Origin"), required=False, choices=[("", _("Any")), *Origin.choices]
    )
    form = forms.ChoiceField(
        label=_("Form"), required=False, choices=[("", _("Any")), *FORMS.items()]
    )
    age = forms.ChoiceField(label=_("Age"), required=False, choices=[("", _("Any")), *AGES.items()])
    mine = forms.ChoiceField(
        label=_("Awaits"), required=False, choices=[("", _("Anybody")), ("1", _("Me"))]
    )
    participant = forms.CharField(label=_("Participant"), required=False, max_length=20)

    def __init__(self, sites: Sequence[Site], data: Mapping[str, Any]) -> None:
        super().__init__(sites, data)
        self.order_fields(["site", "status", "origin", "form", "age", "mine", "participant"])

    def clean_participant(self) -> str:
        """The code as it is written; what is none finds nothing and says so by finding nothing."""
        typed = self.cleaned_data["participant"].strip()
        return (normalise(typed) or typed) if typed else ""

    def chosen(self) -> Choice:
        return Choice(**self.choice())


def _text(label: str | Promise, *, required: bool = True, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class RaiseForm(forms.Form):
    """A question about a record, or one value of it."""

    field = forms.ChoiceField(label=_("About"), required=False)
    text = _text(_("Question to the site"))
    role = forms.ChoiceField(label=_("To be answered by"), choices=ROLE_CHOICES)

    def __init__(
        self,
        fields: Mapping[str, str | Promise],
        data: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        choices = [("", _("The whole record")), *fields.items()]
        self.fields["field"] = forms.ChoiceField(label=_("About"), required=False, choices=choices)
        self.order_fields(["field", "text", "role"])


class ManyRaiseForm(forms.Form):
    """The same question about several values."""

    text = _text(_("Question to the site"))
    role = forms.ChoiceField(label=_("To be answered by"), choices=ROLE_CHOICES)


class AnswerForm(forms.Form):
    """The site's answer."""

    text = _text(_("Answer"))


class DecisionForm(forms.Form):
    """What becomes of a query; a text is needed for all but accepting an answer."""

    text = _text(_("Remark"), required=False)


class AssignForm(forms.Form):
    """Whose answer is awaited."""

    role = forms.ChoiceField(label=_("To be answered by"), choices=ROLE_CHOICES)
    assignee = forms.ModelChoiceField(
        label=_("Person"), required=False, queryset=User.objects.none()
    )

    def __init__(self, people: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = people
            field.empty_label = str(_("Anybody of the role"))
            field.label_from_instance = lambda user: user.full_name  # type: ignore[method-assign]

    @property
    def chosen_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class BulkForm(AssignForm):
    """What is to be done with several queries; without `apply` it is only tried."""

    act = forms.ChoiceField(choices=[("close", _("Accept the answers")), ("assign", _("Assign"))])
    ids = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": _("Tick the queries that are meant.")}
    )
    text = _text(_("Remark"), required=False, rows=2)
    apply = forms.BooleanField(required=False)

    def __init__(self, ids: Iterable[str], people: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(people, *args, **kwargs)
        known = [(one, one) for one in ids if one.isascii() and one.isdigit() and len(one) < 18]
        field = self.fields["ids"]
        if isinstance(field, forms.ChoiceField):
            field.choices = known
        self.fields["role"].required = False
