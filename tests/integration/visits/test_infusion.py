"""The infusion form: dose, start, vital signs, reactions, end; nothing is overwritten."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from tests.factories import custody, study
from tests.factories.custody import Ago, moment, put
from tests.integration.quality.holding import lock
from tests.integration.quality.verifying import states
from tests.integration.reports.test_statements import LIMIT, statements
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import transaction
from trial.audit.models import Event as TrailEvent
from trial.inbox.models import Item
from trial.quality.exceptions import Locked
from trial.quality.models import Scope
from visits.custody import State
from visits.infusion_sections import parse
from visits.models import (
    Bag,
    Infusion,
    InfusionRateChange,
    InfusionReaction,
    InfusionVitals,
    Status,
)
from visits.selectors.infusions import sheet_of
from visits.services import schedule
from visits.services.bags import NotMovable

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site, day0=cast.site.today())


@pytest.fixture
def bag(cast, person):
    return custody.bag_for(person, second=cast.coordinator)


@pytest.fixture
def running(bag):
    """Started an hour ago."""
    return custody.started(bag)


def infusion(bag):
    return Infusion.objects.get(bag=bag)


def page_of(bag):
    return reverse("bags:infusion", args=[bag.number])


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def send(client, bag, section, *, key="k1", htmx=False, reason="", **values):
    """One section as the browser sends it, drawn from what is stored now."""
    base = values.pop("base", None)
    mark = sheet_of(bag).mark(parse(section)) if base is None else base
    body = {f"{section}-{name}": value for name, value in values.items()}
    body |= {f"{section}-base": mark, "key": key, "reason": reason}
    headers = {"HX-Request": "true"} if htmx else {}
    address = reverse("bags:infusion_save", args=[bag.number, section])
    return client.post(address, body, headers=headers)


def local(minutes_ago, bag):
    return moment(minutes_ago).astimezone(bag.site.zone).strftime("%Y-%m-%d %H:%M")


def refused(call, *args, **values):
    with pytest.raises(Refused) as caught:
        call(*args, **values)
    return {name: [str(one) for one in texts] for name, texts in caught.value.errors.items()}


# --- the dose -------------------------------------------------------------------------------------
def test_the_dose_of_the_protocols_example(cast, bag, sign_in):
    """62 kg at 0.5 are 31.0; at 1.0 per mL, 31.0 mL (clinical rules §1.4)."""
    client = sign_in(cast.coordinator)
    today = cast.site.today()
    answer = send(client, bag, "order", weight_kg="62", weighed_on=str(today))
    assert answer.status_code == 302
    found = infusion(bag)
    assert (found.ordered_cells, found.ordered_ml) == (Decimal("31.0"), Decimal("31.0"))
    assert (found.weight_kg, found.weighed_on) == (Decimal(62), today)


# 31.0 are ordered: ±10 % is 27.9 to 34.1, ±20 % is 24.8 to 37.2; on a bound is within it.
@pytest.mark.parametrize(
    ("prepared", "grade"),
    [
        ("31", "within"), ("34.1", "within"), ("27.9", "within"), ("34.2", "warning"),
        ("27.8", "warning"), ("37.2", "warning"), ("24.8", "warning"),
    ],
)  # fmt: skip
def test_a_dose_is_graded_against_its_order(prepared, grade, bag):
    custody.ordered(bag, cells=prepared)
    assert infusion(bag).prepared_grade == grade


@pytest.mark.parametrize("prepared", ["37.3", "24.7"])
def test_a_deviation_is_explained(prepared, bag):
    custody.ordered(bag)
    values: dict[str, Any] = {"prepared_cells": Decimal(prepared), "prepared_ml": Decimal(31)}
    errors = refused(put, bag, "preparation", reason="typing error", **values)
    assert "say why" in errors["preparation_note"][0]
    put(bag, "preparation", reason="typing error", preparation_note="one vial broke", **values)
    assert infusion(bag).prepared_grade == "deviation"


def test_the_database_keeps_no_deviation_without_a_word(bag):
    custody.ordered(bag)
    with pytest.raises(IntegrityError, match="infusion_deviation_has_note"), (
        transaction(by=study.SETUP)
    ):  # fmt: skip
        Infusion.objects.update(prepared_grade="deviation")


@pytest.mark.parametrize(
    ("weight", "days", "field", "words"),
    [
        ("24.9", 0, "weight_kg", "between 25 and 250"),
        ("250.1", 0, "weight_kg", "between 25 and 250"),
        ("62", 8, "weighed_on", "older than 7 days"),
        ("62", -1, "weighed_on", "after the start"),
    ],
)
def test_a_weight_that_cannot_be_used(weight, days, field, words, bag):
    on = bag.site.today() - timedelta(days=days)
    errors = refused(put, bag, "order", weight_kg=Decimal(weight), weighed_on=on)
    assert words in errors[field][0]


def test_a_weight_of_seven_days_ago_is_good(bag):
    put(bag, "order", weight_kg=Decimal(62), weighed_on=bag.site.today() - timedelta(days=7))
    assert infusion(bag).ordered_cells == Decimal(31)


def test_a_corrected_weight_grades_the_dose_anew(bag):
    custody.ordered(bag)
    put(bag, "order", weight_kg=Decimal(70), weighed_on=bag.site.today(), reason="misread")
    found = infusion(bag)
    assert (found.ordered_cells, found.prepared_grade) == (Decimal(35), "warning")


def test_what_went_in_is_the_share_of_the_volume(running):
    put(running, "end", ended=moment(10), given_ml=Decimal("24.8"), stopped_early=True,
        stop_reason="wish", end_note="wanted to go home")  # fmt: skip
    found = infusion(running)
    assert (found.given_cells, found.given_grade) == (Decimal("24.8"), "warning")


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        ("order", {"weight_kg": "62"}, ["31.0 ×10⁶ = 31.0 mL"]),
        ("order", {"weight_kg": "20"}, ["between 25 and 250"]),
        ("order", {"weight_kg": "62,5"}, ["31.3 ×10⁶"]),
        ("preparation", {"prepared_cells": "36", "prepared_ml": "31"}, ["+16.1 %", "beyond"]),
        ("preparation", {"prepared_cells": "40", "prepared_ml": "31"}, ["protocol deviation"]),
        ("end", {"given_ml": "15.5"}, ["15.5 ×10⁶", "-50.0 %", "50 %", "protocol deviation"]),
        ("preparation", {"prepared_cells": "nonsense"}, []),
    ],
)
def test_the_dose_is_worked_out_while_it_is_typed(section, values, words, cast, bag, sign_in):
    custody.ordered(bag)
    before = TrailEvent.objects.count()
    address = reverse("bags:infusion_check", args=[bag.number, section])
    answer = sign_in(cast.coordinator).post(
        address, {f"{section}-{name}": value for name, value in values.items()}
    )
    assert answer.status_code == 200
    assert [word for word in words if word not in text(answer)] == []
    assert TrailEvent.objects.count() == before


# --- the start ------------------------------------------------------------------------------------
@pytest.mark.req("R-30")
def test_a_start_hangs_up_the_bag_and_holds_the_visit(cast, bag, person):
    custody.started(bag, 60)
    bag.refresh_from_db()
    visit = study.visit_of(person, "D0")
    assert (bag.state, bag.reserved_for_id) == ("infused", person.pk)
    assert bag.movements.last().at == moment(60)
    assert (visit.status, visit.held_on) == (
        Status.HELD,
        moment(60).astimezone(cast.site.zone).date(),
    )


@pytest.mark.req("R-30")
@pytest.mark.parametrize("state", [State.RESERVED, State.ISSUED])
def test_only_a_verified_bag_is_infused(state, cast, person):
    bag = custody.bag_for(person, state=state, second=cast.coordinator)
    custody.ordered(bag)
    errors = refused(put, bag, "start", started=moment(5))
    assert "verify the bag at the bedside first" in errors[""][0]
    bag.refresh_from_db()
    assert bag.state == state
    assert study.visit_of(person, "D0").status == Status.PLANNED


@pytest.mark.req("F-015")
@pytest.mark.parametrize(
    ("change", "why"),
    [({"excursion_open": True}, "excursion_open"), ({"expires_at": "past"}, "expired")],
)
def test_a_bag_that_became_unfit_is_not_hung_up(change, why, bag):
    custody.ordered(bag)
    change = {k: timezone.now() - timedelta(hours=2) if v == "past" else v
              for k, v in change.items()}  # fmt: skip
    with transaction(by=study.SETUP):
        Bag.objects.filter(pk=bag.pk).update(**change)
    with pytest.raises(NotMovable) as caught:
        put(bag, "start", started=moment(5))
    assert caught.value.why == why
    assert infusion(bag).started is None


def test_the_expiry_counts_at_the_start_not_when_the_tablet_had_a_network_again(bag):
    custody.ordered(bag)
    with transaction(by=study.SETUP):
        Bag.objects.filter(pk=bag.pk).update(expires_at=moment(30))
    put(bag, "start", started=moment(40))
    bag.refresh_from_db()
    assert bag.state == "infused"


@pytest.mark.req("F-017")
def test_the_second_infusion_does_not_start_before_the_first(cast, person):
    bag = custody.bag_for(person, "W4", second=cast.coordinator)
    custody.ordered(bag)
    errors = refused(put, bag, "start", started=moment(5), reason="early")
    assert "D0 comes first" in errors[""][0]
    schedule.miss(visit=study.visit_of(person, "D0"), reason="was ill", by=study.SETUP)
    put(bag, "start", started=moment(5), reason="early")
    bag.refresh_from_db()
    assert bag.state == "infused"


def test_a_start_outside_the_window_is_asked_why_and_told_where(cast, person, sign_in):
    bag = custody.bag_for(person, "W4", second=cast.coordinator)
    schedule.miss(visit=study.visit_of(person, "D0"), reason="was ill", by=study.SETUP)
    custody.ordered(bag)
    client = sign_in(cast.coordinator)
    answer = send(client, bag, "start", htmx=True, started=local(5, bag))
    assert answer.status_code == 422
    assert "Outside the window" in text(answer)
    start = answer.content.decode().split('data-section="start"')[1].split("</form>")[0]
    assert 'name="reason"' in start
    again = send(client, bag, "start", key="k2", started=local(5, bag), reason="came early")
    assert again.status_code == 302
    assert infusion(bag).started is not None


@pytest.mark.parametrize(
    ("minutes", "field", "words"),
    [(-10, "started", "future"), (60 * 5, "started", "only after this")],
)
def test_a_start_lies_between_the_bedside_and_now(minutes, field, words, bag):
    custody.ordered(bag)
    assert words in refused(put, bag, "start", started=moment(minutes))[field][0]


def test_without_an_order_nothing_starts(bag):
    assert "worked out" in refused(put, bag, "start", started=moment(5))[""][0]


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("rate-new", {"since": Ago(5), "rate_ml_h": Decimal(20)}),
        ("vitals-D15", custody.vitals(5)),
        ("sonography-during", custody.sonography(5)),
        ("end", {"ended": Ago(5), "given_ml": Decimal(1), "stopped_early": False}),
        ("reaction-fever", {"occurred": True, "onset": Ago(5), "grade": 1}),
    ],
)
@pytest.mark.req("R-30")
def test_what_belongs_to_an_infusion_waits_for_its_start(section, values, bag):
    assert "has not started" in refused(put, bag, section, **values)[""][0]


@pytest.mark.parametrize(
    ("section", "values", "field", "words"),
    [
        ("sonography-after", custody.sonography(5), "", "not ended"),
        ("vitals-P30", custody.vitals(5), "", "not ended"),
        ("vitals-D15", custody.vitals(70), "measured", "started after this"),
        ("vitals-B", custody.vitals(20), "measured", "had started before"),
        ("rate-new", {"since": Ago(90), "rate_ml_h": Decimal(1)}, "since", "started after"),
        ("end", {"ended": Ago(90), "given_ml": Decimal(1), "stopped_early": False}, "ended",
         "before the start"),
        ("end", {"ended": Ago(5), "given_ml": Decimal("31.1"), "stopped_early": False},
         "given_ml", "More than was prepared"),
        ("end", {"ended": Ago(5), "given_ml": Decimal(31), "stopped_early": True},
         "stop_reason", "Fill this in"),
        ("reaction-fever", {"occurred": True, "onset": Ago(90), "grade": 1}, "onset",
         "started after"),
        ("reaction-fever", {"occurred": True, "grade": 6, "onset": Ago(5)}, "grade",
         "outside 1 to 5"),
    ],
)  # fmt: skip
def test_what_cannot_be_at_that_time_is_refused(section, values, field, words, running):
    assert words in refused(put, running, section, **values)[field][0]


# --- vital signs ----------------------------------------------------------------------------------
ALERTING = [
    ({"systolic": 89}, "below 90"),
    ({"systolic": 96}, "down by 20"),  # from 120
    ({"oxygen": 91}, "below 92"),
    ({"temperature": Decimal("38.0")}, "38.0 °C or above"),
    ({"temperature": Decimal("37.6")}, "up by 1 °C"),  # from 36.6
    ({"heart_rate": 121}, "above 120"),
]


@pytest.mark.parametrize(("values", "words"), ALERTING)
def test_alarming_vital_signs_are_told(values, words, cast, running, sign_in):
    put(running, "vitals-B", **custody.vitals(65))
    client = sign_in(cast.coordinator)
    put(running, "vitals-D15", **custody.vitals(45, diastolic=50, **values))
    answer = client.get(page_of(running))
    assert words in text(answer)
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(("values", "words"), ALERTING)
def test_alarming_vital_signs_are_told_while_they_are_typed(values, words, cast, running, sign_in):
    put(running, "vitals-B", **custody.vitals(65))
    address = reverse("bags:infusion_check", args=[running.number, "vitals-D15"])
    body = {f"vitals-D15-{name}": str(value) for name, value in values.items()}
    assert words in text(sign_in(cast.coordinator).post(address, body))


def test_on_the_limits_nothing_is_told(cast, running, sign_in):
    put(running, "vitals-B", **custody.vitals(65, systolic=112))
    put(running, "vitals-D15", **custody.vitals(45, systolic=90, diastolic=50, oxygen=92,
        heart_rate=120, temperature=Decimal("37.5")))  # fmt: skip
    assert 'role="alert"' not in sign_in(cast.coordinator).get(page_of(running)).content.decode()


def standings(answer):
    """How each point of the plan stands: {"D15": "missing"}."""
    found = re.findall(
        r'id="point-(\w+)".*?data-standing="(\w+)"', answer.content.decode(), re.DOTALL
    )
    return dict(found)


def test_the_plan_shows_what_is_missing_late_and_due(cast, bag, sign_in):
    put(bag, "vitals-B", **custody.vitals(65))
    custody.started(bag, 60)
    put(bag, "vitals-D15", **custody.vitals(45))
    put(bag, "vitals-D30", **custody.vitals(20))
    answer = sign_in(cast.coordinator).get(page_of(bag))
    assert standings(answer) == {
        "B": "done", "D15": "done", "D30": "late", "D45": "missing", "D60": "due", "D75": "later",
    }  # fmt: skip
    assert "Vital signs missing : 45 min" in text(answer).replace("missing:", "missing :")


def test_after_the_end_the_plan_is_whole(cast, running, sign_in):
    put(running, "end", ended=moment(25), given_ml=Decimal(31), stopped_early=False)
    found = standings(sign_in(cast.coordinator).get(page_of(running)))
    assert list(found) == ["B", "D15", "D30", "E", "P30", "P60", "P120", "P240", "P1440"]
    assert (found["E"], found["P30"], found["P1440"]) == ("missing", "due", "later")


def test_why_nothing_was_measured_is_an_answer(cast, running, sign_in):
    put(running, "vitals-D15", not_done="was in the bathroom")
    found = standings(sign_in(cast.coordinator).get(page_of(running)))
    assert found["D15"] == "not_done"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"measured": Ago(5)}, "heart_rate"),
        ({"heart_rate": 80}, "measured"),
        ({"measured": Ago(5), "heart_rate": 800}, "heart_rate"),
        ({"measured": Ago(5), "oxygen": 101}, "oxygen"),
        ({"measured": Ago(5), "systolic": 80, "diastolic": 80}, "diastolic"),
        ({"measured": Ago(5), "heart_rate": 80, "not_done": "x"}, "not_done"),
        ({"measured": Ago(-5), "heart_rate": 80}, "measured"),
    ],
)
def test_vital_signs_that_cannot_be(values, field, running):
    assert field in refused(put, running, "vitals-D15", **{"not_done": "", **values})


def test_where_nothing_is_typed_nothing_is_stored(running):
    assert put(running, "vitals-D15", heart_rate=None, not_done=" ") is False
    assert not InfusionVitals.objects.exists()


@pytest.mark.parametrize("point", ["D14", "P45", "X", "D0", "D1440", ""])
def test_a_point_that_no_plan_has_is_not_there(point, cast, running, sign_in):
    address = f"{page_of(running)}vitals-{point}/"
    assert sign_in(cast.coordinator).post(address, {}).status_code == 404


# --- reactions ------------------------------------------------------------------------------------
def test_a_reaction_is_a_draft_before_the_investigator(cast, running, sign_in):
    put(running, "reaction-rash", occurred=True, onset=moment(20), grade=2, note="forearm")
    assert InfusionReaction.objects.get().state == "draft"
    item = Item.objects.get(kind="infusion_reaction")
    assert (item.site, item.role, item.done_at) == (cast.site, "investigator", None)
    page = text(sign_in(cast.investigator).get(reverse("reports:inbox")))
    assert "Reaction to an infusion" in page
    assert "Rash or urticaria, grade 2, at D0" in page


def test_a_reaction_that_was_none_takes_its_item_away(running):
    put(running, "reaction-rash", occurred=True, onset=moment(20), grade=2, note="forearm")
    put(running, "reaction-rash", occurred=False, onset=None, grade=None, note="",
        reason="was there before")  # fmt: skip
    row = InfusionReaction.objects.get()
    assert (row.state, row.onset, row.grade) == ("withdrawn", None, None)
    assert Item.objects.get().note == "was there before"
    put(running, "reaction-rash", occurred=True, onset=moment(10), grade=1, note="",
        reason="came back")  # fmt: skip
    assert Item.objects.filter(done_at=None).count() == 1


def test_the_checklist_is_saved_at_once_and_only_what_was_answered(cast, running, sign_in):
    body = {"key": "k", "reason": "", "reaction-fever-occurred": "yes",
            "reaction-fever-onset": local(20, running), "reaction-fever-grade": "1",
            "reaction-chills-occurred": "no"}  # fmt: skip
    sheet = sheet_of(running)
    for term in ("fever", "chills"):
        body[f"reaction-{term}-base"] = sheet.mark(parse(f"reaction-{term}"))
    address = reverse("bags:infusion_save", args=[running.number, "reactions"])
    client = sign_in(cast.coordinator)
    assert client.post(address, body).status_code == 302
    found = dict(InfusionReaction.objects.values_list("term", "occurred"))
    assert found == {"fever": True, "chills": False}


def test_of_a_checklist_with_a_mistake_nothing_is_stored(cast, running, sign_in):
    body = {"key": "k", "reason": "", "reaction-fever-occurred": "yes",
            "reaction-chills-occurred": "no"}  # fmt: skip
    sheet = sheet_of(running)
    for term in ("fever", "chills"):
        body[f"reaction-{term}-base"] = sheet.mark(parse(f"reaction-{term}"))
    address = reverse("bags:infusion_save", args=[running.number, "reactions"])
    answer = sign_in(cast.coordinator).post(address, body)
    assert answer.status_code == 422
    assert text(answer).count("Fill this in.") == 2
    assert not InfusionReaction.objects.exists()


# --- lines that are added -------------------------------------------------------------------------
def test_rates_follow_each_other_and_are_struck_not_removed(running):
    put(running, "rate-new", since=moment(60), rate_ml_h=Decimal(20), struck=False)
    put(running, "rate-new", since=moment(40), rate_ml_h=Decimal(30), note="well", struck=False)
    put(running, "rate-1", struck=True, reason="wrong participant")
    rows = InfusionRateChange.objects.order_by("number")
    assert [(row.number, row.rate_ml_h, row.struck) for row in rows] == [
        (1, Decimal(20), True), (2, Decimal(30), False),
    ]  # fmt: skip


# --- nothing is overwritten, nothing is done twice ------------------------------------------------
@pytest.mark.req("R-13")
def test_a_stored_value_is_changed_with_a_reason_only(bag):
    custody.ordered(bag)
    values = {"weight_kg": Decimal(70), "weighed_on": bag.site.today()}
    assert "reason" in refused(put, bag, "order", **values)
    put(bag, "order", reason="misread", **values)
    event = TrailEvent.objects.filter(table_name="visits_infusion").latest("id")
    assert (event.reason, event.old["weight_kg"], event.new["weight_kg"]) == ("misread", 62.0, 70.0)


def test_what_is_filled_in_later_needs_no_reason(bag):
    custody.ordered(bag)
    put(bag, "preparation", prepared_cells=Decimal(31), prepared_ml=Decimal(31),
        preparation_note="from two vials")  # fmt: skip
    assert infusion(bag).preparation_note == "from two vials"


def test_a_save_that_changes_nothing_writes_nothing(bag):
    custody.ordered(bag)
    before = TrailEvent.objects.count()
    same = {"weight_kg": Decimal("62.0"), "weighed_on": infusion(bag).weighed_on}
    assert put(bag, "order", **same) is False
    assert TrailEvent.objects.count() == before


def test_who_was_slower_sees_both_states(cast, bag, sign_in):
    client = sign_in(cast.coordinator)
    today = str(cast.site.today())
    empty = sheet_of(bag).mark(parse("order"))
    custody.ordered(bag)
    answer = send(client, bag, "order", weight_kg="65", weighed_on=today, base=empty)
    assert answer.status_code == 409
    assert "stored is “62.0”, you typed “65”" in text(answer)
    assert infusion(bag).weight_kg == Decimal(62)
    assert 'value="65"' in answer.content.decode()


def test_two_people_fill_in_two_sections_without_getting_in_each_others_way(cast, bag, sign_in):
    marks = {name: sheet_of(bag).mark(parse(name)) for name in ("order", "line")}
    custody.ordered(bag)
    put(bag, "line", line="peripheral", gauge="22G", filter="standard", base=marks["line"])
    with pytest.raises(Conflict):
        put(bag, "order", weight_kg=Decimal(60), weighed_on=bag.site.today(), base=marks["order"])


@pytest.mark.req("F-004")
@pytest.mark.req("F-006")
def test_a_section_that_is_sent_twice_is_stored_once(cast, running, sign_in):
    client = sign_in(cast.coordinator)
    for _n in range(3):
        answer = send(client, running, "rate-new", key="one", htmx=True,
                      since=local(30, running), rate_ml_h="25")  # fmt: skip
        assert answer.status_code == 200
    assert InfusionRateChange.objects.count() == 1


@pytest.mark.req("F-005")
def test_a_key_is_good_for_one_content(cast, running, sign_in):
    client = sign_in(cast.coordinator)
    send(client, running, "rate-new", key="one", since=local(30, running), rate_ml_h="25")
    answer = send(client, running, "rate-new", key="one", since=local(30, running), rate_ml_h="26")
    assert answer.status_code == 422
    assert InfusionRateChange.objects.count() == 1


def test_a_refused_section_comes_back_as_it_was_typed(cast, running, sign_in):
    answer = send(sign_in(cast.coordinator), running, "vitals-D15", htmx=True,
                  measured=local(45, running), heart_rate="8o", systolic="120")  # fmt: skip
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="8o"' in page
    assert "<html" not in page
    assert not InfusionVitals.objects.exists()


@pytest.mark.parametrize("moment_typed", ["2026-13-01 10:00", "yesterday", "2026-03-01"])
def test_a_time_that_is_none_is_said_at_its_field(moment_typed, cast, bag, sign_in):
    custody.ordered(bag)
    answer = send(sign_in(cast.coordinator), bag, "start", started=moment_typed)
    assert answer.status_code == 422
    assert "YYYY-MM-DD HH:MM" in text(answer)


def test_a_time_is_the_sites_own(cast, bag, sign_in):
    custody.ordered(bag)
    typed = local(20, bag)
    assert send(sign_in(cast.coordinator), bag, "start", started=typed).status_code == 302
    assert infusion(bag).started == moment(20)
    assert typed in sign_in(cast.coordinator).get(page_of(bag)).content.decode()


# --- rights, locks, the casebook ------------------------------------------------------------------
def test_who_only_reads_gets_no_buttons(cast, running, sign_in):
    page = sign_in(cast.monitor).get(page_of(running)).content.decode()
    assert "disabled" in page
    assert "infusion.js" not in page
    assert send(sign_in(cast.monitor), running, "line", line="central").status_code == 403


def test_a_bag_that_is_nobodys_has_no_infusion(cast, sign_in):
    (bag,) = custody.received(cast.site)
    assert sign_in(cast.coordinator).get(page_of(bag)).status_code == 404


@pytest.mark.req("R-21")
@pytest.mark.parametrize("scope", [Scope.FORM, Scope.VISIT, Scope.PARTICIPANT])
def test_a_locked_infusion_is_not_changed(scope, cast, running, person, sign_in):
    form = ("infusion",) if scope == Scope.FORM else ()
    lock(scope, person, study.visit_of(person, "D0"), *form)
    with pytest.raises(Locked):
        put(running, "line", line="central", gauge="18G", filter="none")
    page = sign_in(cast.coordinator).get(page_of(running)).content.decode()
    assert "nothing here can be changed" in page
    assert "infusion.js" not in page


def test_a_monitor_verifies_an_infusion_row_by_row(cast, bag, sign_in):
    custody.whole(bag)
    found = states(study.visit_of(bag.reserved_for, "D0"))
    assert {"weight_kg", "started", "given_ml"} <= set(found)
    assert "ordered_cells" not in found
    address = reverse("reports:verify_visit", args=[bag.reserved_for.code, "D0"])
    page = text(sign_in(cast.monitor).get(address))
    for words in ("vital signs, 15 min", "reaction, chills", "Cetirizine", "Dr. One"):
        assert words in page


def test_what_is_signed_shows_the_infusion(cast, bag, sign_in):
    custody.whole(bag)
    address = reverse("reports:sign_visit", args=[bag.reserved_for.code, "D0"])
    page = text(sign_in(cast.investigator).get(address))
    for words in ("Vital signs, 15 min", "Reaction, chills", "dose ordered: 31;", "Cetirizine"):
        assert words in page, words


def test_the_history_of_a_value_is_one_click_away(cast, running, sign_in):
    client = sign_in(cast.coordinator)
    address = reverse("reports:history", args=["infusion", infusion(running).pk])
    assert "62" in text(client.get(address, {"field": "weight_kg"}))
    assert sign_in(cast.coordinator2).get(address).status_code == 404


def test_the_page_needs_a_bounded_number_of_statements(cast, bag, sign_in):
    client = sign_in(cast.coordinator)
    empty = statements(client, page_of(bag))
    custody.whole(bag)
    full = statements(client, page_of(bag))
    for _n in range(6):
        put(bag, "drug-new", drug="X", dose="1 mg", given=moment(100), struck=False)
    assert statements(client, page_of(bag)) == full
    assert empty <= full <= LIMIT
