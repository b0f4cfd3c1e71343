"""Writes what the judge answered into the rows of the Lab, as it answers."""

from __future__ import annotations

from collections.abc import Mapping

from core.db import Database
from core.lab.actuals import write_actuals
from core.terms import Verdict

BATCH = 200


class RowWriter:
    """The rows of one evaluation, by call."""

    def __init__(self, database: Database, version_id: int, reviews: Mapping[int, int]) -> None:
        """`reviews`: the review ids of the calls, by call id."""
        self._database, self._version_id, self._reviews = database, version_id, reviews

    def write(self, verdicts: Mapping[int, Verdict]) -> None:
        """Commit the verdicts, which are by call id."""
        entries = [(self._reviews[call_id], verdict) for call_id, verdict in verdicts.items()]
        for start in range(0, len(entries), BATCH):
            with self._database.write() as session:
                write_actuals(session, dict(entries[start : start + BATCH]), self._version_id)
