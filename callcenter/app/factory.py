"""`create_app`: reads from top to bottom what runs, and stops it in mirrored order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from callcenter.agents import seat_book
from callcenter.agents.events import PRESENCE_CHANGED
from callcenter.app import browser, health, health_routes
from callcenter.app.duties import Duties
from callcenter.app.health_report import HealthReport
from callcenter.app.joining import CallOrigins, join_facts, timer_handlers
from callcenter.auth import routes as auth_routes
from callcenter.auth.identity import SignedIn
from callcenter.auth.schemas import Seat
from callcenter.calls import routes as call_routes
from callcenter.calls.consequences import Consequences
from callcenter.calls.engine import CallEngine
from callcenter.catalogue import routes as catalogue_routes
from callcenter.customers import ivr_routes
from callcenter.foundation import message_routes, problems
from callcenter.foundation.body_limit import BodyLimit
from callcenter.foundation.clock import Clock, SystemClock
from callcenter.foundation.database import Database
from callcenter.foundation.facts import Recorded
from callcenter.foundation.jobs import Job, Jobs
from callcenter.foundation.leases import while_ours
from callcenter.foundation.outbox import OutboxWorker
from callcenter.foundation.relay import Relay
from callcenter.foundation.settings import Settings
from callcenter.foundation.timers import TimerLoop
from callcenter.foundation.transactions import Ledger
from callcenter.intakes import routes as intake_routes
from callcenter.pbx.description import Instance, read_description
from callcenter.pbx.errors import InstanceBroken
from callcenter.pbx.instance import instance_dir
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.process import running_pid
from callcenter.realtime import desk_routes
from callcenter.realtime import routes as realtime_routes
from callcenter.realtime.broadcaster import Broadcaster
from callcenter.realtime.desk import DeskReader
from callcenter.realtime.desk_watch import DeskWatch
from callcenter.realtime.hub import Hub
from callcenter.realtime.routes import Desks
from callcenter.realtime.screen_pop import ScreenPops
from callcenter.sms.gateways import gateway_of
from callcenter.sms.sending import OUTBOX_KIND, SmsSender
from callcenter.tasks import routes as task_routes
from callcenter.telephony.ami_client import AmiAddress
from callcenter.telephony.ami_switch import AmiSwitch
from callcenter.telephony.link import PbxLink
from callcenter.telephony.menu_watch import MenuWatch
from callcenter.telephony.relayed_switch import RelayedSwitch
from callcenter.work_orders import routes as order_routes
from callcenter.zones import routes as zone_routes


class Exchange:
    """Where the PBX of this deployment is, asked anew each time: it may come back on other ports."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, tuple[tuple[int, int], Instance]] = {}

    def _instance(self, name: str) -> Instance | None:
        """The description as it is on disk; read and parsed again only when it was replaced."""
        home = instance_dir(state_dir=self._settings.state_dir, name=name)
        try:
            found = InstanceLayout(home).description.stat()
            version = (found.st_ino, found.st_mtime_ns)
            if name not in self._known or self._known[name][0] != version:
                self._known[name] = (version, read_description(home))
        except (OSError, InstanceBroken):
            self._known.pop(name, None)
            return None
        return self._known[name][1]

    def address(self) -> AmiAddress | None:
        found = self._instance(self._settings.pbx_name)
        return AmiAddress(found.ami_host, found.ami_port, found.ami_user, found.ami_secret) if found else None

    def system_address(self) -> AmiAddress | None:
        found = self._instance(self._settings.pbx_name)
        if found is None:
            return None
        return AmiAddress(found.ami_host, found.ami_port, found.ami_system_user, found.ami_system_secret)

    def cel_file(self) -> Path | None:
        """Where cel_custom.conf makes the PBX write what happens."""
        found = self._instance(self._settings.pbx_name)
        return found.log_dir / "cel-custom" / "Master.csv" if found else None

    def queue_log(self) -> Path | None:
        """Where the PBX writes what happens in its queues."""
        found = self._instance(self._settings.pbx_name)
        return found.log_dir / "queue_log" if found else None

    def process(self) -> tuple[bool | None, str | None]:
        """Whether the PBX runs (None: there is none here that we could see), and its version."""
        found = self._instance(self._settings.pbx_name)
        return (running_pid(found.layout) is not None, found.version) if found else (None, None)

    def menu_address(self) -> tuple[str, int] | None:
        """Where the PBX expects the voice menu (dialplan/globals.conf)."""
        found = self._instance(self._settings.pbx_name)
        return ("127.0.0.1", found.agi_port) if found else None

    def monitor_dir(self, pbx: str) -> Path | None:
        found = self._instance(pbx)
        return found.monitor_dir if found else None


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The service, built and joined; nothing runs until its lifespan begins. `clock` is another one in tests."""
    ledger = Ledger(Database(settings.sqlalchemy_url), clock or SystemClock())
    join_facts(ledger, settings.hotline_number)
    duties, exchange = Duties(ledger, settings), Exchange(settings)
    owners_ledger = ledger.fenced(duties.pbx)
    engine = CallEngine(
        owners_ledger,
        settings.pbx_name,
        Consequences(
            wrap_up=timedelta(seconds=settings.wrap_up_seconds),
            lost_caller_within=timedelta(minutes=settings.lost_caller_minutes),
        ),
        area_code=settings.area_code,
    )
    may_act = duties.may_act_on_pbx
    link = PbxLink(
        owners_ledger, engine, settings.pbx_name, exchange.address, exchange.cel_file, may_act, exchange.queue_log
    )
    own_switch = AmiSwitch(lambda: link.client, exchange.system_address, may_act)
    switch = RelayedSwitch(own_switch, duties.pbx, Relay(ledger, duties.bus, duties.pbx))
    menu = MenuWatch(exchange.menu_address, lambda: link.client)
    hub, reader, pops = Hub(), DeskReader(ledger, settings), ScreenPops(ledger)
    broadcaster, watch = Broadcaster(ledger, hub, reader, pops), DeskWatch(ledger, hub)
    outbox = OutboxWorker(ledger.fenced(duties.outbox), {OUTBOX_KIND: SmsSender(ledger, gateway_of(settings))})
    timers = TimerLoop(ledger.fenced(duties.timers), timer_handlers())

    jobs, entries = Jobs(), dict[str, int]()

    def wake(recorded: list[Recorded]) -> None:
        """Queue members are compared when somebody's choice changed, not at each ring of a telephone."""
        for one in recorded:
            if one.fact.type == PRESENCE_CHANGED:
                entry = one.fact.data["entry_seq"]
                if entries.get(one.fact.subject) != entry:
                    entries[one.fact.subject] = entry
                    link.members.wake(one.fact.data["number"])

    ledger.watch(broadcaster.watch)
    ledger.watch(wake)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs.begin(
            {
                **duties.jobs(outbox, timers),
                "pbx_link": partial(while_ours, duties.pbx, link.run),
                "relayed_commands": partial(while_ours, duties.pbx, switch.run),
                "menu_watch": menu.run,
                "screens": broadcaster.run,
                "pops_again": broadcaster.resend_pops,
                "figures": broadcaster.send_figures,
                "heartbeat": broadcaster.beat,
                "desk_rights": watch.check_rights,
                "silent_desks": watch.end_silent,
                "loop_lag": health.watch_loop,
                **app.state.beside,
            }
        )
        try:
            yield
        finally:
            await jobs.end()
            await duties.end()
            await ledger.database.close()

    app = FastAPI(
        title="callcenter",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.ledger, app.state.settings = ledger, settings
    app.state.beside = dict[str, Job]()
    app.state.monitor_dir = exchange.monitor_dir
    app.state.journey_origins = app.state.journey_access = CallOrigins(ledger)
    app.state.switch = switch
    app.state.desks = Desks(ledger, settings, hub, reader, pops)
    app.add_middleware(BodyLimit)
    problems.install(app)
    _include_routes(app, ledger)
    app.include_router(health.build(ledger, jobs, duties.pbx, link, menu, engine, hub, browser.ui_folder(settings)))
    report = HealthReport(ledger, settings.pbx_name, lambda pbx: app.state.monitor_dir(pbx))
    app.include_router(health_routes.build(report, duties.pbx, link, menu, exchange.process, hub))
    browser.mount(app, browser.ui_folder(settings))
    return app


def _include_routes(app: FastAPI, ledger: Ledger) -> None:
    async def find_seat(person: SignedIn) -> Seat | None:
        seat = await ledger.look(lambda session: seat_book.of_user(session, person.user_id))
        return Seat(number=seat.number, device="desk") if seat else None

    app.include_router(auth_routes.build(find_seat))
    for module in (
        call_routes,
        catalogue_routes,
        desk_routes,
        intake_routes,
        ivr_routes,
        message_routes,
        order_routes,
        realtime_routes,
        task_routes,
        zone_routes,
    ):
        app.include_router(module.router)
