"""The least that an audit has to be allowed: an IAM policy out of what the rules read."""

from collections.abc import Iterable
from typing import Any

from dlqctl.audit.live.needs import NARROWED, needed
from dlqctl.audit.rule import Rule


def iam_policy(rules: Iterable[Rule[Any]]) -> dict[str, object]:
    """A policy that allows what these rules read, narrowed or not, and nothing else.

    One statement a service. The calls list things or read configuration: most of them know no
    resource to be limited to, so every statement is for all resources.
    """
    services: dict[str, list[str]] = {}
    for action in sorted(needed(rules) | NARROWED):
        services.setdefault(action.partition(":")[0], []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": f"DlqctlAudit{service.capitalize()}",
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*",
            }
            for service, actions in services.items()
        ],
    }
