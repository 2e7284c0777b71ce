"""When the device tells how it is: at fixed intervals, and at once when something changes."""

from schemas.health import (
    CommandReport,
    ConfigHealth,
    HealthPayload,
    LossHealth,
    OutboxHealth,
    Press,
    SensorHealth,
)
from schemas.vocabulary import Overload

_LEAST_S = 1.0  # a sensor that flaps must not fill the outbox


class HealthReporter:
    """Times are seconds of the monotonic clock, passed in."""

    def __init__(self, interval_s: float, agent_version: str, started_s: float) -> None:
        self._interval_s = interval_s
        self._agent_version = agent_version
        self._started_s = started_s
        self._told_s: float | None = None
        self._told: object = None

    def report(
        self,
        now_s: float,
        sensors: tuple[SensorHealth, ...],
        outbox: OutboxHealth,
        losses: LossHealth,
        *,
        clock_trusted: bool,
        overload: Overload = Overload.NONE,
        presses: tuple[Press, ...] = (),
        config: ConfigHealth | None = None,
        commands: tuple[CommandReport, ...] = (),
    ) -> HealthPayload | None:
        """The message to append now; None while nothing is due.

        A change is a sensor's state, the clock's trust, a step of overload, a new dead letter,
        a new failure of a model or another standing of the release; levels, waiting rows and
        lost seconds wait for the interval. A pressed key and a command's outcome wait for
        nothing.
        """
        news = (
            tuple((s.sensor, s.state) for s in sensors),
            clock_trusted,
            outbox.dead_letters,
            losses.model_failures,
            overload,
            config,
        )
        if self._told_s is not None and not presses and not commands:
            since_s = now_s - self._told_s
            if since_s < self._interval_s and (news == self._told or since_s < _LEAST_S):
                return None
        self._told_s, self._told = now_s, news
        return HealthPayload(
            sensors=sensors,
            outbox=outbox,
            losses=losses,
            agent_version=self._agent_version,
            uptime_s=max(0.0, now_s - self._started_s),
            clock_trusted=clock_trusted,
            overload=overload,
            presses=presses,
            config=config,
            commands=commands,
        )
