"""Addresses of the console. A name's first word is the part of the navigation that it belongs to."""

from django.urls import path

from hengjian.console.views import (
    compare,
    cycles,
    home,
    looks,
    opening,
    policies,
    quarantine,
    seats,
    sign_in,
)

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    path("cycles/", cycles.cycle_list, name="cycles"),
    path("open-cycle/", opening.opening, name="cycles-open"),
    path("cycles/<str:cycle_id>/", cycles.cycle, name="cycles-cycle"),
    path("cycles/<str:cycle_id>/missing/", cycles.missing, name="cycles-missing"),
    path("cycles/<str:cycle_id>/do/<slug:verb>/", cycles.act, name="cycles-act"),
    path("cycles/<str:cycle_id>/bundle/", cycles.bundle, name="cycles-bundle"),
    path("cycles/<str:cycle_id>/verify/", cycles.verify, name="cycles-verify"),
    path("cycles/<str:cycle_id>/ranking/", seats.ranking, name="cycles-ranking"),
    path("cycles/<str:cycle_id>/compare/", compare.compare, name="cycles-compare"),
    path("cycles/<str:cycle_id>/seats/<str:seat>/", seats.seat, name="cycles-seat"),
    path("cycles/<str:cycle_id>/seats/<str:seat>/workings/", seats.steps, name="cycles-workings"),
    path("cycles/<str:cycle_id>/seats/<str:seat>/records/<str:digest>/", seats.record, name="cycles-record"),
    path("purpose/", looks.purpose, name="purpose"),
    path("looks/", looks.looks, name="looks"),
    path("trail/", looks.trail, name="trail"),
    path("policies/", policies.policy_list, name="policies"),
    path("policies/compare/", policies.compare, name="policies-compare"),
    path("policies/<slug:policy_id>/", policies.indicators, name="policies-policy"),
    path("policies/<slug:policy_id>/scorecards/", policies.scorecards, name="policies-scorecards"),
    path("policies/<slug:policy_id>/panel/", policies.panel, name="policies-panel"),
    path("policies/<slug:policy_id>/parameters/", policies.parameters, name="policies-parameters"),
    path("quarantine/", quarantine.entries, name="quarantine"),
    path("quarantine/<int:entry>/", quarantine.entry, name="quarantine-entry"),
]
