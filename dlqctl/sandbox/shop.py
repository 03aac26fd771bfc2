"""The story: a shop whose order function was broken by a release, and the orders that died of it.

Nothing in it is staged: the function runs in the sandbox's Lambda, messages reach it through an
event source mapping, and it is SQS that moves what keeps failing to the dead-letter queue.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

from dlqctl.errors import DlqctlError
from dlqctl.sandbox.queues import (
    Depth,
    Message,
    Text,
    create_dlq,
    create_source,
    depth,
    queue_arn,
    send,
)
from dlqctl.sandbox.server import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlqctl.sandbox.clients import Clients

ORDERS_QUEUE = "orders"
ORDERS_DLQ = "orders-dlq"
ORDERS_FUNCTION = "orders"
FULFILLED_TABLE = "fulfilled-orders"
MAX_RECEIVE_COUNT = 5
_FUNCTION_TIMEOUT_SECONDS = 5
_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.1


class Release(Enum):
    """A release of the order function, by the module that holds it."""

    BROKEN = "orders_2_0_0"
    FIXED = "orders_2_0_1"

    @property
    def version(self) -> str:
        return self.value.removeprefix("orders_").replace("_", ".")

    @property
    def source(self) -> str:
        """The function's code."""
        package = resources.files("dlqctl.sandbox.releases")
        return package.joinpath(f"{self.value}.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ShopState:
    """Where the orders are. `times_fulfilled` counts, by order id, how often the function
    succeeded on it."""

    orders: Depth
    dead_letters: Depth
    times_fulfilled: dict[str, int]

    @property
    def at_rest(self) -> bool:
        """Whether the function has nothing left to try."""
        return self.orders.total == 0

    @property
    def every_order_fulfilled_once(self) -> bool:
        return self.times_fulfilled == {order["order_id"]: 1 for order in all_orders()}


@dataclass(frozen=True)
class Shop:
    """The shop in a sandbox. Call `open`, `place_orders`, and later `deploy(Release.FIXED)`."""

    clients: Clients

    def open(self) -> None:
        """Set up queues, table, function (the broken release) and event source mapping."""
        sqs = self.clients.sqs
        create_dlq(sqs, ORDERS_DLQ, [ORDERS_QUEUE])
        queue_url = create_source(
            sqs,
            ORDERS_QUEUE,
            dlq=ORDERS_DLQ,
            max_receive_count=MAX_RECEIVE_COUNT,
            visibility_seconds=6 * _FUNCTION_TIMEOUT_SECONDS,
        )
        self.clients.dynamodb.create_table(
            TableName=FULFILLED_TABLE,
            AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._create_function(queue_url)
        self.clients.functions.create_event_source_mapping(
            EventSourceArn=queue_arn(ORDERS_QUEUE),
            FunctionName=ORDERS_FUNCTION,
            BatchSize=10,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            ScalingConfig={"MaximumConcurrency": 2},
        )

    def _create_function(self, queue_url: str) -> None:
        self.clients.functions.create_function(
            FunctionName=ORDERS_FUNCTION,
            Runtime="python3.13",
            Handler="orders.handler",
            Role=f"arn:aws:iam::{ACCOUNT_ID}:role/orders",
            Timeout=_FUNCTION_TIMEOUT_SECONDS,
            Code={"ZipFile": _package(Release.BROKEN)},
            Environment={
                "Variables": {"FULFILLED_TABLE": FULFILLED_TABLE, "ORDERS_QUEUE_URL": queue_url}
            },
        )

    def deploy(self, release: Release) -> None:
        """Replace the function's code and wait until Lambda says it is in use."""
        functions = self.clients.functions
        functions.update_function_code(FunctionName=ORDERS_FUNCTION, ZipFile=_package(release))
        functions.get_waiter("function_updated_v2").wait(
            FunctionName=ORDERS_FUNCTION, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def place_orders(self) -> None:
        """Send every order to the queue, as the shop's channels would."""
        send(self.clients.sqs, self._url(ORDERS_QUEUE), map(_message, all_orders()))

    def state(self) -> ShopState:
        """Look at the queues and the table as they are now."""
        rows = self.clients.dynamodb.scan(TableName=FULFILLED_TABLE, ConsistentRead=True)["Items"]
        return ShopState(
            orders=depth(self.clients.sqs, self._url(ORDERS_QUEUE)),
            dead_letters=depth(self.clients.sqs, self._url(ORDERS_DLQ)),
            times_fulfilled={
                row["order_id"]["S"]: int(row["times_fulfilled"]["N"]) for row in rows
            },
        )

    def wait_until(self, holds: Callable[[ShopState], bool]) -> ShopState:
        """The first state that `holds`; DlqctlError if none comes within a minute."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not holds(state := self.state()):
            if time.monotonic() > deadline:
                raise DlqctlError(f"the sandbox's order function did not come to rest: {state}")
            time.sleep(_LOOK_AGAIN_SECONDS)
        return state

    def _url(self, name: str) -> str:
        return self.clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def all_orders() -> list[dict[str, object]]:
    """Forty orders. The broken release fails on twelve: it doesn't know JPY and KWD, and kiosks
    with older software send `total` where it reads `total_minor`."""
    return [_order(number) for number in range(1, 41)]


def doomed(order: dict[str, object]) -> bool:
    """Whether the broken release fails on `order`."""
    return order["currency"] in {"JPY", "KWD"} or "total_minor" not in order


def _order(number: int) -> dict[str, object]:
    order: dict[str, object] = {
        "order_id": f"A-{1000 + number}",
        "channel": ("web", "app")[number % 2],
        "currency": ("EUR", "USD", "GBP")[number % 3],
        "items": [{"sku": f"TEA-{number % 7:02}", "quantity": 1 + number % 3}],
        "total_minor": 450 + 175 * number,
    }
    if number % 6 == 0:
        order |= {"currency": "JPY", "total_minor": 800 + 20 * number}
    elif number % 17 == 0:
        order |= {"currency": "KWD", "total_minor": 3250 + number}
    elif number % 8 == 1:
        del order["total_minor"]
        order |= {"channel": "kiosk", "currency": "EUR", "total": f"{4 + number / 4:.2f}"}
    return order


def _message(order: dict[str, object]) -> Message:
    schema_version = "2" if "total_minor" in order else "1"
    return Message(
        body=json.dumps(order),
        attributes={
            "channel": Text(str(order["channel"])),
            "schema_version": Text(schema_version, "Number"),
        },
        trace_header=f"Root=1-6740a1b2-{str(order['order_id']).replace('-', ''):0>24};Sampled=1",
    )


def _package(release: Release) -> bytes:
    """The deployment package: one module, orders.py."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("orders.py", release.source)
    return package.getvalue()
