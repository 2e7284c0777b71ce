"""Phrases that Whisper makes of silence and noise: the ends of videos it was trained on.

A transcript that is nothing but such phrases is no speech. A phrase within other words stays:
somebody at a counter may well say "đăng ký kênh nhận kết quả". Plain thanks are never listed:
they are what people say there.
"""

import re
import unicodedata

_MIN_SHARE = 0.75
"""Of the words: the rest is a name that the phrase takes along, or a word before it."""

_YOU = r"(các bạn|quý vị|mọi người|quý khán giả|bạn)( và các bạn)?"
_VIDEO = r"(video|clip|phim|chương trình|kênh)"
_SUBSCRIBE = r"(subscribe|đăng kí|đăng ký|theo dõi|like|share|chia sẻ|bấm chuông)"
_PHRASES = (
    r"(hãy |và |nhớ |đừng quên )*subscribe (cho )?kênh( (?!để)\w+){0,4}",
    (
        rf"(xin )?(chân thành )?(cảm|cám) ơn {_YOU} (đã |vì đã )?(theo dõi|xem|lắng nghe|ủng hộ)"
        rf"( (và )?(theo dõi|ủng hộ))?( {_VIDEO})?( (này|của \w+))?( và hẹn gặp lại)?"
    ),
    (
        rf"(hãy |và |các bạn |nhớ |đừng quên |hãy nhớ |đừng quên )*{_SUBSCRIBE}"
        rf"( (và |cho |vào )*({_SUBSCRIBE}|cho))* (kênh|video)( của)?( (mình|chúng tôi|tôi))?"
    ),
    rf"để không bỏ lỡ (những |các )?{_VIDEO}( mới)?( hấp dẫn| hay)?( (mới )?nhất)?",
    (
        rf"((xin )?chào tạm biệt( và)? |và )?hẹn gặp lại( {_YOU})? (ở|trong|vào) "
        rf"(những |các )?{_VIDEO}( (tiếp theo|sau|tới|lần sau))*"
    ),
    (
        r"(thank you|thanks)( so much| very much)? for (watching|listening|viewing)"
        r"( (this|the|my) video)?"
    ),
    (
        r"(please |and |don t forget to |remember to |like |share )*subscribe"
        r"( to)?( (my|our|the|this) channel)?"
    ),
    r"(i ll )?see you (all )?(in the )?next (video|time on \w+)",
    (
        r"(english )?(subtitles|subtitled|captions|captioning|transcribed|transcription|translated)"
        r"( and \w+)? by( \w+){1,6}"
    ),
    r"(phụ đề|biên dịch|vietsub|dịch)( \w+)? (bởi|được thực hiện bởi|thực hiện)( \w+){1,6}",
    r"(www )?amara org",
    r"ghiền mì( gõ)?",
)
_KNOWN = re.compile(rf"(?<!\w)({'|'.join(f'({phrase})' for phrase in _PHRASES)})(?!\w)")


def is_hallucination(text: str) -> bool:
    """Whether known phrases are the whole of the text, or nearly."""
    words = _plain(text)
    if not words:
        return False
    known = sum(len(match.group().split()) for match in _KNOWN.finditer(words))
    return known >= _MIN_SHARE * len(words.split())


def _plain(text: str) -> str:
    """Lower case, composed accents, words with single spaces."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFC", text).lower()))
