"""What the worker's MQTT client takes from paho's inside, so that another version of it is noticed."""

import socket
import threading

from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.hub.spool import publish_packet
from hub.ingest.read_ahead import ReadAheadClient, run_loop

CONNACK = b"\x20\x03\x00\x00\x00"
PUBLISHES = 50


class Counted:
    """A socket that counts how often it is read."""

    def __init__(self, inner):
        self.inner, self.reads = inner, 0

    def recv(self, size):
        self.reads += 1
        return self.inner.recv(size)

    def __getattr__(self, name):
        return getattr(self.inner, name)


def test_many_messages_are_read_in_few_calls_and_acknowledged_in_order():
    server = socket.create_server(("127.0.0.1", 0))
    heard = bytearray()

    def serve():
        connection, _ = server.accept()
        connection.recv(1024)
        packets = (publish_packet("a/b", b"x" * 500, n + 1) for n in range(PUBLISHES))
        connection.sendall(CONNACK + b"".join(packets))
        while piece := connection.recv(4096):
            heard.extend(piece)
        connection.close()

    serving = threading.Thread(target=serve)
    serving.start()
    client = ReadAheadClient(
        CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
    )
    taken = []

    def take(_client, _data, message):
        taken.append(message.mid)
        client.ack(message.mid, message.qos)

    client.on_message = take
    client.connect("127.0.0.1", server.getsockname()[1])
    counted = Counted(client.socket())
    client._sock = counted
    run_loop(client, lambda: len(taken) == PUBLISHES and not client.want_write())
    client.disconnect()
    client.loop_write()
    client.close()
    serving.join(10)
    server.close()
    assert taken == list(range(1, PUBLISHES + 1))
    assert counted.reads <= 10
    acknowledged = [
        n for n in range(1, PUBLISHES + 1) if b"\x40\x02" + n.to_bytes(2, "big") in heard
    ]
    assert acknowledged == taken
