"""What both kiosk processes need before they load: Django, the data folder, the policy's files.

HENGJIAN_KIOSK_POLICY    name or folder of the policy (default: seed)
HENGJIAN_KIOSK_ISSUE     origins of both sides, where kiosk.yaml does not say them:
HENGJIAN_KIOSK_CAST      the program that serves both tells them so (`hengjian serve`)
"""

import os
import secrets
import signal
from pathlib import Path

from hengjian.database.keeper import die_with_parent
from hengjian.policy import folder
from hengjian.policy.folder import PolicyFolder


def ready() -> tuple[Path, PolicyFolder, dict[str, str]]:
    """Set Django up; give the data folder, the policy, and the origins of both sides."""
    import django

    if os.environ.get("HENGJIAN_WORKER_OF") == str(os.getppid()):
        die_with_parent(signal.SIGKILL)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hengjian.config.settings")
    # nothing is signed here: the console's secret is none of this process's business
    os.environ.setdefault("HENGJIAN_SECRET_KEY", secrets.token_urlsafe(50))
    django.setup()
    from django.conf import settings

    name = os.environ.get("HENGJIAN_KIOSK_POLICY", "seed")
    named = {side: os.environ.get(f"HENGJIAN_KIOSK_{side.upper()}", "") for side in ("issue", "cast")}
    origins = {side: origin for side, origin in named.items() if origin}
    return settings.DATA, folder.load(folder.shipped().get(name, Path(name))), origins
