"""Confirming trainings and the agreement on electronic signatures (R-31)."""

from django.utils.translation import gettext as _

from trial.access.exceptions import Refused
from trial.access.models import User
from trial.access.selectors import current_version
from trial.access.trainings import Kind, Training
from trial.audit import events
from trial.audit.context import Actor, transaction


def confirm_training(*, user: User, kind: Kind, language: str, by: Actor) -> Training:
    """The user confirms the current version of a training or agreement, read in `language`.

    Confirming it again changes nothing. Raises Refused for anybody else.
    """
    if by.id is not None and by.id != user.pk:
        raise Refused({"": [_("Only the person concerned can confirm this.")]})
    return _keep(user, kind, by, reference="", language=language)


def record_training(*, user: User, kind: Kind, reference: str, by: Actor) -> Training:
    """Record a training of somebody else from paper; `reference` says where the paper is.

    Raises Refused without a reference, for oneself, and for the agreement, which nobody can give
    for another.
    """
    if kind is Kind.AGREEMENT:
        raise Refused({"kind": [_("Only the person concerned can agree.")]})
    if not reference.strip():
        raise Refused({"reference": [_("Say where the signed record is.")]})
    if by.id == user.pk:
        raise Refused({"": [_("Confirm your own training on your own page.")]})
    return _keep(user, kind, by, reference=reference.strip(), language="")


def _keep(user: User, kind: Kind, by: Actor, *, reference: str, language: str) -> Training:
    version = current_version(kind)
    with transaction(by=by):
        row, made = Training.objects.get_or_create(
            user=user,
            kind=kind,
            version=version,
            defaults={
                "reference": reference,
                "confirmed_by": by.name,
                "confirmed_by_id": by.id,
            },
        )
        if made:
            events.record(
                events.Act.TRAINING_CONFIRMED,
                by=by,
                record=f"access_training:{row.pk}",
                details={
                    "user": user.username,
                    "kind": kind.value,
                    "version": version,
                    "language": language,
                    "reference": reference,
                },
            )
    return row
