"""Every text of the pages in both languages, with the domain's own terms."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

import hub
from hub.auth.permissions import UserRole
from hub.web import words
from hub.web.i18n import LANGUAGES, Speech, catalogue, supported
from schemas import vocabulary

HUB = Path(hub.__file__).parent
TEMPLATES = sorted((HUB / "web" / "templates").glob("*.html"))
BRAND = {"Hài Lòng"}
KEYS = {"j", "k", "Enter", "?", "/ 100", "dB"}
"""Names of keys and a scale, the same in every language."""


def used_messages() -> set[str]:
    found = extract_from_dir(
        HUB,
        method_map=[("**.py", "python"), ("**/templates/**.html", "jinja2")],
        options_map={"**/templates/**.html": {"newstyle_gettext": "true"}},
        keywords={"_": None, "N_": None},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def po(language: str) -> Catalog:
    path = HUB / "web" / "locale" / language / "LC_MESSAGES" / "hailong.po"
    with path.open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_and_none_is_left_over(language: str) -> None:
    translated = {m.id: m.string for m in po(language) if m.id}
    used = used_messages()

    assert len(used) > 250
    assert used - translated.keys() == set()
    assert translated.keys() - used == set()
    assert [m for m, text in translated.items() if not text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_every_placeholder(language: str) -> None:
    def places(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)\w+|%%", text))

    for message in po(language):
        assert places(message.string) == places(message.id), message.id


def test_no_catalogue_entry_is_marked_as_uncertain() -> None:
    assert [m.id for language in LANGUAGES for m in po(language) if m.id and m.fuzzy] == []


class _Texts(HTMLParser):
    """Texts and spoken attributes of a page, without what Jinja fills in."""

    SPOKEN = frozenset({"title", "alt", "placeholder", "aria-label", "data-label", "value"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button" or tag == "input":
            attrs = [(name, value) for name, value in attrs if name != "value"]
        self.found += [value for name, value in attrs if name in self.SPOKEN and value]


def hard_coded(source: str) -> Iterator[str]:
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)
    parser = _Texts()
    parser.feed("".join(data.data for data in tree.find_all(nodes.TemplateData)))
    for text in parser.found:
        for piece in re.split(r"[·,.:;()\s–]{2,}|\s{2,}|\n", text):
            bare = piece.strip(" ·,.:;()–/0123456789")
            if any(c.isalpha() for c in bare) and bare not in BRAND | KEYS:
                yield bare


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_text_of_its_own(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    source = re.sub(r"""content='\{[^']*\}'""", "", source)

    assert list(hard_coded(source)) == []


def test_the_search_for_hard_coded_text_finds_one() -> None:
    assert list(hard_coded("<p>{{ _('Fine') }} Chào</p><img alt='Ảnh'>")) == ["Chào", "Ảnh"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style(template: Path) -> None:
    source = template.read_text(encoding="utf-8")

    assert re.search(r"\sstyle=|<style|\son\w+=|javascript:|hx-on|hx-vals='js:", source) is None
    for script in re.findall(r"<script([^>]*)>", source):
        assert "src=" in script or 'type="application/json"' in script


WORDS: list[tuple[dict[str, str], type[StrEnum]]] = [
    (words.ZONES, vocabulary.Zone),
    (words.ROLES, vocabulary.Role),
    (words.CATEGORIES, vocabulary.Category),
    (words.SPANS, vocabulary.SpanKind),
    (words.MISSING, vocabulary.Missing),
    (words.LANGUAGES, vocabulary.Language),
    (words.END_REASONS, vocabulary.EndReason),
    (words.SOURCES, vocabulary.SourceKind),
    (words.SENSORS, vocabulary.Sensor),
    (words.SENSOR_STATES, vocabulary.SensorState),
    (words.REJECT_REASONS, vocabulary.RejectReason),
    (words.DROP_REASONS, vocabulary.DropReason),
    (words.USER_ROLES, UserRole),
    (words.CONFIG_STATES, vocabulary.ConfigState),
    (words.CONFIG_FAULTS, vocabulary.ConfigFault),
]


@pytest.mark.parametrize(("named", "members"), WORDS, ids=lambda x: getattr(x, "__name__", ""))
def test_every_enumerated_word_has_a_name(named: dict[str, str], members: type[StrEnum]) -> None:
    assert set(members) - named.keys() == set()


TERMS = {
    "Reception": "Lễ tân",
    "Advice": "Hướng dẫn tư vấn",
    "Intake": "Tiếp nhận",
    "Fees": "Thu phí lệ phí",
    "Results": "Trả kết quả",
    "Digitising": "Số hóa",
    "Staff at the counter": "Cán bộ tại quầy",
    "Citizen": "Người dân",
    "Interactions": "Lượt giao dịch",
    "Turns": "Lượt nói",
    "Experience index at the counter (estimate)": "Chỉ số trải nghiệm tại quầy (ước tính)",
    "Not calibrated against citizens' ratings.": "Chưa hiệu chuẩn theo đánh giá của người dân.",
    "Coverage": "Độ đầy đủ dữ liệu",
    "90%% interval: %(low)s to %(high)s": "Khoảng tin cậy 90%%: %(low)s đến %(high)s",
    "Flags to review": "Dấu hiệu cần xem xét",
    "Live alert": "Báo ngay",
    "For review": "Xem xét",
    "Well-founded": "Có căn cứ",
    "Unfounded": "Không có căn cứ",
    "Not enough grounds": "Không đủ căn cứ",
    "Coached": "Góp ý, hướng dẫn",
    "Rule": "Quy tắc",
    "The rule's precision:": "Tỷ lệ đúng của quy tắc:",
    "Louder than usual": "Nói to hơn mức thường ngày",
    "Interruption": "Nói chen",
    "Overlap": "Nói cùng lúc",
    "Dead air": "Khoảng lặng",
    "Counter without staff": "Quầy vắng cán bộ",
    "Measured incompletely": "Đo chưa đầy đủ",
    "Offline": "Mất kết nối",
    "The citizen's experience": "Trải nghiệm của người dân",
    "The counter's part": "Phần việc của quầy",
    "Not enough measured": "Chưa đủ dữ liệu đo",
    "Flags are questions for people to look into, not findings of misconduct; they must not be "
    "the only ground for disciplinary action.": (
        "Dấu hiệu để xem xét, không phải kết luận vi phạm; không dùng làm căn cứ duy nhất để "
        "xử lý kỷ luật."
    ),
}


@pytest.mark.parametrize(("english", "vietnamese"), TERMS.items())
def test_the_domains_terms_are_used(english: str, vietnamese: str) -> None:
    assert catalogue("vi").gettext(english) == vietnamese


def test_words_that_the_pages_must_not_use() -> None:
    texts = [str(m.string) for m in po("vi") if m.id]

    assert [t for t in texts if "hài lòng" in t.lower() and "Chỉ số" in t] == []
    assert [t for t in texts if "SIPAS" in t] == []
    # A flag is never called a violation; the one sentence that has the word denies it.
    assert [t for t in texts if "vi phạm" in t and "không phải kết luận vi phạm" not in t] == []


def test_numbers_and_times_of_each_language() -> None:
    vi, en = Speech("vi"), Speech("en")
    at = datetime(2026, 3, 9, 17, 5, 9, tzinfo=UTC)

    assert (vi.number(0.25, 2), en.number(0.25, 2)) == ("0,25", "0.25")
    assert (vi.number(None), vi.seconds(None), vi.measure(None, "s")) == ("—", "—", "—")
    assert vi.number(-0.04, 1) == "0,0"
    assert vi.number(-3.25, 1) == "−3,2"
    assert vi.moment(at) == en.moment(at) == "10/03/2026 00:05:09"
    assert (vi.duration(125.4), en.duration(125.4)) == ("2 phút 05 giây", "2 min 05 s")
    assert (vi.seconds(8.25), en.seconds(8.25)) == ("8,2 giây", "8.2 s")
    assert vi.percent(0.724) == "72%"
    assert vi.clock(75.9) == "1:15"
    assert vi.measure(0.5, "polarity") == "0,50"
    assert vi.measure(24.4, "decibels") == "24 dB"
    assert vi.measure(240, "per_minute") == "240 âm tiết/phút"


def test_a_word_of_a_later_version_is_shown_as_it_came() -> None:
    assert Speech("vi").word("category", "something_new") == "something_new"


@pytest.mark.parametrize(("asked", "given"), [("en", "en"), ("fr", "vi"), (None, "vi")])
def test_an_unknown_language_is_vietnamese(asked: str | None, given: str) -> None:
    assert supported(asked) == given
