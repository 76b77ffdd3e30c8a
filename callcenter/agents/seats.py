"""Making seats and queues."""

import re
import secrets
import string
import uuid

from sqlalchemy import select

from callcenter.agents.models import Agent, AgentQueue, Queue
from callcenter.foundation.errors import Invalid
from callcenter.foundation.ids import new_id
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
        queue = Queue(name=name, label=label, language=language, ring_seconds=20, most_wait_seconds=300)
        tx.session.add(queue)
        await tx.session.flush()
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
