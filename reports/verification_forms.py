"""The form of a verification plan."""

from typing import Any

from django.db.models import QuerySet
from django.forms import (
    CharField,
    CheckboxSelectMultiple,
    ChoiceField,
    Form,
    IntegerField,
    MultipleChoiceField,
    Textarea,
)
from django.utils.translation import gettext_lazy as _

from patients.filters import site_choice
from reports.wording import FORMS
from trial.access.models import Site
from trial.quality.models import Scope


class PlanForm(Form):
    """Which share of participants, which forms, every value or the critical ones."""

    forms = MultipleChoiceField(
        label=_("Forms"),
        choices=list(FORMS.items()),
        initial=list(FORMS),
        widget=CheckboxSelectMultiple,
    )
    scope = ChoiceField(label=_("What is compared"), choices=Scope.choices)
    share = IntegerField(
        label=_("Share of participants, percent"), min_value=1, max_value=100, initial=100
    )
    reason = CharField(
        label=_("What the plan rests on"), max_length=2000, widget=Textarea(attrs={"rows": 2})
    )

    def __init__(self, sites: QuerySet[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"] = site_choice(sites)
        self.order_fields(["site", "forms", "scope", "share", "reason"])

    def clean_scope(self) -> Scope:
        return Scope(self.cleaned_data["scope"])
