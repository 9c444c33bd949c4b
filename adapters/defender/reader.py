"""Read Defender for Cloud with azure-mgmt-security; each answer is kept as raw JSON, not as a model."""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.policies import CustomHookPolicy
from azure.mgmt.security import SecurityCenter

from adapters.arm.answers import NOT_ARM, ArmAnswer, Attempts, RawAnswer
from adapters.arm.api_versions import api_version_of
from adapters.arm.pages import every_item, foreign, own_link
from adapters.azure_http.credential import SharedCredential
from adapters.azure_http.policies import READ_SECONDS, policies
from adapters.azure_http.transport import transport
from adapters.defender import documents
from adapters.defender.documents import DefenderDocument, document_of
from adapters.per_thread import PerThread
from drift import ids
from drift.errors import UNANSWERED, SourceUnavailable
from drift.ports import Listing, PageCheck, Reading, every_page

_VERSION: Final = "api-version"


class _Answered(Exception):
    """Takes an answer out of an operation before the library makes a model of it.

    A model drops unknown fields and does not distinguish absent from null; a control needs both.
    """

    def __init__(self, answer: RawAnswer) -> None:
        super().__init__()
        self.answer = answer


class DefenderReader:
    """Implements ``drift.ports.Reader`` for what ``adapters.defender.documents.document_of`` knows.

    Built without a call; one HTTP session per thread. A client holds no connection of its own and takes
    a third of a millisecond to make, so each read makes one for its subscription.
    """

    def __init__(
        self,
        credential: SharedCredential,
        *,
        endpoint: str,
        scope: str,
        read_seconds: float = READ_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._credential = credential
        self._endpoint = endpoint.rstrip("/")
        self._scope = scope
        self._attempts = Attempts(credential, read_seconds=read_seconds, sleep=sleep)
        self._transports = PerThread(lambda: transport(read_seconds))

    def get(self, resource_id: str) -> Reading:
        """Read one document by its ARM id; raise SourceUnavailable."""
        document = _checked(resource_id, is_list=False)
        answer = self._answer(resource_id, document, {}, None)
        return Reading(answer.body, answer.at, answer.code, answer.left)

    def list(self, collection_id: str, *, before_page: PageCheck = every_page) -> Listing:
        """Read every item of a collection, dated by its first page; raise SourceUnavailable."""
        document = _checked(collection_id, is_list=True)

        def read_page(link: object, seconds: float | None) -> ArmAnswer:
            query = {} if link is None else _next_page_query(collection_id, link, self._endpoint)
            return self._answer(collection_id, document, query, seconds)

        return every_item(collection_id, read_page, before_page)

    def close(self) -> None:
        """Close every thread's session; no read may follow."""
        self._transports.close()

    def _answer(
        self, what: str, document: DefenderDocument, query: Mapping[str, Any], seconds: float | None
    ) -> ArmAnswer:
        client = self._client(document.subscription)
        version = api_version_of(ids.type_of(what))

        def once(read_timeout: float) -> RawAnswer:
            options = {
                "api_version": version,
                "params": dict(query),
                "read_timeout": read_timeout,
                "raw_response_hook": _hand_over,
            }
            try:
                _operation(client, document)(**options)
            except _Answered as answered:
                return answered.answer
            raise SourceUnavailable(what, UNANSWERED, NOT_ARM)

        return self._attempts.answer(what, once, seconds)

    def _client(self, subscription: str) -> SecurityCenter:
        return SecurityCenter(
            self._credential,
            subscription,
            base_url=self._endpoint,
            credential_scopes=[self._scope],
            # the hook is the first: it sees an answer after all others
            policies=[CustomHookPolicy(), *policies(self._credential, self._scope)],
            transport=self._transports.get(),
        )


def _checked(what: str, *, is_list: bool) -> DefenderDocument:
    found = document_of(what)
    if found is None or is_list == bool(found.name):
        raise SourceUnavailable(what, 400, "InvalidResourceId")
    return found


def _next_page_query(what: str, link: object, endpoint: str) -> dict[str, list[str]]:
    """Return the query of a next page, which must be of the same list.

    It is sent as that of the first page is: the library's own paging reads every further page with the
    api-version that it was generated for.
    """
    found = own_link(what, link, endpoint)
    if ids.key(unquote(found.path)) != ids.key(what):
        raise foreign(what)
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(found.query, keep_blank_values=True):
        if name.lower() != _VERSION:
            query.setdefault(quote(name, safe="$"), []).append(quote(value, safe=""))
    return query


def _operation(client: SecurityCenter, document: DefenderDocument) -> Callable[..., object]:
    """Return the operation that reads a document, or the first page of a list."""
    name, group = document.name, document.group
    match document.kind:
        case documents.PRICINGS:
            plans, scope = client.pricings, f"subscriptions/{document.subscription}"
            if name:
                return functools.partial(plans.get, scope, name)
            return functools.partial(plans.list, scope)  # in one page, by the library
        case documents.AUTOMATIONS:
            exports = client.automations
            if name:
                return functools.partial(exports.get, group, name)
            if group:
                return _first_page(functools.partial(exports.list_by_resource_group, group))
            return _first_page(exports.list)
        case _:
            standards = client.regulatory_compliance_standards
            if name:
                return functools.partial(standards.get, name)
            return _first_page(standards.list)


def _first_page(pages: Callable[..., Any]) -> Callable[..., object]:
    return lambda **options: next(pages(**options).by_page())


def _hand_over(response: PipelineResponse[Any, Any]) -> None:
    http = response.http_response
    raise _Answered(RawAnswer(http.status_code, http.headers, http.body()))
