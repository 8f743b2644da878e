"""What is worked out from a form's answers and shown beside them: scores, doses, change.

The apps that own the rules say so when they are loaded (their apps.py); a form without a panel
shows its questions alone.
"""

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
_MAKERS: dict[str, Maker] = {}


def register(form: str, maker: Maker) -> None:
    """Let `maker` make the panel of a form. ValueError if it has one already."""
    if form in _MAKERS and _MAKERS[form] is not maker:
        raise ValueError(f"{form} has a panel already")
    _MAKERS[form] = maker


def panel_of(
    form: Form, facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None = None
) -> Panel | None:
    """The panel of a form; None where there is nothing to work out."""
    maker = _MAKERS.get(form.code)
    return maker(facts, participant, protocol, row) if maker else None
