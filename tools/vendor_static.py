#!/usr/bin/env python3
"""Renew hub/web/static/vendor and fonts from the packages that VENDORED.json pins.

Run by `make vendor`, never by the product: what it brings is committed. Standard library
and npm's own client only; the client knows its registry, this file names none.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "hub" / "web" / "static"
MANIFEST = STATIC / "vendor" / "VENDORED.json"


class VendorError(Exception):
    """What happened, got and expected, and what to do."""


@dataclass(frozen=True)
class PinnedFile:
    source: str
    """Path inside the package."""
    target: str
    """Path inside hub/web/static."""
    sha256: str


@dataclass(frozen=True)
class PinnedPackage:
    name: str
    version: str
    tarball_sha256: str
    files: tuple[PinnedFile, ...]
    """The licence is one of them."""


def read_manifest(path: Path) -> tuple[PinnedPackage, ...]:
    manifest = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        PinnedPackage(
            name=package["name"],
            version=package["version"],
            tarball_sha256=package["tarball_sha256"],
            files=tuple(
                PinnedFile(item["source"], item["target"], item["sha256"])
                for item in (package["licence_file"], *package["files"])
            ),
        )
        for package in manifest["packages"]
    )


def checked(what: str, content: bytes, expected_sha256: str) -> bytes:
    got = hashlib.sha256(content).hexdigest()
    if got != expected_sha256:
        raise VendorError(
            f"{what}: sha256 is {got}, expected {expected_sha256}. Nothing was written. "
            "If the version in VENDORED.json was raised on purpose, read what changed and pin it."
        )
    return content


def packed(package: PinnedPackage, npm: str, folder: Path) -> Path:
    """Let npm fetch the package's tarball into an empty folder."""
    wanted = f"{package.name}@{package.version}"
    done = subprocess.run(
        [npm, "pack", "--silent", wanted],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        raise VendorError(
            f"`npm pack {wanted}` ended with {done.returncode} and {len(tarballs)} tarballs, "
            f"expected 0 and 1. Check that npm reaches its registry: {done.stderr.strip()[-300:]}"
        )
    return tarballs[0]


def extracted(package: PinnedPackage, tarball: Path) -> dict[Path, bytes]:
    """The pinned files by target; each is checked before any is written."""
    checked(
        f"{package.name} {package.version}, the tarball",
        tarball.read_bytes(),
        package.tarball_sha256,
    )
    found: dict[Path, bytes] = {}
    with tarfile.open(tarball, "r:gz") as archive:
        for item in package.files:
            try:
                member = archive.extractfile(f"package/{item.source}")
            except KeyError:
                member = None
            if member is None:
                raise VendorError(
                    f"{package.name} {package.version} has no file {item.source}. "
                    "Correct `source` in VENDORED.json."
                )
            found[STATIC / item.target] = checked(item.target, member.read(), item.sha256)
    return found


def vendor(packages: tuple[PinnedPackage, ...]) -> list[Path]:
    """Fetch, check, then write all of them; returns what was written."""
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError(
            "npm is not installed. Install Node.js with npm; only vendoring needs it."
        )
    contents: dict[Path, bytes] = {}
    for package in packages:
        with tempfile.TemporaryDirectory(prefix="hailong-vendor-") as name:
            contents |= extracted(package, packed(package, npm, Path(name)))
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(contents)


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        written = vendor(read_manifest(MANIFEST))
    except VendorError as error:
        sys.stderr.write(f"vendor: {error}\n")
        return 1
    for path in written:
        sys.stdout.write(f"{path.relative_to(STATIC)}  {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
