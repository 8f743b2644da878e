"""Checking a file: its rows are staged as samples, then planned participant by participant.

Memory stays flat: 2,000 rows, then 1,000 samples at a time, each with a fixed number of
statements. Nothing clinical is written; whatever stops here can begin again from the file.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Count, Q

from labs.entry import Entry, Judged
from labs.import_facts import bases, people, setting_of
from labs.importing.facts import Given, Sample
from labs.importing.mapping import FileMapping, parse
from labs.importing.planning import PlannedPanel, Setting, plan
from labs.importing.problems import FileError, Finding
from labs.importing.reading import records
from labs.importing.rows import Head, Row, RowReader, Value
from labs.models import (
    ImportBatch,
    ImportChunk,
    ImportFinding,
    ImportPerson,
    ImportPlan,
    ImportSample,
)
from labs.services.import_progress import Report
from patients.models import Participant
from trial.audit.context import Actor, transaction

ROWS = 2_000
PEOPLE = 200
SAMPLES = 1_000
Item = TypeVar("Item")
STAGED = (ImportSample, ImportPerson, ImportPlan, ImportFinding)


def check(*, batch: ImportBatch, by: Actor, report: Report) -> tuple[int, Counter[str]]:
    """Read and plan the whole file. Returns (rows, counts). Raises FileError.

    What an interrupted check left behind is thrown away first.
    """
    clear(batch, by=by)
    mapping = parse(batch.mapping)
    rows, counts = _stage(batch, mapping, by, report)
    setting = setting_of(batch, mapping)
    done, everybody = 0, samples_of(batch)
    for ids in parts(everybody):
        with transaction(by=by):
            plan_people(batch, ids, setting)
        done += len(ids)
        # Staging is the first half of the work.
        report(rows + rows * done // len(everybody), 2 * rows)
    return rows, counts + planned_counts(batch)


def clear(batch: ImportBatch, *, by: Actor, findings: bool = True) -> None:
    """Throw away what was staged and planned; `findings` too, unless they are still to be read."""
    with transaction(by=by):
        for model in STAGED:
            if findings or model is not ImportFinding:
                model.objects.filter(batch=batch).delete()


def planned_counts(batch: ImportBatch) -> Counter[str]:
    """The sum over all planned participants."""
    total: Counter[str] = Counter()
    rows = ImportPerson.objects.filter(batch=batch).values_list("counts", flat=True)
    for counts in rows.iterator():
        total.update(counts)
    return total


# --- staging: rows to samples --------------------------------------------------------------------
def pieces(batch: ImportBatch) -> Iterator[bytes]:
    """The file's bytes, one stored piece at a time."""
    number = 0
    while True:
        found = ImportChunk.objects.filter(batch=batch, number=number).values_list("data").first()
        if found is None:
            break
        yield bytes(found[0])
        number += 1
    if not number:
        raise FileError("gone")


def _batched(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while part := list(islice(items, size)):
        yield part


def _stage(
    batch: ImportBatch, mapping: FileMapping, by: Actor, report: Report
) -> tuple[int, Counter[str]]:
    lines = records(pieces(batch), mapping)
    header = next(lines, None)
    if header is None:
        raise FileError("empty")
    reader = RowReader(mapping, header[1])
    codes = dict(Participant.objects.filter(site=batch.site).values_list("code", "id"))
    counts: Counter[str] = Counter()
    rows = 0
    for part in _batched(lines, ROWS):
        rows += len(part)
        with transaction(by=by):
            counts += _stage_part(batch, [reader.read(*record) for record in part], codes)
        report(rows, 2 * max(batch.rows_total, rows))
    return rows, counts


def _stage_part(batch: ImportBatch, rows: Sequence[Row], codes: Mapping[str, int]) -> Counter[str]:
    findings: list[Finding] = []
    counts: Counter[str] = Counter()
    given: dict[tuple[int, str, str], list[tuple[Head, Value]]] = {}
    for row in rows:
        findings += row.findings
        counts["blank"] += row.blanks
        if row.head is None:
            continue
        participant_id = codes.get(row.head.participant)
        if participant_id is None:
            code = row.head.participant
            findings.append(Finding("error", "participant_unknown", row.line, "", code, given=code))
            continue
        key = (participant_id, row.head.visit, str(row.head.on or ""))
        given.setdefault(key, []).extend((row.head, value) for value in row.values)
    findings += _merge(batch, {key: values for key, values in given.items() if values}, counts)
    counts["file_error"] += len(findings)
    counts["error"] += len(findings)
    store_findings(batch, findings, None)
    return counts


def _merge(
    batch: ImportBatch,
    given: Mapping[tuple[int, str, str], Sequence[tuple[Head, Value]]],
    counts: Counter[str],
) -> list[Finding]:
    """Put values into their samples, those of earlier rows included. Three statements."""
    samples = _samples(batch, given)
    findings = []
    changed = []
    for key, values in given.items():
        sample = samples.get(key)
        if sample is None:
            head, first = values[0]
            sample = samples[key] = ImportSample(
                batch=batch, participant_id=key[0], visit=head.visit, collected_on=head.on,
                line=first.line, values={},
            )  # fmt: skip
        else:
            changed.append(sample)
        for head, value in values:
            findings += _put(sample, head, value, counts)
    ImportSample.objects.bulk_create([row for row in samples.values() if row.pk is None])
    ImportSample.objects.bulk_update(changed, ["values"], batch_size=500)
    return findings


def _samples(
    batch: ImportBatch, given: Mapping[tuple[int, str, str], Sequence[tuple[Head, Value]]]
) -> dict[tuple[int, str, str], ImportSample]:
    days = {values[0][0].on for values in given.values()}
    found = ImportSample.objects.filter(
        Q(collected_on__in=days - {None}) | Q(collected_on=None),
        batch=batch,
        participant_id__in={key[0] for key in given},
    )
    keyed = {(row.participant_id, row.visit, str(row.collected_on or "")): row for row in found}
    return {key: row for key, row in keyed.items() if key in given}


def _put(sample: ImportSample, head: Head, value: Value, counts: Counter[str]) -> list[Finding]:
    entry = value.entry
    new = {"text": entry.text, "unit": entry.unit, "not_done": entry.not_done}
    before = sample.values.get(value.analyte)
    if before is None:
        place = {"comment": entry.comment, "line": value.line, "column": value.column}
        sample.values[value.analyte] = {**new, **place}
        return []
    if all(before[name] == text for name, text in new.items()):
        counts["repeated"] += 1
        return []
    # Which of the two is right, the file does not say: neither is imported.
    before["disputed"] = True
    shown = f"{entry.text} {entry.unit}".strip() or entry.not_done
    first = f"{before['text']} {before['unit']}".strip() or before["not_done"]
    return [
        Finding(
            "error", "given_twice", value.line, value.column, head.participant, value.analyte,
            shown, first,
        )
    ]  # fmt: skip


# --- planning: samples to panels -----------------------------------------------------------------
def samples_of(batch: ImportBatch) -> dict[int, int]:
    """How many samples each participant of the file has, in the order of their ids."""
    rows = ImportSample.objects.filter(batch=batch).order_by("participant_id")
    counted = rows.values("participant_id").annotate(number=Count("id"))
    return dict(counted.values_list("participant_id", "number"))


def parts(people: Mapping[int, int]) -> Iterator[list[int]]:
    """Participants in parts that fit into memory together, by how many samples each has."""
    part: list[int] = []
    held = 0
    for participant_id, number in people.items():
        if part and (len(part) >= PEOPLE or held + number > SAMPLES):
            yield part
            part, held = [], 0
        part.append(participant_id)
        held += number
    if part:
        yield part


def plan_people(batch: ImportBatch, ids: Sequence[int], setting: Setting) -> None:
    """Plan these participants, anew if need be. A fixed number of statements."""
    for model in (ImportPerson, ImportPlan, ImportFinding):
        model.objects.filter(batch=batch, participant_id__in=ids).delete()
    samples: dict[int, list[Sample]] = {}
    for row in ImportSample.objects.filter(batch=batch, participant_id__in=ids).order_by("line"):
        samples.setdefault(row.participant_id, []).append(_sample(row))
    made: list[ImportPerson] = []
    panels: list[ImportPlan] = []
    findings: list[ImportFinding] = []
    marks = bases(ids)  # before the facts: what changes in between is planned again
    for participant_id, person in people(ids).items():
        found = plan(person, samples.get(participant_id, []), setting)
        made.append(
            ImportPerson(
                batch=batch,
                participant_id=participant_id,
                basis=marks[participant_id],
                counts=found.counts,
            )
        )
        panels += [_panel_row(batch, participant_id, panel) for panel in found.panels]
        findings += [_finding_row(batch, participant_id, each) for each in found.findings]
    ImportPerson.objects.bulk_create(made)
    ImportPlan.objects.bulk_create(panels)
    ImportFinding.objects.bulk_create(findings)


def _sample(row: ImportSample) -> Sample:
    return Sample(
        id=row.pk,
        visit=row.visit,
        on=row.collected_on,
        line=row.line,
        values={analyte: _given(value) for analyte, value in row.values.items()},
    )


def _given(value: Mapping[str, Any]) -> Given:
    entry = Entry(
        text=value["text"],
        unit=value["unit"],
        not_done=value["not_done"],
        comment=value["comment"],
    )
    return Given(entry, value["line"], value["column"], disputed=value.get("disputed", False))


def _panel_row(batch: ImportBatch, participant_id: int, panel: PlannedPanel) -> ImportPlan:
    return ImportPlan(
        batch=batch,
        participant_id=participant_id,
        collected_on=panel.on,
        visit_id=panel.visit_id,
        visit_code=panel.visit_code,
        panel_id=panel.panel_id,
        holds=panel.holds,
        outside_window=panel.outside_window,
        expected=panel.expected,
        filled=panel.filled,
        protocol_version=panel.protocol,
        results=[_result(analyte, judged) for analyte, judged in panel.results.items()],
    )


def _result(analyte: str, judged: Judged) -> dict[str, Any]:
    """A result row as JSON; numbers as text, so that none is ever a float."""
    row = asdict(judged)
    entry = row.pop("entry")
    numbers = ("value", "canonical", "range_low", "range_high")
    row |= {name: None if row[name] is None else str(row[name]) for name in numbers}
    return {**row, **entry, "analyte": analyte}


def store_findings(
    batch: ImportBatch, findings: Sequence[Finding], participant_id: int | None
) -> None:
    """Keep findings. One statement per 1,000."""
    rows = [_finding_row(batch, participant_id, finding) for finding in findings]
    ImportFinding.objects.bulk_create(rows, batch_size=1_000)


def _finding_row(batch: ImportBatch, participant_id: int | None, finding: Finding) -> ImportFinding:
    return ImportFinding(batch=batch, participant_id=participant_id, **asdict(finding))
