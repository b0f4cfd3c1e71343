"""When a schedule is due: cron expressions, timezones, plain English and the next fires.

`cronsim` reads the fields and walks the calendar; `fires` lays its wall-clock times onto UTC by the
rules of Debian's cron(8), `english` says what an expression means.
"""

from core.cron.english import describe
from core.cron.expression import MAX_LENGTH, Cron, parse
from core.cron.fires import fires_between, next_fire, next_fires
from core.cron.timezones import zone, zones

__all__ = [
    "MAX_LENGTH",
    "Cron",
    "describe",
    "fires_between",
    "next_fire",
    "next_fires",
    "parse",
    "zone",
    "zones",
]
