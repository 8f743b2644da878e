"""The infusion form in a real browser: a network that drops, two people, scanning."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.factories import custody, study
from tests.functional.test_lab_entry import sign_in
from visits.custody import State
from visits.models import Bag, Infusion, InfusionRateChange, InfusionReaction, InfusionVitals

pytestmark = pytest.mark.req("F-004")


@pytest.fixture
def person(fresh_database, cast):
    return study.enrolled(cast.site, day0=cast.site.today())


@pytest.fixture
def bag(cast, person):
    return custody.bag_for(person, second=cast.investigator)


@pytest.fixture
def form(page, live_server, bag):
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/product/infusions/{bag.number}/")
    return page


def section(page: Page, name: str):
    return page.locator(f"[data-section='{name}']")


def field(page: Page, name: str, column: str):
    return page.locator(f"[name='{name}-{column}']")


def save(page: Page, name: str) -> None:
    section(page, name).locator("button[type=submit]").click()


def order(page: Page, bag: Bag, weight: str = "62") -> None:
    field(page, "order", "weight_kg").fill(weight)
    field(page, "order", "weighed_on").fill(str(bag.site.today()))
    save(page, "order")


def stored(page: Page, name: str) -> None:
    expect(section(page, name).locator("[data-said]")).to_have_text("stored")


def unsent(page: Page):
    return page.locator("[data-unsent]")


def keys(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "Object.keys(localStorage).filter((name) => name.startsWith('infusion:'))"
    )
    return found


def waiting(page: Page) -> int:
    return int(page.evaluate(
        "JSON.parse(localStorage.getItem(Object.keys(localStorage)"
        ".find((name) => name.endsWith(':queue'))) ?? '[]').length"
    ))  # fmt: skip


def test_an_infusion_is_recorded_from_the_order_to_the_end(form, bag):
    order(form, bag)
    stored(form, "order")
    field(form, "preparation", "prepared_cells").fill("36")
    field(form, "preparation", "prepared_ml").fill("31")
    expect(form.locator("#live-preparation")).to_contain_text("+16.1 %")
    save(form, "preparation")
    expect(form.locator(".infusion-state")).to_contain_text("beyond the tolerance")
    section(form, "start").get_by_role("button", name="Now").click()
    save(form, "start")
    expect(form.locator(".infusion-state")).to_contain_text("running")
    field(form, "vitals-D15", "heart_rate")  # drawn as soon as it has started
    form.locator("#point-D15 summary").click()
    field(form, "vitals-D15", "systolic").fill("85")
    expect(form.locator("#live-vitals-D15")).to_contain_text("below 90")
    section(form, "vitals-D15").get_by_role("button", name="Now").click()
    save(form, "vitals-D15")
    expect(form.locator(".infusion-state [role=alert]")).to_contain_text("below 90")
    assert Bag.objects.get(pk=bag.pk).state == "infused"
    assert InfusionVitals.objects.get().systolic == 85


def test_a_time_is_typed_as_four_digits(form, bag):
    field(form, "start", "started").fill("0001")
    field(form, "start", "started").press("Tab")
    today = str(bag.site.today())
    expect(field(form, "start", "started")).to_have_value(f"{today} 00:01")


def test_nothing_is_lost_when_the_network_drops(form, bag):
    """What is saved without a network waits, in order, and is stored once when it is back."""
    order(form, bag)
    stored(form, "order")
    form.context.set_offline(True)
    field(form, "preparation", "prepared_cells").fill("31")
    field(form, "preparation", "prepared_ml").fill("31")
    save(form, "preparation")
    section(form, "start").get_by_role("button", name="Now").click()
    save(form, "start")
    started = field(form, "start", "started").input_value()
    field(form, "rate-new", "since").fill(started)
    field(form, "rate-new", "rate_ml_h").fill("20")
    save(form, "rate-new")
    expect(unsent(form)).to_contain_text("Not yet stored: 3")
    expect(section(form, "preparation").locator("[data-said]")).to_contain_text("Not yet stored")
    assert Infusion.objects.get().prepared_cells is None

    form.context.set_offline(False)
    expect(unsent(form)).to_be_hidden()
    stored(form, "preparation")
    stored(form, "start")
    found = Infusion.objects.get()
    assert found.prepared_cells == 31
    assert found.started is not None
    assert InfusionRateChange.objects.count() == 1
    assert Bag.objects.get(pk=bag.pk).state == "infused"
    assert waiting(form) == 0


def test_an_answer_that_is_lost_stores_nothing_twice(form, bag):
    """The server has stored it, but the browser never hears of it and sends it again."""
    custody.started(bag, 30)
    form.reload()
    lost: list[str | None] = []

    def lose(route):
        if lost:
            route.continue_()
            return
        route.fetch()
        lost.append(route.request.post_data)
        route.abort()

    form.route("**/rate-new/", lose)
    since = field(form, "start", "started").input_value()
    field(form, "rate-new", "since").fill(since)
    field(form, "rate-new", "rate_ml_h").fill("20")
    save(form, "rate-new")
    expect(unsent(form)).to_be_visible()
    unsent(form).get_by_role("button").click()
    expect(unsent(form)).to_be_hidden()
    expect(form.locator("#line-rate-1")).to_be_visible()
    assert len(lost) == 1
    assert InfusionRateChange.objects.count() == 1


def test_what_waits_survives_a_closed_page(form, bag, live_server):
    order(form, bag)
    stored(form, "order")
    form.route("**/product/infusions/*/preparation/", lambda route: route.abort())
    field(form, "preparation", "prepared_cells").fill("31")
    field(form, "preparation", "prepared_ml").fill("31")
    save(form, "preparation")
    expect(unsent(form)).to_be_visible()
    address = form.url
    form.goto(f"{live_server.url}/product/")
    form.unroute("**/product/infusions/*/preparation/")
    form.goto(address)
    stored(form, "preparation")
    assert Infusion.objects.get().prepared_cells == 31
    assert waiting(form) == 0


def test_a_section_changed_twice_without_a_network_is_not_in_its_own_way(form, bag):
    order(form, bag)
    stored(form, "order")
    form.context.set_offline(True)
    for note in ("first", "second"):
        field(form, "preparation", "prepared_cells").fill("31")
        field(form, "preparation", "prepared_ml").fill("31")
        field(form, "preparation", "preparation_note").fill(note)
        save(form, "preparation")
    form.context.set_offline(False)
    # The second is a change of what the first has stored: it is asked why.
    expect(section(form, "preparation")).to_contain_text("Say why a recorded value is changed.")
    expect(field(form, "preparation", "preparation_note")).to_have_value("second")
    section(form, "preparation").locator("[name=reason]").fill("written down wrongly")
    save(form, "preparation")
    stored(form, "preparation")
    assert Infusion.objects.get().preparation_note == "second"


def test_what_is_refused_stays_while_the_others_are_stored(form, bag):
    """The next answer draws the whole form anew: what was refused before it is still there."""
    custody.started(bag, 60)
    form.reload()
    form.context.set_offline(True)
    for point, diastolic in (("D15", "130"), ("D30", "80")):
        form.locator(f"#point-{point}").evaluate("(one) => { one.open = true; }")
        field(form, f"vitals-{point}", "systolic").fill("120")
        field(form, f"vitals-{point}", "diastolic").fill(diastolic)
        section(form, f"vitals-{point}").get_by_role("button", name="Now").click()
        save(form, f"vitals-{point}")
    form.context.set_offline(False)
    expect(unsent(form)).to_be_hidden()
    stored(form, "vitals-D30")
    expect(field(form, "vitals-D15", "diastolic")).to_have_value("130")
    expect(section(form, "vitals-D15").locator("[data-said]")).to_contain_text("lies below")
    assert [one.point for one in InfusionVitals.objects.all()] == ["D30"]
    form.reload()
    expect(field(form, "vitals-D15", "diastolic")).to_have_value("130")
    field(form, "vitals-D15", "diastolic").fill("70")
    save(form, "vitals-D15")
    stored(form, "vitals-D15")
    assert InfusionVitals.objects.count() == 2


def test_lines_that_are_refused_come_back_one_after_the_other(form, bag):
    custody.started(bag, 60)
    form.reload()
    way = {"act": lambda route: route.abort()}

    def go(route):
        way["act"](route)

    form.route("**/rate-new/", go)
    since = field(form, "start", "started").input_value()
    for rate in ("20", "30"):
        field(form, "rate-new", "since").fill(since)
        field(form, "rate-new", "rate_ml_h").fill(rate)
        save(form, "rate-new")
    expect(unsent(form)).to_contain_text("Not yet stored: 2")
    way["act"] = lambda route: route.fulfill(status=403, body="no")
    unsent(form).get_by_role("button").click()
    expect(unsent(form)).to_be_hidden()
    way["act"] = lambda route: route.continue_()
    for number, rate in enumerate(("20", "30"), start=1):
        expect(field(form, "rate-new", "rate_ml_h")).to_have_value(rate)
        save(form, "rate-new")
        expect(form.locator(f"#line-rate-{number}")).to_be_visible()
    expect(field(form, "rate-new", "rate_ml_h")).to_have_value("")
    assert sorted(InfusionRateChange.objects.values_list("rate_ml_h", flat=True)) == [20, 30]


def test_two_tabs_of_a_bag_lose_nothing_of_each_other(form, bag, context):
    order(form, bag)
    stored(form, "order")
    other = context.new_page()
    other.goto(form.url)
    context.set_offline(True)
    field(form, "preparation", "prepared_cells").fill("31")
    field(form, "preparation", "prepared_ml").fill("31")
    save(form, "preparation")
    field(other, "line", "line").first.check()
    field(other, "line", "gauge").first.check()
    field(other, "line", "filter").first.check()
    save(other, "line")
    form.close()
    expect(unsent(other)).to_contain_text("Not yet stored: 2")
    context.set_offline(False)
    expect(unsent(other)).to_be_hidden()
    found = Infusion.objects.get()
    assert found.prepared_cells == 31
    assert found.line == "peripheral"


def test_who_signs_in_again_in_another_tab_goes_on_here(form, bag, context, live_server):
    """Signing in changes the token that guards against forgery."""
    context.clear_cookies()
    other = context.new_page()
    sign_in(other, live_server.url)
    order(form, bag)
    stored(form, "order")
    assert Infusion.objects.get().weight_kg == 62


def test_signing_out_elsewhere_asks_too(form, bag, live_server):
    form.route("**/order/", lambda route: route.abort())
    order(form, bag)
    expect(unsent(form)).to_be_visible()
    form.goto(f"{live_server.url}/product/")
    form.locator("form[action*=logout] button").first.evaluate("(button) => button.click()")
    expect(form.locator("#confirm")).to_contain_text("not stored yet")
    assert keys(form) != []
    form.locator("[data-confirm-yes]").click()
    form.wait_for_url(re.compile("login"))
    assert keys(form) == []


def test_what_is_typed_and_not_saved_is_there_again(form, bag):
    field(form, "order", "weight_kg").fill("62")
    expect(section(form, "order").locator("[data-said]")).to_contain_text("not saved yet")
    form.reload()
    expect(field(form, "order", "weight_kg")).to_have_value("62")
    assert not Infusion.objects.exists()


def test_a_save_elsewhere_keeps_what_is_typed_here(form, bag):
    field(form, "line", "line").first.check()
    field(form, "sonography-before", "operator").fill("Dr. One")
    order(form, bag)
    stored(form, "order")
    expect(field(form, "line", "line").first).to_be_checked()
    expect(field(form, "sonography-before", "operator")).to_have_value("Dr. One")


def test_signing_out_asks_first_and_then_leaves_nothing_behind(form, bag):
    form.context.set_offline(True)
    order(form, bag)
    expect(unsent(form)).to_be_visible()
    form.context.set_offline(False)
    form.route("**/order/", lambda route: route.abort())
    form.locator("form[action*=logout] button").first.evaluate("(button) => button.click()")
    expect(form.locator("#confirm")).to_contain_text("not stored yet")
    form.locator("[data-confirm-yes]").click()
    form.wait_for_url(re.compile("login"))
    assert keys(form) == []


def test_another_user_of_the_tablet_sends_nothing_of_the_first(form, bag, live_server):
    form.route("**/order/", lambda route: route.abort())
    order(form, bag)
    expect(unsent(form)).to_be_visible()
    address = form.url
    form.context.clear_cookies()
    form.unroute("**/order/")
    sign_in(form, live_server.url, "investigator")
    form.goto(address)
    expect(unsent(form)).to_be_hidden()
    expect(field(form, "order", "weight_kg")).to_have_value("")
    assert not Infusion.objects.exists()


def test_a_reaction_is_ticked_and_all_others_denied_with_one_tap(form, bag):
    custody.started(bag, 30)
    form.reload()
    field(form, "reaction-fever", "occurred").nth(1).check()
    reaction = form.locator("[data-reaction]").first
    reaction.get_by_role("button", name="Now").click()
    field(form, "reaction-fever", "grade").fill("1")
    form.get_by_role("button", name="No to all").click()
    save(form, "reactions")
    stored(form, "reactions")
    found = list(InfusionReaction.objects.filter(occurred=True).values_list("term", "state"))
    assert found == [("fever", "draft")]
    assert InfusionReaction.objects.count() == 11


def test_a_bag_is_verified_with_a_scanner_that_types_and_a_second_person(
    page, live_server, cast, person
):
    bag = custody.bag_for(person, state=State.ISSUED, second=cast.investigator)
    sign_in(page, live_server.url)
    page.goto(f"{live_server.url}/product/scan/")
    page.keyboard.type(bag.shown)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Verify at the bedside").click()
    expect(page.locator("[name=number]")).to_be_focused()
    for text in (bag.number, person.code):  # the wedge ends each with Enter
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    page.locator("[name=birth_year]").fill(str(person.birth_year))
    page.locator("[name=label_read]").check()
    page.locator("[name=username]").fill("investigator")
    page.locator("[name=password]").fill(study.PASSWORD)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".alert-success")).to_contain_text("is verified")
    assert Bag.objects.get(pk=bag.pk).state == "verified"


def test_without_a_camera_that_reads_codes_the_page_says_what_to_do(page, live_server, cast, bag):
    sign_in(page, live_server.url)
    page.add_init_script("delete window.BarcodeDetector")
    page.goto(f"{live_server.url}/product/scan/")
    expect(page.locator("[data-camera-none]")).to_contain_text("Use a scanner, or type the number")


def test_a_code_before_the_camera_leads_to_its_bag(page, live_server, cast, bag):
    """The browser's own reader stands in: what it reads is what the page acts upon."""
    sign_in(page, live_server.url)
    page.add_init_script(
        "window.BarcodeDetector = class {"
        f" async detect() {{ return [{{ rawValue: '{bag.number}' }}]; }} }};"
        "navigator.mediaDevices.getUserMedia = async () => new MediaStream();"
        "HTMLMediaElement.prototype.play = async () => {};"
    )
    page.goto(f"{live_server.url}/product/scan/")
    page.get_by_role("button", name="Use the camera").click()
    expect(page).to_have_url(re.compile(bag.number))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_form_is_usable_by_all(form, bag, width):
    custody.whole(bag)
    form.set_viewport_size({"width": width, "height": 900})
    form.reload()
    assert form.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(form).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
