"""ASGI: the issuing process. Whoever starts it has set DATABASE_URL (`hengjian kiosk issue`)."""

from hengjian.config.kiosk import ready

data, policy, origins = ready()

from hengjian.kiosk.issue.app import application as make  # noqa: E402 (after Django stands)

application = make(data, policy, origins)
