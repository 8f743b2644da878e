"""F-106, F-126: text is text. Nothing anybody typed becomes markup, script or a header.

Every text field of every form is filled with markup, then every page is read with a parser: the
elements and attributes that the payload tries to make must not be there.
"""

import io
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from labs.importing import mapping as mappings
from labs.services import imports
from tests.factories import study
from tests.integration.attacks.conftest import (
    MARKUP,
    Caller,
    World,
    filled,
    is_html,
    text_of,
)
from tests.integration.attacks.html import Page
from tests.integration.attacks.test_texts import OF_THE_LABS
from trial.access import services as access
from trial.access.roles import Role
from trial.audit.context import Actor

LONG = (
    "\"'></title></textarea></script><xss7 onxss7=xss7()><script>xss7()</script>"
    "<img src=x onerror=xss7()><a href=javascript:xss7()>{{7*7}}{% xss7 %}${7*7}</style><!--"
)
# Would refer to a row that another login has committed and removes; that has the markup already.
LEARNED = "randomization:unblinding_learned"
SAFE_SCRIPTS = ("application/json",)
# Attributes whose text a browser or htmx would run or fetch.
RUN = re.compile(r"^(on.+|hx-(?!headers|confirm).+|srcdoc|formaction|action|style)$")


def injected(html: str, address: str = "/") -> list[str]:
    """What of the payload has become part of the page instead of its text."""
    found = []
    for element in Page(html, address).elements:
        tag, given = element.tag, element.attributes
        if tag == "xss7" or any("xss7" in name for name in given):
            found.append(f"<{tag} {given}>")
        found += [f"{tag}[{n}]={v}" for n, v in given.items() if RUN.match(n) and "xss7()" in v]
        target = given.get("href", "") + given.get("src", "")
        if re.match(r"\s*(javascript|data:text|vbscript):", target, re.I) or target == "x":
            found.append(f"{tag} -> {target}")
        if tag == "script" and "xss7" in element.text and given.get("type") not in SAFE_SCRIPTS:
            found.append(f"script: {element.text[:80]}")
    return found


def unsigned(answer) -> list[str]:
    """Scripts and handlers that the page's policy would not let run, or that get past it."""
    policy = answer.headers.get("Content-Security-Policy", "")
    nonce = re.search(r"script-src [^;]*'nonce-([^']+)'", policy)
    found = [] if "default-src 'none'" in policy else [f"policy: {policy}"]
    for element in Page(text_of(answer)).elements:
        runs = element.tag == "script" and element.attributes.get("type") not in SAFE_SCRIPTS
        if runs and (nonce is None or element.attributes.get("nonce") != nonce[1]):
            found.append(f"script without nonce: {element.attributes}")
        found += [f"{element.tag} {name}" for name in element.attributes if name.startswith("on")]
    return found


def plant(world: World, caller: Caller) -> int:
    """The payload in every text field of every form, kept where it is taken, and in every name
    that a person of the study's staff may give. Returns how many fields took it."""
    taken = 0
    for name, (form, user) in world.forms(caller).items():
        if name in ("account_logout", "account_change_password"):
            continue
        for control in form.texts:
            if name == "labs:entry" and control not in OF_THE_LABS:
                continue
            for text in (LONG, MARKUP):
                data = {**filled(name, form), control: text}
                with transaction.atomic():
                    keep = name != LEARNED
                    answer, _events = caller.effect(user, form.action, data, keep=keep)
                assert injected(text_of(answer), form.action) == [], (name, control)
                taken += answer.status_code == 302
    place = access.create_site(
        code="03", name=LONG[:110], name_zh=LONG[:110], timezone="Asia/Shanghai",
        opened_on=study.DAY0, protocol="1.0", by=study.SETUP,
    )  # fmt: skip
    person = study.make_user("odd", Role.COORDINATOR, world.cast.site)
    access.create_user(username="odder", full_name=LONG[:110], password=None, by=study.SETUP)
    access.grant_role(user=person, role=Role.COORDINATOR, site=place, by=study.SETUP)
    import_of(world)
    return taken


def import_of(world: World) -> None:
    """A file whose name and every cell is the payload, checked."""
    cell = '"{}"'.format(MARKUP.replace('"', '""'))
    row = ",".join([str(world.here["participant"]), *[cell] * 6])
    table = f"participant,visit,collected_on,analyte,value,unit,comment\n{row}\n"
    batch = imports.upload(
        site=world.cast.site, laboratory=world.cast.laboratory, file_name=f"{MARKUP}.csv",
        file=io.BytesIO(table.encode()),
        mapping=mappings.builtin("long"), by=Actor.of(world.cast.coordinator, role="coordinator"),
    )  # fmt: skip
    imports.work(batch_id=batch.pk, process="test")
    world.here["batch"] = batch.pk


@pytest.mark.req("F-106")
@pytest.mark.req("F-126")
def test_no_page_takes_text_for_markup(world, caller):
    assert plant(world, caller) > 12
    wrong, shown = [], 0
    seen: set[tuple[str, int]] = set()
    users = list(world.cast.users.values())
    waiting = [(address, user) for _n, address, user in world.pages()]
    waiting += [(address, user) for _n, address, _u in world.pages() for user in users[:1]]
    while waiting and len(seen) < 400:
        address, user = waiting.pop(0)
        if (address, user.pk) in seen:
            continue
        seen.add((address, user.pk))
        answer = caller.get(user, address)
        assert answer.status_code < 500, address
        if is_html(answer) and answer.status_code == 200:
            html = text_of(answer)
            shown += "xss7" in html
            wrong += [(address, what) for what in injected(html, address) + unsigned(answer)]
            inner = {link.split("#")[0] for link in Page(html, address).links()}
            known = {a for a, _user in seen}
            waiting += [
                (link, user) for link in sorted(inner - known)
                if link.startswith("/") and "logout" not in link and "/static/" not in link
                and "format=" not in link  # an export wants a transaction of its own
            ]  # fmt: skip
        elif answer.headers.get("Content-Type", "").startswith("application/json"):
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert wrong == []
    assert shown > 5
    assert len(seen) > 60


def test_the_parser_finds_what_is_planted():
    """The tests above could not fail otherwise."""
    assert injected(f'<p title="{LONG}">x</p>')
    assert injected(f"<p>{MARKUP}</p>")
    assert injected(f"<script>let x = '{MARKUP}'</script>")
    assert injected('<a href=" javascript:xss7()">x</a>')
    assert not injected("<p>&quot;&gt;&lt;xss7 onxss7=1&gt;</p>")


@pytest.mark.req("F-126")
def test_every_page_has_a_policy_of_its_own_nonce(world, caller):
    nonces = []
    for _name, address, user in world.pages():
        answer = caller.get(user, address)
        if is_html(answer) and answer.status_code == 200:
            assert unsigned(answer) == [], address
            found = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
            nonces += [found[1]] if found else []  # a page without scripts allows none
    assert len(nonces) > 20
    assert len(set(nonces)) == len(nonces)


@pytest.mark.req("F-126")
def test_no_script_of_ours_makes_markup_of_text():
    """`innerHTML` stands twice, for what the server drew: a bar, and the infusion form anew."""
    sinks = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    )
    found = [
        (path.name, line.strip())
        for path in sorted((Path(settings.BASE_DIR) / "trial/static/js").glob("*.js"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if sinks.search(line)
    ]
    assert found == [
        ("infusion.js", "root.innerHTML = html;"),
        ("lab-entry.js", 'part(box, "bar").innerHTML = reading.bar;'),
    ]


@pytest.mark.req("F-126")
@pytest.mark.req("F-123")
@pytest.mark.parametrize(
    "name",
    ['a"; filename="b.html', "a\r\nSet-Cookie: x=1.csv", "../../etc/passwd", "..\\..\\boot.ini",
     "/etc/passwd", "C:\\temp\\x.csv", "\\\\host\\share\\x.csv", "%2e%2e%2fx.csv", "a\x00.csv",
     "＂；.csv", "x" * 400],
)  # fmt: skip
def test_a_file_name_is_a_label_and_nothing_else(cast, caller, name):
    """It reaches no header and no path; what is kept of it is its last part."""
    user = cast.coordinator
    query = urlencode({"site": "01", "file_name": name})
    sent = caller.client(user).post(
        f"{reverse('api:lab-imports-list')}?{query}", b"participant\n", content_type="text/csv",
        headers={"Idempotency-Key": "k-1", **caller.bearer(user)},
    )  # fmt: skip
    assert sent.status_code in (202, 400), sent.content
    if sent.status_code == 202:
        kept = sent.json()["file_name"]
        assert len(kept) <= 120
        assert not re.search(r"[/\\\x00\r\n]", kept), kept
        answer = caller.get(user, reverse("labs:import-findings", args=[sent.json()["id"]]))
        named = answer.headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="import-\d+-findings\.csv"', named)
        assert "Set-Cookie" not in answer.headers or "x=1" not in answer.headers["Set-Cookie"]
