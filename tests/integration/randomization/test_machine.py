"""Everything in any order, against a small model (F-027).

The model knows who stands where and says what must be refused; the system must agree after each
step, and at the end slots, allocations and bags must tell one story.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from patients import services as patients
from patients.models import Participant, Status
from randomization.models import Allocation, Unblinding
from randomization.sealed.reading import NotShown, read_arm
from randomization.services.allocating import NotAllocated
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.integration.quality.holding import freeze
from tests.integration.randomization.unblinding import as_investigator, asked
from trial.access.models import User
from trial.audit.context import Actor
from trial.quality.exceptions import Locked
from trial.quality.models import Hold, Scope
from trial.quality.services import holds
from visits.custody import Event, State
from visits.models import Bag
from visits.services.bags import NotMovable, Step, move

WAY = {State.RESERVED: Event.ISSUE, State.ISSUED: Event.VERIFY, State.VERIFIED: Event.INFUSE}
NEXT = {State.RESERVED: State.ISSUED, State.ISSUED: State.VERIFIED, State.VERIFIED: State.INFUSED}
WHO = st.integers(0, 3)


@dataclass
class Model:
    """One participant as the model knows them."""

    person: Participant
    number: str = ""
    bag: State | None = None
    withdrawn: bool = False
    hold: Hold | None = field(default=None)
    asked: list[Unblinding] = field(default_factory=list)  # emergencies not yet read
    emergencies: int = 0
    arm: str = ""  # as it was read


class Trial(RuleBasedStateMachine):
    cast: study.Cast  # set by the test, as is what a superuser reads of the taken slots
    arms: Callable[[], list[tuple[int, str, int, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.people = [Model(ready(self.cast.site)) for _n in range(2)]

    def of(self, index: int) -> Model:
        return self.people[index % len(self.people)]

    @rule()
    def enrol(self) -> None:
        if len(self.people) < 4:
            self.people.append(Model(ready(self.cast.site)))

    @rule(who=WHO)
    def randomise(self, who: int) -> None:
        one = self.of(who)
        if one.number:
            assert randomised(one.person, self.cast.investigator).number == one.number
        elif one.hold or one.withdrawn:
            with pytest.raises((Locked, NotAllocated)):
                randomised(one.person, self.cast.investigator)
        else:
            one.number = randomised(one.person, self.cast.investigator).number
            one.bag = State.RESERVED

    @rule(who=WHO)
    def hand_on(self, who: int) -> None:
        """The participant's bag takes its next step towards the vein."""
        one = self.of(who)
        event = WAY.get(one.bag) if one.bag else None
        if event is None:
            return
        bag = Bag.objects.get(reserved_for=one.person)
        step = Step(event, site=self.cast.site, participant=one.person, second=self.second)
        if one.hold:
            with pytest.raises(Locked):
                move(bags=[bag.pk], step=step, by=self.first)
        else:
            move(bags=[bag.pk], step=step, by=self.first)
            one.bag = NEXT[one.bag]

    @rule(who=WHO, other=WHO)
    def mix_up(self, who: int, other: int) -> None:
        """Somebody else's bag is refused."""
        one, two = self.of(who), self.of(other)
        if one is two or one.bag is not State.RESERVED or one.hold or two.hold:
            return
        bag = Bag.objects.get(reserved_for=one.person)
        step = Step(Event.ISSUE, site=self.cast.site, participant=two.person, second=self.second)
        with pytest.raises(NotMovable):
            move(bags=[bag.pk], step=step, by=self.first)

    @rule(who=WHO)
    def withdraw(self, who: int) -> None:
        one = self.of(who)
        if one.hold or one.withdrawn:
            return
        today = self.cast.site.today()
        patients.withdraw(participant=one.person, on=today, reason="moved away", by=study.SETUP)
        one.withdrawn = True

    @rule(who=WHO)
    def hold(self, who: int) -> None:
        one = self.of(who)
        if one.hold is None:
            one.hold = freeze(Scope.PARTICIPANT, one.person)
        else:
            holds.release(hold=one.hold, reason="the look is over", by=MANAGER)
            one.hold = None

    @rule(who=WHO)
    def ask_for_the_arm(self, who: int) -> None:
        """An emergency needs an allocation and nothing else: no hold, no withdrawal stops it."""
        one = self.of(who)
        if not one.number:
            with pytest.raises(NotShown):
                asked(one.person, self.cast.investigator)
        else:
            one.asked.append(asked(one.person, self.cast.investigator))
            one.emergencies += 1

    @rule(who=WHO)
    def read_the_arm(self, who: int) -> None:
        """Each request is read once, and always says the same."""
        one = self.of(who)
        if not one.asked:
            return
        made, by = one.asked.pop(), as_investigator(self.cast.investigator)
        arm = read_arm(unblinding=made, by=by)
        assert one.arm in ("", arm)
        one.arm = arm
        with pytest.raises(NotShown):
            read_arm(unblinding=made, by=by)

    @property
    def first(self) -> Actor:
        return Actor.of(self.cast.coordinator, role="coordinator", site=self.cast.site.code)

    @property
    def second(self) -> User:
        return self.cast.investigator

    def teardown(self) -> None:
        """One story: who is allocated has a slot of that number and one bag in the known state."""
        for one in self.people:
            found = Allocation.objects.filter(participant=one.person).first()
            assert (found.number if found else "") == one.number
            bags = list(Bag.objects.filter(reserved_for=one.person).values_list("state", flat=True))
            assert bags == ([one.bag.value] if one.bag else [])
            self.unblinded_as_the_model_says(one)
        slots = Allocation.objects.order_by("slot").values_list("slot", flat=True)
        assert list(slots) == list(range(1, len(slots) + 1))

    def unblinded_as_the_model_says(self, one: Model) -> None:
        """Every emergency is on record, the arm is the slot's, and nobody has left the study."""
        mine = Unblinding.objects.filter(participant=one.person)
        assert mine.count() == one.emergencies
        assert mine.filter(read_at=None).count() == len(one.asked)
        if one.arm:
            assert {arm for who, _s, _n, arm in self.arms() if who == one.person.pk} == {one.arm}
        one.person.refresh_from_db()
        assert (one.person.status == Status.WITHDRAWN) is one.withdrawn


MANAGER = Actor.system("test-manager")


@pytest.mark.req("F-027")
def test_in_any_order_the_system_does_what_the_model_says(cast, arms):
    list_in_force(cast.site, slots=400)
    stocked(cast.site, {"A": 200, "B": 200})
    Trial.cast, Trial.arms = cast, staticmethod(arms)
    bounds = settings(
        max_examples=6,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Trial, settings=bounds)
    connections.close_all()
