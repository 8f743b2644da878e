"""Who has which access, line by line, for the page and the file of the access review (R-34)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from reports.selectors import access_review as review
from trial.access.models import Site
from trial.access.roles import ROLES, Role

# The file is read by machines as well: its columns have the same names in both languages.
COLUMNS = (
    "username", "full_name", "active", "role", "site", "blinded", "granted_at", "granted_by",
    "approved_by", "second_factor", "last_sign_in", "last_review",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody's role. `role` is None for an account without any; `new` since the last review."""

    user_id: int
    username: str
    full_name: str
    active: bool
    role: Role | None
    site: str
    granted_at: datetime | None
    granted_by: str
    approved_by: str
    second_factor: bool
    last_sign_in: datetime | None
    last_review: datetime | None

    @property
    def name(self) -> str | Promise:
        """The role in words."""
        return ROLES[self.role].name if self.role else ""

    @property
    def blinded(self) -> bool:
        """Whether the role is blinded; so is who has none."""
        return ROLES[self.role].blinded if self.role else True

    @property
    def new(self) -> bool:
        """Given since the last review."""
        at, last = self.granted_at, self.last_review
        return at is not None and last is not None and at > last

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as the file has it."""
        blinded = "" if self.role is None else "blinded" if self.blinded else "unblinded"
        return (
            self.username, self.full_name, "yes" if self.active else "no",
            self.role.value if self.role else "", self.site, blinded, _moment(self.granted_at),
            self.granted_by, self.approved_by, "yes" if self.second_factor else "no",
            _moment(self.last_sign_in),
            _moment(self.last_review),
        )  # fmt: skip


def lines(rows: Sequence[Mapping[str, Any]], site: Site | None) -> list[Line]:
    """The rows of `listed` in words; three statements, however many there are."""
    seen = review.last_sign_ins({row["username"] for row in rows})
    strong = review.with_second_factor({row["pk"] for row in rows})
    last = review.reviews(site).values_list("reviewed_at", flat=True).first()
    return [
        Line(
            user_id=row["pk"],
            username=row["username"],
            full_name=row["full_name"],
            active=row["is_active"],
            role=Role(row["held__role"]) if row["held__role"] else None,
            site=row["held__site__code"] or "",
            granted_at=row["held__granted_at"],
            granted_by=row["held__granted_by"] or "",
            approved_by=row["held__grant__approved_by"] or "",
            second_factor=row["pk"] in strong,
            last_sign_in=seen.get(row["username"]),
            last_review=last,
        )
        for row in rows
    ]


def _moment(at: datetime | None) -> str:
    """A time for a file: ISO 8601 in UTC; nothing for none."""
    return "" if at is None else at.isoformat(timespec="seconds")
