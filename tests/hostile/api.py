"""The whole HTTP API against its own OpenAPI document (schemathesis): fitting and unfitting input, by everybody.

Every answer must be one that the document has (status, content type, body, headers), none a 5xx, none late.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from sqlalchemy import update

from callcenter.auth.models import Session
from callcenter.foundation.transactions import Ledger
from tests.hostile.tried import Tried

LATE_SECONDS = 20.0
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
UNREADY = ("/readyz", 503)
"""The one 5xx that is an answer: without a PBX the service is not ready, and says so."""


@dataclass(frozen=True)
class Person:
    """Somebody who asks: `headers` carry the session or the token."""

    name: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """`ids`: existing rows by the name of the path parameter, so that input also gets behind the 404."""

    app: FastAPI
    people: Sequence[Person]
    ids: Mapping[str, Sequence[str]]
    origin: str

    async def run(self, examples: int, number: int) -> Tried:
        """`examples` fitting and as many unfitting requests for each operation. `number` seeds them."""
        return await asyncio.to_thread(self._run, examples, number, asyncio.get_running_loop())

    async def sign_in_again(self) -> None:
        """Signing out is among what is tried: else all that follows would be asked by nobody."""
        ledger: Ledger = self.app.state.ledger
        async with ledger.transaction() as tx:
            await tx.session.execute(update(Session).values(ended_at=None))

    def _run(self, examples: int, number: int, loop: asyncio.AbstractEventLoop) -> Tried:
        tried = Tried()
        schema = schemathesis.openapi.from_dict(self.app.openapi())
        schema.config.update(base_url=self.origin)
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in GenerationMode:
                asyncio.run_coroutine_threadsafe(self.sign_in_again(), loop).result(LATE_SECONDS)
                try:
                    self._try(operation.as_strategy(mode), examples, number, tried.cases, loop)
                except Unsatisfiable:
                    continue  # it takes no input, so none is unfitting
                except (Exception, BaseExceptionGroup) as error:
                    tried.complaints.append(f"{operation.label} ({mode.value}): {_in_short(error)}")
        return tried

    def _try(
        self,
        cases: st.SearchStrategy[Case],
        examples: int,
        number: int,
        count: Counter[str],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(case=cases, person=st.sampled_from(self.people), known=st.integers(0, 3))
        def try_one(case: Case, person: Person, known: int) -> None:
            count[person.name] += 1
            if known:
                self._put_ids(case, random.Random(known))
            asked = asyncio.run_coroutine_threadsafe(self._ask(case, person), loop)
            case.validate_response(asked.result(LATE_SECONDS), checks=CHECKS)  # type: ignore[arg-type]

        try_one()

    def _put_ids(self, case: Case, choice: random.Random) -> None:
        for name in case.path_parameters or {}:
            if name in self.ids:
                case.path_parameters[name] = choice.choice(self.ids[name])

    async def _ask(self, case: Case, person: Person) -> schemathesis.Response:
        wanted = case.as_transport_kwargs(base_url=self.origin)
        ready = requests.Request(**{key: wanted.get(key) for key in _SENT if wanted.get(key) is not None}).prepare()
        headers = {**ready.headers, "Origin": self.origin, **person.headers}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("10.0.0.7", 40000))
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.request(ready.method or "", ready.url or "", headers=headers, content=ready.body)
        if (answer.url.path, answer.status_code) == UNREADY:
            answer.status_code = 200
        return schemathesis.Response.from_any(answer)


_SENT = ("method", "url", "headers", "params", "cookies", "data", "json", "files")


def _in_short(error: BaseException) -> str:
    """The failure itself, without the report's frame around it."""
    inner = getattr(error, "exceptions", None)
    return _in_short(inner[0]) if inner else f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
