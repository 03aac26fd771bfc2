"""Lambda functions, their aliases, and how their asynchronous invocations fail."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, reference
from dlqctl.audit.live.asking import NOT_ASKED, Document, Survey, fact
from dlqctl.audit.live.queues import read_policy
from dlqctl.audit.resources import Alias, EventInvokeConfig, EventSourceMapping, Function

T = TypeVar("T")

_NOT_MAPPED = Unknown("read only of functions that an event source mapping invokes")


@dataclass(frozen=True, slots=True)
class Functions:
    """What was found of Lambda, mappings apart."""

    functions: Matches[Function]
    aliases: Matches[Alias]
    invoke_configs: Matches[EventInvokeConfig]


def collect_functions(
    survey: Survey,
    mappings: Callable[[], Matches[EventSourceMapping]],
    *,
    about: Callable[[str], bool],
) -> Functions:
    """Every function. Its policies, aliases and limits are asked for where `about` holds (ARN).

    How asynchronous invocations fail is asked of every function: any of them may feed a queue.
    """
    listed = survey.pages("lambda:ListFunctions", result="Functions")
    documents = {one["FunctionArn"]: one for one in listed.seen}
    close = [one for arn, one in documents.items() if about(arn)]
    # All of them begin here; they are waited for in turn below.
    configs = survey.each(documents.values(), lambda one: _invoke_configs(survey, one))
    aliases = survey.each(close, lambda one: _aliases(survey, one))
    policies = survey.each(close, lambda one: _policy(survey, one["FunctionName"]))
    loops = survey.each(close, lambda one: _recursive_loop(survey, one))
    found = mappings()
    mapped = {one.function.ref for one in found.seen if isinstance(one.function, Reference)}
    running = [one for one in close if one["FunctionArn"] in mapped]
    reserved = survey.each(running, lambda one: _reserved_concurrency(survey, one))
    states = survey.each(running, lambda one: _state(survey, one))
    described = _Described(
        policies=_by_arn(close, policies),
        loops=_by_arn(close, loops),
        reserved=_by_arn(running, reserved),
        states=_by_arn(running, states),
        unread=found.gap or _NOT_MAPPED,
    )
    return Functions(
        Matches(tuple(described.function(one) for one in documents.values()), listed.gap),
        _with_policies(survey, _joined(aliases, listed.gap)),
        _joined(configs, listed.gap),
    )


@dataclass(frozen=True, slots=True)
class _Described:
    """The answers about single functions, by ARN. `unread` is why a function was not asked."""

    policies: Mapping[str, Fact[Mapping[str, object] | None]]
    loops: Mapping[str, Fact[str]]
    reserved: Mapping[str, Fact[int | None]]
    states: Mapping[str, Fact[str]]
    unread: Unknown

    def function(self, document: Document) -> Function:
        """https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html"""
        arn = document["FunctionArn"]
        dead_letter = (document.get("DeadLetterConfig") or {}).get("TargetArn")
        return Function(
            ref=arn,
            name=document["FunctionName"],
            timeout_seconds=document.get("Timeout") or 3,
            dead_letter=reference(dead_letter) if dead_letter else None,
            reserved_concurrency=self.reserved.get(arn, self.unread),
            state=self.states.get(arn, self.unread),
            recursive_loop=self.loops.get(arn, NOT_ASKED),
            policy=self.policies.get(arn, NOT_ASKED),
        )


def _by_arn(functions: Iterable[Document], answers: Iterable[T]) -> dict[str, T]:
    return {one["FunctionArn"]: answer for one, answer in zip(functions, answers, strict=True)}


def _joined(parts: Iterable[Matches[T]], gap: Unknown | None) -> Matches[T]:
    seen: list[T] = []
    for part in parts:
        seen.extend(part.seen)
        gap = gap or part.gap
    return Matches(tuple(seen), gap)


def _policy(
    survey: Survey, function_name: str, **qualifier: str
) -> Fact[Mapping[str, object] | None]:
    answer = survey.ask("lambda:GetPolicy", FunctionName=function_name, **qualifier)
    return fact(answer, lambda said: read_policy(said.get("Policy")), absent=None)


def _recursive_loop(survey: Survey, function: Document) -> Fact[str]:
    answer = survey.ask("lambda:GetFunctionRecursionConfig", FunctionName=function["FunctionName"])
    return fact(answer, lambda said: said.get("RecursiveLoop") or "Terminate", absent="Terminate")


def _reserved_concurrency(survey: Survey, function: Document) -> Fact[int | None]:
    answer = survey.ask("lambda:GetFunctionConcurrency", FunctionName=function["FunctionName"])
    return fact(answer, lambda said: said.get("ReservedConcurrentExecutions"), absent=None)


def _state(survey: Survey, function: Document) -> Fact[str]:
    """ListFunctions leaves the state out on AWS; some emulators answer it."""
    if function.get("State"):
        return str(function["State"])
    answer = survey.ask("lambda:GetFunctionConfiguration", FunctionName=function["FunctionName"])
    return fact(
        answer,
        lambda said: said.get("State") or "Active",
        absent=Unknown("the function was deleted meanwhile"),
    )


def _invoke_configs(survey: Survey, function: Document) -> Matches[EventInvokeConfig]:
    found = survey.pages(
        "lambda:ListFunctionEventInvokeConfigs",
        result="FunctionEventInvokeConfigs",
        FunctionName=function["FunctionName"],
    )
    return Matches(tuple(read_invoke_config(function, one) for one in found.seen), found.gap)


def read_invoke_config(function: Document, document: Document) -> EventInvokeConfig:
    """https://docs.aws.amazon.com/lambda/latest/api/API_FunctionEventInvokeConfig.html"""
    configured = reference(document.get("FunctionArn") or function["FunctionArn"])
    qualifier = configured.qualifier or "$LATEST"
    return EventInvokeConfig(
        ref=f"{function['FunctionArn']}:{qualifier}",
        name=f"{function['FunctionName']}:{qualifier}",
        function=Reference(function["FunctionArn"], "lambda"),
        qualifier=qualifier,
        maximum_retry_attempts=document.get("MaximumRetryAttempts"),
        maximum_event_age_seconds=document.get("MaximumEventAgeInSeconds"),
        on_failure=_destination(document, "OnFailure"),
        on_success=_destination(document, "OnSuccess"),
    )


def _destination(document: Document, when: str) -> Reference | None:
    arn = ((document.get("DestinationConfig") or {}).get(when) or {}).get("Destination")
    return reference(arn) if arn else None


def _aliases(survey: Survey, function: Document) -> Matches[Alias]:
    found = survey.pages(
        "lambda:ListAliases", result="Aliases", FunctionName=function["FunctionName"]
    )
    of = Reference(function["FunctionArn"], "lambda")
    aliases = (
        Alias(ref=f"{of.ref}:{one['Name']}", name=one["Name"], function=of) for one in found.seen
    )
    return Matches(tuple(aliases), found.gap)


def _with_policies(survey: Survey, aliases: Matches[Alias]) -> Matches[Alias]:
    """An alias has a policy of its own."""

    def policy(alias: Alias) -> Fact[Mapping[str, object] | None]:
        function = alias.ref.rsplit(":", 2)[1]
        return _policy(survey, function, Qualifier=alias.name)

    policies = survey.each(aliases.seen, policy)
    return Matches(
        tuple(
            replace(alias, policy=policy)
            for alias, policy in zip(aliases.seen, policies, strict=True)
        ),
        aliases.gap,
    )
