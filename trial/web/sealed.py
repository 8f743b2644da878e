"""Links to the pages of pharmacy and unblinding, which another process may serve (ADR 14)."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse

ADDRESSES = "trial.sealed_urls"


def sealed_address(name: str, *arguments: object) -> str:
    """The address of such a page; "" where no process of this deployment serves them, or where
    they have no page of this name."""
    if not settings.SEALED_PAGES:
        return ""
    try:
        return reverse(name, urlconf=ADDRESSES, args=arguments)
    except NoReverseMatch:
        return ""
