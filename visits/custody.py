"""The way of a bag from the cell laboratory to the vein (clinical rules §8.2, §8.3).

Pure, and blind: a bag is a number with a place and an expiry; what is in it is known elsewhere.
Every pair of state and event has an answer: the next state, or why not.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class State(StrEnum):
    """Where a bag is. The last four are ends."""

    MANUFACTURED = "manufactured"
    RELEASED = "released"
    SHIPPED = "shipped"
    RECEIVED = "received"
    RESERVED = "reserved"
    ISSUED = "issued"
    VERIFIED = "verified"
    INFUSED = "infused"
    RETURNED = "returned"
    WASTED = "wasted"
    RECALLED = "recalled"


class Event(StrEnum):
    """What can happen to a bag."""

    RELEASE = "release"  # its lot was released; quality signs there, not here
    SHIP = "ship"
    RECEIVE = "receive"
    RESERVE = "reserve"  # for one participant
    FREE = "free"  # a reservation that will not be used
    ISSUE = "issue"
    VERIFY = "verify"  # at the bedside, by two people
    INFUSE = "infuse"
    RETURN = "return"
    WASTE = "waste"
    RECALL = "recall"


S, E = State, Event
STEPS: dict[tuple[State, Event], State] = {
    (S.MANUFACTURED, E.RELEASE): S.RELEASED,
    (S.RELEASED, E.SHIP): S.SHIPPED,
    (S.SHIPPED, E.RECEIVE): S.RECEIVED,
    (S.RECEIVED, E.RESERVE): S.RESERVED,
    (S.RESERVED, E.FREE): S.RECEIVED,
    (S.RESERVED, E.ISSUE): S.ISSUED,
    (S.ISSUED, E.VERIFY): S.VERIFIED,
    (S.VERIFIED, E.INFUSE): S.INFUSED,
}
ENDS = frozenset({S.INFUSED, S.RETURNED, S.WASTED, S.RECALLED})
ON_THE_WAY = frozenset(State) - ENDS
STEPS |= {(state, E.WASTE): S.WASTED for state in ON_THE_WAY}
STEPS |= {(state, E.RECALL): S.RECALLED for state in ON_THE_WAY}
STEPS |= {(state, E.RETURN): S.RETURNED for state in (S.RECEIVED, S.RESERVED, S.ISSUED, S.VERIFIED)}

# A bag in one of these goes towards a participant: it must be fit for use.
TOWARDS_USE = frozenset({E.SHIP, E.RECEIVE, E.RESERVE, E.ISSUE, E.VERIFY, E.INFUSE})
FOR_SOMEBODY = frozenset({E.ISSUE, E.VERIFY, E.INFUSE})
AT_SITE = frozenset({E.RECEIVE, E.RESERVE, E.ISSUE, E.VERIFY, E.INFUSE, E.RETURN})


@dataclass(frozen=True, slots=True)
class Bag:
    """What is known of a bag when something happens to it."""

    state: State
    expires_at: datetime
    site_id: int | None
    reserved_for: int | None = None
    excursion_open: bool = False


@dataclass(frozen=True, slots=True)
class Happening:
    """An event with where, when, for whom and by whom. `second`: the other pair of eyes."""

    event: Event
    at: datetime
    site_id: int | None = None
    participant_id: int | None = None
    by: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """It may happen; the bag is then in `state`."""

    state: State


class Why(StrEnum):
    """Why it may not happen; a code that the screen puts into words, the same for every content."""

    NOT_NOW = "not_now"
    EXPIRED = "expired"
    EXCURSION = "excursion_open"
    WRONG_SITE = "wrong_site"
    WRONG_PARTICIPANT = "wrong_participant"
    NO_PARTICIPANT = "no_participant"
    TWO_PEOPLE = "two_people"


@dataclass(frozen=True, slots=True)
class Refusal:
    """It may not happen."""

    why: Why


Decision: TypeAlias = Moved | Refusal


def decide(bag: Bag, happening: Happening) -> Decision:
    """What becomes of a bag. The state is judged first, then fitness, place, person, eyes."""
    after = STEPS.get((bag.state, happening.event))
    if after is None:
        return Refusal(Why.NOT_NOW)
    why = _unfit(bag, happening) or _misplaced(bag, happening) or _unseen(happening)
    return Refusal(why) if why else Moved(after)


def _unfit(bag: Bag, happening: Happening) -> Why | None:
    if happening.event not in TOWARDS_USE:
        return None
    # On the minute of its expiry a bag may still be hung up; a moment later not.
    if happening.at > bag.expires_at:
        return Why.EXPIRED
    return Why.EXCURSION if bag.excursion_open else None


def _misplaced(bag: Bag, happening: Happening) -> Why | None:
    if happening.event in AT_SITE and happening.site_id != bag.site_id:
        return Why.WRONG_SITE
    if happening.event is E.RESERVE and happening.participant_id is None:
        return Why.NO_PARTICIPANT
    if happening.event in FOR_SOMEBODY and happening.participant_id != bag.reserved_for:
        return Why.WRONG_PARTICIPANT
    return None


def _unseen(happening: Happening) -> Why | None:
    if happening.event not in (E.ISSUE, E.VERIFY):
        return None
    two = happening.by is not None and happening.second not in (None, happening.by)
    return None if two else Why.TWO_PEOPLE
