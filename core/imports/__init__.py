"""Files that were uploaded come in as jobs: progress, cancelling, and going on where a worker died."""

from core.imports.starting import MOST_BYTES, cancel, remembered_columns, start
from core.imports.views import ImportView, newest
from core.imports.working import bring_in, bring_in_here

__all__ = [
    "MOST_BYTES",
    "ImportView",
    "bring_in",
    "bring_in_here",
    "cancel",
    "newest",
    "remembered_columns",
    "start",
]
