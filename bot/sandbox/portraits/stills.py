"""Which camera stills there are: who stands where, and how badly each is seen."""

from dataclasses import dataclass

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Placed:
    """A portrait on the frame; `side` is the edge of the whole portrait, the face fills about half."""

    portrait: str
    side: int = 150
    x: int = WIDTH // 2
    y: int = 210


@dataclass(frozen=True, slots=True)
class Still:
    file: str
    kind: str
    faces: tuple[Placed, ...] = ()
    subject_id: str = ""
    turn_degrees: float = 0.0
    tilt: float = 0.0
    blur: float = 0.8
    noise: float = 4.0
    gamma: float = 1.0
    quality: int = 65
    dmv_subject_id: str = ""


STILLS = (
    Still(
        "mated-1.jpg",
        "mated",
        (Placed("gallery/014", 168, 300, 200),),
        "D0014",
        3,
        0.03,
    ),
    Still(
        "mated-2.jpg",
        "mated",
        (Placed("gallery/061", 150, 360),),
        "D0061",
        -5,
        0.04,
        gamma=1.35,
    ),
    Still(
        "mated-3.jpg",
        "mated",
        (Placed("gallery/027", 140, 250),),
        "D0027",
        6,
        -0.04,
        1.0,
        5,
    ),
    Still(
        "mated-4.jpg",
        "mated",
        (Placed("gallery/210", 156, 340, 220),),
        "D0210",
        -3,
        -0.03,
        gamma=0.75,
    ),
    Still(
        "mated-5.jpg",
        "mated",
        (Placed("gallery/217", 160, 290),),
        "D0217",
        4,
        0.05,
        1.1,
        quality=52,
    ),
    Still(
        "mated-6.jpg",
        "mated",
        (Placed("gallery/073", 146, 330, 190),),
        "D0073",
        -7,
        0.02,
        1.0,
        6,
        1.2,
        60,
    ),
    Still(
        "stranger-1.jpg",
        "stranger",
        (Placed("strangers/062", 156, 310),),
        "",
        4,
        0.03,
        dmv_subject_id="L0062",
    ),
    Still(
        "stranger-2.jpg",
        "stranger",
        (Placed("strangers/234", 150, 280),),
        "",
        -4,
        -0.03,
        0.9,
        dmv_subject_id="L0234",
    ),
    Still(
        "stranger-3.jpg",
        "stranger",
        (Placed("strangers/142", 162, 350),),
        "",
        5,
        0.04,
        gamma=1.25,
        dmv_subject_id="L0142",
    ),
    Still(
        "several-1.jpg",
        "several",
        (
            Placed("strangers/228", 140, 130, 190),
            Placed("gallery/240", 156, 325, 220),
            Placed("strangers/225", 136, 515, 200),
        ),
        "D0240",
        2,
        0.02,
    ),
    Still(
        "too-small-1.jpg",
        "too_small",
        (Placed("gallery/108", 58, 410, 230),),
        "D0108",
        2,
    ),
    Still("no-face-1.jpg", "no_face"),
    Still(
        "dark-1.jpg",
        "dark",
        (Placed("gallery/084", 152, 330, 215),),
        "D0084",
        -4,
        0.03,
        1.0,
        5,
        3.6,
        60,
    ),
)
