"""Reasons and notes in a person's own words, as the trail keeps them."""

from django.utils.translation import gettext as _

from trial.access.exceptions import Refused

LONGEST = 1000


def given(text: str, *, field: str = "reason") -> str:
    """The text without spaces around it.

    Raises Refused({field: ...}) for one that is empty, too long, or that no database keeps.
    """
    text = text.strip()
    if not text:
        raise Refused({field: [_("Say why.")]})
    if len(text) > LONGEST or "\x00" in text:
        raise Refused({field: [_("Keep it below 1000 characters, without control characters.")]})
    return text
