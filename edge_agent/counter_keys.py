"""The keys of a counter, as its settings name them: keyboard, pins, a page on this machine."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from edge_agent.keys.desk import KeyDesk, Pressed
from edge_agent.keys.gpio import gpio
from edge_agent.keys.keyboard import keyboard
from edge_agent.keys.state import Line
from edge_agent.local_page.keys import KeysPage
from edge_agent.source_settings import KeySettings


class CounterKeys:
    """All of them share one state, so that a pause begun by one ends by another."""

    def __init__(self, settings: KeySettings, pressed: Pressed, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._desk = KeyDesk(pressed)
        self._say = say
        self._running = ExitStack()

    def __enter__(self) -> Self:
        settings = self._settings
        with ExitStack() as starting:
            devices = []
            if settings.keyboard is not None:
                devices.append(
                    keyboard(Path(settings.keyboard), _by_name(settings.codes), self._desk)
                )
            if settings.gpio_chip is not None:
                devices.append(gpio(Path(settings.gpio_chip), _by_name(settings.pins), self._desk))
            for device in devices:
                device.start()
                starting.callback(device.stop)
            if settings.page_port is not None:
                page = KeysPage(self._desk, settings.page_port)
                page.start()
                starting.callback(page.stop)
                self._say(f"keys of the counter: {page.address}")
            self._running = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()


def _by_name(lines: Mapping[Line, int]) -> dict[str, int]:
    return {str(line): number for line, number in lines.items()}
