"""Whose form it is, as the apps above hand it down: a participant, or one of their visits."""

from dataclasses import dataclass
from typing import Any

from trial.audit.records import Place


@dataclass(frozen=True, slots=True)
class Owner:
    """A participant (with its site) and, for a form of a visit, that visit: rows of patients and
    visits, which this package does not know."""

    participant: Any
    visit: Any = None

    @property
    def keys(self) -> dict[str, Any]:
        """What a row of this owner's form is found by."""
        if self.visit is None:
            return {"participant": self.participant}
        return {"participant": self.participant, "visit": self.visit}

    def place(self, form: str) -> Place:
        """Where a form stands, as locks, queries and signatures know it."""
        person, visit = self.participant, self.visit
        return Place(
            site_id=person.site_id,
            participant_id=person.pk,
            participant_code=person.code,
            visit_id=visit.pk if visit is not None else None,
            visit_label=visit.label if visit is not None else "",
            form=form,
        )

    def lock(self) -> None:
        """Take the locks under which all saves of a participant's forms follow each other: checks
        compare them all. First the visit, then the participant, as the schedule does."""
        for row in filter(None, (self.visit, self.participant)):
            rows = type(row)._default_manager.select_for_update(of=("self",), no_key=True)
            row.refresh_from_db(fields=["status"], from_queryset=rows)
