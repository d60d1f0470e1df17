"""The tables; their rows end in the storage classes and travel nowhere else."""

from storage.tables.analyses import AnalysisRow
from storage.tables.authorizations import AuthorizationRow
from storage.tables.base import Base
from storage.tables.cases import (
    CandidateRow,
    CorroborationRow,
    DispositionRow,
    ExaminationRow,
    HandBackRow,
    LeadReportRow,
    LeadRow,
    ProbeRow,
    RequestNumberRow,
    RequestRow,
    RulingRow,
    SearchRow,
)
from storage.tables.contexts import ContextCheckRow
from storage.tables.edits import DerivativeRow, EditDraftRow
from storage.tables.galleries import (
    GalleryRow,
    PhotographRow,
    SealingRow,
    StandardRow,
    TemplateRow,
    TombstoneRow,
)
from storage.tables.overrides import QualityOverrideRow
from storage.tables.prints import ProbePrintRow, ProbeRepeatRow
from storage.tables.record import AuditRow, ChangeRow, SettingsSeenRow, WorkRow
from storage.tables.sendings import (
    CardRow,
    DeliveryRow,
    DiscardRow,
    PicturePhotographRow,
    PictureRow,
    SendingRow,
)

__all__ = [
    "AnalysisRow",
    "AuditRow",
    "AuthorizationRow",
    "Base",
    "CandidateRow",
    "CardRow",
    "ChangeRow",
    "ContextCheckRow",
    "CorroborationRow",
    "DeliveryRow",
    "DerivativeRow",
    "DiscardRow",
    "DispositionRow",
    "EditDraftRow",
    "ExaminationRow",
    "GalleryRow",
    "HandBackRow",
    "LeadReportRow",
    "LeadRow",
    "PhotographRow",
    "PicturePhotographRow",
    "PictureRow",
    "ProbePrintRow",
    "ProbeRepeatRow",
    "ProbeRow",
    "QualityOverrideRow",
    "RequestNumberRow",
    "RequestRow",
    "RulingRow",
    "SealingRow",
    "SearchRow",
    "SendingRow",
    "SettingsSeenRow",
    "StandardRow",
    "TemplateRow",
    "TombstoneRow",
    "WorkRow",
]
