"""What the running service is made of, handed to whoever needs it: no module-global state."""

from dataclasses import dataclass
from pathlib import Path

from nbcohort.loading import Plugins
from nbcohort.service.clock import Clock
from nbcohort.service.hubapi import HubApi
from nbcohort.service.permissions import Permission
from nbcohort.store.blobs import BlobStore
from nbcohort.store.database import Database
from nbcohort.store.interactions import InteractionKinds


@dataclass(frozen=True)
class House:
    """The parts of one running service.

    Args:
        data: folder of the service's own files (signing keys, the SQLite file, blobs by default).
        holder: this process's name on leases: its id, and what tells it from a later one of that id.
    """

    data: Path
    database: Database
    blobs: BlobStore
    clock: Clock
    plugins: Plugins
    permissions: dict[str, Permission]
    kinds: InteractionKinds
    hub: HubApi
    holder: str
