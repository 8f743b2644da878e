"""The form about a signal of the liver."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from safety.models import LiverSignal
from safety.models.liver import State
from trial.quality.services.asking import MAX_TEXT


class JudgeForm(forms.Form):
    """How the investigator judges a signal, and why."""

    state = forms.ChoiceField(
        label=_("Judgement"),
        choices=[(one.value, one.label) for one in State if one is not State.NEW],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("What it rests on"),
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Such as biopsy, IgG, other drugs, alcohol, virus. Don't name anybody."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, signal: LiverSignal, data: Any = None) -> None:
        self.signal = signal
        starts = "" if signal.state == State.NEW else signal.state
        super().__init__(
            data,
            prefix=f"signal-{signal.pk}",
            initial={"version": signal.version, "state": starts},
        )
