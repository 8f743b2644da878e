"""The lists at the end of a printed casebook: changes, open queries, signatures."""

from collections.abc import Collection, Sequence

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from reports.paper.chapters import Block, Chapter, Entry
from reports.paper.notes import Marks, Note
from reports.paper.words import label_of, name_of, value_in
from reports.presenters.words import role_of
from reports.selectors.printed import Printed
from trial.quality.models import Step
from trial.signing.models import Signature
from trial.web.formats import clock, localized


def signature(one: Signature) -> str:
    """A signature in a sentence, with whether it stands; it comes with `changed`."""
    changed = one.changed  # type: ignore[attr-defined]  # annotated
    words = {
        "name": one.printed_name, "role": str(one.role_name), "at": one.moment,
        "meaning": str(one.words),
        "state": _("broken by later changes") if changed else _("stands"),
    }  # fmt: skip
    return _("Signed by %(name)s (%(role)s), %(at)s: %(meaning)s [%(state)s]") % words


def changes(printed: Printed, marks: Marks, lines: Collection[str]) -> Chapter:
    """Every change by its number; those of what is not printed above come last."""
    for table, row_id, column in marks.left:
        column_name = label_of(table, column) if column else ""
        name = ": ".join(filter(None, (name_of(table), column_name)))
        marks.at((table, row_id, column), name)
    block = Block(_("Old value → new value, who, when, why"))
    block.header = ("", _("What"), _("Change"), _("Who and when"), _("Why"))
    block.widths = (9, 44, 56, 40, 31)
    block.rows = [_change(printed, one, lines) for one in marks.notes]
    says = [] if block.rows else [_("No answer was changed.")]
    return Chapter(_("Changes"), says, [block] if block.rows else [], alone=True)


def _change(printed: Printed, note: Note, lines: Collection[str]) -> Sequence[Entry]:
    one, table = note.change, note.change.table
    pairs = [(name, value_in(printed, table, name, old), value_in(printed, table, name, new))
             for name, old, new in note.pairs]  # fmt: skip
    alone = len(pairs) == 1 and table not in lines
    said = "\n".join(
        ("" if alone else f"{label_of(table, name)}: ") + f"{old or '–'} → {new or '–'}"
        for name, old, new in pairs
    )
    who = printed.names.get(one.who, one.who)
    role = role_of(one.role, one.site)
    by = f"{who}, {role}" if role else who
    texts = (
        str(note.number),
        note.place,
        said,
        f"{by}\n{clock(one.at, printed.participant.site.timezone)}",
        one.why,
    )
    return [Entry("", text) for text in texts]


def queries(printed: Printed, zone: str) -> Chapter:
    says = [] if printed.queries else [_("No query is open.")]
    block = Block(_("Queries that are not closed"))
    for one in printed.queries:
        asked = [m.said for m in one.messages.all() if m.step in (Step.RAISED, Step.REOPENED)]
        label = f"Q{one.pk} · {localized(one.label)} · {one.get_status_display()}"
        opened = f"{clock(one.opened_at, zone)}, {one.opened_by}"
        block.entries.append(Entry(label, f"{asked[-1] if asked else ''} ({opened})"))
    return Chapter(_("Open queries"), says, [block] if block.entries else [])


def signatures(printed: Printed) -> Chapter:
    entries = []
    for one in printed.signatures:
        what = " ".join(filter(None, [one.get_scope_display(), one.visit_label]))
        entries.append(Entry(capfirst(what), f"{signature(one)}\nSHA-256 {one.sha256}"))
    says = [] if entries else [_("Nothing is signed.")]
    blocks = [Block(_("All signatures, oldest first"), entries=entries)] if entries else []
    return Chapter(_("Signatures"), says, blocks)
