"""What is to be told, written in the transaction of the deed and sent by a worker afterwards."""

from core.outbox.live_changes import LIVE_CHANGE, How, announce_live
from core.outbox.notices import notify_members
from core.outbox.writing import Letter, write_letters

__all__ = ["LIVE_CHANGE", "How", "Letter", "announce_live", "notify_members", "write_letters"]
