"""The buffer against the plainest thing that could hold the same sound: one long array."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame

HELD = 800
BLOCKS = st.lists(
    st.tuples(
        st.integers(0, 2000).map(lambda n: max(0, n - 1000)),  # samples that never came, before it
        st.integers(1, 2 * HELD),
    ),
    min_size=1,
    max_size=8,
)


@given(blocks=BLOCKS, start=st.integers(-HELD, 8 * HELD), length=st.integers(0, 2 * HELD))
def test_it_gives_what_came_and_silence_where_nothing_came(blocks, start, length):
    buffer = SoundBuffer(2, HELD / SAMPLE_RATE)
    came = np.zeros((2, 0), np.float32)
    for lost, count in blocks:
        first = came.shape[1] + lost
        samples = np.stack([np.arange(first, first + count)] * 2) + np.array([[1], [-1]])
        buffer.push(AudioFrame(first / SAMPLE_RATE, samples.astype(np.float32)))
        came = np.concatenate([came, np.zeros((2, lost), np.float32), samples], axis=1)
    end = came.shape[1]
    got, from_s = buffer.cut(1, start / SAMPLE_RATE, (start + length) / SAMPLE_RATE)
    low = max(start, end - HELD, 0)
    assert round(from_s * SAMPLE_RATE) == low
    assert np.array_equal(got, came[1, low : max(low, min(start + length, end))])


def test_what_is_cut_out_is_a_copy():
    buffer = SoundBuffer(1, 0.1)
    buffer.push(AudioFrame(0.0, np.ones((1, 512), np.float32)))
    sound, _ = buffer.cut(0, 0.0, 0.032)
    buffer.clear()
    assert sound.min() == 1.0
