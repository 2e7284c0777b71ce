"""A decision on a flag, for the form and for the API alike."""

from datetime import UTC, datetime
from uuid import UUID

from hub.api.deps import Services, own_rows
from hub.auth.sessions import Session
