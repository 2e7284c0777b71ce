"""The identity part of a hub: devices enrol and renew here, and the broker's rights are kept."""

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from hub.api.enrol import create_enrolment_app
from hub.api.serve import WebServer, open_database
from hub.identity.close import closer
from hub.identity.enrolment import Enrolment, Told
from hub.identity.keeper import BrokerKeeper
from hub.identity.settings import BrokerFiles, IdentitySettings
from hub.pki.folder import services, unlock_devices
from hub.settings import HubSettings, load_public_key
from hub.store.pool import Database
from hub.tls import server_context

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


def keeper_of(
    hub: HubSettings, pki: Path, files: BrokerFiles | None, database: Database
) -> BrokerKeeper:
    close = None if files is None else closer(hub.broker, hub.tls.broker(hub.broker.host))
    return BrokerKeeper(database, unlock_devices(pki), files, close)


class IdentityService:
    """Raises HubError here for keys, certificates and settings that cannot be used."""

    def __init__(self, hub: HubSettings, mine: IdentitySettings) -> None:
        told = Told(
            authority=services(mine.pki).pem,
            hub_public_key=load_public_key(hub.state),
            broker_url=mine.broker_url,
            hub_url=mine.hub_url,
        )
        self._listen = mine.listen
        self._tls = server_context(mine.certificate, mine.key)
        url = hub.database_url("identity")
        self._database = Database(url, application_name="hailong-enrol")
        self._keepers = Database(url, max_size=1, application_name="hailong-keeper")
        self._keeper = keeper_of(hub, mine.pki, mine.broker_files, self._keepers)
        signer = unlock_devices(mine.pki)
        self._app = create_enrolment_app(
            Enrolment(self._database, signer, told, utc_now, mine.lifetime)
        )

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; the database may be away and come back. Raises AddressInUseError before
        anything is served.
        """
        listen = self._listen
        try:
            with WebServer(self._app, listen.host, listen.port, self._tls) as server:
                log.info("devices enrol at %s", server.address)
                for database in (self._database, self._keepers):
                    open_database(database, stop)
                self._keeper.run(stop)
        finally:
            self._database.close()
            self._keepers.close()
