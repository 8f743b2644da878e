"""Who has which access, as a file for the reviewer; that it was taken is in the trail (R-34)."""

import csv
import io
import re

from reports.exports import FORMULA
from reports.presenters.access_lines import COLUMNS, lines
from reports.selectors.access_review import listed
from trial.access.models import Site
from trial.audit import events
from trial.audit.context import Actor

_FORMULA = re.compile(FORMULA)


def take(*, site: Site | None, by: Actor) -> str:
    """The access of a site, or all, as CSV. A cell that looks like a formula is quoted (F-124)."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    found = lines(list(listed(site)), site)
    for line in found:
        writer.writerow([_safe(cell) for cell in line.cells])
    details = {"rows": len(found), "site": site.code if site else "", "format": "csv"}
    events.record(events.Act.EXPORTED, by=by, record="report:access", details=details)
    return file.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
