"""A stand-in for the service, for looking at the screens: serves the built pages, the HTTP contract and scripted desk states.

`python agent_ui/tests/mock_server.py PORT` then `POST /mock/NAME` moves every open desk to that state (see SCENES).
Never part of what is shipped; all people and numbers are invented.
"""

from __future__ import annotations

import asyncio
import io
import math
import struct
import sys
import wave
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse

DIST = Path(__file__).resolve().parent.parent / "dist"
Json = dict[str, Any]


def at(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def beijing(days: int, hour: int, minute: int = 0) -> str:
    day = (datetime.now(UTC) + timedelta(hours=8, days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (day + timedelta(hours=hour - 8, minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(masked: str | None, full: str | None = None) -> Json:
    return {"masked": masked, "full": full, "withheld": masked is None}


def brief(oid: str, state: str, item: str, **more: Any) -> Json:
    return {"id": oid, "number": oid, "state": state, "item_name": item, "wanted": None, "due_at": None,
            "priority": "P2", "franchisee_name": None, "worker_name": None} | more


ZONES = {
    "z1": {"id": "z1", "name": "团结社区", "level": "community", "path": ["天山区", "团结路街道", "团结社区"]},
    "z2": {"id": "z2", "name": "团结社区", "level": "community", "path": ["沙依巴克区", "八一街道", "团结社区"]},
    "z3": {"id": "z3", "name": "团结社区", "level": "community", "path": ["米东区", "古牧地东路街道", "团结社区"]},
}
ITEMS = [
    {"code": "pipe.radiator_leak", "name": "暖气片漏水维修", "category": "repair", "unit": "次", "unit_price_fen": 6000,
     "minimum_quantity": 1, "quantity_step": 1, "priority": "P1", "aliases": ["暖气漏水", "nuanqi"]},
    {"code": "pipe.radiator_air", "name": "暖气片放气", "category": "repair", "unit": "次", "unit_price_fen": 5000,
     "minimum_quantity": 1, "quantity_step": 1, "priority": "P1", "aliases": ["暖气不热"]},
    {"code": "clean.daily", "name": "日常保洁", "category": "cleaning", "unit": "小时", "unit_price_fen": 5000,
     "minimum_quantity": 2, "quantity_step": 0.5, "priority": "P2", "aliases": ["打扫卫生", "钟点工"]},
    {"code": "clean.window", "name": "擦玻璃", "category": "cleaning", "unit": "平方米", "unit_price_fen": 800,
     "minimum_quantity": 20, "quantity_step": 5, "priority": "P2", "aliases": []},
    {"code": "pipe.burst", "name": "水管爆裂抢修", "category": "repair", "unit": "次", "unit_price_fen": 15000,
     "minimum_quantity": 1, "quantity_step": 1, "priority": "P0", "aliases": ["跑水"]},
]


def customer() -> Json:
    return {
        "id": "c1", "name": "王秀兰", "since": "2021-03-04T02:00:00.000Z", "tier": "gold",
        "note": "听力不好，请放慢语速。", "note_at": at(-20 * 86400),
        "contacts": [{"id": "k1", "name": "王秀兰"}, {"id": "k2", "name": "李建国"}],
        "numbers": [{"id": "n1", "number": number("138****6021"), "label": "本人手机"}],
        "addresses": [{"id": "a1", "text": "团结东路 318 号 5 号楼 2 单元 301", "zone": ZONES["z1"], "confirmed": True}],
        "totals": {"orders": 14, "amount_fen": 386000, "points": 2415},
        "open_orders": [
            brief("251123015624", "SCHEDULED", "油烟机清洗", due_at=at(4.6 * 3600), worker_name="艾力·买买提",
                  wanted={"from": beijing(0, 15), "to": beijing(0, 15), "clock": "beijing"}),
            brief("251122013082", "SUBMITTED", "暖气片放气", due_at=beijing(1, 20), franchisee_name="红山管道"),
        ],
        "last_contacts": [
            {"at": at(-1.8 * 86400), "channel": "sms", "text": "“师傅已完工，谢谢”", "journey_id": None, "order_id": None},
            {"at": at(-1.82 * 86400), "channel": "order", "text": "暖气片放气 SUBMITTED", "journey_id": None, "order_id": "251122013082"},
            {"at": at(-2.1 * 86400), "channel": "call", "text": "order", "journey_id": "j7", "order_id": None},
            {"at": at(-20 * 86400), "channel": "call", "text": "enquiry_answered", "journey_id": "j8", "order_id": None},
            {"at": at(-66 * 86400), "channel": "complaint", "text": "师傅迟到 50 分钟。已道歉，补 100 积分", "journey_id": None, "order_id": None},
        ],
    }


def known_caller() -> Json:
    return {"number": number("138****6021"), "name": None, "customer": customer(), "candidates": []}


def hostile_caller() -> Json:
    name = '<img src=x onerror="alert(1)">‮"; DROP TABLE calls; -- ' + "很长" * 40
    return {"number": number(None), "name": name, "customer": None, "candidates": []}


def task(tid: str, name: str | None, masked: str, due: float, age: float, **more: Any) -> Json:
    return {"id": tid, "kind": "lost_caller", "due_at": at(due), "created_at": at(due - 1800), "state": "open", "owner": None,
            "number": number(masked), "customer": {"id": tid, "name": name} if name else None, "journey_id": "j" + tid,
            "lost_at": at(-age), "waited_seconds": 112, "where": "queue", "steps": [], "calls_today": 1, "open_orders": 0,
            "attempts": [], "note": None} | more


ME = {"id": "u7", "username": "1007", "display_name": "古丽娜尔", "roles": ["agent"], "permissions": [],
      "agent": {"number": "1007", "device": "desk"}}


class Stage:
    """The one desk of the mock, and every socket that watches it."""

    def __init__(self) -> None:
        self.position = 0
        self.sockets: set[WebSocket] = set()
        self.signed_in = True
        self.silent = False
        self.orders: dict[str, Json] = {}
        self.tasks = [
            task("t0", "马晓燕", "177****4410", -140, 2000, where="menu", waited_seconds=None),
            task("t1", "热依汗古丽", "139****2276", 190, 1610, steps=[{"node": "main_menu", "key": "1"}], calls_today=2),
            task("t2", None, "0991-38**517", 700, 1100, where="menu", waited_seconds=None,
                 attempts=[{"at": at(-900), "by": "古丽娜尔", "result": "not_reached"}]),
            task("t3", "李建国", "186****9034", 1385, 415, waited_seconds=48, open_orders=1),
            task("t4", "陈志强", "151****7745", 1500, 300, owner={"id": "u7", "name": "古丽娜尔"}, state="claimed",
                 number=number("151****7745", "+8615100007745")),
            task("t5", "阿不都热合曼·吐尔逊买买提", "133****0042", 900, 900, owner={"id": "u9", "name": "周敏"}, state="claimed"),
        ]
        self.scene("idle")

    def scene(self, name: str) -> None:
        self.presence: Json = {"state": "ready", "since": at(-167), "cause": "disposed", "reason": None, "until": None, "phone": "registered"}
        self.pop: Json | None = None
        self.call: Json | None = None
        state = name.removeprefix("hostile-")
        caller = hostile_caller() if name.startswith("hostile") else known_caller()
        if state == "offline":
            self.presence |= {"state": "offline", "cause": "by_agent"}
        elif state == "paused":
            self.presence |= {"state": "paused", "cause": "by_agent", "reason": "meal", "until": at(900)}
        elif state == "lost":
            self.presence |= {"state": "lost_phone", "cause": "phone_unreachable", "phone": "unreachable", "since": at(-32)}
        elif state == "ringing":
            self.presence |= {"state": "ringing", "since": at(-6)}
            self.pop = self.ring(caller)
        elif state in ("talking", "hold", "saved"):
            self.presence |= {"state": "hold" if state == "hold" else "talking", "since": at(-92)}
            self.call = self.talk(caller)
        elif state == "wrapup":
            self.presence |= {"state": "wrap_up", "since": at(-24), "cause": "call_ended", "until": at(66)}
            self.call = self.talk(caller) | {
                "state": "ended", "ended": {"at": at(-24), "by": "caller", "talk_seconds": 252, "hold_seconds": 20}}
        self.silent = False

    def ring(self, caller: Json) -> Json:
        reason = {"order_id": "251122013082", "text_key": "reason.submitted", "params": {"item_name": "暖气片放气"}}
        return {"id": f"p{self.position}", "journey_id": "j1", "ringing_at": at(-6), "ring_seconds": 20, "queue": "hotline-zh",
                "caller": caller, "steps": [{"node": "main_menu", "key": "1"}], "queued_at": at(-38), "waited_seconds": 38,
                "calls_today": 1, "reason": reason if caller["customer"] else None}

    def talk(self, caller: Json) -> Json:
        return {"journey_id": "j1", "state": "talking", "direction": "inbound", "answered_at": at(-92), "queue": "hotline-zh",
                "waited_seconds": 44, "caller": caller, "recording": True, "steps": [{"node": "main_menu", "key": "1"}],
                "draft": None, "draft_saved_at": None, "ended": None, "order": None, "disposition": None}

    def figures(self) -> Json:
        return {"waiting": 3, "longest_wait_since": at(-72), "ready": 3, "signed_in": 18, "answered_today": 412, "abandoned_today": 9,
                "service_level": {"within_seconds": 15, "good": 375, "of": 411}, "my_answered_today": 21, "my_orders_today": 13,
                "my_handle_seconds": 228}

    def desk(self) -> Json:
        codes = ["rework", "reminder_noted", "moved_or_cancelled", "enquiry_answered", "information_given", "call_back_agreed", "out_of_scope", "wrong_or_silent"]
        return {"position": self.position, "as_of": at(), "line": {"number": "96365", "name": "家政服务热线"}, "presence": self.presence,
                "pop": self.pop, "call": self.call, "tasks": self.tasks, "figures": self.figures(),
                "dispositions": [{"code": code, "label_key": f"disposition.{code}"} for code in codes],
                "pause_reasons": [{"code": code, "label_key": f"pause.{code}"} for code in ("rest", "meal", "training", "meeting", "other_work")]}

    async def tell(self, message: Json) -> None:
        if "position" not in message and message["type"] not in ("snapshot", "figures", "heartbeat"):
            self.position += 1
            message["position"] = self.position
        for socket in list(self.sockets):
            with suppress(Exception):
                await socket.send_json(message)

    async def tell_all(self) -> None:
        self.position += 1
        await self.tell({"type": "snapshot", "desk": self.desk()})


stage = Stage()


async def beat() -> None:
    while True:
        await asyncio.sleep(2.5)
        if not stage.silent:
            await stage.tell({"type": "heartbeat", "as_of": at()})
            await stage.tell({"type": "figures", "as_of": at(), "figures": stage.figures()})


@asynccontextmanager
async def lifespan(_: FastAPI):  # type: ignore[no-untyped-def]
    heart = asyncio.create_task(beat())
    yield
    heart.cancel()


app = FastAPI(lifespan=lifespan)
V1 = "/api/v1"


def problem(status: int, code: str, **params: Any) -> JSONResponse:
    return JSONResponse({"type": "about:blank", "title": code, "status": status, "code": code, "params": params}, status,
                        media_type="application/problem+json")


@app.post("/mock/{name}")
async def play(name: str) -> Json:
    if name == "signed-out":
        stage.signed_in = False
    elif name == "replaced":
        await stage.tell({"type": "replaced"})
    elif name == "silent":
        stage.silent = True
    else:
        stage.signed_in = True
        stage.scene(name)
        await stage.tell_all()
    return {}


@app.post(V1 + "/auth/sign-in", response_model=None)
async def sign_in(request: Request) -> Json | JSONResponse:
    form = await request.json()
    if form["password"] == "slow":  # noqa: S105
        return problem(429, "too_many_attempts", retry_after_seconds=27)
    if form["password"] != "secret":  # noqa: S105
        return problem(401, "wrong_credentials")
    stage.signed_in = True
    return ME


@app.post(V1 + "/auth/sign-out", status_code=204)
async def sign_out() -> None:
    stage.signed_in = False


@app.get(V1 + "/auth/me", response_model=None)
async def me() -> Json | JSONResponse:
    return ME if stage.signed_in else problem(401, "not_signed_in")


@app.put(V1 + "/desk/presence")
async def presence(request: Request) -> Json:
    wish = await request.json()
    stage.presence |= {"state": wish["state"], "reason": wish.get("reason"), "since": at(), "cause": "by_agent", "until": None}
    if wish["state"] == "ready":
        stage.call = None
    await stage.tell_all()
    return stage.presence


@app.post(V1 + "/desk/wrap-up/extend")
async def extend() -> Json:
    stage.presence["until"] = at(126)
    await stage.tell({"type": "presence", "presence": stage.presence})
    return stage.presence


@app.post(V1 + "/desk/{act}", status_code=202, response_model=None)
async def act(act: str) -> JSONResponse | None:
    follow = {"answer": "talking", "reject": "idle", "hang-up": "wrapup"}
    if act == "answer" and not stage.pop:
        return problem(409, "no_ringing_call")
    draft = stage.call and stage.call["draft"]
    order = stage.call and stage.call["order"]
    stage.scene(follow[act])
    if stage.call and act == "hang-up":
        stage.call |= {"draft": draft, "order": order}
    await stage.tell_all()
    return None


@app.put(V1 + "/journeys/{jid}/draft")
async def draft(jid: str, request: Request) -> Json:
    if stage.call:
        stage.call["draft"] = (await request.json())["form"]
        stage.call["draft_saved_at"] = at()
    return {"saved_at": at()}


@app.post(V1 + "/journeys/{jid}/disposition")
async def dispose(jid: str) -> Json:
    stage.scene("idle")
    await stage.tell_all()
    return {"saved_at": at()}


@app.post(V1 + "/journeys/{jid}/reveal")
async def reveal(jid: str) -> Json:
    return {"number": "+8613800006021"}


@app.get(V1 + "/catalogue/items")
async def items(q: str = "") -> Json:
    return {"items": [item for item in ITEMS if not q or q in item["name"] or any(q in alias for alias in item["aliases"])]}


@app.post(V1 + "/quotes")
async def quote(request: Request) -> Json:
    wish = await request.json()
    item = next(item for item in ITEMS if item["code"] == wish["item_code"])
    amount = round(item["unit_price_fen"] * wish["quantity"])
    lines = [{"kind": "call_out", "label": "上门检测", "quantity_text": "1 次", "amount_fen": 3000},
             {"kind": "base", "label": item["name"], "quantity_text": f"{wish['quantity']} {item['unit']} × ¥{item['unit_price_fen'] / 100:.2f}", "amount_fen": amount}]
    if wish.get("customer_id"):
        lines.append({"kind": "discount", "label": "金卡优惠 95 折", "quantity_text": "", "amount_fen": -round((3000 + amount) * 0.05)})
    return {"lines": lines, "total_fen": sum(line["amount_fen"] for line in lines), "price_book": "2026-11"}


@app.get(V1 + "/zones/resolve")
async def zones(text: str) -> Json:
    found = next((zone for zone in ZONES.values() if zone["path"][0] in text and "团结" in text), None)
    if found:
        return {"status": "found", "zone": found, "candidates": [], "method": "name", "confidence": 0.9}
    status = "ambiguous" if "团结社区" in text else "unknown"
    return {"status": status, "zone": None, "candidates": list(ZONES.values()) if status == "ambiguous" else [], "method": "name", "confidence": 0.4}


@app.get(V1 + "/wanted-time")
async def wanted(text: str, clock: str) -> Json:
    answer: Json = {"status": "unknown", "from": None, "to": None, "clock": clock, "candidates": []}
    late = 2 if clock == "xinjiang" else 0
    if "昨天" in text:
        answer["status"] = "past"
    elif "五点" in text and "下午" not in text:
        answer |= {"status": "ambiguous", "candidates": [{"from": beijing(1, hour + late), "to": beijing(1, hour + late)} for hour in (5, 17)]}
    elif "点" in text:
        answer |= {"status": "understood", "from": beijing(1, 13 + late), "to": beijing(1, 13 + late)}
    return answer


@app.post(V1 + "/work-orders", status_code=201)
async def create(request: Request) -> Json:
    form = await request.json()
    item = next((item for item in ITEMS if item["code"] == form["item_code"]), None)
    oid = f"2611230157{len(stage.orders) + 31}"
    order = brief(oid, "PENDING_DISPATCH", item["name"] if item else "咨询", priority=form["priority"], wanted=form["wanted"])
    to = number("138****6021")
    full = order | {"address_text": form["address_text"], "zone": ZONES.get(form["zone_id"] or ""), "contact_name": form["contact_name"],
                    "contact_number": to, "remarks": form["remarks"], "quote": None, "created_at": at(), "created_by": "古丽娜尔",
                    "journey_id": form["journey_id"], "recording_id": None, "receipt": {"state": "queued", "to": to}, "history": []}
    stage.orders[oid] = full
    if stage.call:
        stage.call["order"] = order
        await stage.tell({"type": "call", "call": stage.call})
    asyncio.get_running_loop().call_later(1.5, lambda: asyncio.ensure_future(
        stage.tell({"type": "order", "order": order, "receipt": {"state": "sent", "to": to}})))
    return {"order": full if form["kind"] == "help" else None, "intake": {"id": "i1", "kind": form["kind"], "state": "answered"}}


@app.get(V1 + "/tasks")
async def tasks() -> Json:
    return {"items": stage.tasks}


@app.post(V1 + "/tasks/{tid}/claim", response_model=None)
async def claim(tid: str) -> Json | JSONResponse:
    one = next(task for task in stage.tasks if task["id"] == tid)
    if one["id"] == "t3":
        return problem(409, "already_claimed")
    one |= {"state": "claimed", "owner": {"id": "u7", "name": "古丽娜尔"}}
    return one


@app.post(V1 + "/tasks/{tid}/close")
async def close(tid: str, request: Request) -> Json:
    result = (await request.json())["result"]
    one = next(task for task in stage.tasks if task["id"] == tid)
    if result == "not_reached":
        one["attempts"].append({"at": at(), "by": "古丽娜尔", "result": result})
        one |= {"state": "open", "owner": None}
    else:
        one["state"] = "done"
    return one


def journey_row(index: int) -> Json:
    outcome = ["answered", "answered", "abandoned", "answered", "ivr_hangup", "answered", "no_agents"][index % 7]
    name = ["王秀兰", "李建国", None, "帕提古丽·艾合买提", "陈志强"][index % 5]
    talked = outcome == "answered"
    return {"id": f"j{index}", "started_at": at(-3000 * index - 600), "ended_at": at(-3000 * index - 300), "direction": "inbound",
            "number": number(None) if index == 4 else number(f"13{index % 10}****{6000 + index}"), "customer": {"id": f"c{index}", "name": name} if name else None,
            "outcome": outcome, "queue": "hotline-zh", "waited_seconds": None if outcome == "ivr_hangup" else 12 + index * 3,
            "talk_seconds": 200 + index if talked else None, "hold_seconds": 20 if talked else None,
            "agents": [{"number": "1007", "name": "古丽娜尔"}] if talked else [], "state": "ended",
            "order_id": "261123015731" if index % 3 == 0 and talked else None,
            "disposition": ("enquiry_answered" if index % 3 else "order") if talked else None, "recording_id": f"r{index}" if talked else None}


@app.get(V1 + "/work-orders/{oid}")
async def order(oid: str) -> Json:
    return stage.orders.get(oid) or brief(oid, "PENDING_DISPATCH", "暖气片漏水维修")


@app.get(V1 + "/journeys")
async def journeys(q: str = "", outcome: str = "", cursor: int = 0) -> Json:
    rows = [journey_row(index) for index in range(cursor, cursor + 25)]
    rows = [row for row in rows if (not outcome or row["outcome"] == outcome) and (not q or q in str(row))]
    return {"items": rows, "next_cursor": str(cursor + 25) if cursor < 50 else None}


@app.get(V1 + "/journeys/{jid}")
async def journey(jid: str) -> Json:
    row = journey_row(int(jid.lstrip("j") or 0) if jid.lstrip("j").isdigit() else 1)
    start = -600.0
    ledger = {"linkedid": "a-1795404675.19", "direction": "inbound", "caller": "138****6021", "dialled": "96365", "started_at": at(start),
            "ended_at": at(start + 320), "outcome": "answered", "ivr_steps": [{"node": "main_menu", "key": "1"}],
            "queue_visits": [{"queue": "hotline-zh", "joined_at": at(start + 14), "left_at": at(start + 58), "wait_seconds": 44, "position": 2, "outcome": "answered"}],
            "attempts": [{"agent": "PJSIP/1003", "ringing_at": at(start + 15), "ended_at": at(start + 35), "outcome": "no_answer"},
                         {"agent": "PJSIP/1007", "ringing_at": at(start + 50), "ended_at": at(start + 58), "outcome": "answered"}],
            "agent_legs": [{"agent": "PJSIP/1007", "from": at(start + 58), "to": at(start + 318), "talk_seconds": 240, "hold_seconds": 20}],
            "consults": [], "transfers": [], "hangup_by": "caller"}
    return row | {"id": jid, "order_id": "261123015731", "note": "问了加氟的价钱", "ledger": ledger,
            "recordings": [{"id": "r1", "started_at": at(start + 58), "seconds": 260, "state": "ready"}]}


@app.get(V1 + "/recordings/{rid}/audio")
async def audio(rid: str) -> Response:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", int(6000 * math.sin(i * 0.35))) for i in range(16000)))
    return Response(out.getvalue(), media_type="audio/wav")


@app.websocket("/ws")
async def ws(socket: WebSocket) -> None:
    await socket.accept()
    if not stage.signed_in:
        await socket.close(4401)
        return
    stage.sockets.add(socket)
    try:
        while True:
            message = await socket.receive_json()
            if message["type"] == "hello":
                await socket.send_json({"type": "snapshot", "desk": stage.desk()})
    except WebSocketDisconnect:
        pass
    finally:
        stage.sockets.discard(socket)


@app.get("/readyz")
async def ready() -> Json:
    return {"ready": True, "ami": {"ok": True}, "database": {"ok": True}}


@app.get("/{path:path}")
async def page(path: str) -> FileResponse:
    file = DIST / path
    return FileResponse(file if path and file.is_file() else DIST / "index.html")


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8973, log_level="warning")
