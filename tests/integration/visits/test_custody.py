"""What people do with bags, over the pages: every state with every act, two people, refusals."""

import re
from datetime import timedelta
from itertools import product as pairs

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, ProgrammingError
from django.urls import reverse
from django.utils import timezone

from patients import services as patients
from tests.factories import custody, study
from tests.integration.quality.holding import lock
from tests.integration.reports.test_statements import statements
from trial.access.duties import Duty
from trial.access.models import ProofCount
from trial.access.services import appoint_principal, delegate
from trial.audit.context import transaction
from trial.audit.models import Event as TrailEvent
from trial.quality.models import Scope
from visits import product_urls
from visits.custody import STEPS, Event, State
from visits.models import Bag, BagMovement, Excursion
from visits.services import schedule
from visits.services.excursions import Stretch, judge
from visits.services.handling import waste

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site, day0=cast.site.today())


@pytest.fixture
def reserved(cast, person):
    return custody.bag_for(person, state=State.RESERVED, second=cast.investigator)


@pytest.fixture
def issued(cast, person):
    return custody.bag_for(person, state=State.ISSUED, second=cast.investigator)


def typed(bag, person, **more):
    """What two people type at the bedside."""
    return {
        "number": bag.number, "code": person.code, "birth_year": person.birth_year,
        "label_read": "on", "username": "investigator", "password": study.PASSWORD,
    } | more  # fmt: skip


def address(name, bag):
    return reverse(f"bags:{name}", args=[bag.number])


def state_of(bag):
    return Bag.objects.get(pk=bag.pk).state


def text(answer):
    return answer.content.decode()


# --- the way of a bag -----------------------------------------------------------------------------
def test_a_bag_from_its_arrival_to_the_bedside(cast, person, sign_in):
    client = sign_in(cast.coordinator)
    shipment = custody.on_the_way(cast.site, 3)
    bags = list(shipment.bags.order_by("position"))
    receive = reverse("bags:receive", args=[shipment.number])
    assert bags[0].shown in text(client.get(receive))
    came = {"temperature": "5,4", "condition": "sealed", "bags": [bags[0].pk, bags[1].pk]}
    assert client.post(receive, came).status_code == 302
    assert [state_of(bag) for bag in bags] == ["received", "received", "shipped"]
    custody.move(
        bags=[bags[0].pk], by=study.SETUP,
        step=custody.Step(Event.RESERVE, site=cast.site, participant=person,
                          visit=study.visit_of(person, "D0")),
    )  # fmt: skip
    assert client.post(address("issue", bags[0]), typed(bags[0], person)).status_code == 302
    answer = client.post(address("verify", bags[0]), typed(bags[0], person))
    assert answer.url == address("infusion", bags[0])
    ledger = BagMovement.objects.filter(bag=bags[0])
    assert [(row.event, row.by, row.second) for row in ledger][2:] == [
        ("receive", "coordinator", ""), ("reserve", "system:test-setup", ""),
        ("issue", "coordinator", "investigator"), ("verify", "coordinator", "investigator"),
    ]  # fmt: skip
    page = text(client.get(address("bag", bags[0])))
    assert "5.4" in page
    assert "sealed" in page


ACTS = {"issue": Event.ISSUE, "verify": Event.VERIFY, "return": Event.RETURN, "waste": Event.WASTE}


@pytest.mark.req("R-30")
@pytest.mark.parametrize(("state", "act"), list(pairs(State, ACTS)))
def test_every_state_with_every_act_over_http(state, act, cast, person, sign_in):
    bag = custody.bag_for(person, state=State.RESERVED, second=cast.investigator)
    with transaction(by=study.SETUP):
        Bag.objects.filter(pk=bag.pk).update(state=state)
    answer = sign_in(cast.coordinator).post(
        address(act, bag), typed(bag, person) | {"reason": "because"}
    )
    after = STEPS.get((state, ACTS[act]))
    assert answer.status_code == (302 if after else 409)
    assert state_of(bag) == (after or state)
    if after is None:
        assert "its state does not allow this" in text(answer)


def test_the_page_offers_what_can_be_done_and_says_why_not(cast, reserved, sign_in):
    client = sign_in(cast.coordinator)
    page = text(client.get(address("bag", reserved)))
    assert address("issue", reserved) in page
    assert address("verify", reserved) not in page
    with transaction(by=study.SETUP):
        Bag.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page = text(client.get(address("bag", reserved)))
    assert address("issue", reserved) not in page
    assert f"Bag {reserved.shown} has expired." in page
    assert "must not be used" in page


def test_who_only_reads_is_offered_nothing(cast, reserved, sign_in):
    page = text(sign_in(cast.monitor).get(address("bag", reserved)))
    assert reserved.shown in page
    assert address("issue", reserved) not in page
    assert address("waste", reserved) not in page


# --- refusals with their reason -------------------------------------------------------------------
@pytest.mark.req("F-015")
@pytest.mark.req("R-30")
@pytest.mark.parametrize("act", ["issue", "verify"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=90)}, "has expired"),
        ({"excursion_open": True}, "outside its temperature limits"),
    ],
)
def test_a_bag_that_is_not_fit_is_refused(change, words, act, cast, person, sign_in):
    state = State.RESERVED if act == "issue" else State.ISSUED
    bag = custody.bag_for(person, state=state, second=cast.investigator)
    with transaction(by=study.SETUP):
        Bag.objects.filter(pk=bag.pk).update(**change)
    answer = sign_in(cast.coordinator).post(address(act, bag), typed(bag, person))
    assert answer.status_code == 409
    assert words in text(answer)
    assert state_of(bag) == state


@pytest.mark.req("F-015")
def test_a_bag_is_nobody_elses(cast, issued, sign_in):
    other = study.enrolled(cast.site, day0=cast.site.today())
    answer = sign_in(cast.coordinator).post(address("verify", issued), typed(issued, other))
    assert answer.status_code == 409
    assert "is not the participant&#x27;s" in text(answer)
    assert state_of(issued) == "issued"


@pytest.mark.req("F-015")
def test_a_participant_of_another_site_is_as_good_as_none(cast, issued, sign_in):
    other = study.enrolled(cast.other_site, day0=cast.site.today())
    answer = sign_in(cast.coordinator).post(address("verify", issued), typed(issued, other))
    assert answer.status_code == 409
    assert state_of(issued) == "issued"


@pytest.mark.req("F-015")
@pytest.mark.parametrize("name", ["bag", "issue", "verify", "return", "waste", "infusion"])
def test_another_sites_bag_is_not_there(name, cast, issued, sign_in):
    client = sign_in(cast.coordinator2)
    assert client.get(address(name, issued)).status_code == 404
    assert client.get(address(name, issued).replace(issued.number, "00000000")).status_code == 404


@pytest.mark.req("F-015")
def test_the_database_reserves_no_bag_for_nobody_and_infuses_none_twice(cast, person, issued):
    with pytest.raises(IntegrityError, match="bag_held_for_somebody"), transaction(by=study.SETUP):
        Bag.objects.filter(pk=issued.pk).update(reserved_for=None, visit=None)


@pytest.mark.parametrize("year", ["1981", ""])
def test_it_takes_two_identifiers_to_issue_a_bag(year, cast, reserved, person, sign_in):
    body = typed(reserved, person, birth_year=year)
    answer = sign_in(cast.coordinator).post(address("issue", reserved), body)
    assert answer.status_code == 422
    assert "birth_year" in answer.context["form"].errors
    assert 'name="birth_year"' in answer.content.decode()
    assert state_of(reserved) == "reserved"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"code": "01-0071"}, "code", "check digit"),
        ({"birth_year": "1981"}, "birth_year", "not the participant"),
        ({"birth_year": ""}, "birth_year", "required"),
        ({"label_read": ""}, "label_read", "required"),
        ({"number": "12345678"}, "number", "no bag number"),
        ({"number": "00000000"}, "number", "another bag"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    change, field, words, cast, issued, person, sign_in
):
    body = typed(issued, person, **change)
    answer = sign_in(cast.coordinator).post(address("verify", issued), body)
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert not ProofCount.objects.exists()
    assert state_of(issued) == "issued"


@pytest.mark.req("F-017")
@pytest.mark.req("R-30")
def test_a_later_infusion_does_not_come_before_an_earlier_one(cast, person, sign_in):
    bag = custody.bag_for(person, "W4", State.RESERVED, second=cast.investigator)
    client = sign_in(cast.coordinator)
    answer = client.post(address("issue", bag), typed(bag, person))
    assert answer.status_code == 409
    assert "D0 comes first" in text(answer)
    schedule.miss(visit=study.visit_of(person, "D0"), reason="was ill", by=study.SETUP)
    assert client.post(address("issue", bag), typed(bag, person)).status_code == 302


@pytest.mark.req("F-017")
def test_nothing_is_issued_for_a_visit_that_was_missed(cast, person, reserved, sign_in):
    schedule.miss(visit=study.visit_of(person, "D0"), reason="was ill", by=study.SETUP)
    answer = sign_in(cast.coordinator).post(address("issue", reserved), typed(reserved, person))
    assert answer.status_code == 409
    assert "recorded as missed" in text(answer)


def test_nothing_is_issued_for_whoever_has_left(cast, person, reserved, sign_in):
    patients.withdraw(participant=person, on=cast.site.today(), reason="moved", by=study.SETUP)
    answer = sign_in(cast.coordinator).post(address("issue", reserved), typed(reserved, person))
    assert answer.status_code == 409
    assert "not enrolled" in text(answer)


# --- two people -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "password", "field", "words"),
    [
        ("coordinator", study.PASSWORD, "username", "another person than you"),
        ("COORDINATOR ", study.PASSWORD, "username", "another person than you"),
        ("investigator", "wrong horse battery", "password", "wrong, or this person may not"),
        ("investigator2", study.PASSWORD, "password", "wrong, or this person may not"),
        ("outsider", study.PASSWORD, "password", "wrong, or this person may not"),
        ("monitor", study.PASSWORD, "password", "wrong, or this person may not"),
        ("pharmacist", study.PASSWORD, "password", "wrong, or this person may not"),
        ("nobody", study.PASSWORD, "password", "wrong, or this person may not"),
    ],
)
def test_who_cannot_be_the_second_person(
    who, password, field, words, cast, issued, person, sign_in
):
    body = typed(issued, person, username=who, password=password)
    before = BagMovement.objects.count()
    answer = sign_in(cast.coordinator).post(address("verify", issued), body)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.context["form"].errors[field][0]
    assert password not in text(answer)
    assert (state_of(issued), BagMovement.objects.count()) == ("issued", before)


def test_a_failed_proof_leaves_its_count_and_only_of_somebody_who_works_here(
    cast, issued, person, sign_in
):
    client = sign_in(cast.coordinator)
    for who in ("investigator", "monitor", "nobody"):
        client.post(address("verify", issued), typed(issued, person, username=who, password="x"))
    assert [count.user.username for count in ProofCount.objects.all()] == ["investigator"]
    kinds = set(TrailEvent.objects.filter(kind__startswith="act:re").values_list("kind", flat=True))
    assert kinds == {"act:reauth_failed"}


@pytest.mark.req("R-38")
def test_after_five_failures_the_second_persons_proofs_are_paused(cast, issued, person, sign_in):
    client = sign_in(cast.coordinator)
    for _n in range(5):
        client.post(address("verify", issued), typed(issued, person, password="x"))
    answer = client.post(address("verify", issued), typed(issued, person))
    assert answer.status_code == 429
    assert "paused" in text(answer)
    assert state_of(issued) == "issued"


def test_the_database_asks_for_two_people(cast, issued):
    with pytest.raises(IntegrityError, match="movement_two_people"), transaction(by=study.SETUP):
        BagMovement.objects.create(
            bag=issued, number=99, event="verify", state="verified", at=timezone.now(),
            by="coordinator", by_id=cast.coordinator.pk, second="coordinator",
            second_id=cast.coordinator.pk, site=cast.site,
        )  # fmt: skip


def test_where_the_log_decides_both_need_the_duty(cast, issued, person, sign_in, settings):
    settings.DELEGATION_REQUIRED = True
    today = cast.site.today()
    appoint_principal(user=cast.investigator, site=cast.site, from_on=today, by=study.SETUP,
                      reason="contract")  # fmt: skip
    client = sign_in(cast.coordinator)
    assert client.post(address("verify", issued), typed(issued, person)).status_code == 403
    delegate(user=cast.coordinator, site=cast.site, duties=[Duty.INFUSE], from_on=today,
             by=study.SETUP)  # fmt: skip
    third = study.make_user("third", study.Role.COORDINATOR, cast.site)
    answer = client.post(address("verify", issued), typed(issued, person, username="third"))
    assert answer.status_code == 422
    delegate(user=third, site=cast.site, duties=[Duty.INFUSE], from_on=today, by=study.SETUP)
    answer = client.post(address("verify", issued), typed(issued, person, username="third"))
    assert answer.status_code == 302


# --- receiving ------------------------------------------------------------------------------------
@pytest.fixture
def arrival(cast):
    return custody.on_the_way(cast.site, 2)


def receive(client, shipment, **more):
    bags = list(shipment.bags.values_list("pk", flat=True))
    body = {"temperature": "5", "condition": "good", "bags": bags} | more
    return client.post(reverse("bags:receive", args=[shipment.number]), body)


@pytest.mark.req("F-015")
@pytest.mark.parametrize("temperature", ["1.9", "8.1", "-3"])
def test_a_delivery_that_was_too_cold_or_warm_is_barred(temperature, cast, arrival, sign_in):
    answer = receive(sign_in(cast.coordinator), arrival, temperature=temperature)
    assert any("storage limits" in str(one) for one in get_messages(answer.wsgi_request))
    assert list(arrival.bags.values_list("state", "excursion_open")) == [("received", True)] * 2
    assert {str(one.lowest) for one in Excursion.objects.all()} == {f"{float(temperature)}"}
    assert Excursion.objects.filter(verdict="", opened_by="coordinator").count() == 2


@pytest.mark.parametrize("temperature", ["101", "-201", "99999", "1_0", "4.55", "warm"])
def test_what_is_no_temperature_of_a_delivery_is_refused(temperature, cast, arrival, sign_in):
    answer = receive(sign_in(cast.coordinator), arrival, temperature=temperature)
    assert answer.status_code == 422
    assert "temperature" in answer.context["form"].errors
    assert f'value="{temperature}"' in answer.content.decode()
    assert not Excursion.objects.exists()


def test_a_judgement_is_told_in_words(cast, arrival, sign_in):
    client = sign_in(cast.coordinator)
    receive(client, arrival, temperature="12")
    one = Excursion.objects.select_related("bag").first()
    judge(shipment=arrival, stretch=Stretch(one.began_at, one.source),
          verdict=Excursion.Verdict.USABLE, ground=Excursion.Ground.STABLE,
          by=study.SETUP)  # fmt: skip
    page = client.get(reverse("bags:bag", args=[one.bag.number])).content.decode()
    assert "covered by the stability data" in page
    assert "Temperature on arrival" in page


@pytest.mark.parametrize("temperature", ["2", "8", "８"])
def test_on_the_bound_it_is_good(temperature, cast, arrival, sign_in):
    receive(sign_in(cast.coordinator), arrival, temperature=temperature)
    assert not Excursion.objects.exists()


@pytest.mark.parametrize("change", [{"bags": []}, {"temperature": ""}, {"condition": ""}])
def test_a_delivery_is_described_whole(change, cast, arrival, sign_in):
    assert receive(sign_in(cast.coordinator), arrival, **change).status_code == 422
    assert set(arrival.bags.values_list("state", flat=True)) == {"shipped"}


def test_a_bag_of_another_shipment_is_not_taken_with_it(cast, arrival, sign_in):
    foreign = custody.on_the_way(cast.site).bags.get()
    assert receive(sign_in(cast.coordinator), arrival, bags=[foreign.pk]).status_code == 422
    assert state_of(foreign) == "shipped"


def test_another_sites_shipment_is_not_there(cast, arrival, sign_in):
    assert receive(sign_in(cast.coordinator2), arrival).status_code == 404


# --- giving back, discarding ----------------------------------------------------------------------
@pytest.mark.parametrize(("act", "after"), [("return", "returned"), ("waste", "wasted")])
def test_a_bag_goes_away_with_a_reason(act, after, cast, issued, sign_in):
    client = sign_in(cast.coordinator)
    assert client.post(address(act, issued), {"reason": " "}).status_code == 422
    assert client.post(address(act, issued), {"reason": "a leak"}).status_code == 302
    assert state_of(issued) == after
    assert issued.movements.last().note == "a leak"
    event = TrailEvent.objects.filter(table_name="visits_bag").latest("id")
    assert (event.actor, event.reason) == ("coordinator", "a leak")


def test_a_bag_that_was_reserved_is_never_stock_again(cast, reserved, sign_in):
    """Or its ledger would name two participants of one arm."""
    page = text(sign_in(cast.coordinator).get(address("bag", reserved)))
    assert "reservation" not in page
    assert not any(pattern.name == "free" for pattern in product_urls.urlpatterns)


# --- scanning -------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", ["{0}", "{1}", " {0} ", "{0}\r", "{2}"])
def test_a_number_leads_to_its_bag_however_it_is_typed(shape, cast, issued, sign_in):
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in issued.number)
    number = shape.format(issued.number, issued.shown, wide)
    answer = sign_in(cast.coordinator).get(reverse("bags:scan"), {"number": number})
    assert answer.url == address("bag", issued)


def test_a_wrong_check_digit_is_told(cast, issued, sign_in):
    wrong = issued.number[:-1] + str((int(issued.number[-1]) + 1) % 10)
    answer = sign_in(cast.coordinator).get(reverse("bags:scan"), {"number": wrong})
    assert answer.status_code == 422
    assert "no bag number" in text(answer)


def test_another_sites_bag_is_no_bag(cast, issued, sign_in):
    answer = sign_in(cast.coordinator2).get(reverse("bags:scan"), {"number": issued.number})
    assert answer.status_code == 422
    assert "no such bag at your site" in text(answer)


def test_the_page_may_use_the_camera_and_no_other_device(cast, sign_in):
    answer = sign_in(cast.coordinator).get(reverse("bags:scan"))
    policy = answer.headers["Permissions-Policy"]
    assert "camera=(self)" in policy
    assert "microphone=()" in policy


# --- the stock ------------------------------------------------------------------------------------
def test_the_stock_is_that_of_ones_own_site(cast, issued, sign_in):
    (other,) = custody.received(cast.other_site)
    page = text(sign_in(cast.coordinator).get(reverse("bags:stock")))
    assert issued.shown in page
    assert other.shown not in page
    page = text(sign_in(cast.monitor).get(reverse("bags:stock")))
    assert issued.shown in page
    assert other.shown in page


def test_what_is_still_there_stands_before_what_is_gone(cast, sign_in):
    (gone,) = custody.received(cast.site, days=5)
    (there,) = custody.received(cast.site, days=50)
    waste(bag=gone, reason="leaks", by=study.SETUP)
    rows = sign_in(cast.coordinator).get(reverse("bags:stock")).context["rows"]
    assert [row.bag.pk for row in rows] == [there.pk, gone.pk]


def test_the_stock_is_narrowed_down(cast, issued, sign_in):
    (late,) = custody.received(cast.site, days=200)
    client = sign_in(cast.coordinator)

    def shown(**query):
        page = text(client.get(reverse("bags:stock"), query))
        return {bag.shown for bag in (issued, late) if f">{bag.shown}<" in page}

    assert shown() == {issued.shown, late.shown}
    assert shown(state="received") == {late.shown}
    assert shown(soon="on") == {issued.shown}
    assert shown(state="nonsense") == {issued.shown, late.shown}


def test_the_lists_need_the_same_number_of_statements_at_any_size(cast, sign_in):
    client = sign_in(cast.monitor)
    custody.on_the_way(cast.site, 2)
    few = statements(client, reverse("bags:stock"))
    for _n in range(4):
        custody.on_the_way(cast.other_site, 3)
        person = study.enrolled(cast.site, day0=cast.site.today())
        custody.bag_for(person, state=State.ISSUED, second=cast.investigator)
    assert statements(client, reverse("bags:stock")) == few <= 15


def test_the_page_of_a_bag_is_bounded(cast, issued, sign_in):
    assert statements(sign_in(cast.coordinator), address("bag", issued)) <= 15


# --- the ledger -----------------------------------------------------------------------------------
@pytest.mark.req("R-05")
def test_no_line_of_the_ledger_is_removed(issued):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction(by=study.SETUP):
        BagMovement.objects.filter(bag=issued).delete()


@pytest.mark.req("R-21")
def test_a_locked_participants_bag_does_not_move(cast, issued, person, sign_in):
    lock(Scope.PARTICIPANT, person)
    client = sign_in(cast.coordinator)
    assert client.post(address("waste", issued), {"reason": "x"}).status_code == 423
    assert state_of(issued) == "issued"


# --- panels ---------------------------------------------------------------------------------------
def test_a_participants_pages_show_their_product(cast, person, issued, sign_in):
    client = sign_in(cast.coordinator)
    for address_ in (
        reverse("visits:list", args=[person.code]),
        reverse("visits:visit", args=[person.code, "D0"]),
    ):
        page = text(client.get(address_))
        assert issued.shown in page
        assert address("verify", issued) in page
        assert re.search(r"Next infusion: <strong>D0</strong>", re.sub(r"\s+", " ", page))
    page = text(client.get(reverse("visits:visit", args=[person.code, "W12"])))
    assert issued.shown not in page


def test_product_is_reserved_for_the_next_infusion_when_none_is(cast, person, issued, sign_in):
    client = sign_in(cast.coordinator)
    reserve = reverse("randomization:reserve", args=[person.code, "W4"])
    page = text(client.get(reverse("visits:visit", args=[person.code, "W4"])))
    assert reserve in page
    assert reserve not in text(
        sign_in(cast.monitor).get(reverse("visits:visit", args=[person.code, "W4"]))
    )


@pytest.mark.req("F-017")
@pytest.mark.req("R-30")
@pytest.mark.parametrize(("label", "words"), [("W4", "D0 comes first"), ("W12", "no infusion")])
def test_nothing_is_reserved_out_of_turn(label, words, cast, person, sign_in):
    answer = sign_in(cast.coordinator).post(
        reverse("randomization:reserve", args=[person.code, label])
    )
    assert answer.status_code == 302
    (message,) = get_messages(answer.wsgi_request)
    assert words in str(message)


def test_only_an_actor_with_the_right_moves_a_bag(cast, issued, sign_in):
    assert sign_in(cast.sponsor).post(address("waste", issued), {"reason": "x"}).status_code == 403
