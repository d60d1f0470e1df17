"""Installs the other Slack: python -m tests.second_opinion.install FOLDER. Needs npm; checks every SHA-512."""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

# Pinned here and not in a lock of npm's: that would name the registry this machine happens to use.
PACKAGES = {
    "emulate": (
        "0.11.2",
        "BHs1rG/yPQ4kM+9aUz7fg4MDn0MshxOs0Ch2ciuNFPsN4PfCxQWP/9DGFZx+h+RvcIwX5n+hV308Ba7SxBc6nQ==",
    ),
    "commander": (
        "14.0.3",
        "H+y0Jo/T1RZ9qPP4Eh1pkcQcLRglraJaSLoyOtHxu6AapkjWVCy2Sit1QQ4x3Dng8qDlSsZEet7g5Pq06MvTgw==",
    ),
    "picocolors": (
        "1.1.1",
        "xceH2snhtb5M9liqDsmEw56le376mTZkEX/jEb/RxNFyegNul7eNslCXP9FDj/Lcu0X8KEyMceP2ntpaHrDEVA==",
    ),
    "yaml": (
        "2.9.1",
        "3NxN8+78OdzbT7C/WjGsyfPAtJaN3FNDsWxv7Y7mcDsT/oOmgW8BpyQQFFBnvZE3j9Y2Sdz1ULFLezL7Eb2yFw==",
    ),
}
ENTRY = Path("node_modules/emulate/dist/index.js")


class NotWhatWasPinned(Exception):
    """A package came with other bytes than the ones that were looked at."""


def install(folder: Path) -> None:
    """Install what is not there yet, into this folder only; nothing in a package is run."""
    for name, (version, sha512) in PACKAGES.items():
        home = folder / "node_modules" / name
        done = home / f".{version}"
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            _unpack(_fetch(folder, name, version, sha512), home)
            done.touch()


def _fetch(folder: Path, name: str, version: str, sha512: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ("npm", "pack", "--silent", f"{name}@{version}"),
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    package = folder / f"{name}-{version}.tgz"
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != sha512:
        package.unlink()
        raise NotWhatWasPinned(f"{name} {version} has the SHA-512 {found}")
    return package


def _unpack(package: Path, home: Path) -> None:
    beside = home.with_name(f".{home.name}")
    shutil.rmtree(beside, ignore_errors=True)
    with tarfile.open(package) as archive:
        archive.extractall(beside, filter="data")
    (beside / "package").rename(home)
    shutil.rmtree(beside)
    package.unlink()


if __name__ == "__main__":
    install(Path(sys.argv[1]))
