"""Transcripts as they are stored: a list of `{role, content, start_time?, end_time?}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from core.db import Database
from core.errors import NotFound
from core.models import Call
from core.terms import Conversation, Message, digest

LOADED_AT_ONCE = 500
"""Ids in one query; databases limit how many values a statement may name."""


def stored(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages in the form of the column and of an exported row."""
    return [_stored_message(message) for message in messages]


def messages_of(transcript: Sequence[dict[str, Any]]) -> tuple[Message, ...]:
    """The messages that `stored` was given."""
    return tuple(
        Message(turn["role"], turn["content"], turn.get("start_time"), turn.get("end_time"))
        for turn in transcript
    )


def transcript_digest(messages: Sequence[Message]) -> str:
    """SHA-256 (hex) of the turns' roles and contents; times do not count."""
    return digest([[message.role, message.content] for message in messages])


class TranscriptStore:
    """Conversations by call id, each load in a short session of its own.

    A run asks for them in batches while it judges, so no session may stay open in between.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        """The conversations in the order asked for. Raises NotFound for a call that is gone."""
        found: dict[int, Conversation] = {}
        for start in range(0, len(call_ids), LOADED_AT_ONCE):
            found |= self._load(call_ids[start : start + LOADED_AT_ONCE])
        missing = [call_id for call_id in call_ids if call_id not in found]
        if missing:
            raise NotFound("call", missing[0])
        return [found[call_id] for call_id in call_ids]

    def _load(self, call_ids: Sequence[int]) -> dict[int, Conversation]:
        query = select(Call.id, Call.transcript, Call.details).where(Call.id.in_(call_ids))
        with self.database.read() as session:
            return {
                call_id: Conversation(call_id, messages_of(transcript), details)
                for call_id, transcript, details in session.execute(query)
            }


def transcripts(database: Database, call_ids: Sequence[int]) -> list[Conversation]:
    """The conversations of the calls, in the order asked for. Raises NotFound."""
    return TranscriptStore(database).load(call_ids)


def _stored_message(message: Message) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.start is not None:
        turn["start_time"] = message.start
    if message.end is not None:
        turn["end_time"] = message.end
    return turn
