"""One dead-letter queue takes messages of different formats.

What: Failures of different kinds of producers end up on the same queue: messages of another queue,
    records of failed invocations, events that a rule could not deliver …

Why: Each kind has a format, attributes and a way to redrive of its own. On one queue they can't be
    told apart by looking at the queue, and redriving all of it sends some to the wrong place.

Judged: Info where at least two of these feed the queue: redrive policies, on-failure destinations
    of mappings, on-failure destinations of asynchronous invocations, DeadLetterConfig of functions,
    DLQs of rule targets, of schedules, of pipes, of subscriptions.

CLI:
    aws sqs create-queue --queue-name nightly-dlq
    aws events put-targets --rule nightly --targets \\
      'Id=t1,Arn=TARGET_ARN,DeadLetterConfig={Arn=NIGHTLY_DLQ_ARN}'

SAM:
    NightlyDlq:
      Type: AWS::SQS::Queue  # a DLQ for each kind of producer

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue" "nightly_dlq" {} # a DLQ for each kind of producer

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """Two kinds seen are enough; one may not be all there are."""
    feeds = audit.inventory.graph.feeds(queue.ref)
    kinds = sorted({feed.path.value for feed in feeds.seen})
    if len(kinds) < 2:
        known(feeds.all)
        return
    yield Fault(
        "dead letters of different formats are mixed on one queue",
        observed=f"{len(kinds)} kinds: {', '.join(kinds)}",
        expected="one kind",
        fix="give each kind of producer a dead-letter queue of its own "
        "(AWS::SQS::Queue; Terraform: aws_sqs_queue)",
    )


RULE = Rule(
    "dlq-mixed-origins",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    judge=judge,
    calls=FEEDS,
)
