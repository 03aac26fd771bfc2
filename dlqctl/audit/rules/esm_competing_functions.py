"""Two functions share one queue, and each sees only some messages.

What: A queue is read by enabled mappings to different functions.

Why: SQS gives a message to one receiver. Functions on the same queue don't each get a copy: every
    message goes to whichever polls first, and a filter of one deletes what the other wanted.

Judged: A warning on each enabled mapping from SQS where another enabled mapping reads the same
    queue for another function. Aliases and versions of one function don't compete.

CLI:
    aws lambda update-event-source-mapping --uuid UUID --no-enabled
    aws sns subscribe --topic-arn TOPIC_ARN --protocol sqs --notification-endpoint SECOND_QUEUE_ARN

SAM:
    Second:
      Type: AWS::Serverless::Function
      Properties:
        Events:
          Orders:
            Type: SQS
            Properties:
              Queue: !GetAtt OrdersForSecond.Arn

CloudFormation:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt OrdersForSecond.Arn

Terraform:
    resource "aws_lambda_event_source_mapping" "second" {
      event_source_arn = aws_sqs_queue.orders_for_second.arn
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import EventSourceMapping
from dlqctl.audit.rule import Audit, Fault, Rule, setting
from dlqctl.audit.subjects import is_running, reads_queue


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """One rival seen is enough, whatever else may read the queue."""
    source = known(mapping.source)
    if source is None or not is_running(mapping):
        return
    own = known(mapping.function).ref
    rivals = audit.inventory.graph.mappings_from(source.ref).where(
        lambda other: is_running(other) and known(other.function).ref != own
    )
    if not known(rivals.exists):
        return
    names = sorted({known(rival.function).ref for rival in rivals.seen})
    yield Fault(
        f"messages of {source.ref} are shared out between functions",
        observed=f"{own} and {', '.join(names)} read it",
        expected="one function for each queue",
        fix="give each function a queue of its own, both subscribed to one SNS topic, or "
        + setting("Enabled", "false on all mappings but one", terraform="enabled"),
    )


RULE = Rule(
    "esm-competing-functions",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_queue,
    judge=judge,
    calls=MAPPINGS,
)
