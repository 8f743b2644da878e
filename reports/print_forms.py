"""What can be chosen of a print."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trial.protocol import registry


def versions() -> list[tuple[str, str]]:
    """The versions of the protocol, the newest first."""
    return [(number, number) for number in reversed(registry.numbers())]


class LanguageForm(forms.Form):
    """The language of the paper, at first that of the page."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("initial", {"language": get_language(), "audit": True})
        super().__init__(*args, **options)


class FilledForm(LanguageForm):
    """A participant's casebook."""

    audit = forms.BooleanField(
        label=_("With audit marks"),
        required=False,
        help_text=_("A number behind every changed answer, and the list of changes at the end."),
    )


class BlankForm(LanguageForm):
    """The empty casebook of a version of the protocol."""

    version = forms.ChoiceField(label=_("Protocol version"), choices=versions)
