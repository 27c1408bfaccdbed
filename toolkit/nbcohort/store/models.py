"""The core's own tables, gathered so that migrations see them all."""

from nbcohort.store.audit import AuditRow
from nbcohort.store.idempotency import IdempotentRequest
from nbcohort.store.interactions import Interaction
from nbcohort.store.leases import Lease

__all__ = ["AuditRow", "IdempotentRequest", "Interaction", "Lease"]
