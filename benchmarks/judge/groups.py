"""The same service to different people: one plan of a talk, spoken in the ways of each group.

A plan is drawn from a seed: what the clerk does well and what not. Every group gets the same plans;
what differs is the dialect, the pace, the language, the subject or the room. So a shift between
groups is the measurement's doing, not the clerk's. Phrases are DOMAIN.md's.
"""

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from edge_agent.capture.frame import KeyPress
from edge_agent.categories import Lexicon
from edge_agent.models.base import AbuseModel, SentimentModel
from edge_agent.models.catalog import load_abuse, load_sentiment
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Key, Language, Role
from tests.fakes import Scene

_BEFORE_S = 80.0
_AFTER_S = 6.0
_NORTH: Mapping[str, str] = {
    "greeting": "dạ cháu chào bác ạ, mời bác ngồi",
    "need": "bác muốn làm lại giấy khai sinh cho cháu nội",
    "explanation": "bác cần ba giấy tờ, thứ nhất là tờ khai, thứ hai là căn cước nhé",
    "question": "thế còn sổ hộ khẩu thì có phải mang không",
    "repeat": "cháu nhắc lại để bác nắm nhé, ba giấy tờ ạ",
    "answer": "tờ khai bác điền ở nhà rồi",
    "wait": "bác chờ cháu quét hồ sơ một lát ạ",
    "waiting": "ừ, em cứ làm đi",
    "come_back": "mai bác quay lại nhé",
    "displeased": "sao lâu thế",
    "pleased": "nhanh thế, cảm ơn em nhé",
    "closing": "xong rồi ạ, bác giữ giấy hẹn giúp cháu",
    "more": "giấy hẹn thì lấy ở quầy nào",
    "bye": "vâng, bác chào cháu",
}
_CENTRE = {
    "greeting": "dạ cháu chào o ạ, mời o ngồi",
    "need": "o muốn làm lại giấy khai sinh cho cháu nội",
    "explanation": "o cần ba giấy tờ, thứ nhất là tờ khai, thứ hai là căn cước nghe",
    "question": "rứa còn sổ hộ khẩu thì có phải mang không",
    "repeat": "cháu nhắc lại để o nắm nghe, ba giấy tờ",
    "answer": "tờ khai o điền ở nhà rồi",
    "wait": "o chờ cháu quét hồ sơ một lát nghe",
    "waiting": "ừ, cháu cứ làm đi",
    "come_back": "mai lên lại nghe",
    "displeased": "răng lâu rứa",
    "pleased": "răng mà nhanh rứa, cảm ơn cháu hí",
    "closing": "rứa là xong rồi nghe, o giữ giấy hẹn giúp cháu",
    "more": "giấy hẹn thì lấy ở quầy mô",
    "bye": "ừ, o chào cháu",
}
_SOUTH = {
    "greeting": "dạ con chào cô, mời cô ngồi",
    "need": "cô muốn làm lại giấy khai sinh cho cháu nội",
    "explanation": "cô cần ba giấy tờ nha, thứ nhất là tờ khai, thứ hai là căn cước",
    "question": "vậy còn sổ hộ khẩu có phải mang theo không",
    "repeat": "con nhắc lại để cô nắm nha, ba giấy tờ",
    "answer": "tờ khai cô điền ở nhà rồi",
    "wait": "cô chờ con quét hồ sơ một chút nghen",
    "waiting": "ừ, con cứ làm đi",
    "come_back": "mai ghé lại nghen cô",
    "displeased": "sao lâu dữ vậy",
    "pleased": "lẹ ghê, cảm ơn con nha",
    "closing": "dạ rồi nha cô, xong rồi nghen",
    "more": "giấy hẹn thì lấy ở quầy nào",
    "bye": "ừ, cô chào con",
}
_SAD = {
    "need": "bố em mất tháng trước, em làm giấy chứng tử",
    "question": "mẹ em ốm nặng không đi được, buồn quá chị ạ",
    "answer": "chồng em bỏ đi rồi, tòa xử ly hôn rồi",
    "more": "tiền mai táng phí thì xin ở đâu, nhà em khổ quá",
}


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    words: Mapping[str, str]
    pace: float = 1.0
    """How much longer the citizen's turns last."""
    pause_s: float = 0.7
    """Between turns."""
    staff_db: float = 0.0
    """How much louder the clerk speaks, once told that it is needed."""
    language: Language = Language.VIETNAMESE
    """Of the citizen's turns."""
    confidence: float = 0.88
    """Of transcripts."""
    misheard: float = 0.1
    """Share of syllables that lose their tone in transcripts: what Whisper does most."""
    written: bool = False
    """The citizen writes or signs; the clerk pressed the key for it."""
    neighbour: bool = False
    """Somebody talks at the next counter, and the hall's loudspeaker calls numbers."""


REFERENCE = Group("the north", _NORTH)
GROUPS = (
    REFERENCE,
    Group("the centre", _CENTRE, confidence=0.8, misheard=0.2),
    Group("the south", _SOUTH, confidence=0.84, misheard=0.15),
    Group("old and slow of speech", _NORTH, pace=1.7, pause_s=2.0, confidence=0.8, misheard=0.15),
    Group("hard of hearing", _NORTH, pace=1.2, pause_s=1.2, staff_db=15.0),
    Group("a sad subject", {**_NORTH, **_SAD}),
    Group("a loud neighbour", _NORTH, confidence=0.65, misheard=0.25, neighbour=True),
    Group("another language", _NORTH, pace=1.2, language=Language.OTHER),
    Group("writing or signing", _NORTH, written=True),
)
_HEARING_HELP = "bác nghe rõ không ạ, cháu nói to hơn nhé"
_CALLED = "mời công dân số 205 đến quầy số 7"


@cache
def _models() -> tuple[Lexicon, SentimentModel, AbuseModel]:
    """The agent's own, as it would load them."""
    return Lexicon.load(), load_sentiment(), load_abuse()


def stay(group: Group, seed: int) -> InteractionPayload:
    """One stay through the agent's own stages; words, voices and faces are scripted."""
    scene = _Scene(group, random.Random(seed))
    payloads = scene.run()
    assert len(payloads) == 1, f"{group.name}, {seed}: got {len(payloads)} stays, expected one"
    return payloads[0]


def toneless(word: str) -> str:
    """Without its tone; â, ê, ô, ơ, ư, ă and đ stay as they are."""
    marks = "\u0300\u0301\u0303\u0309\u0323"
    parted = unicodedata.normalize("NFD", word)
    return unicodedata.normalize("NFC", "".join(c for c in parted if c not in marks))


class _Scene:
    def __init__(self, group: Group, chance: random.Random) -> None:
        self._group = group
        self._at_s = 2.5
        self._scene = Scene(0.0)
        self._loud = False
        self._mishears = random.Random(f"{group.name} {chance.random()}")
        # The clerk's usual level is known from a minute of speech before.
        for n in range(6):
            self._scene.say(Role.STAFF, 1.0 + 13 * n, 12.0, "dạ", dbfs=-30.0)
        self._at_s += _BEFORE_S
        self._play(chance)

    def run(self) -> list[InteractionPayload]:
        scene, group, end_s = self._scene, self._group, self._at_s + _AFTER_S
        scene.citizen_there(_BEFORE_S, end_s)
        scene.staff_there(0.0, end_s + 24.0)
        scene.duration_s = end_s + 24.0
        if group.written:
            scene.events.append(KeyPress(_BEFORE_S + 0.2, Key.WRITTEN_ON, Role.STAFF))
        if group.neighbour:
            for at_s in range(int(_BEFORE_S) + 8, int(end_s) - 4, 13):
                for role in (Role.STAFF, Role.CITIZEN):
                    scene.say(role, at_s + 0.0, 2.5, _CALLED, dbfs=-52.0, confidence=0.5)
        models = replace(
            scene.models(),
            lexicon=_models()[0],
            sentiment=_models()[1],
            abuse=_models()[2],
        )
        return list(scene.run(models=models).interactions)

    def _play(self, chance: random.Random) -> None:
        """What is drawn is drawn in every group alike."""
        greets, explains, repeats = (chance.random() < p for p in (0.8, 0.85, 0.5))
        excuses, closes, sends_off = (chance.random() < p for p in (0.6, 0.7, 0.15))
        pleased, silence_s = chance.random() < 0.5, chance.choice((0.0, 0.0, 8.0, 15.0))
        if greets:
            self._staff("greeting")
        self._citizen("need")
        if self._group.staff_db:
            self._say(Role.STAFF, _HEARING_HELP)
            self._loud = True
        if explains:
            self._staff("explanation")
        self._citizen("question")
        if repeats:
            self._staff("repeat")
        self._citizen("answer")
        if excuses:
            self._staff("wait")
        self._citizen("waiting")
        self._at_s += silence_s
        for _ in range(2):
            self._citizen("more")
            self._staff("plain")
        if sends_off:
            self._staff("come_back")
        self._citizen("displeased" if sends_off else "answer")
        if closes:
            self._staff("closing")
        self._citizen("pleased" if pleased and not sends_off else "more")
        self._citizen("bye")

    def _heard(self, text: str) -> str:
        return " ".join(
            toneless(word) if self._mishears.random() < self._group.misheard else word
            for word in text.split()
        )

    def _staff(self, act: str) -> None:
        self._say(Role.STAFF, self._group.words.get(act, "dạ, để cháu xem hồ sơ của mình"))

    def _citizen(self, act: str) -> None:
        if not self._group.written:
            self._say(Role.CITIZEN, self._group.words[act])

    def _say(self, role: Role, text: str) -> None:
        group, staff = self._group, role is Role.STAFF
        length_s = len(text.split()) / 4.0 * (1.0 if staff else group.pace)
        self._scene.say(
            role,
            self._at_s,
            round(length_s, 2),
            self._heard(text),
            dbfs=-30.0 + (group.staff_db if staff and self._loud else 0.0),
            language=Language.VIETNAMESE if staff else group.language,
            confidence=group.confidence,
        )
        self._at_s = round(self._at_s + length_s + max(group.pause_s, 0.85), 2)
