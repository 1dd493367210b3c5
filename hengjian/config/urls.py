"""All addresses: the console's, the interface for systems of record, and the switch of languages."""

from django.urls import include, path

from hengjian.console.api.site import api

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("", include("hengjian.console.entrance_urls")),
    path("", include("hengjian.console.urls")),
]
