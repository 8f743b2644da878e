"""Leaks, planted one at a time, as somebody careless would write them.

Each reads the arm through the sealed login, which the processes of blinded pages do not have: the
leak behind that wall is what is tried here, since the wall may one day be moved. What each changes
is the product's own code, for the time of a few requests.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import connections
from django.db.models import Case, Value, When

import randomization.api
import randomization.views.randomise
import reports.api.views
from labs.services import hints
from patients.models import Participant, ParticipantQuerySet
from randomization import selectors
from randomization.models import Allocation
from randomization.sealed.models import BagContent
from randomization.serializers import shown_allocation
from randomization.services import allocating
from reports.api.formats import file_response
from reports.api.views import DatasetViewSet
from trial.audit import events
from trial.audit.models import EventQuerySet
from trial.signing import sessions
from trial.signing.canonical import content as frozen_rows
from trial.web.context import Shell
from trial.web.middleware import NoStoreMiddleware
from visits.models import Bag

Plant = Callable[[pytest.MonkeyPatch], None]
Look = tuple[str, str, str]  # who, endpoint, query


@dataclass(frozen=True, slots=True)
class Leak:
    """A leak: what it does, which failure modes it stands for, where somebody would look.

    `acts`: whether it is at work while somebody is randomised; otherwise while pages are read.
    `lasts`: whether it makes rows that are counted come out unequal for ever, so that nothing can
    be compared in the same worlds afterwards.
    """

    name: str
    what: str
    modes: tuple[str, ...]
    plant: Plant
    looks: tuple[Look, ...] = ()
    acts: bool = False
    lasts: bool = False


# --- how a careless developer gets at an arm ------------------------------------------------------
def arm_of(participant_id: int) -> str:
    """The arm of a participant, by the bags reserved: "" if there are none."""
    bags = list(Bag.objects.filter(reserved_for=participant_id).values_list("pk", flat=True))
    return "".join(
        BagContent.objects.filter(bag_id__in=bags).values_list("lot__arm", flat=True)[:1]
    )


def in_arm(arm: str) -> list[int]:
    """The participants of an arm."""
    people = Participant.objects.order_by("pk").values_list("pk", flat=True)
    return [pk for pk in people if arm_of(pk) == arm]


def after(patch: pytest.MonkeyPatch, then: Callable[[Allocation], None]) -> None:
    """Do something more whenever somebody has been randomised."""
    real = allocating._tell

    def tell(allocation: Allocation, by: Any) -> None:
        real(allocation, by)
        then(allocation)

    patch.setattr(allocating, "_tell", tell)


# --- while somebody is randomised -----------------------------------------------------------------
def audit_text(patch: pytest.MonkeyPatch) -> None:
    real = events.record

    def record(act: events.Act, **known: Any) -> None:
        if act == events.Act.RANDOMISED:
            known["details"] = {**known["details"], "arm": arm_of(known["subject"][1])}
        real(act, **known)

    patch.setattr(events, "record", record)


def audit_count(patch: pytest.MonkeyPatch) -> None:
    real = allocating._tell

    def tell(allocation: Allocation, by: Any) -> None:
        real(allocation, by)
        if arm_of(allocation.participant_id) == "A":
            real(allocation, by)

    patch.setattr(allocating, "_tell", tell)


def hash_of_arm(patch: pytest.MonkeyPatch) -> None:
    real = frozen_rows
    taken: list[int] = []
    real_take = allocating._take

    def take(found: Any) -> Any:
        answer = real_take(found)
        taken[:] = answer[1]
        return answer

    def frozen(rows: Any) -> Any:
        lot = BagContent.objects.select_related("lot").get(bag_id=taken[0]).lot
        return [*real(rows), {"check": hashlib.sha256(lot.arm.encode()).hexdigest()}]

    patch.setattr(allocating, "_take", take)
    patch.setattr(allocating, "frozen_rows", frozen)


def error_text(patch: pytest.MonkeyPatch) -> None:
    def then(allocation: Allocation) -> None:
        arm = arm_of(allocation.participant_id)
        raise allocating.NotAllocated({"": [f"Key (arm)=({arm}) already exists."]})

    after(patch, then)


def log_line(patch: pytest.MonkeyPatch) -> None:
    after(patch, lambda a: hints.logger.warning("randomised %s %s", a, arm_of(a.participant_id)))


def job_payload(patch: pytest.MonkeyPatch) -> None:
    def then(allocation: Allocation) -> None:
        lot = 7_000 + ord(arm_of(allocation.participant_id))
        hints._hint("labs.evaluate", lot)

    after(patch, then)


def mail(patch: pytest.MonkeyPatch) -> None:
    def then(allocation: Allocation) -> None:
        subject = f"{allocation} randomised ({arm_of(allocation.participant_id)})"
        send_mail(subject, "", None, ["sponsor@example.org"])

    after(patch, then)


def valkey_key(patch: pytest.MonkeyPatch) -> None:
    def then(allocation: Allocation) -> None:
        with redis.Redis.from_url(settings.REDIS_URL) as valkey:
            valkey.set(f"stock:{arm_of(allocation.participant_id)}", 1)

    after(patch, then)


def session_content(patch: pytest.MonkeyPatch) -> None:
    real = sessions.note

    def note(session: Any, user_id: int) -> None:
        real(session, user_id)
        session["kit"] = arm_of(Allocation.objects.latest("pk").participant_id)

    patch.setattr(sessions, "note", note)


def one_statement_more(patch: pytest.MonkeyPatch) -> None:
    def then(allocation: Allocation) -> None:
        if arm_of(allocation.participant_id) == "A":
            Bag.objects.count()

    after(patch, then)


# --- while pages are read -------------------------------------------------------------------------
def order(patch: pytest.MonkeyPatch) -> None:
    real = ParticipantQuerySet.visible_to

    def visible_to(self: Any, *args: Any, **more: Any) -> Any:
        by_arm = Case(When(pk__in=in_arm("A"), then=Value(0)), default=Value(1))
        return real(self, *args, **more).order_by(by_arm, "pk")

    patch.setattr(ParticipantQuerySet, "visible_to", visible_to)
    patch.setattr("visits.selectors.visits.sorted_by", lambda rows, _sort: rows)


def filter_(patch: pytest.MonkeyPatch) -> None:
    real = DatasetViewSet.rows

    def rows(self: Any, request: Any, *args: Any) -> Any:
        found = real(self, request, *args)
        arm = request.query_params.get("slot__arm")
        return found.filter(pk__in=in_arm(arm)) if arm else found

    patch.setattr(DatasetViewSet, "rows", rows)
    patch.setattr(reports.api.views, "refuse_unknown", lambda request, known: None)


def count(patch: pytest.MonkeyPatch) -> None:
    real = Shell.__init__

    def init(self: Any, request: Any) -> None:
        real(self, request)
        self.study = f"{self.study} ({len(in_arm('A'))} active)"

    patch.setattr(Shell, "__init__", init)


def file_name(patch: pytest.MonkeyPatch) -> None:
    real = file_response

    def response(*args: Any) -> Any:
        answer = real(*args)
        answer["Content-Disposition"] = f'attachment; filename="a{len(in_arm("A"))}.csv"'
        return answer

    patch.setattr(reports.api.views, "file_response", response)


def partition(patch: pytest.MonkeyPatch) -> None:
    real = shown_allocation

    def shown(allocation: Allocation) -> Any:
        arm = arm_of(allocation.participant_id)
        same = [pk for pk in in_arm(arm) if Allocation.objects.filter(participant=pk).exists()]
        return {**real(allocation), "cluster": hashlib.sha256(repr(same).encode()).hexdigest()[:8]}

    patch.setattr(randomization.api, "shown_allocation", shown)


def lot(patch: pytest.MonkeyPatch) -> None:
    def shown(self: Bag) -> str:
        return f"{self.number} {BagContent.objects.select_related('lot').get(bag_id=self.pk).lot}"

    patch.setattr(Bag, "shown", property(shown))


def header(patch: pytest.MonkeyPatch) -> None:
    real = NoStoreMiddleware.__call__

    def call(self: Any, request: Any) -> Any:
        answer = real(self, request)
        answer["ETag"] = hashlib.sha256(repr(in_arm("A")).encode()).hexdigest()
        return answer

    patch.setattr(NoStoreMiddleware, "__call__", call)


def history(patch: pytest.MonkeyPatch) -> None:
    real = EventQuerySet.of_record

    def of_record(self: Any, table: str, record_id: Any) -> Any:
        found = real(self, table, record_id)
        return found.exclude(kind="insert") if arm_of(int(record_id)) == "A" else found

    patch.setattr(EventQuerySet, "of_record", of_record)


def cached(patch: pytest.MonkeyPatch) -> None:
    real = selectors.allocation_of

    def allocation_of(participant: Participant) -> Any:
        cache.set(f"label-{participant.code}", arm_of(participant.pk))
        return real(participant)

    patch.setattr(randomization.views.randomise, "allocation_of", allocation_of)


def failure_of_one_arm(patch: pytest.MonkeyPatch) -> None:
    real = selectors.true_stratum

    def true_stratum(allocation: Allocation) -> str:
        if arm_of(allocation.participant_id) == "B":
            raise RuntimeError("no label for this bag")
        return real(allocation)

    patch.setattr(randomization.views.randomise, "true_stratum", true_stratum)


ALLOCATION = ("coordinator", "randomization:allocation", "")
TRAIL = ("datamanager", "api:trail-list", "?participant={code}")
HOME = ("sponsor", "reports:home", "")
PEOPLE_LIST = ("monitor", "visits:participants", "")
LEAKS = (
    Leak("audit text", "the act in the trail names the arm",
         ("F-035",), audit_text, (TRAIL,), acts=True),
    Leak("hash of the arm", "a hash without salt in a row that everybody may read",
         ("F-034", "F-037"), hash_of_arm, acts=True),
    Leak("error text", "the reason why nothing was allocated names the arm",
         ("F-041",), error_text, acts=True),
    Leak("log line", "the arm is logged", ("F-046",), log_line, acts=True),
    Leak("job", "what is sent to the workers depends on the arm",
         ("F-044",), job_payload, acts=True),
    Leak("mail", "the subject of a mail names the arm", ("F-043",), mail, acts=True),
    Leak("key in Valkey", "a counter by arm", ("F-045",), valkey_key, acts=True),
    Leak("session", "the session remembers the arm", ("F-045",), session_content, acts=True),
    Leak("statement", "one arm takes one statement more",
         ("F-047",), one_statement_more, acts=True),
    Leak("order", "the list is in the order of the arms", ("F-031",), order, (PEOPLE_LIST,)),
    Leak("filter", "a lookup across the relation is passed on", ("F-030", "F-052"), filter_,
         (("sponsor", "api:participants-list", "?slot__arm=A"),)),
    Leak("count", "how many have the active product", ("F-033", "F-059"), count, (HOME,)),
    Leak("file name", "the name of a file has a count in it", ("F-038",), file_name,
         (("sponsor", "api:sites-list", "?format=csv"),)),
    Leak("partition", "equal marks for equal arms", ("F-034",), partition,
         (("monitor", "api:allocations-detail", ""),)),
    Leak("lot", "the label names the lot", ("F-039",), lot, (ALLOCATION,)),
    Leak("header", "a header hashes what depends on the arms", ("F-037",), header, (PEOPLE_LIST,)),
    Leak("history", "one arm's history has one line less", ("F-035",), history,
         (("monitor", "reports:history", ""),)),
    Leak("cache", "the label is kept in the cache with the arm",
         ("F-045", "F-054"), cached, (ALLOCATION,)),
    Leak("failure", "a page fails in one arm alone",
         ("F-041",), failure_of_one_arm, (ALLOCATION,), lasts=True),
    Leak("audit rows", "one arm writes one line of the trail more",
         ("F-036",), audit_count, (TRAIL,), acts=True, lasts=True),
)  # fmt: skip


# --- in the database ------------------------------------------------------------------------------
def stock_of_own_arm_alone(statement: Callable[[str], None]) -> None:
    """Refuse only where the participant's own arm lacks (F-040)."""
    whole = "from jsonb_array_elements_text(l.design->'arms') a (code)"
    _bags_otherwise(statement, whole, "from (values (mine)) a (code)")


def in_the_order_of_the_labels(statement: Callable[[str], None]) -> None:
    """Take the bag that comes first on the labels: one that is passed over has another arm than
    the one taken (F-034)."""
    _bags_otherwise(statement, "order by u.turn", "order by u.bag_id")


def _bags_otherwise(statement: Callable[[str], None], part: str, other: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("select pg_get_functiondef('sealed.bags_for'::regproc)")
        (text,) = cursor.fetchone()
    assert part in text
    statement(text.replace(part, other))
