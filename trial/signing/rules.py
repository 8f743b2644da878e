"""What stands against a signature (R-30), and how much proof one takes (R-27). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

FRESH = timedelta(minutes=15)  # a signing session ends after so long without a signature


class Code(StrEnum):
    """What stands against it. OPEN_QUERIES only warns where a single visit is signed."""

    NOT_HELD = "not_held"
    NO_LABS = "no_labs"
    INCOMPLETE = "incomplete"
    PENDING = "pending"
    OPEN_QUERIES = "open_queries"
    NOT_ENDED = "not_ended"
    UNSIGNED = "unsigned"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands against a signature; `blocks` False: it has to be confirmed."""

    code: Code
    visit: str = ""
    count: int = 0
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit as the rules see it. `asked`: analytes the protocol wants; `answered`: those with a
    value or a reason why there is none. `signed`: "", "intact" or "broken"."""

    label: str
    held: bool
    asked: int
    answered: int
    open_queries: int = 0
    signed: str = ""


@dataclass(frozen=True, slots=True)
class CasebookFacts:
    """A casebook as the rules see it. `ended`: completed, withdrawn or a screening failure."""

    ended: bool
    pending: bool
    open_queries: int
    visits: tuple[VisitFacts, ...] = ()


def against_visit(visit: VisitFacts, *, pending: bool) -> tuple[Obstacle, ...]:
    """What stands against signing a visit: sign only after it is held, complete and evaluated."""
    found = []
    if not visit.held:
        found.append(Obstacle(Code.NOT_HELD, visit.label))
    elif visit.asked and not visit.answered:
        found.append(Obstacle(Code.NO_LABS, visit.label))
    elif visit.answered < visit.asked:
        found.append(Obstacle(Code.INCOMPLETE, visit.label, visit.asked - visit.answered))
    if pending:
        found.append(Obstacle(Code.PENDING, visit.label))
    if visit.open_queries:
        count = visit.open_queries
        found.append(Obstacle(Code.OPEN_QUERIES, visit.label, count, blocks=False))
    return tuple(found)


def against_casebook(book: CasebookFacts) -> tuple[Obstacle, ...]:
    """What stands against signing a casebook: it comes last, over intact signatures."""
    found = [] if book.ended else [Obstacle(Code.NOT_ENDED)]
    found += [Obstacle(Code.PENDING)] if book.pending else []
    if book.open_queries:
        found.append(Obstacle(Code.OPEN_QUERIES, count=book.open_queries))
    for visit in book.visits:
        if visit.held and visit.signed != "intact":
            code = Code.BROKEN if visit.signed else Code.UNSIGNED
            found.append(Obstacle(code, visit.label))
    return tuple(found)


def blocking(obstacles: Sequence[Obstacle]) -> tuple[Obstacle, ...]:
    """Those that no confirmation gets past."""
    return tuple(one for one in obstacles if one.blocks)


def needs_both(last_signed: datetime | None, now: datetime) -> bool:
    """Whether user name and password are asked for: at the first signature of a session, and
    after 15 minutes without one; in between the password alone (21 CFR 11.200(a)(1)(i))."""
    return last_signed is None or not timedelta() <= now - last_signed <= FRESH
