"""The drugs of a report by ICH E2B(R3), G.k: the blinded product first, then those beside it.

The arm is known to nothing here: the product is "UC-MSC or placebo" and blinded, and neither dose
nor lot of a bag is among the elements.
"""

from collections.abc import Iterator
from datetime import date, datetime

from safety.e2b_report import Answers, Drug, Element, Report, number_text, views, written
from trial.protocol.partial import PartialDate, parse
from trial.protocol.safety import Cause, Relatedness

PRODUCT = "UC-MSC or placebo (blinded)"
# There is no code for a pause; it is a withdrawal, and G.k.11 says that it was for a time.
_ACTIONS = {"withdrawn": "1", "interrupted": "1", "reduced": "2", "rate_reduced": "2",
            "increased": "3", "not_changed": "4", "unknown": "0",
            "not_applicable": "9"}  # fmt: skip
_RECURRED = {"recurred": "1", "not_recurred": "2", "unclear": "3", "not_done": "4"}
_SUSPECT, _CONCOMITANT = "1", "2"
_DRUGS = {Cause.PRODUCT: "product", Cause.STEROID: "steroid", Cause.AZATHIOPRINE: "azathioprine"}


def drugs_of(report: Report) -> Iterator[Element]:
    """The product as drug 1, then the others in their order."""
    yield from _product(report)
    for place, drug in enumerate(report.drugs, 2):
        yield from _other_drug(report, drug, place)


def _product(report: Report) -> Iterator[Element]:
    at = (1,)
    yield Element("G.k.1", _SUSPECT, at=at)  # always, the product is what is being studied
    yield Element("G.k.2.2", PRODUCT, at=at)
    yield Element("G.k.2.5", "true", at=at)
    for place, bag in enumerate(report.infusions, 1):
        yield Element("G.k.4.r.4", written(bag.started_at), at=(1, place))
        yield Element("G.k.4.r.5", written(bag.stopped_at), at=(1, place))
        yield Element("G.k.4.r.8", f"Infusion {bag.number}", at=(1, place))
        yield Element("G.k.4.r.10.1", "Intravenous", at=(1, place))
    yield Element("G.k.7.r.1", "Autoimmune hepatitis", at=(1, 1))
    yield from _action(report, Cause.PRODUCT, 1)
    yield from _matrix(report, Cause.PRODUCT, 1)


def _other_drug(report: Report, drug: Drug, k: int) -> Iterator[Element]:
    dose = number_text(drug.daily_dose) if drug.unit else ""
    yield Element("G.k.1", _role(report, drug), at=(k,))
    yield Element("G.k.2.2", drug.name, at=(k,))
    yield Element("G.k.4.r.1a", dose, at=(k, 1))
    yield Element("G.k.4.r.1b", drug.unit if dose else "", at=(k, 1))
    yield Element("G.k.4.r.2", "1" if dose else "", at=(k, 1))
    yield Element("G.k.4.r.3", "d" if dose else "", at=(k, 1))
    yield Element("G.k.4.r.4", written(drug.started), at=(k, 1))
    yield Element("G.k.4.r.5", written(drug.stopped), at=(k, 1))
    yield Element("G.k.4.r.10.1", drug.route, at=(k, 1))
    yield Element("G.k.7.r.1", drug.indication, at=(k, 1))
    if drug.cause is not None:
        yield from _action(report, drug.cause, k)
        yield from _matrix(report, drug.cause, k)


def _role(report: Report, drug: Drug) -> str:
    """Suspect where anybody judged it related to any of the events, else concomitant."""
    if drug.cause is None:
        return _CONCOMITANT
    judged = [view for number in report.events for _who, view in views(report, number, drug.cause)]
    order = list(Relatedness)
    least = order.index(report.causality.related_from)
    return _SUSPECT if any(order.index(view) >= least for view in judged) else _CONCOMITANT


def _action(report: Report, cause: Cause, k: int) -> Iterator[Element]:
    """What was done because of the reported event."""
    first = next(iter(report.events.values()))
    action = first.get(f"action_{_DRUGS[cause]}") or ""
    yield Element("G.k.8", _ACTIONS.get(action, ""), at=(k,))
    if action in ("interrupted", "rate_reduced"):
        told = "Interrupted for a time." if action == "interrupted" else "Rate reduced."
        yield Element("G.k.11", told, at=(k,))


def _matrix(report: Report, cause: Cause, k: int) -> Iterator[Element]:
    """Each event against the drug: both views, the intervals, and whether it recurred."""
    for i, (number, event) in enumerate(report.events.items(), 1):
        yield Element("G.k.9.i.1", str(i), at=(k, i))
        for place, (who, view) in enumerate(views(report, number, cause), 1):
            yield Element("G.k.9.i.2.r.1", who, at=(k, i, place))
            yield Element("G.k.9.i.2.r.2", "Global introspection", at=(k, i, place))
            yield Element("G.k.9.i.2.r.3", view.value.capitalize(), at=(k, i, place))
        if cause is Cause.PRODUCT:
            yield from _intervals(report, event, (k, i))
            if i == 1:  # what the form asks is about the reported event
                again = _RECURRED.get(report.report.get("rechallenge") or "", "")
                yield Element("G.k.9.i.4", again, at=(k, i))


def _intervals(report: Report, event: Answers, at: tuple[int, ...]) -> Iterator[Element]:
    """From the first and from the last infusion that surely lies before the event."""
    begun = sorted(bag.started_at for bag in report.infusions if _before(bag.started_at, event))
    for letter, start in (("1", begun[:1]), ("2", begun[-1:])):
        found = _interval(start[0], event) if start else None
        if found is not None:
            yield Element(f"G.k.9.i.3.{letter}a", found[0], at=at)
            yield Element(f"G.k.9.i.3.{letter}b", found[1], at=at)


def _before(bag: datetime, event: Answers) -> bool:
    if event.get("started_at"):
        return bool(bag <= event["started_at"])
    started = _whole(event)
    return started is not None and bag.date() <= started


def _interval(bag: datetime, event: Answers) -> tuple[str, str] | None:
    """Hours within two days of a known time, else days; a partial date has neither."""
    if event.get("started_at"):
        hours = int((event["started_at"] - bag).total_seconds() // 3600)
        if hours < 48:
            return str(hours), "h"
    started = _whole(event)
    return None if started is None else (str((started - bag.date()).days), "d")


def _whole(event: Answers) -> date | None:
    text = event.get("starts_on") or ""
    known: PartialDate | None = parse(text) if text else None
    return known.earliest if known is not None and known.whole else None
