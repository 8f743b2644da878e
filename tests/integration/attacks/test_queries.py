"""F-119, F-129: what stands in an address is a value, never a statement, and costs little."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from itertools import product
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from django.db import connection
from django.urls import reverse

import labs
import patients
import reports
import trial
import visits
from reports.datasets import DATASETS
from tests.factories import forms
from tests.integration.attacks.conftest import Caller, World, is_html, text_of
from tests.integration.attacks.html import Page
from tests.integration.attacks.test_mass_assignment import described
from trial.access.models import User

MARK = "sqli7391"
NAMED_BY_ITS_QUERY = "reports:hold_place"  # with a query that names nothing, it is not there
# Whatever it says: with the mark in the text of a statement, a value has become part of it.
CORPUS = (
    f"{MARK}'; SELECT pg_sleep(5); --",
    f'%27%20{MARK}\\\' ") OR ("1"="1 $$ :x %s {{0}}',
    f"id,(select case when 1=1 then pg_sleep(5) end)--{MARK}",
)
OTHERS = ("\x00", "-1", "9" * 40, "1e9", "[]", "a" * 5000, "％２７", "")
# ORM keyword arguments: a parameter that reached filter(**...) would act on these (F-119).
KEYWORDS = (
    "site__code", "participant__birth_year__gt", "_connector", "_negated", "pk__in", "id__regex",
    "password__startswith", "user__password", "extra", "order_by",
)  # fmt: skip


class Texts:
    """Fails when a value from outside stands in the text of a statement."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if MARK in str(sql):
            self.found.append(str(sql))
        return execute(sql, params, many, context)


Parameters = dict[str, tuple[User, set[str]]]


def parameters(world: World, caller: Caller) -> Parameters:
    """By address: somebody who may, and every parameter it is known to take."""
    usual = ("page", "sort", "q", "show", "ordering", "format")
    found = {a: (user, set(usual)) for name, a, user in world.pages() if name != "api:schema"}
    shown_by_pages(world, caller, found)
    for path, methods in described()["paths"].items():
        if path in found:
            told = methods["get"].get("parameters", ())
            found[path][1].update(one["name"] for one in told if one["in"] == "query")
    return found


def shown_by_pages(world: World, caller: Caller, found: Parameters) -> None:
    """Add what the filters and links of every page name."""
    for _name, address, user in world.pages():
        answer = caller.get(user, address)
        if not is_html(answer):
            continue
        page = Page(text_of(answer), address)
        for form in page.forms:
            if form.method == "get" and form.action in found:
                found[form.action][1].update(form.kinds)
        for link in page.links():
            parts = urlsplit(link)
            if parts.path in found and not parts.netloc:
                found[parts.path][1].update(name for name, _value in parse_qsl(parts.query))


@pytest.mark.req("F-119")
def test_no_parameter_becomes_part_of_a_statement(world, caller):
    """Nor costs much: a statement that sleeps is cut off and answers 500, and the work of the
    process is counted, not the time on a wall, which others make long too."""
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = '4s'")
    wrong, asked = [], 0
    for address, (user, names) in parameters(world, caller).items():
        for text in (*CORPUS, *OTHERS):
            # All at once; a statement at REST, which refuses at the first, one by one.
            single = "/api/" in address and text in CORPUS[:2]
            sets = [{n: text} for n in names] if single else [dict.fromkeys(names, text)]
            for query in sets:
                if query.get("format") in ("csv", "ndjson"):
                    continue
                log, begun = Texts(), time.process_time()
                with connection.execute_wrapper(log):
                    answer = caller.get(user, f"{address}?{urlencode(query)}")
                asked += 1
                if answer.status_code >= 500 or log.found or time.process_time() - begun > 4:
                    wrong.append((address, query, answer.status_code, log.found))
    assert not wrong, wrong[:3]
    assert asked > 500


@pytest.mark.req("F-119")
def test_no_parameter_becomes_a_keyword_of_the_orm(world, caller):
    """Pages do not know these names and answer as without them; REST refuses them."""
    for name, address, user in world.pages():
        if name == NAMED_BY_ITS_QUERY:
            continue
        plain = caller.get(user, address).status_code
        query = urlencode(dict.fromkeys(KEYWORDS, "1"))
        status = caller.get(user, f"{address}?{query}").status_code
        assert status == plain or (name.startswith("api:") and status == 400), (name, status)


@pytest.mark.req("F-119")
def test_no_part_of_an_address_becomes_part_of_a_statement(world, caller):
    """403: with another part the address may be one that this user's roles do not open."""
    wrong = []
    for (name, address, user), text in product(world.pages(), CORPUS[:2]):
        parts = address.strip("/").split("/")
        for n in range(len(parts)):
            odd = "/" + "/".join([*parts[:n], text, *parts[n + 1 :]]) + "/"
            log = Texts()
            with connection.execute_wrapper(log):
                status = caller.get(user, odd).status_code
            if status not in (301, 302, 400, 403, 404) or log.found:
                wrong.append((name, odd, status, log.found))
    assert not wrong, wrong[:3]


@pytest.mark.req("F-119")
@pytest.mark.req("F-129")
@forms.each("name", DATASETS)
def test_an_order_or_size_that_is_not_on_the_list_is_refused(name, cast, caller):
    address = reverse(f"api:{name}-list")
    for query in (
        {"ordering": "site__id"}, {"ordering": "-password"}, {"ordering": "id;drop"},
        {"ordering": "?"}, {"page_size": "1000000000"}, {"page_size": "1001"}, {"page_size": "0"},
        {"page_size": "-5"}, {"page_size": "１０"}, {"cursor": "x" * 10_000}, {"cursor": ""},
        {"offset": "10"}, {"participant__regex": "(a+)+$"},
    ):  # fmt: skip
        answer = caller.get(cast.sponsor, f"{address}?{urlencode(query)}")
        assert answer.status_code == 400, query
        assert set(answer.json()["errors"]) == set(query)


@pytest.mark.req("F-129")
def test_a_page_far_beyond_the_end_costs_what_the_last_one_does(world, caller):
    """It is the last one, or the first; never an empty offset of millions."""
    log: list[str] = []

    def watch(execute, sql, params, many, context):
        log.extend(re.findall(r"OFFSET (\d+)", str(sql)))
        return execute(sql, params, many, context)

    for name, address, user in world.pages():
        if name.startswith("api:") or name == NAMED_BY_ITS_QUERY:
            continue
        plain = caller.get(user, address).status_code
        for number in ("0", "-1", "10000000000000000000000", "1.5", "", "٣"):
            with connection.execute_wrapper(watch):
                answer = caller.get(user, f"{address}?page={quote(number)}")
            assert answer.status_code == plain, (name, number, answer.status_code)
    assert not [offset for offset in log if int(offset) > 10_000]


def patterns() -> Iterator[tuple[str, re.Pattern]]:
    """Every compiled pattern at the top of a module of ours."""
    for package in (trial, patients, visits, labs, reports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if re.search(r"\.migrations|\.run$|\.wsgi$|\.demo", found.name):
                continue
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value


@pytest.mark.req("F-129")
def test_no_pattern_takes_long_for_any_text():
    """What a backtracking pattern gets lost in; a longer text is refused before it is matched."""
    found = dict(patterns())
    assert len(found) > 8
    slow = []
    for name, pattern in found.items():
        for unit in ("a", "1", " ", "-", "\t", "1 ", "1,", "a.", "<", "\n", "µ", "0.", "x=", "("):
            text = unit * (10_000 // len(unit)) + "!"
            begun = time.process_time()
            # A search begins anew at each place: it may take the square of a match.
            pattern.match(text), pattern.fullmatch(text), pattern.search(text[-1_000:])
            if time.process_time() - begun > 0.5:
                slow.append((name, unit))
    assert slow == []
