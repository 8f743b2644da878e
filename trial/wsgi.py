"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

import trial.celery  # noqa: F401 - the application that hints are sent through

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
application = get_wsgi_application()
