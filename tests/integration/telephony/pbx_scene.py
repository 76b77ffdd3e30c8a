"""A PBX of ours by hand, with the files that it writes, and lives of the service beside it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from callcenter.calls.models import (
    AgentLegRow,
    CelBookmark,
    IvrStepRow,
    JourneyRow,
    QueueVisitRow,
    RingAttemptRow,
)
from callcenter.foundation.facts import FactRow
from callcenter.foundation.transactions import Ledger
from callcenter.tasks.models import Task
from callcenter.telephony.ami_client import AmiAddress
from callcenter.telephony.link import PbxLink
from tests.fakes.fake_ami import FakeAmi
from tests.integration.conftest import new_engine, until

COUNTED = (JourneyRow, IvrStepRow, QueueVisitRow, RingAttemptRow, AgentLegRow, Task, FactRow)
CALLER, LINE = "PJSIP/trunk-0000abcd", "pbx-1795406300.7"


def row(kind: str, at: str, *, app: str = "", extra: str = "", data: str = "", exten: str = "s") -> str:
    extra = extra.replace('"', '""')
    columns = (kind, at, "13899886021", exten, CALLER, app, LINE, LINE, "", extra, data, "")
    return ",".join(f'"{column}"' for column in columns) + "\n"


BEGIN = row("CHAN_START", "1795406300.100010", exten="96365") + row("ANSWER", "1795406300.200010", app="Answer")
STEP = row("IvrStep", "1795406301.100010", extra='{"extra":"main_menu:1"}')
QUEUED = row("APP_START", "1795406302.100010", app="Queue", data="hotline-zh,tc,,,300")
GIVEN_UP = (
    row("APP_END", "1795406330.500000", app="Queue")
    + row("HANGUP", "1795406330.500000", extra=f'{{"hangupcause":0,"hangupsource":"{CALLER}"}}')
    + row("LINKEDID_END", "1795406330.500000")
)


@dataclass
class Scene:
    ami: FakeAmi
    ledger: Ledger
    cel: Path
    queue_log: Path
    """There only if the test makes it."""
    link: PbxLink | None = None
    job: asyncio.Task[None] | None = None

    async def start(self) -> PbxLink:
        """A new life of the service; returns when it is live."""
        await self.stop()
        address = AmiAddress("127.0.0.1", self.ami.port, "callcenter", "secret")
        engine = new_engine(self.ledger, "pbx")
        link = self.link = PbxLink(
            self.ledger,
            engine,
            "pbx",
            lambda: address,
            lambda: self.cel,
            queue_log=lambda: self.queue_log if self.queue_log.exists() else None,
        )
        self.job = asyncio.create_task(link.run())
        await until(lambda: link.status.state == "live", "the link is live")
        return link

    async def stop(self) -> None:
        if self.job is not None:
            self.job.cancel()
            await asyncio.gather(self.job, return_exceptions=True)
            self.job = None

    def written(self, text: str) -> None:
        with self.cel.open("a", encoding="utf-8") as out:
            out.write(text)

    async def journeys(self) -> list[JourneyRow]:
        async with self.ledger.reading() as session:
            return list(await session.scalars(select(JourneyRow).order_by(JourneyRow.started_at)))

    async def counts(self) -> list[int]:
        async with self.ledger.reading() as session:
            return [await session.scalar(select(func.count()).select_from(model)) or 0 for model in COUNTED]

    async def bookmark(self) -> int:
        async with self.ledger.reading() as session:
            return (await session.get_one(CelBookmark, "pbx")).offset

    async def forget_bookmark(self) -> None:
        async with self.ledger.transaction() as tx:
            (await tx.session.get_one(CelBookmark, "pbx")).offset = 0

    def heard(self, name: str, at: str, **headers: str) -> None:
        """An event of the caller's line over the AMI."""
        line = {"Channel": CALLER, "ChannelState": "4", "CallerIDNum": "13899886021", "Exten": "96365"} | headers
        self.ami.connection.event(name, **line, Timestamp=at, Uniqueid=LINE, Linkedid=LINE)
