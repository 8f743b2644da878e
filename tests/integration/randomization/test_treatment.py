"""The participant's page: the allocation without its arm, the bags, what was given of each."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from tests.factories import custody, study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.factories.custody import moment, put
from trial.audit.context import Actor
from visits.custody import Event, State
from visits.models import Bag
from visits.services.bags import Step, move


def address(person):
    return reverse("reports:participant", args=[person.code])


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def given(cast):
    """A randomised participant whose first infusion ended two hours ago."""
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    person = ready(cast.site, day0_in=0)
    randomised(person, cast.investigator)
    bag = Bag.objects.get(reserved_for=person)
    for event in (Event.ISSUE, Event.VERIFY):
        step = Step(event, site=cast.site, participant=person, visit=bag.visit,
                    second=cast.coordinator)  # fmt: skip
        by = Actor(name="nurse", id=cast.coordinator.pk + 10_000)
        move(bags=[bag.pk], step=step, by=by, at=moment(190))
    custody.whole(Bag.objects.select_related("site", "shipment").get(pk=bag.pk))
    person.refresh_from_db()
    return person


@pytest.mark.req("F-040")
def test_the_page_tells_number_stratum_bag_and_dose_and_no_arm(cast, given, arms, sign_in):
    page = sign_in(cast.investigator).get(address(given))
    shown = text(page)
    bag = Bag.objects.get(reserved_for=given)
    assert given.allocation.number in shown
    assert given.allocation.stratum in shown
    for word in ("31.0 ×10⁶", "(31.0 mL)", "60 min", "1 infusion", "1 reaction"):
        assert word in shown
    for name in ("bags:bag", "bags:infusion"):
        assert reverse(name, args=[bag.number]) in page.content.decode()
    treatment = page.context["treatment"]
    assert [(one.bag.state, one.minutes, one.reactions) for one in treatment.doses] == [
        (State.INFUSED, 60, 1)
    ]


@pytest.mark.parametrize("user", ["coordinator", "sponsor", "monitor", "datamanager", "safety"])
def test_every_reader_of_the_page_sees_the_same_panel(user, cast, given, sign_in):
    def panel(name):
        page = sign_in(cast.users[name]).get(address(given)).content.decode()
        return re.search(r'id="product".*?</dl>.*?</table>', page, re.DOTALL)[0]

    assert panel(user) == panel("investigator")


def test_a_dose_that_deviates_says_so(cast, sign_in):
    person = study.enrolled(cast.site, day0=cast.site.today())
    bag = custody.started(custody.bag_for(person, second=cast.coordinator))
    put(bag, "end", ended=moment(20), given_ml=Decimal(20), stopped_early=True,
        stop_reason="wish", end_note="wanted to go home")  # fmt: skip
    (dose,) = sign_in(cast.investigator).get(address(person)).context["treatment"].doses
    assert (dose.tone, str(dose.word), dose.minutes) == ("red", "protocol deviation", 40)


def test_one_that_runs_has_no_duration_yet(cast, sign_in):
    person = study.enrolled(cast.site, day0=cast.site.today())
    custody.started(custody.bag_for(person, second=cast.coordinator))
    (dose,) = sign_in(cast.investigator).get(address(person)).context["treatment"].doses
    assert (dose.running, dose.minutes, dose.cells) == (True, None, None)


def test_another_sites_participant_is_not_there(cast, given, sign_in):
    client = sign_in(cast.investigator2)
    assert client.get(address(given)).status_code == 404
