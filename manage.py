#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

import trial.celery  # noqa: F401 - the application that hints are sent through

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
    execute_from_command_line(sys.argv)
