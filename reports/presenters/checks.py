"""The catalogue of edit checks as its page and its file show it."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.paginator import Paginator

from reports.presenters import asked
from reports.query_forms import CheckFilter
from reports.selectors.checks import Counts, Said, counts_of, objections_of
from trial.access.models import User
from trial.protocol import registry
from trial.protocol.crf import Form
from trial.protocol.edit_checks import Check
from trial.protocol.version import ProtocolVersion

PAGE = 50
COLUMNS = ("check", "protocol", "form", "severity", "questions", "compares_with", "says_en",
           "says_zh", "open", "answered", "accepted", "healed", "objections")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One check with how it does."""

    check: Check
    form: Form
    protocol: str
    counts: Counts
    said: Sequence[Said]

    @property
    def questions(self) -> list[str]:
        return [self.form.question(name).label.en for name in self.check.fields]

    @property
    def cells(self) -> list[str]:
        """The row in the file."""
        check, counts = self.check, self.counts
        texts = (check.id, self.protocol, check.form, check.severity, "; ".join(check.fields),
                 "; ".join(check.reads), check.says.en, check.says.zh)  # fmt: skip
        numbers = (counts.open, counts.answered, counts.accepted, counts.healed, len(self.said))
        return [*texts, *map(str, numbers)]


SORTS: Mapping[str, Callable[[Row], Any]] = {
    "check": lambda row: row.check.id,
    "severity": lambda row: row.check.severity,
    "open": lambda row: row.counts.open,
    "answered": lambda row: row.counts.answered,
    "accepted": lambda row: row.counts.accepted,
    "healed": lambda row: row.counts.healed,
    "objections": lambda row: len(row.said),
}


def page(user: User, given: Mapping[str, str]) -> dict[str, Any]:
    """The page's context. Three statements, however many checks and queries there are."""
    form = CheckFilter(given)
    choice = form.choice()
    found = rows(user, choice, given.get("sort", ""))
    return {
        "form": form,
        "active": sum(bool(value) for value in choice.values()),
        "page": Paginator(found, PAGE).get_page(given.get("page")),
        "protocol": protocol_of(choice).number,
        "tabs": asked.tabs("checks"),
    }


def rows(user: User, choice: Mapping[str, str], sort: str = "") -> list[Row]:
    """The checks of the chosen version and form, sorted; in the order of the forms at first."""
    protocol, counts, said = protocol_of(choice), counts_of(user), objections_of(user)
    found = [
        Row(one, protocol.form(one.form), protocol.number, counts.get(one.id, Counts()),
            said.get(one.id, ()))
        for one in protocol.checks
        if choice.get("form") in ("", None, one.form)
        and choice.get("severity") in ("", None, one.severity)
    ]  # fmt: skip
    key = SORTS.get(sort.removeprefix("-"))
    return sorted(found, key=key, reverse=sort.startswith("-")) if key else found


def protocol_of(choice: Mapping[str, str]) -> ProtocolVersion:
    """The chosen version of the protocol, at first the newest."""
    number = choice.get("protocol")
    return registry.get(number) if number in registry.numbers() else registry.latest()


def as_csv(user: User, given: Mapping[str, str]) -> str:
    """The whole catalogue, as it is filtered and sorted, as a file."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_lines(rows(user, CheckFilter(given).choice(), given.get("sort", ""))))
    return text.getvalue()


def _lines(found: Sequence[Row]) -> Iterator[list[str]]:
    return (row.cells for row in found)
