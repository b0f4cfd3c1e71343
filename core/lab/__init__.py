"""The Lab: calls come in, people label them, and runs collect the labelled rows."""

from core.lab.advice import LabStanding
from core.lab.exporting import export
from core.lab.importing import import_file, preview
from core.lab.labelling import label, note, unlabel
from core.lab.report import ImportReport
from core.lab.standing import collect, lab_standing, standing
from core.lab.transcripts import TranscriptStore

__all__ = [
    "ImportReport",
    "LabStanding",
    "TranscriptStore",
    "collect",
    "export",
    "import_file",
    "lab_standing",
    "label",
    "note",
    "preview",
    "standing",
    "unlabel",
]
