"""Make batches, keep codes, take bonuses, and see to what payroll sent back.

The order of locks: the month (shared), approvals, the refusal, the subject of a reversal, accounts.
"""

from __future__ import annotations

from ideals.payroll.commands.batches import (
    MAKE_BATCH,
    READY,
    MakeBatch,
    NoteExport,
    make_batch,
    note_export,
    sweep,
)
from ideals.payroll.commands.bonuses import BonusReport, UploadBonuses, upload_bonuses
from ideals.payroll.commands.codes import KeepCode, keep_code
from ideals.payroll.commands.refusals import (
    REVERSED,
    SUBJECT,
    DecideRefusal,
    RefusalReport,
    TakeRefusals,
    decide_refusal,
    decided,
    lock_before_decision,
    take_refusals,
)

__all__ = [
    "MAKE_BATCH",
    "READY",
    "REVERSED",
    "SUBJECT",
    "BonusReport",
    "DecideRefusal",
    "KeepCode",
    "MakeBatch",
    "NoteExport",
    "RefusalReport",
    "TakeRefusals",
    "UploadBonuses",
    "decide_refusal",
    "decided",
    "keep_code",
    "lock_before_decision",
    "make_batch",
    "note_export",
    "sweep",
    "take_refusals",
    "upload_bonuses",
]
