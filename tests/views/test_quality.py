"""What is measured of a probe, as it is read; and the field that asks why somebody is proposed on it."""

from bot.domain.candidates import Conclusion
from bot.domain.measures import measures
from bot.domain.origins import FOUND_MAX, Mark, Sign
from bot.views.analysing import AnalysisModal, analysis_modal
from bot.views.examining import SubmitModal, submit_modal
from bot.views.ids import BlockId
from bot.views.quality import ProbeQuality
from tests.builders import REQUEST, a_quality
from tests.views.reading import HOSTILE, problems, shown
from tests.views.samples import View

SUPPORTED = (("A", Conclusion.SOME_SUPPORT_SAME), ("B", Conclusion.EXCLUDED))
WORST = a_quality(
    inter_eye_px=21,
    yaw_deg=-80,
    pitch_deg=60,
    roll_deg=50,
    mean_luminance=20,
    under_exposed=0.9,
    over_exposed=0.3,
    contrast=3,
    sharpness=5,
    jpeg_quality=8,
    template_length=6,
    eyes_detail=0.1,
    mouth_detail=0.1,
)


def summary(*, warnings: tuple[str, ...], supports: bool = True) -> View:
    decided = SUPPORTED if supports else SUPPORTED[1:]
    return submit_modal(SubmitModal(REQUEST, "EX-1", 2, decided, (), warnings=warnings))


def test_slack_takes_every_measure_and_every_warning_at_once() -> None:
    signs = tuple(Sign(mark, "x" * FOUND_MAX) for mark in Mark)
    quality = ProbeQuality(measures(WORST, 0), tuple(WORST.warnings()), signs)
    view = analysis_modal(AnalysisModal(REQUEST, "EX-1", "F-1", quality=quality))
    assert problems(view) == []
    said = shown(view)
    assert all(measure.name in said for measure in quality.measures)
    assert "very poor" in said


def test_a_good_image_is_said_to_be_one() -> None:
    quality = ProbeQuality(measures(a_quality(jpeg_quality=None), 100))
    view = analysis_modal(AnalysisModal(REQUEST, "EX-1", "F-1", quality=quality))
    assert "Nothing is warned about." in shown(view)
    assert "Compression not known (no JPEG)" in shown(view)


def test_why_is_asked_where_somebody_is_proposed_on_a_poor_image_and_nowhere_else() -> (
    None
):
    poor = tuple(WORST.warnings())
    assert BlockId.OVERRIDE in str(summary(warnings=poor))
    assert BlockId.OVERRIDE not in str(summary(warnings=poor, supports=False))
    assert BlockId.OVERRIDE not in str(summary(warnings=()))
    unfinished = SubmitModal(REQUEST, "EX-1", 2, SUPPORTED, ("C",), warnings=poor)
    assert BlockId.OVERRIDE not in str(submit_modal(unfinished))


def test_slack_takes_the_summary_with_as_many_warnings_as_there_are() -> None:
    assert problems(summary(warnings=tuple(WORST.warnings()))) == []
    assert problems(summary(warnings=(HOSTILE * 20,) * 30)) == []
