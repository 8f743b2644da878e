"""The texts that users confirm. A change of what they say is a new version (access.trainings)."""

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.access.models import Kind
from trial.access.selectors import current_version

# Version 1.0 of the agreement (21 CFR 11.10(j), 11.100(c), 11.200).
_AGREEMENT = (
    _(
        "My electronic signature in this system is the legally binding equivalent of my "
        "handwritten signature. I am accountable for what is done and signed under my account."
    ),
    _(
        "My account and its password, codes and keys are mine alone. I do not share them with "
        "anybody, I sign for nobody else, and I let nobody sign for me."
    ),
    _(
        "Before I sign, I read what I sign. My signature carries my name, the date and time, "
        "and its meaning; a later change of the record breaks it visibly."
    ),
    _(
        "If I suspect that somebody else knows my password or uses my account, I tell an "
        "administrator at once and change it."
    ),
)
_SYSTEM = (
    _(
        "I have been trained in the parts of this system that my role uses, and know where its "
        "manual is and whom to ask."
    ),
    _(
        "I know that every entry and every change is kept with my name, the time and the reason, "
        "and that a correction never removes what was there before."
    ),
    _(
        "I enter what the source says, as soon as I can. Where a value is missing, I say so "
        "rather than guess it."
    ),
)
_PROTOCOL = (
    _("I have been trained in the present version of the protocol, as far as my role needs it."),
    _(
        "I know how participants, treatments and results are kept blinded, and whom to tell if "
        "the blind may have been broken."
    ),
)
_TEXTS: Mapping[Kind, tuple[str | Promise, ...]] = {
    Kind.AGREEMENT: _AGREEMENT,
    Kind.SYSTEM: _SYSTEM,
    Kind.PROTOCOL: _PROTOCOL,
}


def text_of(kind: Kind) -> Sequence[str | Promise]:
    """The paragraphs that are confirmed, and their version."""
    return (*_TEXTS[kind], _("Version %(version)s") % {"version": current_version(kind)})
