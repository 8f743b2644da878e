"""The pages of pharmacy and unblinding, below /sealed/."""

from django.urls import include, path

urlpatterns = [
    path("lists/", include("randomization.list_urls")),
]
