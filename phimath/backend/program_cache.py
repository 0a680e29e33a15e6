"""Where frameworks keep compiled programs from one process to the next."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import Final

VARIABLE: Final = "PHIMATH_CACHE"
"""Environment variable: another folder, or `off` to leave it to the frameworks."""


def program_cache(framework: str, version: str) -> Path | None:
    """Folder of a framework's programs, which may not exist yet; `None` if it is not for us to say.

    It lies in the user's cache folder.  It is another one for each version of the framework and
    kind of processor, because programs are machine code.  Only the user must be able to write
    there: frameworks run what they find.
    """
    choice = os.environ.get(VARIABLE, "")
    if choice.lower() in ("off", "0", "no", "false"):
        return None
    folder = Path(choice).expanduser() if choice else user_cache() / "phimath"
    folder = folder.absolute() / f"{framework}-{version}-{processor()}"
    return folder if _can_be_written(folder) else None


def user_cache() -> Path:
    """Folder for what programs can make again, by the rules of the platform."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    # XDG Base Directory Specification 0.8: a relative path is to be ignored.
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return folder if folder.is_absolute() else Path.home() / ".cache"


@cache
def processor() -> str:
    """Short name for processors with the same instructions."""
    features = [platform.system(), platform.machine()]
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux, on which the next line would start another program
        features.append(platform.processor())
        lines = []
    # The first processor's: x86 lists flags, Arm features.
    for name in ("model name", "flags", "Features"):
        features += [line for line in lines if line.startswith(name)][:1]
    return hashlib.sha256("\n".join(features).encode()).hexdigest()[:8]


def _can_be_written(folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
