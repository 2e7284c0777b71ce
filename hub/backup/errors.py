"""What can be wrong with a backup or a restore."""

from hub.errors import HubError


class BackupError(HubError):
    """The backup was not made, or is not what its manifest says."""

    code = "backup"
