"""Who may do what with a query in which state. Pure."""

from collections.abc import Iterable

from trial.access.roles import Role
from trial.quality.models import Query, Status


def may_close(query: Query, role: str) -> bool:
    """A person's query is settled by the role that asked, or by the data manager: never by the
    site that answers (R-12). What a check asked closes itself, or the data manager accepts it."""
    return role == Role.DATA_MANAGER or (query.manual and role == query.origin)


def closing_role(query: Query, roles: Iterable[str]) -> str:
    """The first of a person's roles that may close it; "" if none of them may."""
    return next((str(role) for role in roles if may_close(query, role)), "")


def may_answer(query: Query) -> bool:
    """Until it is settled the site can answer, and add to what it answered."""
    return query.status != Status.CLOSED


def may_reopen(query: Query) -> bool:
    """An answer that does not settle it, or a closing that was wrong."""
    return query.status != Status.OPEN
