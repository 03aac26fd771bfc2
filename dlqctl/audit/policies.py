"""Resource policies: may this service do that, on behalf of this resource?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dlqctl.audit.facts import Fact, Unknown, parse_arn

# Services that invoke functions asynchronously. SES is not among them: its receipt rules may also
# wait for the answer. https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_ASYNCHRONOUS = re.compile(
    r"(cloudformation|codecommit|config|events|iot|lambda\.alarms\.cloudwatch|logs|s3|scheduler|sns)"
    r"(?:\.[a-z]+-[a-z-]+-\d)?\.amazonaws\.com(?:\.cn)?\Z"
)
_SOURCE_ARN = "aws:sourcearn"
_SOURCE_ACCOUNT = "aws:sourceaccount"
_EQUALS = frozenset({"arnequals", "arnlike", "stringequals", "stringlike"})


def asynchronous_invokers(policy: Mapping[str, object]) -> tuple[str, ...]:
    """The services that a function's policy lets invoke it, of those that do not wait: `s3` …"""
    named = (
        _ASYNCHRONOUS.match(principal)
        for statement in _statements(policy)
        if statement.get("Effect") == "Allow" and _acts(statement, "lambda:InvokeFunction")
        for principal in _principals(statement)
    )
    return tuple(sorted({match[1] for match in named if match}))


def allows(
    policy: Mapping[str, object] | None, *, service: str, action: str, resource: str, source: str
) -> Fact[bool]:
    """Whether `policy` lets `service` do `action` on `resource` because of `source` (an ARN).

    Unknown where the verdict hangs on a condition other than aws:SourceArn and aws:SourceAccount.
    """
    verdict: Fact[bool] = False
    for statement in _statements(policy or {}):
        if not (_names(statement, service) and _acts(statement, action)):
            continue
        if not _covers(statement, resource):
            continue
        holds = _conditions_hold(statement, source)
        if statement.get("Effect") == "Deny":
            if holds is True:
                return False
            if isinstance(holds, Unknown):
                return holds
        elif isinstance(holds, Unknown):
            verdict = verdict or holds
        elif holds:
            verdict = True
    return verdict


def _statements(policy: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    for statement in _listed(policy.get("Statement")):
        if isinstance(statement, Mapping):
            yield statement


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _principals(statement: Mapping[str, object]) -> Iterator[str]:
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        for kind, named in principal.items():
            for one in _listed(named):
                if kind == "Service" or one == "*":
                    yield str(one)
    elif principal is not None:
        yield str(principal)


def _names(statement: Mapping[str, object], service: str) -> bool:
    return any(principal in (service, "*") for principal in _principals(statement))


def _acts(statement: Mapping[str, object], action: str) -> bool:
    return any(
        _like(str(pattern).lower(), action.lower()) for pattern in _listed(statement.get("Action"))
    )


def _covers(statement: Mapping[str, object], resource: str) -> bool:
    patterns = _listed(statement.get("Resource"))
    return not patterns or any(_like(str(pattern), resource) for pattern in patterns)


def _conditions_hold(statement: Mapping[str, object], source: str) -> Fact[bool]:
    """Whether all hold. A condition that is known not to hold settles it."""
    undecided: Unknown | None = None
    conditions = statement.get("Condition")
    if not isinstance(conditions, Mapping):
        return True
    for operator, keys in conditions.items():
        for key, wanted in keys.items() if isinstance(keys, Mapping) else ():
            holds = _condition_holds(str(operator).lower(), str(key).lower(), wanted, source)
            if holds is False:
                return False
            if isinstance(holds, Unknown):
                undecided = undecided or holds
    return undecided or True


def _condition_holds(operator: str, key: str, wanted: object, source: str) -> Fact[bool]:
    if (operator.removesuffix("ifexists"), key) == ("bool", "aws:securetransport"):
        # Services deliver over TLS; nearly every policy that has this denies plain HTTP with it.
        return any(str(one).lower() == "true" for one in _listed(wanted))
    if operator.removesuffix("ifexists") not in _EQUALS:
        return Unknown(f"the policy has a condition {operator} on {key}")
    if key == _SOURCE_ARN:
        exactly = operator.startswith("stringequals")
        return any(one == source if exactly else _like(str(one), source) for one in _listed(wanted))
    arn = parse_arn(source)
    if key == _SOURCE_ACCOUNT and arn is not None:
        return any(_like(str(one), arn.account_id) for one in _listed(wanted))
    return Unknown(f"the policy has a condition on {key}")


def _like(pattern: str, value: str) -> bool:
    return _glob(pattern).match(value) is not None


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    """IAM's wildcards: `*` is any text, `?` one character; nothing else is special."""
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts) + r"\Z", re.S)
