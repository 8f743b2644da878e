"""What is worked out from a form's answers and shown beside them: scores, doses, change.

The apps that own the rules say so when they are loaded (their apps.py); a form without a panel
shows its questions alone.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trial.protocol.crf import Facts, Form, Row
from trial.protocol.version import ProtocolVersion


@dataclass(frozen=True, slots=True)
class Panel:
    """A template with what it shows."""

    template: str
    context: Mapping[str, Any]


# Made of everything known, the participant, the protocol, and the row where one is looked at.
Maker = Callable[[Facts, Any, ProtocolVersion, Row | None], Panel | None]
_MAKERS: dict[str, list[Maker]] = defaultdict(list)


def register(form: str, maker: Maker) -> None:
    """Let `maker` make a panel of a form, after those that it has already."""
    if maker not in _MAKERS[form]:
        _MAKERS[form].append(maker)


def panels_of(
    form: Form, facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None = None
) -> list[Panel]:
    """The panels of a form that have something to show."""
    made = (maker(facts, participant, protocol, row) for maker in _MAKERS.get(form.code, ()))
    return [panel for panel in made if panel is not None]
