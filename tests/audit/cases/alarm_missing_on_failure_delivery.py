from dataclasses import replace

from dlqctl.audit.resources import Alarm, EventTarget, Pipe
from tests.audit.build import (
    UNKNOWN,
    CannotJudge,
    Fails,
    Passes,
    alarm,
    arn,
    event_rule,
    function,
    inventory,
    invoke_config,
    pipe,
    queue,
    schedule,
    stream_mapping,
    subscription,
    target,
    to,
)

DLQ = arn("sqs", "dlq")
DEAD = to("sqs", "dlq")
DESTINATION, LETTER = "DestinationDeliveryFailures", "DeadLetterErrors"
RULE, TOPIC = "InvocationsFailedToBeSentToDlq", "NumberOfNotificationsFailedToRedriveToDlq"


def of_function(metric: str, name: str = "worker") -> Alarm:
    return alarm(metric, metric, namespace="AWS/Lambda", FunctionName=name)


FAILS = {
    "destination of invocations": Fails(
        inventory(function(), invoke_config(on_failure=DEAD), queue("dlq"), of_function(LETTER)),
        on=(DLQ,),
        observed=f"no alarm on AWS/Lambda {DESTINATION} (FunctionName worker)",
        expected="above 0",
    ),
    "destination of a stream": Fails(
        inventory(stream_mapping(on_failure=DEAD), queue("dlq")), on=(DLQ,), observed=DESTINATION
    ),
    "DLQ of a function": Fails(
        inventory(function(dead_letter=DEAD), queue("dlq"), of_function(DESTINATION)),
        on=(DLQ,),
        observed=f"{LETTER} (FunctionName worker)",
    ),
    "DLQ of a rule": Fails(
        inventory(event_rule(), target(dead_letter=DEAD), queue("dlq")),
        on=(DLQ,),
        observed=f"AWS/Events {RULE} (RuleName nightly)",
    ),
    "DLQ of a subscription": Fails(
        inventory(subscription(dead_letter=DEAD), queue("dlq")),
        on=(DLQ,),
        observed=f"AWS/SNS {TOPIC} (TopicName news)",
    ),
    "one function of two, said once for the queue": Fails(
        inventory(
            function("a", dead_letter=DEAD),
            function("b", dead_letter=DEAD),
            queue("dlq"),
            of_function(LETTER, "a"),
        ),
        on=(DLQ,),
        observed="no alarm on AWS/Lambda DeadLetterErrors (FunctionName b)",
    ),
}
PASSES = {
    "each is watched": Passes(
        inventory(
            function(dead_letter=DEAD),
            invoke_config(on_failure=DEAD),
            target(dead_letter=DEAD),
            subscription(dead_letter=DEAD),
            queue("dlq"),
            of_function(DESTINATION),
            of_function(LETTER),
            alarm(RULE, "r", namespace="AWS/Events", RuleName="nightly", EventBusName="b"),
            alarm(TOPIC, "t", namespace="AWS/SNS", TopicName="news"),
        )
    ),
    "all functions together": Passes(
        inventory(function(dead_letter=DEAD), queue("dlq"), alarm(LETTER, namespace="AWS/Lambda"))
    ),
    "SQS's own moves": Passes(inventory(queue("orders", dlq="dlq"), queue("dlq"))),
    "schedules and pipes": Passes(
        inventory(schedule(dead_letter=DEAD), pipe(dead_letter=DEAD), queue("dlq"))
    ),
    "not a DLQ": Passes(inventory(queue("orders"))),
}
NOT_JUDGED = {
    "alarms": CannotJudge(
        inventory(function(dead_letter=DEAD), queue("dlq"), gaps={Alarm: UNKNOWN}), on=(DLQ,)
    ),
    "a query may cover it": CannotJudge(
        inventory(
            function(dead_letter=DEAD),
            queue("dlq"),
            alarm("", facts={"queries": (f"SELECT SUM({LETTER}) FROM x",)}),
        ),
        on=(DLQ,),
    ),
    "another feed may be there": CannotJudge(
        inventory(
            queue("orders", dlq="dlq"),
            queue("dlq"),
            gaps={EventTarget: UNKNOWN, Pipe: UNKNOWN},
        ),
        on=(arn("sqs", "orders"), DLQ),
    ),
    "which topic": CannotJudge(
        inventory(replace(subscription(dead_letter=DEAD), topic=UNKNOWN), queue("dlq")), on=(DLQ,)
    ),
}
