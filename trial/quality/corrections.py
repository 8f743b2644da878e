"""A form opened from a query: the reason it proposes names the query (R-13)."""

from collections.abc import Mapping

from trial.access.policy import AnyUser
from trial.quality.models import Query
from trial.quality.wording import reason_text


def proposed_reason(user: AnyUser, address: Mapping[str, str], participant_id: int) -> str:
    """The reason for `?query=<number>`; "" without one, or for one of somebody else, or closed."""
    number = address.get("query", "")
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return ""
    rows = Query.objects.visible_to(user).waiting().filter(participant_id=participant_id)
    query = rows.filter(pk=int(number)).first()
    return reason_text(query) if query else ""
