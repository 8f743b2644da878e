"""Every state with every event, and every reason to refuse."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visits.custody import (
    ENDS,
    STEPS,
    Bag,
    Event,
    Happening,
    Moved,
    Refusal,
    State,
    Why,
    decide,
)

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
BAG = Bag(State.RECEIVED, NOW + timedelta(hours=6), site_id=1, reserved_for=7)
GOOD = Happening(Event.RESERVE, NOW, site_id=1, participant_id=7, by=1, second=2)

# The way of a bag as it is drawn on paper; "." is refused.
# release ship receive reserve free issue verify infuse return waste; recall is where waste is.
TABLE = """
manufactured released .       .        .        .        .      .        .       .        wasted
released     .        shipped .        .        .        .      .        .       .        wasted
shipped      .        .       received .        .        .      .        .       .        wasted
received     .        .       .        reserved .        .      .        .       returned wasted
reserved     .        .       .        .        received issued .        .       returned wasted
issued       .        .       .        .        .        .      verified .       returned wasted
verified     .        .       .        .        .        .      .        infused returned wasted
infused      .        .       .        .        .        .      .        .       .        .
returned     .        .       .        .        .        .      .        .       .        .
wasted       .        .       .        .        .        .      .        .       .        .
recalled     .        .       .        .        .        .      .        .       .        .
"""
DRAWN = {
    (State(row[0]), event): cell
    for row in (line.split() for line in TABLE.strip().splitlines())
    for event, cell in zip(Event, [*row[1:], row[-1].replace("wasted", "recalled")], strict=True)
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_state_with_every_event(state, event):
    found = decide(replace(BAG, state=state), replace(GOOD, event=event))
    cell = DRAWN[state, event]
    assert found == (Refusal(Why.NOT_NOW) if cell == "." else Moved(State(cell)))


def test_nothing_leaves_an_end():
    assert not any(state in ENDS for state, _event in STEPS)


TOWARDS = [
    (State.RELEASED, Event.SHIP),
    (State.SHIPPED, Event.RECEIVE),
    (State.RECEIVED, Event.RESERVE),
    (State.RESERVED, Event.ISSUE),
    (State.ISSUED, Event.VERIFY),
    (State.VERIFIED, Event.INFUSE),
]


@pytest.mark.req("F-015")
@pytest.mark.parametrize(("state", "event"), TOWARDS)
def test_an_expired_bag_goes_no_further_towards_a_participant(state, event):
    bag = replace(BAG, state=state)
    late = replace(GOOD, event=event, at=BAG.expires_at + timedelta(seconds=1))
    assert decide(bag, late) == Refusal(Why.EXPIRED)
    assert isinstance(decide(bag, replace(late, at=BAG.expires_at)), Moved)


@pytest.mark.parametrize(("state", "event"), TOWARDS)
def test_neither_does_one_whose_excursion_is_open(state, event):
    bag = replace(BAG, state=state, excursion_open=True)
    assert decide(bag, replace(GOOD, event=event)) == Refusal(Why.EXCURSION)


@pytest.mark.parametrize("event", [Event.WASTE, Event.RECALL, Event.RETURN])
def test_but_it_can_be_taken_out_of_use(event):
    bag = replace(BAG, excursion_open=True)
    assert isinstance(decide(bag, replace(GOOD, event=event, at=NOW + timedelta(days=9))), Moved)


@pytest.mark.parametrize(("state", "event"), [*TOWARDS[1:], (State.RECEIVED, Event.RETURN)])
def test_only_its_own_site_handles_it(state, event):
    found = decide(replace(BAG, state=state), replace(GOOD, event=event, site_id=2))
    assert found == Refusal(Why.WRONG_SITE)


@pytest.mark.parametrize(("state", "event"), TOWARDS[3:])
@pytest.mark.parametrize("participant", [8, None])
def test_it_goes_into_nobody_but_whom_it_is_reserved_for(state, event, participant):
    other = replace(GOOD, event=event, participant_id=participant)
    assert decide(replace(BAG, state=state), other) == Refusal(Why.WRONG_PARTICIPANT)


def test_a_reservation_names_a_participant():
    assert decide(BAG, replace(GOOD, participant_id=None)) == Refusal(Why.NO_PARTICIPANT)


@pytest.mark.parametrize(("state", "event"), TOWARDS[3:5])
@pytest.mark.parametrize(("by", "second"), [(1, None), (1, 1), (None, 2), (None, None)])
def test_issue_and_bedside_check_take_two_people(state, event, by, second):
    alone = replace(GOOD, event=event, by=by, second=second)
    assert decide(replace(BAG, state=state), alone) == Refusal(Why.TWO_PEOPLE)


@given(st.lists(st.sampled_from(Event), max_size=30))
def test_a_bag_is_infused_only_by_the_whole_way(events):
    bag, path = replace(BAG, state=State.MANUFACTURED), []
    for event in events:
        found = decide(bag, replace(GOOD, event=event))
        if isinstance(found, Moved):
            path.append(event)
            bag = replace(bag, state=found.state)
    if bag.state is State.INFUSED:
        wanted = [e for _s, e in TOWARDS]
        kept = [e for e in path if e in wanted or e is Event.RELEASE]
        assert kept[0] is Event.RELEASE
        assert kept[-3:] == wanted[-3:]
