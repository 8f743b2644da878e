"""A comparison of two moments as a file, recorded as an export."""

import hashlib
import tempfile
from collections.abc import Mapping
from typing import IO

from reports.exports import snapshot
from reports.selectors.comparison import Question, as_csv
from trial.audit import events
from trial.audit.context import Actor


def export(*, question: Question, asked: Mapping[str, str], by: Actor) -> IO[bytes]:
    """The differences as CSV, at the file's beginning."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    with snapshot():
        rows = as_csv(question, file)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    details = {"dataset": "comparison", "format": "csv", "filters": dict(asked),
               "rows": rows, "sha256": digest}  # fmt: skip
    events.record(events.Act.EXPORTED, by=by, record="dataset:comparison", details=details)
    return file
