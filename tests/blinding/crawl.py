"""Every address of the site, as every blinded role, with its parameters.

The addresses come from Django's resolver, never from a list of ours: a page that is added is
asked. Parameters come from where they are told: the filters and the description of the API, and
the filters and links of each page. To these comes what no page knows of but a careless one might
pass on: lookups along the relations of the models towards an arm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from zlib import crc32

from django.apps import apps
from django.db.models import Model
from django.db.models.fields.related import ForeignObjectRel, RelatedField
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve

from reports.api.urls import router
from tests.blinding.world import World
from tests.integration import test_role_matrix as matrix
from tests.integration.attacks.html import Form, Page
from trial.access.models import User
from trial.access.roles import ROLES

ANONYMOUS = "anonymous"
BLINDED = tuple(role.value for role in ROLES if ROLES[role].blinded)
UNBLINDED = tuple(role.value for role in ROLES if not ROLES[role].blinded)
# Signing out and ending one's sessions would end the crawl; what they do is in the script's trail.
NOT_SENT = frozenset({"account_logout", "security:sessions-end"})
WORDS = ("arm", "lot", "content", "placebo", "stratum")
MOST_CHOICES = 2  # of each list of a filter
MORE_LINKS = 1  # of each endpoint, besides the records of the world


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: an endpoint by name, its address, what for."""

    name: str
    method: str
    address: str
    what: str = ""  # the kind of parameters, for the report


class NoRecordError(LookupError):
    """The crawl does not know a record for the address of a page."""


def address_of(name: str, records: Mapping[str, object]) -> str:
    """The address of an endpoint. Raises NoRecordError, saying where to add what is missing."""
    if name not in matrix.EXPECTED:
        raise NoRecordError(
            f"{name} is an address of the site that the proof of blinding can't ask: add its row "
            f"to EXPECTED in tests/integration/test_role_matrix.py."
        )
    try:
        return matrix.address_of(name, records)
    except (KeyError, NoReverseMatch) as error:
        raise NoRecordError(
            f"{name} can't be addressed ({error}): add the record that its row of EXPECTED names "
            f"to records_of() in tests/integration/test_role_matrix.py."
        ) from error


def addresses(world: World, name: str) -> list[str]:
    """The address of an endpoint for one of everything; for somebody who was randomised first."""
    found = [address_of(name, world.records)]
    if "participant" in matrix.EXPECTED[name].keys.values():
        found.insert(0, address_of(name, {**world.records, **of_person(world.people[0])}))
    return list(dict.fromkeys(found))


def of_person(person: Any) -> dict[str, object]:
    """The records of a participant that addresses name."""
    return {"participant": person.code, "participant_id": person.pk, "visit_label": "D0"}


# --- parameters -----------------------------------------------------------------------------------
@cache
def lists() -> Mapping[str, Any]:
    """The list views of the API that have filters, by endpoint."""
    return {
        f"api:{base}-list": view for _prefix, view, base in router.registry
        if hasattr(view, "filterset_class")
    }  # fmt: skip


def of_list(name: str, *, exports: bool) -> Iterator[tuple[str, str]]:
    """(what, query) for a list of the API: each filter with a value that fits and one that does
    not, each order both ways, sizes, forms of file."""
    view = lists()[name]
    for field_, one in view.filterset_class.base_filters.items():
        choices = [value for value, _text in one.extra.get("choices", ())]
        for value in (choices[0] if choices else _fitting(field_), "A"):
            yield "filter", urlencode({field_: value})
    for order in view.dataset.orders:
        yield "order", f"ordering={order}"
        yield "order", f"ordering=-{order}"
    yield "order", "ordering=arm"
    yield "page", "page_size=1"
    yield "page", "page_size=0"
    yield "file", "format=xml"
    if exports:
        kinds = ("csv", "ndjson", "parquet")
        for how in (*kinds, "csv&excel=1", *(f"{kind}&snapshot=1" for kind in kinds)):
            yield "file", f"format={how}"


def _fitting(name: str) -> str:
    known = {"site": "01", "participant": "01-0019", "changed_since": "2026-03-02T00:00:00Z"}
    return known.get(name, "2026-03-02" if name.startswith("date") else "1")


@cache
def lookups() -> str:
    """Paths along the models' relations, to depth three, that end where an arm might be."""
    found: dict[str, str] = {}
    for model in apps.get_models():
        for path in _paths(model, 3):
            for word in WORDS:
                found[f"{path}{word}"] = "A"
                found[f"{path}{word}__in"] = "A,B"
    return urlencode(dict(sorted(found.items())[:400]))


def _paths(model: type[Model], depth: int) -> Iterator[str]:
    yield ""
    if depth == 0 or model._meta.app_label not in ("patients", "visits", "randomization"):
        return
    for one in model._meta.get_fields():
        if isinstance(one, (RelatedField, ForeignObjectRel)) and one.related_model:
            for rest in _paths(one.related_model, depth - 1):
                yield f"{one.name}__{rest}"


NEEDED = {
    "api:trace": "?dataset=participants&id={pk}&column=sex",
    "reports:hold_place": "?kind=freeze&scope=participant&participant={code}",
}
CARELESS = (
    "slot__arm=A&arm=A&ordering=-slot__arm&sort=arm&q=placebo&search=A&lot=1",
    "slot__arm=B&arm=B&ordering=slot__arm&sort=-arm&q=B&page=2&fields=arm&expand=slot",
)


# --- the crawl ------------------------------------------------------------------------------------
@dataclass
class Crawl:
    """One role's way through the site."""

    world: World
    who: str
    user: User | None
    client: Client
    forms: dict[str, Form] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    varied: set[str] = field(default_factory=set)  # endpoints asked with all their parameters
    calls: list[tuple[Call, int]] = field(default_factory=list)

    def everything(self) -> None:
        """Read all there is, then send every form."""
        for name in sorted(set(matrix.endpoints()), key=_files_first):
            for address in addresses(self.world, name)[: 2 if self.may(name) else 1]:
                self._read(name, address)
        for links in list(self.linked.values()):
            for address in links:
                self._ask(Call(resolve(urlsplit(address).path).view_name, "GET", address, "link"))
        for name in sorted(set(matrix.endpoints()) - NOT_SENT):
            self._write(name)

    def turn(self, name: str) -> bool:
        """Whether it is this role that asks an endpoint with all its parameters: they are asked in
        turns by the blinded roles that may, lists of the API by one that may export."""
        users = self.world.cast.users
        able = [who for who in BLINDED if self.right(users[who], name)]
        if name in lists():
            able = [who for who in able if matrix.holds(users[who], matrix.P.DATA_EXPORT)] or able
        return bool(able) and self.who == able[crc32(name.encode()) % len(able)]

    @staticmethod
    def right(user: User | None, name: str, method: str = "GET") -> bool:
        """Whether somebody has the right for an endpoint."""
        right = matrix.EXPECTED[name].methods.get(method)
        if right is None or user is None:
            return right == matrix.PUBLIC
        return matrix.holds(user, right)

    def may(self, name: str, method: str = "GET") -> bool:
        """Whether this role has the right for it."""
        return self.right(self.user, name, method)

    def _read(self, name: str, address: str) -> None:
        answer = self._ask(Call(name, "GET", address + self._needed(name)))
        if answer is None or answer.status_code != 200:
            return
        turn = self.turn(name) and name not in self.varied
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            self._page(name, address, answer, turn=turn)
        if not turn:
            return
        self.varied.add(name)
        for what, query in self._parameters(name):
            self._ask(Call(name, "GET", f"{address}?{query}", what))
        if name.startswith("api:"):
            self._ask(Call(name, "OPTIONS", address, "options"))

    def _needed(self, name: str) -> str:
        """The query without which an address answers nothing."""
        needed = NEEDED.get(name, "") if self.may(name) else ""
        person = self.world.people[0]
        return needed.format(code=person.code, pk=person.pk)

    def _parameters(self, name: str) -> Iterator[tuple[str, str]]:
        if name in lists():
            exports = self.user is not None and matrix.holds(self.user, matrix.P.DATA_EXPORT)
            yield from of_list(name, exports=exports)
            yield "lookup", lookups()
        for query in CARELESS:
            yield "lookup", query

    def _page(self, name: str, address: str, answer: Any, *, turn: bool) -> None:
        page = Page(answer.read.decode(), address)
        for form in page.forms:
            if form.method == "post":
                self.forms.setdefault(form.action, form)
        if not turn:
            return
        for query in of_page(page, address):
            self._ask(Call(name, "GET", f"{address}?{query}", "filter"))
        for link in page.links():
            self._follow(link)
        self._ask(Call(name, "GET", f"{address}?", "chinese"), HTTP_ACCEPT_LANGUAGE="zh-hans")

    def _follow(self, link: str) -> None:
        """Keep an address that a page leads to: a few of each endpoint and set of parameters."""
        parts = urlsplit(link)
        if parts.netloc or parts.path.startswith(("/static/", "/accounts/logout")):
            return
        try:
            name = resolve(parts.path).view_name
        except Resolver404:
            return
        kind = f"{name}?{'&'.join(sorted(dict(parse_qsl(parts.query))))}"
        kept = self.linked.setdefault(kind, [])
        address = parts._replace(scheme="", fragment="").geturl()
        if len(kept) < MORE_LINKS and address not in self.asked and address not in kept:
            kept.append(address)

    def _write(self, name: str) -> None:
        """A form: empty, and by the role whose turn it is also as a page showed it."""
        if not self.may(name, "POST"):
            return
        address = address_of(name, self.world.records)
        self._ask(Call(name, "POST", address, "empty form"), {})
        form = self.forms.get(address)
        if form is not None and self.turn(name):
            filled = {k: v or "A remark." for k, v in form.values.items()}
            self._ask(Call(name, "POST", address, "form"), filled)

    def _ask(self, call: Call, data: Mapping[str, str] | None = None, **options: Any) -> Any:
        if call.method == "GET" and call.address in self.asked:
            return None
        self.asked.add(call.address)
        answer = self.world.observer.request(
            self.client, self.who, call.name, call.method, call.address, data, **options
        )
        self.calls.append((call, answer.status_code))
        return answer


def _files_first(name: str) -> tuple[bool, str]:
    """The trail names each file of a snapshot by its hash: that is known once the file is read."""
    return name.startswith("api:trail"), name


def of_page(page: Page, address: str) -> Iterator[str]:
    """Queries for the filters of a page: each choice of each list, a word in each field."""
    choices = choices_of(page)
    for form in page.forms:
        if form.method != "get" or form.action != urlsplit(address).path:
            continue
        for control, kind in form.kinds.items():
            if kind in ("text", "search"):
                yield f"{control}=A"
            elif kind == "select":
                chosen = [one for one in choices.get(control, ()) if one]
                yield from (f"{control}={quote(value)}" for value in chosen[:MOST_CHOICES])
            else:
                yield f"{control}={quote(form.values.get(control) or 'on')}"


def choices_of(page: Page) -> dict[str, list[str]]:
    """The values of each list of a page, by its name."""
    found: dict[str, list[str]] = {}
    name = ""
    for element in page.elements:
        if element.tag == "select":
            name = element.attributes.get("name", "")
        elif element.tag == "option":
            found.setdefault(name, []).append(element.attributes.get("value", ""))
    return found


def crawl(world: World, who: str) -> Crawl:
    """Go through the site as this role (or as nobody)."""
    if who == ANONYMOUS:
        found = Crawl(world, who, None, Client(raise_request_exception=False))
    else:
        world.desk.clients.pop(who, None)  # a fresh proof, which some pages ask for
        found = Crawl(world, who, world.cast.users[who], world.desk.client(who))
    found.everything()
    return found
