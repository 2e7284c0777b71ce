"""What is said in one stay: a talk of a given length, with what is planted in it.

Phrases stand in day_phrases.yaml; a part of the citizen's words comes from the corpus of counter
speech, of the speaker's own region. Small talk, questions and work go back and forth as at a
counter; look-alikes of misconduct stand among them.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.vocabulary import Role
from training.corpus import read

FILE = Path(__file__).with_name("day_phrases.yaml")
REGIONS = ("north", "centre", "south")
TRAP = 0.06
"""Share of plain turns that are a look-alike."""
RARE = 0.0002
"""Share of plain turns that quote abuse or speak of bribes elsewhere: some seven a day."""
CORPUS = 0.35
"""Share of the citizen's plain turns that come from the corpus."""
MILD = 0.02
"""Share of the citizen's plain turns that are displeased, resigned or a grievance."""
_LEFT_OUT = frozenset(
    {"anger", "escalation", "complaint_attitude", "complaint_process", "irony", "despair"}
)
"""Of the corpus: what may be abuse or a call for the manager, and so no innocent talk."""
_WAYS: Mapping[str, Mapping[str, str]] = {
    "north": {"part": "nhé", "so": "thế", "what": "gì", "where": "đâu", "no": "không",
              "yes": "vâng", "here": "đây"},
    "centre": {"part": "nghe", "so": "rứa", "what": "chi", "where": "mô", "no": "không",
               "yes": "dạ", "here": "đây"},
    "south": {"part": "nha", "so": "vậy", "what": "gì", "where": "đâu", "no": "hông",
              "yes": "dạ", "here": "đây"},
}  # fmt: skip
_KIN = {
    "north": ("anh", "chị", "bác", "cô", "chú", "ông", "bà"),
    "centre": ("anh", "chị", "o", "mệ", "chú", "bác"),
    "south": ("anh", "chị", "cô", "chú", "bác", "dì"),
}
_YOUNG = ("anh", "chị")
_SERVICES = (
    "giấy khai sinh", "đăng ký kết hôn", "sao y bản chính", "cấp đổi căn cước", "khai tử",
    "đăng ký hộ kinh doanh", "sang tên sổ đỏ", "xác nhận tình trạng hôn nhân", "trợ cấp xã hội",
    "đăng ký tạm trú", "giấy phép xây dựng", "chuyển trường cho cháu", "bảo hiểm y tế",
)  # fmt: skip
_PAPERS = (
    "giấy khai sinh", "sổ hộ khẩu cũ", "căn cước", "tờ khai", "sổ đỏ", "giấy chứng sinh",
    "giấy báo tử", "hợp đồng thuê nhà", "giấy ủy quyền", "biên lai", "giấy đăng ký kết hôn",
    "bản sao trích lục", "bằng tốt nghiệp", "giấy xác nhận khuyết tật", "ảnh bốn sáu",
)  # fmt: skip
_NAMES = (
    "Hùng", "Lan", "Cúc", "Lớn", "Điền", "Tạo", "Mây", "Đức", "Ngự", "Mai", "Tuấn", "Hạnh", "Bưởi",
    "Đạt", "Phúc", "Các", "Thảo", "Loan", "Mẫn", "Dũng",
)  # fmt: skip
_NUMBERS = ("một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "mười", "mười lăm")
_WARDS = ("Đồng Tâm", "Hàng Bột", "Cầu Dền", "Đại Mỗ", "Láng Hạ", "Phú Đô", "Vĩnh Tuy", "Cổ Nhuế")


@dataclass(frozen=True, slots=True)
class Said:
    role: Role
    text: str
    loud: bool = False
    silence_s: float = 0.0
    """Before it, beside the pause between two turns."""
    act: str = ""


@cache
def phrases() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def ordinary_phrases() -> list[str]:
    """What is said when nothing is planted: what a misread word may become."""

    def leaves(node: object) -> list[str]:
        if isinstance(node, str):
            return [node]
        inner = node.values() if isinstance(node, Mapping) else node
        return [text for one in inner for text in leaves(one)]  # type: ignore[attr-defined]

    return leaves([phrases()[part] for part in ("staff", "citizen", "traps")])


@cache
def _corpus(region: str, *, displeased: bool) -> Sequence[str]:
    return [
        u.text
        for u in read()
        if u.language == "vi"
        and u.region in {region, "any"}
        and (u.label == "negative") is displeased
        and u.kind not in _LEFT_OUT
    ]


class Speakers:
    """A clerk and a citizen of a region: how they address each other, and what they talk about."""

    def __init__(self, region: str, chance: random.Random) -> None:
        self.region = region
        self._chance = chance
        kin = chance.choice(_KIN[region])
        young = kin in _YOUNG
        self._slots = {
            **_WAYS[region],
            "kin": kin,
            "self": "em" if young else ("cháu" if region != "south" else "con"),
            "me": chance.choice((kin, "em", "mình") if young else (kin, kin, "tôi")),
            "you": chance.choice(("em", "anh", "chị")) if young else "cháu",
            "service": chance.choice(_SERVICES),
        }

    def filled(self, phrase: str) -> str:
        drawn = {
            "paper": self._chance.choice(_PAPERS),
            "name": self._chance.choice(_NAMES),
            "number": self._chance.choice(_NUMBERS),
            "ward": self._chance.choice(_WARDS),
        }
        return phrase.format_map({**drawn, **self._slots})

    def staff(self, act: str, **more: Any) -> Said:
        return Said(Role.STAFF, self._one("staff", act), act=act, **more)

    def citizen(self, act: str) -> Said:
        draw = self._chance.random()
        if act in {"answer", "question", "talk"} and draw < MILD + CORPUS:
            if draw < MILD / 2:
                return Said(Role.CITIZEN, self._one("citizen", "mild"), act="mild")
            displeased = draw < MILD
            text = self._chance.choice(_corpus(self.region, displeased=displeased))
            return Said(Role.CITIZEN, text, act="mild" if displeased else act)
        return Said(Role.CITIZEN, self._one("citizen", act), act=act)

    def trap(self, role: Role, *, rare: bool = False) -> Said:
        traps = phrases()["traps"]
        kinds = traps[role.value]
        known = traps["rare"][role.value] if rare else kinds["domain"] + kinds["new"]
        text = self._chance.choice(known)
        return Said(role, self.filled(text), act="trap")

    def planted(self, kind: str, wording: str) -> str:
        """Of the region's own words where there are some."""
        kinds = phrases()["planted"][kind]
        own = kinds.get(self.region, ())
        return self.filled(self._chance.choice([*kinds[wording], *own] if own else kinds[wording]))

    def _one(self, side: str, act: str) -> str:
        return self.filled(self._chance.choice(phrases()[side][act]))


def talk(
    speakers: Speakers, turns: int, work_s: float, planted: Sequence[Said], chance: random.Random
) -> list[Said]:
    """`turns` turns, those of `planted` among them in their order; `work_s`: seconds in which the
    clerk works and nobody speaks.
    """
    said = [speakers.staff("greeting"), speakers.citizen("need")]
    ends = [speakers.staff("closing"), speakers.citizen("thanks")]
    while len(said) + len(ends) + len(planted) < turns:
        said += _pair(speakers, chance)
    said = said[: turns - len(ends) - len(planted)]
    works = [at for at, one in enumerate(said) if one.act == "work"] or [len(said) - 1]
    for work in works:
        # The silence comes after the clerk's words.
        at = min(work + 1, len(said) - 1)
        said[at] = replace(said[at], silence_s=work_s / len(works))
    places = sorted(chance.randint(2, len(said)) for _ in planted)
    for offset, (place, one) in enumerate(zip(places, planted, strict=True)):
        said.insert(place + offset, one)
    return said + ends


def _pair(speakers: Speakers, chance: random.Random) -> list[Said]:
    kind = chance.random()
    if kind < 0.3:
        pair = [speakers.staff("ask"), speakers.citizen("answer")]
    elif kind < 0.6:
        pair = [speakers.citizen("question"), speakers.staff("explain")]
    elif kind < 0.72:
        pair = [speakers.staff("work"), speakers.citizen("talk")]
    elif kind < 0.74:
        pair = [speakers.staff(chance.choice(("apology", "come_back"))), speakers.citizen("talk")]
    else:
        pair = [speakers.citizen("talk"), speakers.staff("talk")]
    return [_or_trap(one, speakers, chance) for one in pair]


def _or_trap(said: Said, speakers: Speakers, chance: random.Random) -> Said:
    draw = chance.random()
    if draw < RARE:
        return speakers.trap(said.role, rare=True)
    return speakers.trap(said.role) if draw < RARE + TRAP else said
