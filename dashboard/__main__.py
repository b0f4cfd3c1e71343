"""`python -m dashboard`: serve the pages at PLUMBLINE_HOST and WEB_PORT.

Further arguments are Streamlit's and win: `python -m dashboard --server.port 8600`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.settings import load_settings
from dashboard.start import TRUSTED

APP = Path(__file__).parent / "app.py"


def main() -> None:
    settings = load_settings()
    address = ["--server.address", settings.plumbline_host, "--server.port", str(settings.web_port)]
    command = [sys.executable, "-m", "streamlit", "run", str(APP), *address, *sys.argv[1:]]
    os.execve(sys.executable, command, os.environ | {TRUSTED: ""})  # noqa: S606 - there is no shell to need


if __name__ == "__main__":
    main()
