"""What the pages take from others is pinned, licensed and fetched by nobody at run time."""

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest

STATIC = Path(str(resources.files("hub.web"))) / "static"
MANIFEST = STATIC / "vendor" / "VENDORED.json"
PACKAGES = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
PINNED = {
    item["target"]: item["sha256"]
    for package in PACKAGES
    for item in (package["licence_file"], *package["files"])
}
OWN = sorted(
    path
    for pattern in ("*.css", "*.js", "*.svg")
    for path in STATIC.rglob(pattern)
    if path.relative_to(STATIC).as_posix() not in PINNED
)
NAMESPACES = {"http://www.w3.org/2000/svg"}
"""Names, not addresses: nothing is fetched from them."""
VIETNAMESE = (
    "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    "ĂÂĐÊÔƠƯÀẢÃÁẠẰẲẴẮẶẦẨẪẤẬÈẺẼÉẸỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌỒỔỖỐỘỜỞỠỚỢÙỦŨÚỤỪỬỮỨỰỲỶỸÝỴ₫"
)


@pytest.mark.parametrize("target", sorted(PINNED))
def test_a_vendored_file_is_the_pinned_one(target):
    assert hashlib.sha256((STATIC / target).read_bytes()).hexdigest() == PINNED[target]


def test_nothing_lies_among_the_vendored_files_that_is_not_pinned():
    found = {
        path.relative_to(STATIC).as_posix()
        for folder in ("vendor", "fonts")
        for path in (STATIC / folder).rglob("*")
        if path.is_file()
    }
    assert found - set(PINNED) == {"vendor/README.md", "vendor/VENDORED.json"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_each_package_names_its_version_and_brings_its_licence(package):
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["licence"] in {"0BSD", "MIT", "OFL-1.1"}
    licence = (STATIC / package["licence_file"]["target"]).read_text(encoding="utf-8")
    assert "permission" in licence.lower()
    beside = {Path(item["target"]).parent for item in package["files"]}
    assert beside == {Path(package["licence_file"]["target"]).parent}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_own_files_fetch_nothing_from_elsewhere_and_write_no_markup(path):
    text = path.read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"')]*", text))
    assert addresses <= NAMESPACES
    # The content security policy allows neither inline styles nor scripts.
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|cssText|\beval\(|<style", text)
    assert not re.search(r"setAttribute\(\s*[\"'](?:style|on)", text)


def test_what_css_and_scripts_ask_for_is_there():
    asked = 0
    for path in OWN:
        text = path.read_text(encoding="utf-8")
        names = re.findall(r"url\(\"([^\"]+)\"\)", text) if path.suffix == ".css" else []
        names += re.findall(r"(?:from|import)\s*\(?\s*\"(\./[^\"]+)\"", text)
        names += re.findall(r"new URL\(\"(vendor/[^\"]+)\"", text)
        for name in names:
            asked += 1
            assert (path.parent / name).is_file(), f"{path.name} asks for {name}"
    assert asked > 8


def test_the_typeface_covers_every_vietnamese_letter():
    css = (STATIC / "hailong.css").read_text(encoding="utf-8")
    covered: set[int] = set()
    for ranges in re.findall(r"unicode-range:([^;]+);", css):
        for entry in ranges.split(","):
            low, _, high = entry.strip().removeprefix("U+").partition("-")
            covered.update(range(int(low, 16), int(high or low, 16) + 1))
    assert {letter for letter in VIETNAMESE if ord(letter) not in covered} == set()
