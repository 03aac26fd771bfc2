"""Redrive policies lead in a circle.

What: Following the redrive policies from a queue leads back to it.

Why: A poison message never comes to rest: it goes round until it expires, takes a turn at every
    consumer each time, and no queue of the circle is the place to look for it.

Judged: An error, once for each circle, at the first of its queues by ARN. Circles by way of the
    destinations of functions are async-destination-loop's business; no redrive policy leads to a
    function, so there are no mixed ones.

CLI:
    aws sqs set-queue-attributes --queue-url LAST_URL --attributes '{"RedrivePolicy":""}'

SAM:
    OrdersDlq:
      Type: AWS::SQS::Queue
      # no RedrivePolicy: the last queue of the chain has none

CloudFormation:
    The same resource as for SAM.

Terraform:
    resource "aws_sqs_queue" "orders_dlq" {
      # no redrive_policy: the last queue of the chain has none
    }

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from collections.abc import Iterator

from dlqctl.audit.facts import known
from dlqctl.audit.findings import Severity
from dlqctl.audit.inventory import Inventory
from dlqctl.audit.resources import Queue
from dlqctl.audit.rule import Audit, Fault, Rule


def judge(queue: Queue, audit: Audit) -> Iterator[Fault]:
    """A queue whose chain ends in somebody else's circle is not part of it."""
    circle = _circle(queue, audit.inventory)
    if not circle or queue.ref != min(one.ref for one in circle):
        return
    names = [one.name or one.ref for one in (*circle, queue)]
    yield Fault(
        "messages that can't be processed go round in a circle",
        observed=" → ".join(names),
        expected="a chain that ends in a queue without RedrivePolicy",
        fix=f"remove RedrivePolicy from the queue where dead letters should rest, such as "
        f"{names[-2]} (Terraform: redrive_policy)",
    )


def _circle(queue: Queue, inventory: Inventory) -> tuple[Queue, ...]:
    """The queues from `queue` back to itself, in order; none where it is on no circle."""
    chain = [queue]
    seen = {queue.ref}
    while (redrive := known(chain[-1].redrive)) is not None:
        dead_letter = known(inventory.find(Queue, known(redrive.dead_letter)))
        if dead_letter is not None and dead_letter.ref == queue.ref:
            return tuple(chain)
        if dead_letter is None or dead_letter.ref in seen:
            return ()
        chain.append(dead_letter)
        seen.add(dead_letter.ref)
    return ()


RULE = Rule(
    "dlq-cycle",
    __doc__,
    severity=Severity.ERROR,
    judges=Queue,
    judge=judge,
    calls=("sqs:GetQueueAttributes",),
)
