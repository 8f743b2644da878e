"""Lists of randomisation, below /sealed/lists/: for the unblinded statistician alone."""

from django.urls import path

from randomization.views import list_making, list_opening, lists

app_name = "lists"

urlpatterns = [
    path("", lists.overview, name="overview"),
    path("blocks/", list_making.blocks, name="blocks"),
    path("minimisation/", list_making.minimisation, name="minimisation"),
    path("file/", list_making.file, name="file"),
    path("<int:pk>/", lists.detail, name="list"),
    path("<int:pk>/force/", lists.force, name="force"),
    path("<int:pk>/read/", list_opening.read, name="read"),
    path("<int:pk>/disclose/", list_opening.secrets, name="disclose"),
]
