"""``kiosk/kiosk.yaml`` in the data folder; everything has a default, and the file may be absent.

embed: [https://zwfw.example.gov.cn]        # whose pages may show ours in a frame
issue: https://rate.example.gov.cn          # origins, when issue and cast have one each; else left out
cast: https://ballot.example.gov.cn
hotline: "12345"                            # told to whom the page cannot serve
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hengjian.kiosk.errors import SetupRefused

FILE = "kiosk.yaml"
NONE: Mapping[str, str] = MappingProxyType({})
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]


class Setup(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embed: tuple[Origin, ...] = ()
    issue: Origin | None = None
    cast: Origin | None = None
    hotline: str = Field(default="12345", pattern=r"^[0-9+ -]{3,20}$")

    @property
    def origins(self) -> tuple[str, ...]:
        """Those that are told apart; none when both stand behind one."""
        return tuple(one for one in (self.issue, self.cast) if one)


def load(folder: Path, origins: Mapping[str, str] = NONE) -> Setup:
    """The setup of ``<data>/kiosk``; ``origins`` hold where the file says none.

    Raises: SetupRefused when the file is wrong, with the place of the fault.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as fault:
        raise _refused(path, str(fault)) from fault
    try:
        said = Setup.model_validate(yaml.safe_load(text) or {})
        return said if said.origins else Setup.model_validate({**said.model_dump(), **origins})
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        raise _refused(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from fault
    except yaml.YAMLError as fault:
        raise _refused(path, " ".join(str(fault).split())[:200]) from fault


def _refused(path: Path, what: str) -> SetupRefused:
    return SetupRefused(what, where=str(path), do=_("写法见 docs/how-to/kiosk.zh-CN.md"), code="kiosk.setup")
