"""Nobody is told when a stream's consumer falls behind.

What: A mapping from Kinesis or DynamoDB Streams has no alarm on how old its records are.

Why: A blocked or throttled shard shows in nothing but the age of its records, and when that reaches
    the stream's retention they are gone.

Judged: A warning where no alarm (nor any metric-math input) is on AWS/Lambda IteratorAge of the
    function or of all functions together, nor, for Kinesis, on AWS/Kinesis
    GetRecords.IteratorAgeMilliseconds or SubscribeToShardEvent.MillisBehindLatest of the stream.
    Not judged where an alarm watches one of them by a Metrics Insights query or a SEARCH.

CLI:
    aws cloudwatch put-metric-alarm --alarm-name clicks-behind \\
      --namespace AWS/Lambda --metric-name IteratorAge \\
      --dimensions Name=FunctionName,Value=worker \\
      --statistic Maximum --period 60 --evaluation-periods 5 --threshold 3600000 \\
      --comparison-operator GreaterThanThreshold --alarm-actions TOPIC_ARN

SAM:
    ClicksBehind:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Namespace: AWS/Lambda
        MetricName: IteratorAge
        Dimensions: [{Name: FunctionName, Value: !Ref Worker}]
        Statistic: Maximum
        Period: 60
        EvaluationPeriods: 5
        Threshold: 3600000
        ComparisonOperator: GreaterThanThreshold
        AlarmActions: [!Ref Operators]

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_cloudwatch_metric_alarm" "clicks_behind" {
      namespace           = "AWS/Lambda"
      metric_name         = "IteratorAge"
      dimensions          = { FunctionName = aws_lambda_function.worker.function_name }
      statistic           = "Maximum"
      period              = 60
      evaluation_periods  = 5
      threshold           = 3600000
      comparison_operator = "GreaterThanThreshold"
      alarm_actions       = [aws_sns_topic.operators.arn]
    }

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Iterator

from dlqctl.audit.calls import MAPPINGS
from dlqctl.audit.destinations import resource_name, watched
from dlqctl.audit.facts import Matches, known
from dlqctl.audit.findings import Severity
from dlqctl.audit.resources import Alarm, EventSourceMapping, Function, Stream
from dlqctl.audit.rule import Audit, Fault, Rule
from dlqctl.audit.subjects import reads_stream

METRIC = "IteratorAge"
OF_STREAM = ("GetRecords.IteratorAgeMilliseconds", "SubscribeToShardEvent.MillisBehindLatest")


def judge(mapping: EventSourceMapping, audit: Audit) -> Iterator[Fault]:
    """Any one of them will do."""
    alarms = [matches.exists for matches in _alarms(mapping, audit)]
    if any(exists is True for exists in alarms):
        return
    for exists in alarms:
        known(exists)
    yield Fault(
        "nobody is told when the function falls behind its stream",
        observed=f"no alarm on AWS/Lambda {METRIC}",
        expected=f"an alarm on {METRIC} well below the stream's retention",
        fix=f"add an AWS::CloudWatch::Alarm on AWS/Lambda {METRIC}, FunctionName "
        f"{resource_name(known(mapping.function).ref)} (Terraform: aws_cloudwatch_metric_alarm)",
    )


def _alarms(mapping: EventSourceMapping, audit: Audit) -> Iterator[Matches[Alarm]]:
    inventory, graph = audit.inventory, audit.inventory.graph
    yield graph.alarms_across(namespace="AWS/Lambda", metric=METRIC)
    function = watched(known(mapping.function), inventory, Function)
    yield graph.alarms_on(function, namespace="AWS/Lambda", metric=METRIC, dimension="FunctionName")
    source = known(mapping.source)
    if source is not None and source.service == "kinesis":
        stream = watched(source, inventory, Stream)
        for metric in OF_STREAM:
            yield graph.alarms_on(
                stream, namespace="AWS/Kinesis", metric=metric, dimension="StreamName"
            )


RULE = Rule(
    "alarm-missing-on-iterator-age",
    __doc__,
    severity=Severity.WARNING,
    judges=EventSourceMapping,
    where=reads_stream,
    judge=judge,
    calls=("cloudwatch:DescribeAlarms", *MAPPINGS),
)
