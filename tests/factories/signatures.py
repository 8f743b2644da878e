"""Signatures for tests that are not about what stands against them."""

from reports import casebook_content
from tests.factories.study import PASSWORD
from trial.access.confirming import confirm_training
from trial.access.models import User
from trial.access.selectors import agreed
from trial.access.trainings import Kind
from trial.audit.context import Actor
from trial.signing import content
from trial.signing.models import Components, Signature
from trial.signing.services import Request, sign
from visits.models import Visit


def agree(user: User) -> None:
    """The user has agreed that their electronic signature binds them."""
    if not agreed(user):
        confirm_training(user=user, kind=Kind.AGREEMENT, language="en", by=Actor.of(user))


def signed(visit: Visit, user: User) -> Signature:
    """The visit signed by `user`, whether it is complete or not."""
    visit = Visit.objects.select_related("participant__site").get(pk=visit.pk)
    subject = casebook_content.of_visit(visit)
    agree(user)
    request = Request(subject, read=lambda: content.read(subject), against=lambda: ())
    (outcome,) = sign(
        requests=[request], signer=user, username=user.username, password=PASSWORD,
        components=Components.BOTH,
        by=Actor.of(user, role="investigator", site=subject.site.code),
    )  # fmt: skip
    assert outcome.signature is not None, outcome.refused
    return outcome.signature
