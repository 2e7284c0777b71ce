"""Frames between a worker and its connection's process: whole, in order, however they are cut."""

from hypothesis import given
from hypothesis import strategies as st

from hub.ingest import link
from hub.ingest.link import Frames, Message, Start, State

messages = st.lists(
    st.builds(
        Message,
        mid=st.integers(0, 65_535),
        qos=st.integers(0, 1),
        topic=st.text(max_size=40).map(str.encode),
        trace=st.sampled_from([b"", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01"]),
        proof=st.sampled_from([b"", bytes(range(32))]),
        payload=st.binary(max_size=300),
    ),
    max_size=8,
)
connections = st.integers(0, 2**64 - 1)


@given(st.lists(st.tuples(connections, messages), max_size=5), st.lists(st.integers(1, 50)))
def test_messages_come_out_as_they_went_in(sent, cuts):
    stream = b"".join(link.messages(number, taken) for number, taken in sent)
    frames, found = Frames(), []
    for size in [*cuts, len(stream)]:
        found += frames.push(stream[:size])
        stream = stream[size:]
    assert [kind for kind, _ in found] == [link.MESSAGES] * len(sent)
    assert [link.read_messages(body) for _, body in found] == sent


@given(connections, st.lists(st.integers(1, 65_535)))
def test_acknowledgements_name_their_connection(connection, mids):
    [(kind, body)] = Frames().push(link.acknowledge(connection, mids))
    assert (kind, link.read_acknowledge(body)) == (link.ACKNOWLEDGE, (connection, tuple(mids)))


@given(st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=100)), max_size=6))
def test_confirmations_keep_their_order(told):
    [(kind, body)] = Frames().push(link.publish(told))
    assert (kind, list(link.read_publish(body))) == (link.PUBLISH, told)


@given(st.dictionaries(st.text(max_size=40), st.binary(min_size=32, max_size=32), max_size=5))
def test_keys_go_by_their_counters(told):
    [(kind, body)] = Frames().push(link.keys(told))
    assert (kind, link.read_keys(body)) == (link.KEYS, told)


def test_the_start_and_the_state_say_all_that_was_put_in():
    said = Start("broker", 8883, "hailong-ingest-1", 1000, ("a/+", "b/+"), 7, ca="ca.pem")
    state = State(up=False, why="Not authorized")
    found = list(Frames().push(link.start(said) + link.state(state)))
    assert [kind for kind, _ in found] == [link.START, link.STATE]
    assert link.read_start(found[0][1]) == said
    assert link.read_state(found[1][1]) == state


def test_nothing_comes_of_half_a_frame():
    frame = link.state(State(up=True))
    frames = Frames()
    assert list(frames.push(frame[:-1])) == []
    assert len(list(frames.push(frame[-1:]))) == 1
