"""boto3 sessions and clients, as the common options ask for them."""

import logging
import os
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

from dlqctl import __version__
from dlqctl.aws.errors import explained
from dlqctl.errors import UsageError

log = logging.getLogger("dlqctl.aws")


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """Where to find AWS: what --profile, --region, --endpoint-url and --role-arn said."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    role_arn: str | None = None

    def in_region(self, region: str | None) -> "AwsOptions":
        """The same account in `region`, unless an option already names a Region."""
        return self if self.region or not region else replace(self, region=region)

    def at(self, *, region: str | None, role_arn: str | None) -> "AwsOptions":
        """The same credentials, in `region` and as `role_arn`."""
        return replace(self, region=region, role_arn=role_arn)


class AwsSession:
    """Makes clients. boto3 clients may be shared between threads; this session may not."""

    def __init__(self, options: AwsOptions, *, max_connections: int = 32) -> None:
        with explained(service="sts"):
            self._session = boto3.Session(profile_name=options.profile, region_name=options.region)
            if not self.region and (region := os.environ.get("AWS_REGION")):
                # boto3 reads AWS_DEFAULT_REGION only; the AWS CLI and Lambda know this one.
                self._session = boto3.Session(profile_name=options.profile, region_name=region)
        self.options = options
        self._max_connections = max_connections
        if options.role_arn:
            _assume_role(self._session._session, options, role_arn=options.role_arn)
        if log.isEnabledFor(logging.INFO):
            _log_calls(self._session)

    @property
    def region(self) -> str | None:
        """The Region in force, or None where none is set anywhere."""
        return self._session.region_name

    @property
    def credentials(self) -> Any:
        """What the clients sign with (botocore's, refreshed when they expire); None without."""
        with explained(service="sts"):
            return self._session.get_credentials()

    def client(
        self,
        service: str,
        *,
        retry: bool = True,
        attempts: int = 4,
        retry_mode: Literal["standard", "adaptive"] = "standard",
        timeout_seconds: int = 30,
    ) -> Any:
        """A client for `service`. With `retry=False` a call is made once and never repeated."""
        config = Config(
            retries={"mode": retry_mode, "total_max_attempts": attempts if retry else 1},
            connect_timeout=5,
            read_timeout=timeout_seconds,
            max_pool_connections=self._max_connections,
            # Whoever stands between forgets a connection on which nothing moves for minutes.
            tcp_keepalive=True,
            # Requests are built here from values AWS gave us: checking them again costs a tenth
            # of a batch call.
            parameter_validation=False,
            user_agent_extra=f"dlqctl/{__version__}",
        )
        create: Any = self._session.client
        with explained(service=service):
            try:
                return create(service, endpoint_url=self.options.endpoint_url, config=config)
            except ValueError as error:
                raise UsageError(
                    str(error), hint="check --endpoint-url: http(s)://host:port"
                ) from error


def _assume_role(session: Any, options: AwsOptions, *, role_arn: str) -> None:
    """Make botocore's `session` use the role, refreshed when it expires."""
    with explained(service="sts"):
        source = session.get_credentials()

    def create_client(service: str, **kwargs: Any) -> Any:
        return session.create_client(
            service, endpoint_url=options.endpoint_url, region_name=options.region, **kwargs
        )

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=create_client,
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": "dlqctl"},
    )
    session._credentials = DeferredRefreshableCredentials(
        refresh_using=fetcher.fetch_credentials, method="assume-role"
    )


def _log_calls(session: boto3.Session) -> None:
    """Log each API call's name, outcome and time; never what it carried."""

    def before(context: dict[str, Any], **_: object) -> None:
        context["dlqctl_started"] = time.monotonic()

    def after(http_response: Any, model: Any, context: dict[str, Any], **_: object) -> None:
        seconds = time.monotonic() - context.get("dlqctl_started", time.monotonic())
        service = model.service_model.endpoint_prefix
        log.info("%s:%s %s %.0f ms", service, model.name, http_response.status_code, seconds * 1000)

    session.events.register("before-call", before)
    session.events.register("after-call", after)
