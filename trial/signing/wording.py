"""Sentences about signatures, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trial.signing.rules import Code, Obstacle


def obstacles_text(obstacles: Sequence[Obstacle]) -> str:
    """Everything that stands against a signature, as one text."""
    return " ".join(obstacle_text(one) for one in obstacles)


def obstacle_text(one: Obstacle) -> str:
    """What stands against a signature, and so what is to be done first."""
    return _TEXTS[one.code](one)


def _incomplete(one: Obstacle) -> str:
    text = ngettext(
        "%(visit)s: %(count)s value has neither a result nor a reason.",
        "%(visit)s: %(count)s values have neither a result nor a reason.",
        one.count,
    )
    return text % {"visit": one.visit, "count": one.count}


def _queries(one: Obstacle) -> str:
    text = ngettext("%(count)s query is open.", "%(count)s queries are open.", one.count)
    return text % {"count": one.count}


_TEXTS: Mapping[Code, Callable[[Obstacle], str]] = {
    Code.NOT_HELD: lambda one: _("%(visit)s has not taken place.") % {"visit": one.visit},
    Code.NO_LABS: lambda one: _("%(visit)s has no labs yet.") % {"visit": one.visit},
    Code.INCOMPLETE: _incomplete,
    Code.PENDING: lambda one: _("The newest values wait for their evaluation."),
    Code.OPEN_QUERIES: _queries,
    Code.NOT_ENDED: lambda one: _("The participant is still in the study."),
    Code.UNSIGNED: lambda one: _("%(visit)s is not signed.") % {"visit": one.visit},
    Code.BROKEN: lambda one: _("%(visit)s was changed after it was signed.") % {"visit": one.visit},
}
