"""Small helpers of views: where to go back to."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    """A request that may come from htmx; `request.htmx` is falsy for a whole page."""

    htmx: HtmxDetails


def next_address(request: HttpRequest, fallback: str = "/") -> str:
    """The `next` of a posted form if it stays on this host, else `fallback`."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else fallback
