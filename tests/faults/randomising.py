"""A process that randomises a participant and stops before it commits, until it is killed.

    python -m tests.faults.randomising PARTICIPANT SIGNER FILE

writes FILE when slot and bags are taken.
"""

import os
import sys
import time
from pathlib import Path
from unittest import mock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")

import django

django.setup()

from patients.models import Participant  # noqa: E402
from randomization.services import allocating  # noqa: E402
from tests.factories.allocation import randomised  # noqa: E402
from trial.access.models import User  # noqa: E402


def main(code: str, signer: str, marker: str) -> None:
    def hang(*_args: object) -> None:
        Path(marker).write_text("taken")
        time.sleep(600)

    mock.patch.object(allocating, "_tell", hang).start()
    randomised(
        Participant.objects.select_related("site").get(code=code),
        User.objects.get(username=signer),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
