"""Pages about side effects as the laboratory shows them."""

from django.urls import path

from safety.views import toxicity

app_name = "liver"

_ONE = "participants/<str:code>/toxicity"

urlpatterns = [
    path(f"{_ONE}/", toxicity.toxicity, name="toxicity"),
    path(f"{_ONE}/signals/<int:signal>/judge/", toxicity.judge, name="judge"),
    path("safety/liver/", toxicity.liver, name="overview"),
]
