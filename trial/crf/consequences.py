"""What follows from an answer besides its being stored: a status, an item in an inbox, a clock.

The apps that own what follows say so when they are loaded (their apps.py). It happens in the
transaction of the save: the answer and what follows from it are there together or not at all.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trial.audit.context import Actor
from trial.crf.owner import Owner
from trial.protocol.crf import Values


@dataclass(frozen=True, slots=True)
class Change:
    """A row that was saved: `row` as it is now, `before` its answers until now (all empty for a
    new row)."""

    owner: Owner
    row: Any  # a FormRow, which trial.crf.models makes
    before: Values
    by: Actor
    reason: str

    @property
    def changed(self) -> Mapping[str, Any]:
        """The answers that are others now."""
        now: Mapping[str, Any] = self.row.values
        return {name: value for name, value in now.items() if self.before.get(name) != value}


Consequence = Callable[[Change], None]
_REGISTERED: dict[str, list[Consequence]] = defaultdict(list)


def register(form: str, consequence: Consequence) -> None:
    """Let something follow from every save of a form, struck lines and sheets not done included.
    It may raise Refused, and then nothing is saved."""
    if consequence not in _REGISTERED[form]:
        _REGISTERED[form].append(consequence)


def follow(change: Change) -> None:
    """Do what follows from a save, in the order of registration."""
    for consequence in _REGISTERED[change.row.form.code]:
        consequence(change)
