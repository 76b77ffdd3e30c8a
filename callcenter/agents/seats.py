"""Making seats and queues."""

import re
import secrets
import string
import uuid

from sqlalchemy import select

from callcenter.agents import duty_phone
from callcenter.agents.models import Agent, AgentQueue, Queue
from callcenter.agents.queue_times import MOST_WAIT_LIMITS, MOST_WAIT_SECONDS, RING_LIMITS, RING_SECONDS
from callcenter.foundation import audit
from callcenter.foundation.errors import Invalid, NotFound
from callcenter.foundation.ids import new_id
from callcenter.foundation.phone_numbers import mask
from callcenter.foundation.transactions import Transaction

_ALPHABET = string.ascii_letters + string.digits


def new_sip_secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


async def add_queue(tx: Transaction, *, name: str, label: str, language: str) -> Queue:
    """The queue of that name, made if new."""
    if not re.fullmatch(r"[a-z0-9-]{1,32}", name):
        raise Invalid("invalid_input", fields=["name"])
    queue = await tx.session.get(Queue, name)
    if queue is None:
        queue = Queue(
            name=name,
            label=label,
            language=language,
            ring_seconds=RING_SECONDS,
            most_wait_seconds=MOST_WAIT_SECONDS,
        )
        tx.session.add(queue)
        await tx.session.flush()
    return queue


async def set_times(tx: Transaction, *, name: str, ring: int | None, most_wait: int | None, actor: str) -> Queue:
    """How long the queue rings one agent and lets a caller wait, in seconds; None leaves it. `NotFound`, `Invalid`.

    The PBX learns it when its configuration is rendered.
    """
    queue = await tx.session.get(Queue, name)
    if queue is None:
        raise NotFound("queue_not_found")
    for field, seconds, (least, most) in (
        ("ring", ring, RING_LIMITS),
        ("most_wait", most_wait, MOST_WAIT_LIMITS),
    ):
        if seconds is not None and not least <= seconds <= most:
            raise Invalid("invalid_input", fields=[field])
    queue.ring_seconds = queue.ring_seconds if ring is None else ring
    queue.most_wait_seconds = queue.most_wait_seconds if most_wait is None else most_wait
    audit.note(
        tx,
        actor=actor,
        action="queue.times_set",
        subject=f"queue:{name}",
        ring=queue.ring_seconds,
        most_wait=queue.most_wait_seconds,
    )
    return queue


async def set_duty_phone(tx: Transaction, *, name: str, number: str | None, area_code: str, actor: str) -> Queue:
    """Who is rung when nobody serves the queue; None: nobody. `NotFound`, `Invalid`.

    The PBX learns it when its configuration is rendered.
    """
    queue = await tx.session.get(Queue, name)
    if queue is None:
        raise NotFound("queue_not_found")
    if number is not None:
        number = duty_phone.as_dialled(number)
        seats = set(await tx.session.scalars(select(Agent.number).where(Agent.active)))
        if not duty_phone.may_be_rung(number, seats=seats, area_code=area_code):
            raise Invalid("invalid_input", fields=["duty_phone"])
    queue.duty_phone = number
    shown = mask(number) if number else None
    audit.note(tx, actor=actor, action="queue.duty_phone_set", subject=f"queue:{name}", number=shown)
    return queue


async def add_agent(
    tx: Transaction, *, number: str, name: str, user_id: uuid.UUID | None, queues: dict[str, int]
) -> Agent:
    """The seat of that number, made if new; `queues` maps queue name to penalty."""
    if not re.fullmatch(r"[1-9][0-9]{2,4}", number):
        raise Invalid("invalid_input", fields=["number"])
    agent = await tx.session.scalar(select(Agent).where(Agent.number == number))
    if agent is None:
        agent = Agent(
            id=new_id(), number=number, name=name, user_id=user_id, sip_secret=new_sip_secret(), active=True
        )
        agent.queues = [AgentQueue(queue=queue, penalty=penalty) for queue, penalty in queues.items()]
        tx.session.add(agent)
        await tx.session.flush()
    return agent
