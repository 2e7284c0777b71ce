"""The broker's own process: `python -P broker_child.py CONFIG LOG`.

rumqttd has no shutdown and outlives a panic of its router: the process then goes on
accepting connections and answers none. So this process ends when its supervisor goes (its
standard input closes) and when a thread of the broker panics.
"""

import logging
import os
import sys
import threading
from typing import BinaryIO

from iotcore import IotCoreBroker

PANICKED = 70
_LOG_BYTES = 1024 * 1024


def main(config: str, log: str) -> None:
    read_end, write_end = os.pipe()
    os.dup2(write_end, 1)
    os.dup2(write_end, 2)
    os.close(write_end)
    # rumqttd reports each packet as an error; its log has no use and would hold payloads.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL + 1)
    threading.Thread(target=_watch_output, args=(os.fdopen(read_end, "rb"), log)).start()
    threading.Thread(target=_watch_supervisor).start()
    IotCoreBroker(config_path=config).run_forever()


def _watch_supervisor() -> None:
    try:
        sys.stdin.buffer.read()
    finally:
        os._exit(0)


def _watch_output(output: BinaryIO, path: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    room = _LOG_BYTES
    for line in output:
        if room > 0:
            os.write(handle, line)
            room -= len(line)
        if b"panicked at" in line:
            os.write(handle, output.readline())  # the reason stands on the next line
            os._exit(PANICKED)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
