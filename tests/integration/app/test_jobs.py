"""What the service tells of its own jobs."""

import asyncio

from tests.integration.conftest import Service


async def test_a_job_that_died_makes_the_service_unready_by_its_name(service: Service) -> None:
    died = asyncio.Event()

    async def broken() -> None:
        if not died.is_set():
            died.set()
            raise ValueError("a fault of ours")
        await asyncio.Event().wait()

    service.app.state.beside["broken"] = broken
    browser = await service.browser()
    async with service.app.router.lifespan_context(service.app):
        await died.wait()
        told = (await browser.get("/readyz")).json()
        assert told["jobs"] == {"ok": False, "faults": {"broken": 1}}
        assert not told["ready"]
        assert 'callcenter_job_faults{job="broken"} 1.0' in (await browser.get("/metrics")).text
