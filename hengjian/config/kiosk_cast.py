"""ASGI: the casting process. Whoever starts it has set DATABASE_URL (`hengjian kiosk cast`)."""

from hengjian.config.kiosk import ready

data, policy, origins = ready()

from hengjian.kiosk.cast.app import application as make  # noqa: E402 (after Django stands)

application = make(data, policy, origins)
