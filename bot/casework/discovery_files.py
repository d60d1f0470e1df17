"""The files of a discovery bundle, written aside: pictures, papers, the whole as JSON, and a list of digests."""

import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import structlog
from PIL import Image as Pillow

from bot.casework.discovery_record import Material, Told
from bot.casework.replaying import repeat
from bot.domain.discovery import folder_name
from bot.domain.edits import ChainBroken, chain_to
from bot.errors import FisError, Refusal
from bot.matching import images
from bot.views.discovery import bundle_pdf, lead_sheet_pdf
from storage.vault import Vault

log = structlog.get_logger()

MANIFEST = "MANIFEST.sha256"
_PART = ".part"
_LEFT_OVER_S = 86_400
_SHOWN_PX = 900
_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "HEIF": "heic"}


@dataclass
class Bundle:
    """All of it, before it is written."""

    materials: list[Material]
    marks: Mapping[str, int]
    told: Told
    problems: list[str] = field(default_factory=list)
    pictures: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)


@contextmanager
def aside(out: Path, folder: Path) -> Iterator[Path]:
    """A private folder beside the one it becomes; gone again if that does not come to pass."""
    if folder.exists():
        raise Refusal(f"There is a bundle in {folder} already.", rule="EXISTS")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f".discovery-*{_PART}"):
            if left.stat().st_mtime < time.time() - _LEFT_OVER_S:
                shutil.rmtree(left, ignore_errors=True)
        part = Path(tempfile.mkdtemp(prefix=".discovery-", suffix=_PART, dir=out))
    except OSError as error:
        raise Refusal(
            f"Nothing can be written to {out}: {error.strerror}.", rule="CANNOT_WRITE"
        ) from None
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write(vault: Vault, bundle: Bundle, part: Path, zone: str) -> str:
    """Return the manifest."""
    try:
        for material in bundle.materials:
            _write_request(vault, bundle, material, part, zone)
        bundle.told["problems"] = bundle.problems
        text = json.dumps(bundle.told, indent=1, ensure_ascii=True, allow_nan=False)
        _put(part, "bundle.json", text.encode())
        _put(part, "bundle.pdf", bundle_pdf(bundle.told, bundle.pictures, zone))
        manifest = "".join(
            f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(part)}\n"
            for path in sorted(part.rglob("*"))
            if path.is_file()
        )
        _put(part, MANIFEST, manifest.encode())
        _sync(part)
    except OSError as error:
        raise Refusal(
            f"The bundle could not be written: {error.strerror}.", rule="CANNOT_WRITE"
        ) from None
    return manifest


def _write_request(
    vault: Vault, bundle: Bundle, material: Material, part: Path, zone: str
) -> None:
    told, place = material.told, f"requests/{folder_name(material.request.id)}"
    shown = bundle.pictures.setdefault(material.request.id, [])
    still = None
    if (probe := material.probe) is not None:
        suffix = _SUFFIXES.get(probe.format, "bin")
        name = f"{place}/original.{suffix}"
        data = _kept(vault, bundle, probe.sha256, f"the original of {told['request']}")
        told["probe"]["file"] = _put(part, name, data) if data else None
        still = _jpeg(data)
        _show(shown, "The image as it came", still)
        _write_edits(vault, bundle, material, part, place)
    if material.lead is not None:
        _write_lead(vault, bundle, material, part, place, still, zone)


def _write_edits(
    vault: Vault, bundle: Bundle, material: Material, part: Path, place: str
) -> None:
    probe, told = material.probe, material.told
    assert probe is not None  # noqa: S101  edits are of a still
    if material.chain_error:
        bundle.problems.append(f"{told['request']}: {material.chain_error}.")
    for number, (one, edit) in enumerate(
        zip(material.derivatives, told["edits"], strict=True), 1
    ):
        data = _kept(vault, bundle, one.sha256, f"edit {one.id}")
        name = f"{place}/edits/{number:02d}-{one.edit.operation}.png"
        edit["file"] = _put(part, name, data) if data else None
        _show(
            bundle.pictures[told["request"]], f"{one.id}: {one.edit.words}", _jpeg(data)
        )
        try:
            chain = chain_to(one.sha256, material.derivatives, probe.sha256)
            edit["chain"] = [link.id for link in chain]
            wrong = material.chain_error or repeat(vault, probe, [chain])
        except ChainBroken as broken:
            edit["chain"], wrong = [], broken.message
        edit["repeated_now"] = wrong or "with the same result"
        if wrong and not material.chain_error:
            bundle.problems.append(f"{told['request']}, edit {one.id}: {wrong}.")


def _write_lead(
    vault: Vault,
    bundle: Bundle,
    material: Material,
    part: Path,
    place: str,
    still: bytes | None,
    zone: str,
) -> None:
    told, lead = material.told, material.lead
    assert lead is not None  # noqa: S101  asked before
    data = _kept(
        vault, bundle, material.photograph, f"the photograph of {told['request']}"
    )
    photograph = _jpeg(data)
    if not told["lead"]["are_the_words_released"]:
        bundle.problems.append(
            f"{told['request']}: the words of the lead are not those whose SHA-256 is in the audit log."
        )
    sheet = lead_sheet_pdf(told, lead, still, photograph, zone)
    files = [
        _put(part, f"{place}/lead-sheet.pdf", sheet),
        _put(part, f"{place}/lead-sheet.txt", material.lead_words.encode()),
    ]
    if data:
        suffix = "png" if data.startswith(b"\x89PNG") else "jpg"
        files.append(_put(part, f"{place}/lead-photograph.{suffix}", data))
    told["lead"]["files"] = files
    _show(bundle.pictures[told["request"]], "The photograph of the lead", photograph)


def _kept(vault: Vault, bundle: Bundle, sha256: str, what: str) -> bytes | None:
    """The bytes as they were kept; that they cannot be had is told in the bundle."""
    try:
        return vault.get(sha256)
    except FisError as missing:
        log.error("discovery.missing", sha256=sha256, why=str(missing))
        bundle.problems.append(f"The file of {what} ({sha256}) cannot be read.")
        return None


def _jpeg(data: bytes | None) -> bytes | None:
    """Small enough to be printed; None of what is no picture."""
    if data is None:
        return None
    try:
        picture = Pillow.fromarray(images.decode(data).image)
    except FisError:
        return None
    picture.thumbnail((_SHOWN_PX, _SHOWN_PX))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


def _show(pictures: list[tuple[str, bytes]], caption: str, jpeg: bytes | None) -> None:
    if jpeg is not None:
        pictures.append((caption, jpeg))


def _put(part: Path, name: str, data: bytes) -> str:
    path = part / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "xb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(part: Path) -> None:
    """The names of the files as well: the folder gets its own name only afterwards."""
    for folder in (part, *(one for one in part.rglob("*") if one.is_dir())):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
