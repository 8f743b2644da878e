"""The pages of pharmacy and unblinding, below /sealed/."""

urlpatterns: list[object] = []
