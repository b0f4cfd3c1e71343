"""The Lab: calls come in, people label them, and runs collect the labelled rows."""

from core.lab.advice import LabStanding
from core.lab.amending import amend
from core.lab.column_choice import columns_found, columns_guessed
from core.lab.excerpts import Excerpt, Turn
from core.lab.exporting import export
from core.lab.finding import rows_of_calls
from core.lab.history import ChangeKind, ChangeView
from core.lab.importing import ImportTask, Progress, import_file, import_task, preview
from core.lab.labelling import label, note, undo, unlabel
from core.lab.marks import Mark
from core.lab.next_step import next_step
from core.lab.one_row import OpenRow, open_row, whole_transcript
from core.lab.other_verdicts import StoredVerdicts
from core.lab.queue_order import Why
from core.lab.report import ImportReport
from core.lab.row_order import RowFilter, RowsAsked, ids_asked
from core.lab.row_place import RowPlace
from core.lab.rows_view import ROWS_ON_A_PAGE, Alignment, RowsPage, RowView, rows_page
from core.lab.standing import collect, lab_standing, mark_unstable, standing
from core.lab.suggesting import Suggestion, suggestions
from core.lab.transcripts import TranscriptStore
from core.lab.voting import vote
from core.lab.windows import Looking, Window

__all__ = [
    "ROWS_ON_A_PAGE",
    "Alignment",
    "ChangeKind",
    "ChangeView",
    "Excerpt",
    "ImportReport",
    "ImportTask",
    "LabStanding",
    "Looking",
    "Mark",
    "OpenRow",
    "Progress",
    "RowFilter",
    "RowPlace",
    "RowView",
    "RowsAsked",
    "RowsPage",
    "StoredVerdicts",
    "Suggestion",
    "TranscriptStore",
    "Turn",
    "Why",
    "Window",
    "amend",
    "collect",
    "columns_found",
    "columns_guessed",
    "export",
    "ids_asked",
    "import_file",
    "import_task",
    "lab_standing",
    "label",
    "mark_unstable",
    "next_step",
    "note",
    "open_row",
    "preview",
    "rows_of_calls",
    "rows_page",
    "standing",
    "suggestions",
    "undo",
    "unlabel",
    "vote",
    "whole_transcript",
]
