"""What is worked out beside a biopsy's sheet: whether it can be scored, and the central reading.

Of the reading, what counts and nothing before: who is treating must not learn of a first reader's
result, which the second may not confirm.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from trial.crf.panels import Panel
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion
from visits.histology import Adequacy, Bounds, Size, adequacy, stage_change
from visits.selectors.histology import Counted, final_readings

BASELINE = ("SCR", "D0")  # a biopsy of one of these is what later ones are compared with


@dataclass(frozen=True, slots=True)
class Paired:
    """A biopsy compared with the one before treatment: negative is less."""

    before: Counted
    grade: int | None
    stage: int | None


def panel(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """The panel of a biopsy's sheet; None while nothing is entered."""
    if row is None or row.not_done:
        return None
    held = final_readings([participant.pk]).get(participant.pk, ())
    mine = next((one for one in held if one.biopsy_id == row.id), None)
    early = {one.id for one in facts.all(row.form) if one.visit in BASELINE}
    context = {
        "size": size_of(protocol, row),
        "below": protocol.endpoints.mhai_remission_below,
        "final": mine,
        "paired": paired(mine, baseline_of(held, early)) if mine else None,
    }
    return Panel("histology/_panel.html", context)


def size_of(protocol: ProtocolVersion, row: Row) -> Adequacy:
    """Whether what was measured of the core is enough to score it."""
    measured = Size(row["core_mm"], row["portal_tracts"], row["adequate"])
    return adequacy(protocol.histology, measured)


def baseline_of(held: Iterable[Counted], early: Set[int]) -> Counted | None:
    """What later biopsies are compared with: of those before treatment (`early`) the last one
    that counts, else the last one."""
    before = [one for one in held if one.biopsy_id in early]
    counting = [one for one in before if one.mhai is not None]
    held_before = counting or before
    return held_before[-1] if held_before else None


def paired(mine: Counted, before: Counted | None) -> Paired | None:
    """The change since `before`, where both count; None for that biopsy itself."""
    if before is None or before.biopsy_id == mine.biopsy_id or mine.mhai is None:
        return None
    if before.mhai is None:
        return Paired(before, None, None)
    stages = _stages(before, mine)
    return Paired(before, mine.mhai - before.mhai, stages.value if stages else None)


def _stages(before: Counted, after: Counted) -> Bounds | None:
    """None across staging systems: no stage is converted (§5.2)."""
    if before.stage is None or after.stage is None:
        return None
    return stage_change(before.stage, after.stage)
