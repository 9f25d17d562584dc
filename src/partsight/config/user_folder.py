"""Where things are kept that belong to a user of this machine, not to a project."""

import os
from pathlib import Path


def user_folder() -> Path:
    """Return the user's own folder for Partsight; it need not exist."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "partsight"
