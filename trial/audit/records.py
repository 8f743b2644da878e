"""What queries, verifications, signatures, locks and the trail know a record by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table, or with `field` one value of it."""

    table: str
    id: int
    field: str = ""

    def __str__(self) -> str:
        return ":".join(filter(None, (self.table, str(self.id), self.field)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record belongs. `form` is a code of trial/quality/casebook.py."""

    site_id: int
    participant_id: int | None = None
    participant_code: str = ""
    visit_id: int | None = None
    visit_label: str = ""
    form: str = ""

    @property
    def subject(self) -> tuple[int | None, int | None, int | None]:
        """(site, participant, visit), as events of the trail have it."""
        return self.site_id, self.participant_id, self.visit_id
