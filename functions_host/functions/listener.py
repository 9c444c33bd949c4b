"""The listener of one queue: takes messages in batches, runs them, retries, moves them to poison."""

import logging
import threading
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Final

from adapters.queues.protocol import POISON_SUFFIX, QueuesUnavailable, TakenMessage
from functions_host.functions.calls import FunctionResult, message
from functions_host.functions.index import Function
from functions_host.functions.invocations import Invocations, Job
from functions_host.functions.queues import HostQueues
from functions_host.process.repeated_failure_log import RepeatedFailureLog
from functions_host.settings.host_json import HostSettings

log: Final = logging.getLogger("phidrift.host")


class QueueListener:
    """Runs one function for the messages of its queue, as Azure's queue extension does."""

    def __init__(
        self,
        function: Function,
        queues: HostQueues,
        invocations: Invocations,
        settings: HostSettings,
    ) -> None:
        self._function = function
        self._queues = queues
        self._invocations = invocations
        self._settings = settings
        queue = f"queue {function.queue}"
        self._failures = RepeatedFailureLog(
            f"{queue}: cannot be read", f"{queue}: can be read again"
        )
        self._bell = queues.bell(function.queue)
        self._running = 0
        self._lock = threading.Lock()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._listen, name=function.queue, daemon=True)

    def start(self) -> None:
        """Start taking messages."""
        self._thread.start()

    def stop(self) -> None:
        """Stop taking messages; running functions continue."""
        self._is_stopping = True
        self._bell.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._is_stopping:
            self._bell.clear()
            try:
                took_all = self._take()
            except QueuesUnavailable as error:
                self._failures.failed(error)
                took_all = False
            if not took_all:
                self._bell.wait(self._settings.polling_seconds)

    def _take(self) -> bool:
        """Take a batch if there is room for one; return True if the queue may hold more."""
        with self._lock:
            has_room = self._running <= self._settings.new_batch_threshold
        if not has_room:
            return False
        taken = self._queues.take(self._function.queue, self._settings.batch_size)
        self._failures.over()
        for each in taken:
            self._run(each)
        return len(taken) == self._settings.batch_size

    def _run(self, taken: TakenMessage) -> None:
        most = self._settings.max_dequeue_count
        # Each attempt so far ended its process: this one would too.
        if taken.dequeue_count > most and self._has_poison_queue():
            self._give_up(taken)
            return
        with self._lock:
            self._running += 1
        job = Job(
            function=self._function,
            arrival=message(taken),
            commit=partial(self._queues.complete, taken),
            renew=partial(self._queues.renew, taken),
            about=f"message {taken.id}, attempt {taken.dequeue_count} of {most}",
        )
        self._invocations.start(job).add_done_callback(partial(self._ended, taken))

    def _ended(self, taken: TakenMessage, future: Future[FunctionResult]) -> None:
        try:
            error = future.exception()
            if error is not None:
                self._after_failure(taken, was_run=not isinstance(error, CancelledError))
        except QueuesUnavailable as error:
            # Nothing is lost: the message is visible again when its lease ends.
            log.error("message %s of %s was not returned: %s", taken.id, taken.queue, error)
        finally:
            with self._lock:
                self._running -= 1
            self._bell.set()

    def _after_failure(self, taken: TakenMessage, *, was_run: bool) -> None:
        if not was_run:
            self._queues.release(taken, 0.0)
        elif not self._has_poison_queue():
            # As in Azure: there is no queue to move it to, so it stays taken until its lease ends.
            log.warning("message %s of %s is tried again later", taken.id, taken.queue)
        elif taken.dequeue_count >= self._settings.max_dequeue_count:
            self._give_up(taken)
        else:
            self._queues.release(taken, self._settings.visibility_seconds)

    def _give_up(self, taken: TakenMessage) -> None:
        try:
            is_moved = self._queues.move_to_poison(taken)
        except QueuesUnavailable as error:  # the other messages of its batch must still run
            log.error("message %s of %s was not moved to poison: %s", taken.id, taken.queue, error)
            return
        if is_moved:
            poison = taken.queue + POISON_SUFFIX
            log.error("message %s of %s was moved to %s", taken.id, taken.queue, poison)

    def _has_poison_queue(self) -> bool:
        return not self._function.queue.endswith(POISON_SUFFIX)
