"""All addresses: the console's, and the switch of languages."""

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("hengjian.console.urls")),
]
