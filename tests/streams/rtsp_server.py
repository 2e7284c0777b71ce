"""A network camera as a child process, which a test stalls, kills, restarts and blackens."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("gst_camera.py")
PLAIN = {
    "pictures": "H264",
    "pattern": "ball",
    "width": 320,
    "height": 240,
    "rate": 15,
    "gop": 15,
    "bframes": 0,
    "more": "",
    "sound": None,
    "tones": [440, 1500],
    "auth": None,
    "digest": True,
}


def missing():
    """Why it cannot run here, or None."""
    asked = (
        "import gi; gi.require_version('GstRtspServer', '1.0');"
        "from gi.repository import Gst; Gst.init(None);"
        "import sys; sys.exit(not all(map(Gst.ElementFactory.find, "
        "['x264enc', 'voaacenc', 'opusenc', 'rtph264pay'])))"
    )
    done = subprocess.run([PYTHON, "-c", asked], capture_output=True, check=False)
    return None if done.returncode == 0 else "Debian's gst-rtsp-server is missing"


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class RtspServer:
    def __init__(self, **want):
        self.want = {**PLAIN, "port": free_port(), **want}
        self._process = None

    @property
    def url(self):
        return f"rtsp://127.0.0.1:{self.want['port']}/live"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self._process = subprocess.Popen(
            [PYTHON, str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GST_DEBUG": os.environ.get("GST_DEBUG", "0")},
        )
        self._say(json.dumps(self.want), "ready")

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None

    def stall(self):
        """Sends nothing more and closes nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def pattern(self, name):
        self._say(f"PATTERN {name}", "done")

    def resolution(self, width, height):
        self._say(f"RESOLUTION {width} {height}", "done")

    def valve(self, which, *, closed):
        """`which`: pictures or sound; the other goes on."""
        self._say(f"VALVE {which} {'closed' if closed else 'open'}", "done")

    def cpu_s(self):
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _say(self, line, expected):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer == expected, answer
