"""Raising and closing inbox items."""

from collections.abc import Mapping

from django.utils import timezone

from trial.access.models import Site
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item, MailState


def raise_item(
    *,
    kind: str,
    cause: str,
    site: Site,
    role: Role,
    params: Mapping[str, object],
    by: Actor,
    participant_id: int | None = None,
    participant_code: str = "",
    mail: bool = False,
) -> bool:
    """Put an item before `role` at `site`, unless the same cause raised one already.

    With `mail`, the sweeper also tells it by mail (trial/inbox/mailing.py).
    """
    with transaction(by=by):
        _, created = Item.objects.get_or_create(
            cause=cause,
            defaults={
                "kind": kind,
                "site": site,
                "role": role,
                "participant_id": participant_id,
                "participant_code": participant_code,
                "params": dict(params),
                "mail": MailState.WAITING if mail else MailState.NONE,
            },
        )
    return created


def close_item(*, item: Item, note: str, by: Actor) -> None:
    """Mark an item as dealt with, with what was decided. One that is closed stays as it is."""
    with transaction(by=by, reason=note):
        item = Item.objects.select_for_update().get(pk=item.pk)
        if item.done_at is not None:
            return
        item.done_at = timezone.now()
        item.done_by = by.name
        item.note = note
        item.save(update_fields=["done_at", "done_by", "note"])
