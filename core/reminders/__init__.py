"""Once a week, what waits for a person: written by whoever looks first, however many look."""

from core.reminders.writing import write_reminders

__all__ = ["write_reminders"]
