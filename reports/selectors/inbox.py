"""Inbox items of a user."""

from django.db.models import QuerySet

from trial.access.policy import AnyUser
from trial.inbox.models import Item


def items_of(user: AnyUser) -> QuerySet[Item]:
    """All items addressed to the user, newest first."""
    return Item.objects.visible_to(user).select_related("site").order_by("-id")
