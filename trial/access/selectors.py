"""Which protocol version holds where and when."""

from datetime import date

from trial.access.models import Site, SiteProtocol
from trial.protocol import registry
from trial.protocol.version import ProtocolVersion


def protocol_at(site: Site, on: date) -> ProtocolVersion:
    """The protocol version that holds at `site` on `on`: the last one adopted by then."""
    rows = SiteProtocol.objects.filter(site=site).order_by("effective_from")
    assignments = [(row.version, row.effective_from) for row in rows]
    return registry.get(registry.effective(assignments, on))
