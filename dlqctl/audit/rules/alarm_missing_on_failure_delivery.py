"""Nobody is told when a dead letter can't be delivered to its queue.

What: A queue takes the failures of functions, rules or subscriptions, and no alarm watches whether
    they arrive.

Why: When the queue's policy, its key or its size limit gets in the way, the failed event is lost.
    The queue stays empty and looks healthy; only a metric of the sender tells.

Judged: Info for each queue that is fed in one of these ways without an alarm (nor any metric-math
    input) on the sender's metric: AWS/Lambda DestinationDeliveryFailures (on-failure destinations)
    and DeadLetterErrors (DeadLetterConfig), AWS/Events InvocationsFailedToBeSentToDlq, AWS/SNS
    NumberOfNotificationsFailedToRedriveToDlq. One without dimensions counts for all. SQS's own
    moves, schedules and pipes are not judged, nor what goes to topics and buckets.

CLI:
    aws cloudwatch put-metric-alarm --alarm-name worker-failures-lost \\
      --namespace AWS/Lambda --metric-name DestinationDeliveryFailures \\
      --dimensions Name=FunctionName,Value=worker \\
      --statistic Sum --period 60 --evaluation-periods 1 --threshold 0 \\
      --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN

SAM:
    WorkerFailuresLost:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Namespace: AWS/Lambda
        MetricName: DestinationDeliveryFailures
        Dimensions: [{Name: FunctionName, Value: !Ref Worker}]
        Statistic: Sum
        Period: 60
        EvaluationPeriods: 1
        Threshold: 0
        ComparisonOperator: GreaterThanThreshold
        AlarmActions: [!Ref Operators]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "worker_failures_lost" {
      namespace           = "AWS/Lambda"
      metric_name         = "DestinationDeliveryFailures"
      dimensions          = { FunctionName = aws_lambda_function.worker.function_name }
      statistic           = "Sum"
      period              = 60
      evaluation_periods  = 1
      threshold           = 0
      comparison_operator = "GreaterThanThreshold"
      alarm_actions       = [aws_sns_topic.operators.arn]
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import FEEDS
from dlqctl.audit.destinations import watched
from dlqctl.audit.facts import Reference, Unknown, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.graph import FailurePath, Feed
from dlqctl.audit.resources import EventRule, Function, Queue, Resource, Subscription
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import takes_failures

LAMBDA, SNS = "AWS/Lambda", "AWS/SNS"
METRICS: dict[FailurePath, tuple[str, str, str, type[Resource]]] = {
    FailurePath.MAPPING: (LAMBDA, "DestinationDeliveryFailures", "FunctionName", Function),
    FailurePath.INVOCATION: (LAMBDA, "DestinationDeliveryFailures", "FunctionName", Function),
    FailurePath.FUNCTION: (LAMBDA, "DeadLetterErrors", "FunctionName", Function),
    FailurePath.RULE: ("AWS/Events", "InvocationsFailedToBeSentToDlq", "RuleName", EventRule),
    FailurePath.SUBSCRIPTION: (
        SNS,
        "NumberOfNotificationsFailedToRedriveToDlq",
        "TopicName",
        Resource,
    ),
}


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """One finding for the queue, naming every sender that nobody watches."""
    graph = audit.inventory.graph
    feeds = graph.feeds(queue.ref)
    gaps = [] if feeds.gap is None else [feeds.gap]
    silent: set[str] = set()
    for feed in (one for one in feeds.seen if one.path in METRICS):
        namespace, metric, dimension, kind = METRICS[feed.path]
        sender = watched(_sender(feed), audit.inventory, kind)
        across = graph.alarms_across(namespace=namespace, metric=metric)
        alarms = graph.alarms_on(sender, namespace=namespace, metric=metric, dimension=dimension)
        alarmed = bool(across.seen) or alarms.exists
        if isinstance(alarmed, Unknown):
            gaps.append(alarmed)
        elif not alarmed:
            silent.add(f"{namespace} {metric} ({dimension} {sender.name or sender.ref})")
    if not silent:
        for gap in gaps:
            known(gap)
        return
    yield Fault(
        "what can't be delivered to this queue is lost in silence",
        observed=f"no alarm on {', '.join(sorted(silent))}",
        expected="an alarm above 0",
        fix=f"add an AWS::CloudWatch::Alarm on each of {', '.join(sorted(silent))} "
        "(Terraform: aws_cloudwatch_metric_alarm)",
    )


def _sender(feed: Feed) -> Reference:
    by = feed.by
    return known(by.topic) if isinstance(by, Subscription) else Reference(feed.source, "")


RULE = Rule(
    "alarm-missing-on-failure-delivery",
    __doc__,
    severity=Severity.INFO,
    judges=Queue,
    where=takes_failures,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", *FEEDS),
)
