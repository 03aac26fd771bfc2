"""SNS subscriptions."""

from dlqctl.audit.facts import Fact, Matches, Reference, Unknown, parse_arn, reference
from dlqctl.audit.live.asking import NOT_ASKED, Document, Survey
from dlqctl.audit.resources import Subscription
from dlqctl.documents import parse_json, text

# ListSubscriptions answers these words in place of an ARN.
_PENDING = "PendingConfirmation"
_DELETED = "Deleted"


def collect_subscriptions(survey: Survey) -> Matches[Subscription]:
    """Every subscription of this account."""
    found = survey.pages("sns:ListSubscriptions", result="Subscriptions")
    if not survey.wants("sns:GetSubscriptionAttributes"):
        return Matches((), NOT_ASKED)
    listed = tuple(one for one in found.seen if one["SubscriptionArn"] != _DELETED)
    answers = survey.each(listed, lambda one: _attributes(survey, one))
    subscriptions = tuple(
        read_subscription(summary, answer)
        for summary, answer in zip(listed, answers, strict=True)
        if answer is not None
    )
    return Matches(subscriptions, found.gap)


def _attributes(survey: Survey, subscription: Document) -> Fact[Document | None]:
    arn = subscription["SubscriptionArn"]
    if parse_arn(arn) is None:
        return {"Attributes": {"PendingConfirmation": "true"}}
    return survey.ask("sns:GetSubscriptionAttributes", SubscriptionArn=arn)


def read_subscription(summary: Document, answer: Document | Unknown) -> Subscription:
    """A subscription that waits to be confirmed has no ARN: it is a part of its topic.

    https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
    """
    arn = summary["SubscriptionArn"]
    endpoint = summary.get("Endpoint") or ""
    pending = arn == _PENDING
    if isinstance(answer, Unknown):
        dead_letter: Fact[Reference | None] = answer
        confirmed: Fact[bool] = answer
    else:
        attributes = answer.get("Attributes") or {}
        dead_letter = _dead_letter(attributes)
        confirmed = pending or attributes.get("PendingConfirmation") == "true"
    return Subscription(
        ref=summary["TopicArn"] if pending else arn,
        part=f"{summary['Protocol']} {endpoint}" if pending else None,
        name=arn.rpartition(":")[2],
        topic=reference(summary["TopicArn"]),
        protocol=summary["Protocol"],
        endpoint=reference(endpoint) if parse_arn(endpoint) else None,
        dead_letter=dead_letter,
        pending_confirmation=confirmed,
    )


def _dead_letter(attributes: Document) -> Fact[Reference | None]:
    written = attributes.get("RedrivePolicy")
    if not written:
        return None
    arn = text(parse_json(written), "deadLetterTargetArn")
    return reference(arn) if arn else Unknown("RedrivePolicy is not readable")
