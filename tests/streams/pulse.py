"""A private PulseAudio, with sinks that only its monitors hear, and players in processes of
their own. ALSA's `pulse` plugin makes the monitors devices that PortAudio lists by name.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

RATE = 48_000
_START_S = 20.0
_SYSTEM_ALSA = "/usr/share/alsa/alsa.conf"


class PulseServer:
    """`sinks`: name -> channels; the device of the same name hears what is played there."""

    def __init__(self, sinks: Mapping[str, int]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pulse"))  # a socket's path must be short
        self._socket = self.folder / "native"
        self._process: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []
        self.environment = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_RUNTIME_PATH": str(self.folder),
            "PULSE_STATE_PATH": str(self.folder),
            "PULSE_CLIENTCONFIG": str(self._write("client.conf", "autospawn = no\n")),
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "XDG_RUNTIME_DIR": str(self.folder),
            "ALSA_CONFIG_PATH": str(self._write("alsa.conf", _alsa(sinks))),
            "HOME": str(self.folder),
        }
        lines = [f"load-module module-native-protocol-unix socket={self._socket} auth-anonymous=1"]
        lines += [
            f"load-module module-null-sink sink_name={name} rate={RATE} channels={channels}"
            for name, channels in sinks.items()
        ]
        self._script = self._write("server.pa", "\n".join(lines) + "\n")

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self) -> None:
        """Returns when it answers."""
        self._socket.unlink(missing_ok=True)
        (self.folder / "pid").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                "pulseaudio",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disable-shm=true",
                "-n",
                "-F",
                str(self._script),
            ],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            with socket.socket(socket.AF_UNIX) as client:
                if self._socket.exists() and client.connect_ex(str(self._socket)) == 0:
                    break
            assert self._process.poll() is None, "pulseaudio ended at its start"
            time.sleep(0.02)
        self.control("info")

    def kill(self) -> None:
        """As if it crashed."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It neither answers nor goes."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def control(self, *arguments: str) -> None:
        subprocess.run(
            ["pactl", *arguments],
            env={**os.environ, **self.environment},
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=_START_S,
        )

    def play(self, sink: str, sound: np.ndarray) -> "subprocess.Popen[bytes]":
        """`sound`: float32, shape (channels, n), 48 kHz; played once, by another process."""
        path = self.folder / f"{len(self._players)}.f32"
        path.write_bytes(np.ascontiguousarray(sound.T, "<f4").tobytes())
        player = subprocess.Popen(
            [
                "pacat",
                "--playback",
                "--raw",
                "--format=float32le",
                f"--rate={RATE}",
                f"--channels={sound.shape[0]}",
                "--latency-msec=300",
                f"--device={sink}",
                str(path),
            ],
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._players.append(player)
        return player

    def close(self) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder)


def _alsa(sinks: Mapping[str, int]) -> str:
    devices = [
        f'pcm.{name}_microphone {{ type pulse device "{name}.monitor" }}\n' for name in sinks
    ]
    return f"<{_SYSTEM_ALSA}>\n{''.join(devices)}"
