"""Dead letters of every origin, each on a queue like one that a real account has.

Where the sandbox's AWS writes records in another shape than AWS does, they are written here in
AWS's shape instead; what SQS itself moves is moved for real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlqctl.sandbox.async_letters import seed_async
from dlqctl.sandbox.event_letters import seed_events, seed_notifications
from dlqctl.sandbox.queue_letters import seed_mixed, seed_payments
from dlqctl.sandbox.stream_letters import seed_streams

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients


def seed_letters(clients: Clients) -> None:
    """Fill one dead-letter queue for each family of origins, with the resources that feed it."""
    for seed in (
        seed_mixed,
        seed_payments,
        seed_streams,
        seed_async,
        seed_events,
        seed_notifications,
    ):
        seed(clients)
