"""What a service refuses, shown on the form that asked for it."""

from django import forms

from trial.access.exceptions import Refused


def show_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Put a service's messages on the form: at the fields they name, or above the form."""
    for field, messages in refused.errors.items():
        form.add_error(field if field in form.fields else None, [str(m) for m in messages])
