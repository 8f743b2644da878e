"""F-105: any text in any field is stored and given back to the character, or refused in words."""

from collections.abc import Iterator

import pytest

from tests.integration.attacks.conftest import Caller, World, filled, is_html, text_of
from tests.integration.attacks.html import Form, Page
from tests.integration.attacks.test_other_sites import panel_body, send_json
from trial.audit.models import Event

# What must be kept is put together as far as it fits into a short field; what may be refused stands
# alone, so that no refusal hides another's silence.
CORPUS = {
    "letters": "caf\u00e9 cafe\u0301 𠮷𝔘 İßſǅ",  # composed or not, four bytes, changing length
    "marks": "a\u202eb\u200b\u200d\ufeff Z\u0351\u036b\u0343",  # to the left, of no width, piled
    "signs": "👩\u200d👦 %s %(x)s {0} ${x} \\n \"'`",
    "nul": "a\x00b",
    "line ends": "one\ntwo",
    "not a character": "a\ufffeb",
    "control": "a\x07\x1bb",
    "very long": "长" * 300_000,
}
# Of a form with a field for each analyte, these stand for all.
OF_THE_LABS = {"v-ALT", "c-ALT", "pt_isi", "collected_on", "reason"}
NOT_KEPT = {"reports:redaction_ask",  # the same request waits already
            # nothing but the reason is new: not a change
            "people:user_edit", "people:site_edit",
            "people:grant_decide",  # agreed to; the reason is for turning down
            "people:user_sessions",  # there is no session that ends
            "people:user_link",  # the answer shows the link, and not the form again
            "account_login", "account_logout", "account_reauthenticate", "account_change_password",
            "web:theme", "web:language"}  # fmt: skip


def kept(events: list[Event], text: str) -> bool:
    """Whether the trail holds exactly this text somewhere."""

    def inside(value: object) -> Iterator[object]:
        if isinstance(value, dict):
            for inner in value.values():
                yield from inside(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from inside(inner)
        else:
            yield value

    wanted = {text, text.replace("\n", "\r\n")}
    held = (v for e in events for part in (e.new, e.details, e.reason) for v in inside(part))
    return any(value in wanted for value in held)


def wrong_with(
    caller: Caller, name: str, form: Form, user, control: str, what: str
) -> object | None:
    """What is not right with the answer to a form with this text in one control; None if all is."""
    text = CORPUS[what]
    answer, events = caller.effect(user, form.action, {**filled(name, form), control: text})
    if answer.status_code == 302:
        return None if name in NOT_KEPT or kept(events, text) else "changed in silence"
    if answer.status_code not in (200, 409, 422, 429) or not is_html(answer):
        return answer.status_code
    if events and name not in NOT_KEPT:
        return "refused, yet written"
    html = text_of(answer)
    if answer.status_code == 422 and "field-error" not in html and "alert" not in html:
        return "refused without a word"
    forms = [one for one in Page(html, form.action).forms if control in one.values]
    given = [one.values[control].replace("\r\n", "\n") for one in forms]
    lost = answer.status_code == 422 and text.replace("\x00", "") not in given
    # HTML has no way to write these; the browser could not have sent them in the first place.
    return "not given back" if lost and what not in ("nul", "control", "very long") else None


@pytest.mark.req("F-105")
@pytest.mark.parametrize("what", CORPUS)
def test_every_field_keeps_a_text_or_says_why_not(world, caller, what):
    wrong, asked = [], 0
    for name, (form, user) in world.forms(caller).items():
        if name == "reports:snapshots":  # takes a transaction of its own: test_snapshots.py
            continue
        controls = [c for c in form.texts if name != "labs:entry" or c in OF_THE_LABS]
        for control in controls:
            asked += 1
            found = wrong_with(caller, name, form, user, control, what)
            if found is not None:
                wrong.append((name, control, found))
    assert not wrong, wrong
    assert asked > 30


@pytest.mark.req("F-105")
def test_every_text_of_a_body_is_kept_or_refused_by_name(world: World, caller: Caller):
    for text in (*CORPUS.values(), "a\ud800b"):
        check_body(world, caller, text)


def check_body(world: World, caller: Caller, text: str) -> None:
    body = panel_body(world, world.here)
    row = {"analyte": "ALT", "value": "35", "unit": "U/L", "confirmed": True}
    heads = (
        "participant",
        "visit",
        "laboratory",
        "reason",
        "collected_on",
        "sample_state",
        "pt_isi",
    )
    bodies = [{**body, name: text} for name in heads]
    bodies += [
        {**body, "results": [{**row, name: text}]}
        for name in ("analyte", "value", "unit", "comment", "not_done")
    ]
    for sent in bodies:
        answer = send_json(caller, world.cast.coordinator, sent)
        assert answer.status_code in (201, 400), (sent, answer.content)
        if answer.status_code == 400:
            assert answer.json()["errors"]
        elif sent["results"][0].get("comment") == text:
            assert text in [one["comment"] for one in answer.json()["results"]]
