"""Letters of EventBridge rules, custom event buses, Scheduler and SNS subscriptions.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dlqctl.sandbox.functions import create_function, function_arn
from dlqctl.sandbox.queues import Message, Text, create_dlq, queue_arn, send
from dlqctl.sandbox.server import ACCOUNT_ID, REGION
from dlqctl.sandbox.stream_letters import Document, milliseconds, seconds

if TYPE_CHECKING:
    from dlqctl.sandbox.clients import Clients

EVENTS_DLQ = "events-dlq"
NOTIFICATIONS_DLQ = "notifications-dlq"
PRICES_QUEUE = "price-updates"
_BILLING_FUNCTION = "bill-orders"
_RULE = "order-placed"
_SCHEDULE = "nightly-report"
_TOPIC = "price-changes"
_RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{_RULE}"
_SCHEDULE_ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule/default/{_SCHEDULE}"
_TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{_TOPIC}"
_BUS_ARN = f"arn:aws:eventbridgev2:{REGION}:{ACCOUNT_ID}:event-busv2/checkout"
_SUBSCRIBER_ARN = f"{_BUS_ARN.replace('event-busv2', 'subscriber')}/fraud-check"


def seed_events(clients: Clients) -> None:
    """A rule and a schedule whose target is a function, and what could not be delivered."""
    url = create_dlq(clients.sqs, EVENTS_DLQ)
    create_function(clients, _BILLING_FUNCTION)
    dlq = queue_arn(EVENTS_DLQ)
    clients.events.put_rule(
        Name=_RULE, EventPattern=json.dumps({"source": ["shop"], "detail-type": ["OrderPlaced"]})
    )
    clients.events.put_targets(
        Rule=_RULE,
        Targets=[
            {
                "Id": "billing",
                "Arn": function_arn(_BILLING_FUNCTION),
                "DeadLetterConfig": {"Arn": dlq},
            }
        ],
    )
    clients.scheduler.create_schedule(
        Name=_SCHEDULE,
        ScheduleExpression="cron(0 3 * * ? *)",
        State="DISABLED",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function_arn(_BILLING_FUNCTION),
            "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/scheduler",
            "DeadLetterConfig": {"Arn": dlq},
        },
    )
    send(clients.sqs, url, [*_rule_letters(), _bus_letter(), *_schedule_letters()])


def seed_notifications(clients: Clients) -> None:
    """A queue subscribed to a topic, and notifications that could not be delivered to it."""
    url = create_dlq(clients.sqs, NOTIFICATIONS_DLQ)
    clients.sqs.create_queue(QueueName=PRICES_QUEUE)
    topic = clients.sns.create_topic(Name=_TOPIC)["TopicArn"]
    clients.sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn(PRICES_QUEUE),
        Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": queue_arn(NOTIFICATIONS_DLQ)})
        },
    )
    raw = Message('{"sku": "TEA-05", "minor": 1290}', {"tenant": Text("berlin")})
    letters = [_notification("TEA-03", 1190), _notification("TEA-04", 1090), raw]
    send(clients.sqs, url, letters)


def _rule_letters() -> list[Message]:
    """Retried until it was given up, and refused outright: the latter has no condition."""
    denied = {
        "ERROR_CODE": Text("NO_PERMISSIONS"),
        "ERROR_MESSAGE": Text("Lambda does not allow events.amazonaws.com to invoke the function"),
        "RETRY_ATTEMPTS": Text("0"),
    }
    throttled = {
        "ERROR_CODE": Text("THROTTLING"),
        "ERROR_MESSAGE": Text("Rate exceeded"),
        "EXHAUSTED_RETRY_CONDITION": Text("MaximumRetryAttempts"),
        "RETRY_ATTEMPTS": Text("185"),
    }
    where = {"RULE_ARN": Text(_RULE_ARN), "TARGET_ARN": Text(function_arn(_BILLING_FUNCTION))}
    return [
        Message(json.dumps(_event(number)), {**where, **why})
        for number, why in enumerate((denied, denied, denied, throttled), start=1)
    ]


def _event(number: int) -> Document:
    return {
        "version": "0",
        "id": f"53dc4d37-cffa-4f76-80c9-8b7d4a4d2e{number:02}",
        "detail-type": "OrderPlaced",
        "source": "shop",
        "account": ACCOUNT_ID,
        "time": seconds(datetime.now(UTC) - timedelta(hours=number)),
        "region": REGION,
        "resources": [],
        "detail": {"order_id": f"A-{900 + number}", "total_minor": 1500 + number},
    }


def _bus_letter() -> Message:
    """A pointer: the events themselves are not in it."""
    failed_messages = [
        {
            "eventId": f"6f1c2d9e-0000-4000-8000-00000000000{number}",
            "eventGroupId": "customer-7",
            "deduplicationId": None,
            "timestamp": seconds(datetime.now(UTC) - timedelta(minutes=40, seconds=-number)),
            "targetRequestId": "2c8b1f7a-9f4d-4a51-8c61-2f1f5d6a7b8c",
        }
        for number in (1, 2)
    ]
    target = function_arn("check-fraud")
    body = {
        "version": "1.0",
        "busArn": _BUS_ARN,
        "subscriberArn": _SUBSCRIBER_ARN,
        "targetArn": target,
        "errorCode": "ACCESS_DENIED",
        "errorMessage": "The execution role may not invoke the target",
        "exhaustedRetryCondition": "MaximumRetryAttempts",
        "retryAttempts": 5,
        "failedMessages": failed_messages,
    }
    attributes = {
        "ERROR_CODE": Text("ACCESS_DENIED"),
        "ERROR_MESSAGE": Text("The execution role may not invoke the target"),
        "SUBSCRIBER_ARN": Text(_SUBSCRIBER_ARN),
        "TARGET_ARN": Text(target),
        "BUS_ARN": Text(_BUS_ARN),
        "EXHAUSTED_RETRY_CONDITION": Text("MaximumRetryAttempts"),
        "RETRY_ATTEMPTS": Text("5"),
    }
    return Message(json.dumps(body), attributes)


def _schedule_letters() -> list[Message]:
    """The target's input, whole and truncated: a truncated one must not be sent again."""
    return [
        Message(json.dumps({"report": "revenue", "day": 1}), _schedule_attributes("false")),
        Message('{"report": "stock", "skus": ["TEA-01", "TEA-0', _schedule_attributes("true")),
    ]


def _schedule_attributes(truncated: str) -> dict[str, Text]:
    scheduled = datetime.now(UTC).replace(hour=3, minute=0, second=0) - timedelta(days=1)
    return {
        "ERROR_CODE": Text("AWS.Scheduler.InternalServerError"),
        "ERROR_MESSAGE": Text("The target did not answer in time"),
        "EXECUTION_ID": Text("ad06616e51cdf74a"),
        "EXHAUSTED_RETRY_CONDITION": Text("MaximumRetryAttempts"),
        "IS_PAYLOAD_TRUNCATED": Text(truncated),
        "RETRY_ATTEMPTS": Text("185"),
        "SCHEDULED_TIME": Text(seconds(scheduled)),
        "SCHEDULE_ARN": Text(_SCHEDULE_ARN),
        "TARGET_ARN": Text(function_arn(_BILLING_FUNCTION)),
    }


def _notification(sku: str, minor: int) -> Message:
    body = {
        "Type": "Notification",
        "MessageId": f"dc1e94d9-56c5-5e96-808d-{minor:012}",
        "TopicArn": _TOPIC_ARN,
        "Subject": "Price changed",
        "Message": json.dumps({"sku": sku, "minor": minor}),
        "Timestamp": milliseconds(datetime.now(UTC) - timedelta(hours=9)),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.example.invalid/SimpleNotificationService.pem",
        "UnsubscribeURL": "https://sns.example.invalid/?Action=Unsubscribe",
        "MessageAttributes": {"tenant": {"Type": "String", "Value": "berlin"}},
    }
    return Message(json.dumps(body), {})
