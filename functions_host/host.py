"""The whole host: it serves the functions in an app's index until it is stopped."""

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from adapters.queues.protocol import QueuesUnavailable
from functions_host.functions.index import EVENT_GRID_TRIGGER, HTTP_TRIGGER, QUEUE_TRIGGER, Function
from functions_host.functions.invocations import Invocations
from functions_host.functions.listener import QueueListener
from functions_host.functions.queues import HostQueues
from functions_host.http import event_grid_webhook
from functions_host.http.event_grid_webhook import EventGridWebhook
from functions_host.http.messages import Request, Response, text_response
from functions_host.http.routes import HttpFunctions
from functions_host.http.server import Server
from functions_host.process.identity import is_dead, this_process
from functions_host.process.repeated_failure_log import RepeatedFailureLog
from functions_host.settings.host_json import HostSettings
from functions_host.settings.queue_location import QueueLocation
from functions_host.timers.leases import TimerClaims
from functions_host.timers.timers import Timer, Timers

_ADMIN: Final = "/admin/functions/"
_RECLAIM_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is served and how: the app, its timers, settings, and where the queues are."""

    functions: tuple[Function, ...]
    timers: tuple[Timer, ...]
    settings: HostSettings
    place: QueueLocation

    def of(self, trigger: str) -> Iterable[Function]:
        """Return the functions with a trigger of this type."""
        return [each for each in self.functions if each.trigger == trigger]


class Host:
    """Triggers, queues and timers around one app; the port is bound when it is created."""

    def __init__(self, plan: Plan, *, port: int) -> None:
        settings, me = plan.settings, this_process()
        lease = plan.place.lease_seconds(settings.lease_seconds)
        self._store = plan.place.queues()
        self._claims = TimerClaims(plan.place.file, owner=me, lease_seconds=lease, is_dead=is_dead)
        queues = HostQueues(self._store, owner=me, lease_seconds=lease)
        self._invocations = Invocations(
            threads=settings.threads,
            timeout_seconds=settings.timeout_seconds,
            renew_seconds=lease / 3,
        )
        self._webhook = EventGridWebhook(plan.of(EVENT_GRID_TRIGGER), queues, self._invocations)
        self._http = HttpFunctions(
            plan.of(HTTP_TRIGGER), settings.route_prefix, queues, self._invocations
        )
        self._timers = Timers(plan.timers, self._claims, queues, self._invocations)
        self._listeners = [
            QueueListener(each, queues, self._invocations, settings)
            for each in plan.of(QUEUE_TRIGGER)
        ]
        self._stopping = threading.Event()
        self._server = Server(port, self._answer)
        self._threads = [
            threading.Thread(target=self._server.serve, name="http", daemon=True),
            threading.Thread(target=self._reclaim, name="take back", daemon=True),
        ]

    @property
    def url(self) -> str:
        """Return the address that is served."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def open(self) -> None:
        """Open the queues and take back the messages that a dead process held."""
        self._store.open()
        self._store.reclaim(is_dead)

    def start(self) -> None:
        """Begin to serve."""
        for listener in self._listeners:
            listener.start()
        self._timers.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Accept nothing new and finish running functions; False if one runs beyond its time limit."""
        self._stopping.set()
        self._timers.stop()
        for listener in self._listeners:
            listener.stop()
        self._server.drain()
        is_done = self._invocations.stop()
        self._threads[-1].join()
        if is_done:
            self._store.close()
            self._claims.close()
        return is_done

    def _reclaim(self) -> None:
        """Take over the messages of another host on this machine as soon as it is dead."""
        failures = RepeatedFailureLog(
            "the queues cannot be searched for messages of dead processes",
            "the queues can be searched again",
            level=logging.WARNING,
        )
        while not self._stopping.wait(_RECLAIM_SECONDS):
            try:
                self._store.reclaim(is_dead)
                failures.over()
            except QueuesUnavailable as error:
                failures.failed(error)

    def _answer(self, request: Request) -> Response:
        if self._stopping.is_set():
            return text_response(HTTPStatus.SERVICE_UNAVAILABLE)
        path = request.path.rstrip("/")
        if path.lower() == event_grid_webhook.PATH:
            return self._webhook.answer(request)
        if path.lower().startswith(_ADMIN) and request.method == "POST":
            return self._run_timer(path[len(_ADMIN) :])
        return self._http.answer(request)

    def _run_timer(self, name: str) -> Response:
        if self._timers.run(name):
            return text_response(HTTPStatus.ACCEPTED)
        return text_response(HTTPStatus.NOT_FOUND, "no timer has this name")
