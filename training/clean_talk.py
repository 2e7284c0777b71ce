"""36,000 clean turns of ordinary counter talk, a branch's day, on which abuse must not fire.

Made from what is innocent by its own word: the lexicon's innocent look-alikes and traps, its
harmless examples, and the held-out and training utterances of the corpus, alone and joined as
a turn joins sentences, with the frames and names that stand around them at a counter.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from edge_agent.categories import Lexicon
from edge_agent.lexicon.files import ACCUSING
from schemas.vocabulary import Language, Role
from training.corpus import Utterance

DAY = 36_000
SEED = 20250302
_BEFORE = (
    "dạ", "dạ vâng", "vâng", "bác ơi", "chị ơi", "em ơi", "anh ơi", "cô ơi", "à", "ừ", "thế thì",
    "rứa thì", "vậy thì", "dạ thưa bác", "dạ thưa cô", "nhân tiện", "ngoài ra", "còn", "à này",
)  # fmt: skip
_AFTER = (
    "ạ", "nhé", "nha", "nghen", "nghe", "hí", "ạ, bác chờ chút", "được không ạ", "giúp em",
    "đúng không ạ", "với ạ", "luôn ạ", "rồi ạ", "nhé, cảm ơn chị", "đấy ạ",
)  # fmt: skip
_PAPERS = (
    "giấy khai sinh", "giấy hẹn", "tờ khai", "sổ đỏ", "căn cước", "biên lai", "lệ phí", "biển số xe",
    "biến động đất đai", "các giấy tờ", "giấy báo tử", "bệnh án tâm thần", "thẻ bảo hiểm",
    "bản đồ địa chính", "chứng chỉ bồi dưỡng", "đơn khiếu kiện", "hồ sơ đội ngũ", "phiếu cư ngụ",
    "chứng chỉ ngôn ngữ", "giấy phép dầu bôi trơn", "thẻ đeo", "hợp đồng thuê chó nghiệp vụ",
    "giấy xác nhận khuyết tật nghe", "giấy của Hội Người mù", "giấy đăng ký máy in", "giấy cấm đỗ",
)  # fmt: skip
_NAMES = (
    "Ngự", "Lộc", "Cúc", "Cát", "Lương", "Điền", "Điện", "Mây", "Mai", "Tạo", "Thao", "Đức", "Đào",
    "Bưởi", "Chính", "Cường", "Chương", "Địch", "Đệ", "Lớn", "Lộn", "Dũng", "Mẫn", "Ngữ", "Tào",
)  # fmt: skip
_FRAMES = (
    "{kin} cho em xin {paper}", "{paper} của {kin} đây ạ", "{kin} nộp {paper} buổi chiều nhé",
    "{paper} này đã đủ chưa {kin}", "tên cháu là {name}, {paper} ghi nhầm", "{kin} {name} quên {paper}",
    "{kin} {name} chờ ở đây, cho em xem {paper}", "{paper} thì {kin} cầm ra quầy số {number}",
    "{kin} mất {paper}, dạy em cách làm đơn với", "mời {kin} {name} đến quầy số {number}",
    "mấy giờ thì có {paper} ạ", "máy in đang in {paper}, {kin} đợi mấy phút",
    "may quá, {paper} vẫn còn", "{kin} lớn tuổi thì {paper} được miễn", "nộp lộn {paper} rồi {kin}",
    "con {kin} mấy tuổi, có {paper} chưa", "{paper} ở phòng {number}, {kin} biến đổi gì không",
)  # fmt: skip
_KIN = ("anh", "chị", "bác", "cô", "chú", "ông", "bà", "em", "cháu", "o", "mệ")


@dataclass(frozen=True)
class Turn:
    text: str
    role: Role


def innocents(lexicon: Lexicon) -> list[tuple[str, tuple[Role, ...]]]:
    """Sentences, with who may say them, that the lexicon's files call innocent or that fire a
    harmless kind only.
    """
    found: dict[str, tuple[Role, ...]] = {}
    for example in lexicon.examples:
        harmless = not example.fires or example.category not in ACCUSING
        if harmless and example.language is Language.VIETNAMESE:
            roles = tuple(r for r in (Role.STAFF, Role.CITIZEN) if r in example.roles)
            found[example.text] = roles or (Role.STAFF, Role.CITIZEN)
    return sorted(found.items())


def turns(
    lexicon: Lexicon, utterances: list[Utterance], count: int = DAY, seed: int = SEED
) -> Iterator[Turn]:
    """The same `count` turns for the same files and seed."""
    rng = random.Random(seed)
    traps = innocents(lexicon)
    of_citizens = [text for text, roles in traps if Role.CITIZEN in roles]
    said = [u.text for u in utterances if u.language == "vi"]
    for _ in range(count):
        kind = rng.random()
        # The corpus is what citizens say; a trap says itself who says it.
        role = Role.CITIZEN
        if kind < 0.3:
            text, roles = rng.choice(traps)
            role = rng.choice(roles)
        elif kind < 0.6:
            text = rng.choice(said)
        elif kind < 0.8:
            text = rng.choice(_FRAMES).format(
                kin=rng.choice(_KIN),
                paper=rng.choice(_PAPERS),
                name=rng.choice(_NAMES),
                number=rng.randint(1, 40),
            )
            role = rng.choice((Role.STAFF, Role.CITIZEN))
        else:
            text = f"{rng.choice(said)} {rng.choice(of_citizens)}"
        if rng.random() < 0.3:
            text = f"{rng.choice(_BEFORE)}, {text[:1].lower()}{text[1:]}"
        if rng.random() < 0.3:
            text = f"{text.rstrip('.!?')} {rng.choice(_AFTER)}"
        yield Turn(text, role)
