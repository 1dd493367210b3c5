"""Addresses of the entrance: of allauth's only those used here, by the names that allauth asks for."""

from allauth.account import views as accounts
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount.providers.openid_connect import views as connect
from django.contrib.auth.decorators import login_required
from django.urls import path

from hengjian.console.views import single
from hengjian.console.views.sign_in import SignOut, change_password, sign_in

own = login_required
urlpatterns = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/code/", factors.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sso/<slug:provider_id>/login/", connect.login, name="openid_connect_login"),
    path("sso/<slug:provider_id>/login/callback/", connect.callback, name="openid_connect_callback"),
    path("sso/cas/<slug:provider_id>/login/", single.cas_login, name="cas_login"),
    path("sso/cas/<slug:provider_id>/callback/", single.cas_callback, name="cas_callback"),
    path("sign-in/directory/<slug:provider_id>/", single.directory, name="directory_login"),
    path("sign-out/", SignOut.as_view(), name="account_logout"),
    path("account/confirm/", own(accounts.reauthenticate), name="account_reauthenticate"),
    path("account/confirm/code/", own(factors.reauthenticate), name="mfa_reauthenticate"),
    path(
        "account/confirm/passkey/",
        own(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/password/", change_password, name="account_change_password"),
    path("account/factors/", own(factors.index), name="mfa_index"),
    path("account/factors/app/", own(totp.activate_totp), name="mfa_activate_totp"),
    path("account/factors/app/remove/", own(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/factors/codes/", own(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "account/factors/codes/new/",
        own(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("account/factors/passkeys/", own(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("account/factors/passkeys/add/", own(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path(
        "account/factors/passkeys/<int:pk>/",
        own(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
]
