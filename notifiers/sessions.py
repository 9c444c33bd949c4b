"""HTTP sessions, one per thread; every connection is verified and has a deadline."""

import os
import socket
import ssl
import sys
import threading
import time
from typing import Any, Final

import requests
from certifi import where
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection

from drift.errors import DeliveryRejected
from notifiers.deadline import CallDeadline, connect, current_deadline

_CONNECTIONS: Final = 4
"""Connections kept per host and thread; a thread sends one message at a time."""

_REUSE_SECONDS: Final = 30.0
"""How long an idle connection is reused. Azure's NAT drops one after 4 min without notice to either
side, and an alert sent through it would wait until its deadline:
https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset"""


class Sessions:
    """Give each thread its own session, and close them all with the Monitor.

    Certificates are checked against the platform's authorities (Mozilla's list if it has none) and
    those in ``ca_bundle`` (by default REQUESTS_CA_BUNDLE).
    """

    def __init__(self, ca_bundle: str | None = None) -> None:
        self._ca_bundle = ca_bundle
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._all: list[requests.Session] = []
        self._trust: ssl.SSLContext | None = None

    def get(self) -> requests.Session:
        """Return this thread's session; raise DeliveryRejected if REQUESTS_CA_BUNDLE is unreadable."""
        session: requests.Session | None = getattr(self._mine, "session", None)
        if session is None:
            with self._lock:
                self._trust = self._trust or trusted(self._ca_bundle)
                session = _session(self._trust)
                self._all.append(session)
            self._mine.session = session
        return session

    def close(self) -> None:
        """Close every session and its connections."""
        with self._lock:
            for session in self._all:
                session.close()
            self._all.clear()
            self._mine = threading.local()


def _session(trust: ssl.SSLContext) -> requests.Session:
    session = requests.Session()
    # Off: it would let a .netrc file replace our Authorization header, and REQUESTS_CA_BUNDLE replace
    # the authorities instead of adding to them. post() names the environment's proxies itself.
    session.trust_env = False
    session.adapters.clear()
    session.mount("https://", _Adapter(trust))
    return session


def trusted(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Return the authorities that messages trust; raise DeliveryRejected if a bundle is unreadable."""
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "") if ca_bundle is None else ca_bundle
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(where())
    unreadable = ""
    if bundle:
        try:
            if os.path.isdir(bundle):
                context.load_verify_locations(capath=bundle)
            else:
                context.load_verify_locations(cafile=bundle)
        except OSError as error:  # ssl.SSLError, for a file that holds no certificate, is one
            unreadable = type(error).__name__
    if unreadable:
        raise DeliveryRejected(f"REQUESTS_CA_BUNDLE cannot be read ({unreadable})")
    return context


class _Connection(HTTPSConnection):
    """A connection that the deadline of its thread's call can cut off, from its first packet on."""

    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        return super().is_connected and time.monotonic() - self._used_at < _REUSE_SECONDS

    def _new_conn(self) -> socket.socket:
        deadline = _deadline()
        connected = connect(self._dns_host, self.port, deadline)
        try:
            connected.settimeout(deadline.socket_timeout())
            for option in self.socket_options or ():
                connected.setsockopt(*option)
            deadline.watch(connected)
        except OSError:
            connected.close()
            raise
        sys.audit("http.client.connect", self, self.host, self.port)
        return connected

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:  # one that was kept open serves a new call, with its own deadline
            _deadline().watch(self.sock)
        self._used_at = time.monotonic()
        super().putrequest(*args, **kwargs)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    """Use HTTPS only, our connections, and the given authorities only."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__(_CONNECTIONS, _CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._trust)
        manager.pool_classes_by_scheme = {"https": _Pool}
        return manager

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        # Against the context; requests would load a bundle of its own for each connection.
        conn.cert_reqs = "CERT_REQUIRED"


def _deadline() -> CallDeadline:
    deadline = current_deadline()
    if deadline is None:
        raise TimeoutError("a message may only be sent under a deadline")
    return deadline
