"""A process that randomises one participant after another and says which it was told of.

    python -m tests.faults.randomising_many FILE

FILE gets a line for every allocation that was acknowledged; the process ends at the first error.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")

import django

django.setup()

from tests.factories import study  # noqa: E402
from tests.factories.allocation import list_in_force, randomised, ready, stocked  # noqa: E402

PEOPLE = 40


def main(path: str) -> None:
    cast = study.make_cast()
    list_in_force(cast.site, slots=60)
    stocked(cast.site, {"A": 60, "B": 60})
    people = [ready(cast.site) for _n in range(PEOPLE)]
    with Path(path).open("w", encoding="utf-8") as told:
        for person in people:
            allocation = randomised(person, cast.investigator)
            told.write(f"{person.code} {allocation.number}\n")
            told.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
