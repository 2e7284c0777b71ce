"""Is this text a loop? A recogniser that has lost the speaker says the same again and again.

Compression alone (Whisper's own sign) misses short loops: three times "xin chào các bạn" is
too little for zlib to gain on. Repeats of a run of words show them.
"""

import re
import zlib
from collections.abc import Sequence

MAX_COMPRESSION = 2.4
"""Text that compresses better is a loop, not speech (Whisper's own threshold)."""
_LONGEST_RUN = 20
_MIN_REPEATS = 3
"""Of a run of two words or more; people say "vâng ạ, vâng ạ"."""
_MIN_WORDS = 6
"""That the repeats cover together: "dạ dạ dạ dạ dạ" is speech."""


def looped(text: str) -> bool:
    return compression(text) > MAX_COMPRESSION or repeats(re.findall(r"\w+", text.lower()))


def compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def repeats(words: Sequence[str]) -> bool:
    """A run of 1 to 20 words that follows itself at once, often enough to be no speech."""
    for length in range(1, min(_LONGEST_RUN, len(words) // _MIN_REPEATS) + 1):
        wanted = max(_MIN_REPEATS, -(-_MIN_WORDS // length))
        same = 0
        for at in range(length, len(words)):
            same = same + 1 if words[at] == words[at - length] else 0
            if same >= (wanted - 1) * length:
                return True
    return False
