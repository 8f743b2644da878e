"""F-125, F-127, F-128, F-130 to F-132: headers, hosts, redirects, settings, secrets."""

import ast
import re
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import path, reverse

from tests.factories import study
from tests.integration.attacks.conftest import body_of
from tests.integration.test_role_matrix import EXPECTED
from trial.urls import urlpatterns as real

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("trial", "patients", "visits", "labs", "reports", "randomization", "safety")
AWAY = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example", "javascript:alert(1)", "data:text/html,x", "//evil.example%2f..",
    "http://testserver@evil.example/", "\t//evil.example", "/%0d%0aSet-Cookie:x=1",
    "／／evil.example",
)  # fmt: skip


def broken(request):
    secret = "password-of-nobody"  # noqa: F841 - a local variable that must not be shown
    raise RuntimeError("text-of-the-error")


urlpatterns = [*real, path("broken/", broken), path("api/v1/broken/", broken)]


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """Every module that runs in production."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))


def imported() -> dict[str, set[str]]:
    """By name of a module: the files that import it."""
    found: dict[str, set[str]] = {}
    for file, tree in sources():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
            for name in names:
                found.setdefault(name, set()).add(str(file))
    return found


# --- where a page may lead, and who may hold it ---------------------------------------------------
@pytest.mark.req("F-127")
@pytest.mark.parametrize("away", AWAY)
def test_no_next_leads_to_another_host(cast, caller, away):
    named = {"login": "coordinator", "password": study.PASSWORD, "next": away}
    asked = [
        Client().post("/accounts/login/", named),
        caller.client(cast.coordinator).get("/accounts/login/", {"next": away}),
        Client().post("/language/", {"language": "en", "next": away}),
        Client().post("/theme/", {"theme": "dark", "next": away}),
        Client().post("/language/", {"language": "en"}, headers={"Referer": away}),
    ]
    for answer in asked:
        target = answer.headers.get("Location", "/")
        outside = re.match(r"(?i)\s*([a-z][a-z0-9+.-]*:|[/\\]{2})", target)
        assert not outside or target.startswith("http://testserver/"), target
        assert "\r" not in target
        assert "\n" not in target


@pytest.mark.req("F-127")
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil"])
def test_a_host_that_is_not_ours_is_refused(db, cast, caller, host):
    assert Client().get("/accounts/login/", headers={"host": host}).status_code == 400


@pytest.mark.req("F-127")
@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL"])
def test_no_header_puts_another_host_into_an_address(world, caller, header):
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    for name, address, user in world.pages():
        answer = caller.get(user, address, headers={header: value})
        assert b"evil.example" not in body_of(answer), name
        assert "evil.example" not in str(answer.headers), name


@pytest.mark.req("F-127")
@pytest.mark.req("F-126")
def test_every_answer_says_how_it_may_be_used(world, caller):
    """Not framed, not guessed at, not cached, not shared with other origins."""
    for name, address, user in world.pages():
        answer = caller.get(user, address, headers={"Origin": "https://evil.example"})
        if address in ("/healthz", "/readyz"):
            continue
        given = answer.headers
        assert given["X-Frame-Options"] == "DENY", name
        assert "frame-ancestors 'none'" in given["Content-Security-Policy"], name
        assert given["X-Content-Type-Options"] == "nosniff", name
        assert given["Referrer-Policy"] == "same-origin", name
        assert "no-store" in given["Cache-Control"], name
        assert "Cookie" in given.get("Vary", ""), name
        assert not [header for header in given if header.startswith("Access-Control-")], name


# --- errors ---------------------------------------------------------------------------------------
LEAKS = (b"Traceback", b"text-of-the-error", b"password-of-nobody", b"site-packages", b".py",
         b"psycopg", b"DJANGO_SETTINGS", b"SELECT ", b"Exception Type")  # fmt: skip


@pytest.mark.req("F-131")
@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/broken/", "/api/v1/broken/"])
def test_an_error_of_ours_shows_nothing_of_the_inside(cast, caller, address):
    answer = caller.get(cast.coordinator, address)
    assert answer.status_code == 500
    assert not [leak for leak in LEAKS if leak in body_of(answer)]


@pytest.mark.req("F-131")
def test_no_refusal_shows_anything_of_the_inside(world, caller):
    """403, 405, 406 and whatever else comes of a body and a method that make no sense."""
    statuses = set()
    for name, address, user in [*world.pages(), *world.doors()]:
        if name in ("web:gallery", "api:schema", "api:docs", "account_logout"):
            continue
        tries = [*product((user, world.cast.outsider), ("GET", "POST", "PUT", "BREW"))]
        for who, method in [*tries, (None, "POST")]:
            answer = caller.ask(who, method, address, data=b"\xff\x00{", content_type="a/b",
                                headers={"Accept": "application/xml"})  # fmt: skip
            statuses.add(answer.status_code)
            if answer.status_code >= 400:
                leaks = [leak for leak in LEAKS if leak in body_of(answer)]
                assert not leaks, (name, method, answer.status_code, leaks)
            assert answer.status_code < 500, (name, method)
    assert {403, 405, 406} <= statuses


@pytest.mark.req("F-130")
@pytest.mark.req("F-131")
def test_there_is_no_back_door():
    """Neither Django's administration nor a debugger, a profiler or figures for anybody."""
    assert not {"django.contrib.admin", "debug_toolbar", "silk", "django_prometheus"} & set(
        settings.INSTALLED_APPS
    )
    assert settings.DEBUG is False
    addresses = {reverse(name) for name, row in EXPECTED.items() if not row.keys and ":" in name}
    assert not {a for a in addresses if re.search(r"debug|metrics|flower|console", a)}
    for address in (
        "/admin/login/",
        "/admin/auth/user/",
        "/metrics",
        "/debug/",
        "/__debug__/",
        "/flower/",
        "/server-status",
    ):
        assert Client().get(address).status_code in (302, 404)


# --- what is read and what is called --------------------------------------------------------------
@pytest.mark.req("F-128")
def test_nothing_is_read_that_could_be_a_program():
    assert (settings.CELERY_ACCEPT_CONTENT, settings.CELERY_TASK_SERIALIZER) == (["json"], "json")
    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
    # Kept inside the process: nobody else can put anything into it.
    assert settings.CACHES["default"]["BACKEND"].endswith("locmem.LocMemCache")
    known = imported()
    for module in ("pickle", "marshal", "shelve", "dill", "cloudpickle", "jsonpickle", "xmlrpc"):
        assert known.get(module, set()) == set(), module
    calls = {
        (str(file), node.func.id if isinstance(node.func, ast.Name) else node.func.attr)
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    }
    bare = {"eval", "exec", "read_pickle", "unsafe_load", "compile_command"}
    assert [call for call in calls if call[1] in bare] == []


@pytest.mark.req("F-120")
@pytest.mark.req("F-125")
def test_nothing_fetches_an_address_and_nothing_parses_xml():
    """No way to make the server ask another one, and no entity to expand.

    A module that does either has to come with its own tests and be named here.
    """
    known = imported()
    clients = ("requests", "httpx", "urllib3", "urllib.request", "aiohttp", "http.client", "ftplib")
    parsers = ("xml", "xml.etree", "xml.etree.ElementTree", "xml.sax", "lxml")
    for module in (*clients, *parsers):
        # The supervisor asks the web process of its own container how it is.
        users = known.get(module, set()) - {"trial/processes.py", "trial/run.py"}
        assert users == set(), module


# --- secrets --------------------------------------------------------------------------------------
SECRETS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY", r"\bAKIA[0-9A-Z]{16}\b", r"\bgh[pousr]_[A-Za-z0-9]{30,}",
    r"\bxox[abprs]-[A-Za-z0-9-]{10,}", r"\bglpat-[\w-]{20}", r"\beyJ[\w-]{20,}\.eyJ",
    r"://[^\s:/@{}$\"'<>]+:(?!\$|password@)[^\s:/@{}$\"'<>*]{8,}@(?!127|localhost|db|postgres)",
)  # fmt: skip


@pytest.mark.req("F-132")
def test_no_secret_is_in_the_repository():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    assert listed
    assert not [n for n in listed if re.search(r"(^|/)\.env$|\.(pem|key|p12|pfx|sqlite3|dump)$", n)]
    found = [
        (name, pattern)
        for name in listed
        if name and not name.endswith((".png", ".svg")) and (ROOT / name).is_file()
        for pattern in SECRETS
        if re.search(pattern, (ROOT / name).read_text(encoding="utf-8", errors="ignore"))
        and name != str(Path(__file__).relative_to(ROOT))
    ]
    assert found == []


@pytest.mark.req("F-132")
def test_the_key_is_changed_while_people_work(cast, caller, settings):
    """A new key with the old one as fallback: sessions and cursors hold; without it they end."""
    client, away, old = (
        caller.client(cast.sponsor),
        caller.client(cast.monitor),
        settings.SECRET_KEY,
    )
    token = signing.dumps("x")
    address = reverse("api:sites-list")
    more = client.get(address, {"page_size": "1"}).json()["next"]

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-of-the-study" * 3, [old]
    assert client.get("/").status_code == 200
    assert client.get(more).status_code == 200
    assert signing.loads(token) == "x"

    settings.SECRET_KEY_FALLBACKS = []
    assert client.get("/").status_code == 200  # it was signed anew meanwhile
    assert away.get("/").status_code == 302
    fresh = Client()
    fresh.force_login(cast.sponsor, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert fresh.get(more).status_code == 400
