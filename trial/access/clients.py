"""Where a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address, or "" if it is none. Behind our proxy, what the proxy has seen.

    Only the last entry of X-Forwarded-For is the proxy's own; those before it are the client's
    to invent, so an attacker could come from a new address with every try.
    """
    given = str(request.META.get("REMOTE_ADDR") or "")
    if settings.BEHIND_PROXY:
        given = request.headers.get("x-forwarded-for", given).rpartition(",")[2]
    try:
        return str(ipaddress.ip_address(given.strip()))
    except ValueError:
        return ""


def agent_of(request: HttpRequest) -> str:
    """What the client calls itself, as far as it is kept."""
    return request.headers.get("user-agent", "")[:300]


def lies_in(address: str, networks: list[str]) -> bool:
    """Whether `address` is in one of the CIDR networks; without any, every address is."""
    if not networks:
        return True
    if not address:
        return False
    here = ipaddress.ip_address(address)
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ipaddress.ip_network(network) for network in networks)
