"""Questions to callcenter over HTTP. Each ends within its time limit and has an answer for a dead backend: None."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from ivr.circuit import Circuit

log = logging.getLogger(__name__)

WORKERS = 8


class Backend:
    """`url` of callcenter, the IVR's own token. `seconds` bounds a question altogether, not each of its reads."""

    def __init__(
        self, url: str, token: str, *, seconds: float, circuit: Circuit, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._seconds = seconds
        self._circuit = circuit
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="backend")
        self._client = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=seconds, transport=transport
        )

    def is_known(self, number: str) -> bool | None:
        """Whether callcenter knows a household by this number; None when it does not say so in time."""
        if not number or not self._circuit.may_ask():
            return None
        answer: Future[bool] = self._workers.submit(self._ask_known, number)
        try:
            known = answer.result(timeout=self._seconds)
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            answer.cancel()
            self._circuit.failed()
            log.warning("callcenter does not answer (%s); not asking for a while", type(error).__name__)
            return None
        self._circuit.succeeded()
        return known

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _ask_known(self, number: str) -> bool:
        response = self._client.get("/api/v1/ivr/caller", params={"number": number})
        response.raise_for_status()
        body = response.json()
        if not isinstance(body, dict) or not isinstance(body.get("known"), bool):
            raise ValueError("not the answer that was agreed")
        return bool(body["known"])


class NoBackend:
    """Where no backend is set up nobody is asked."""

    def is_known(self, number: str) -> bool | None:
        return None

    def close(self) -> None:
        """Nothing is open."""
