"""What every page needs."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Template tags, components, static files from npm, health and error pages."""

    name = "trial.web"
    label = "web"
