"""Very many rows in about a minute: the database makes them of their numbers, one statement a table.

They look like a city's: twenty family names, a household a hundred orders and ten calls, few orders open. Row n is
the same in every run and on both databases.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import Connection, Engine

from callcenter.foundation.schema import load_models

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林阿"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂卜都热西买提江玉"
STATES = ("closed",) * 6 + ("cancelled", "pending_dispatch", "scheduled", "closed")
RARE_STATE, RARE_OUTCOME, RARE_EVERY = "disputed", "voicemail", 1_000
FIRST_DAY = "2024-01-01 00:00:00"
STEP_SECONDS = 60
"""Between one order or journey and the next."""
A_HOUSEHOLD_ORDERS, A_HOUSEHOLD_CALLS = 100, 10
SEATS = 300
_INTAKE = uuid.UUID(int=7)


def name_of(n: int) -> str:
    """The customer's name in order n."""
    return FAMILY[n * 7919 % 400 // 20] + GIVEN[n * 104_729 % len(GIVEN)] + GIVEN[n // 7 % len(GIVEN)]


def number_of(household: int) -> str:
    """The mobile number of a household, as people write it."""
    return f"139{10_000_000 + household}"


@dataclass(frozen=True)
class Dialect:
    """How a database says what the statements need of row `n`."""

    numbers: str
    id: str
    at: str
    pick: str
    padded: str
    insert: str
    json: str
    true: str
    false: str

    def name(self) -> str:
        family = self.pick.format(word=FAMILY, at="n * 7919 % 400 / 20")
        first = self.pick.format(word=GIVEN, at=f"n * 104729 % {len(GIVEN)}")
        second = self.pick.format(word=GIVEN, at=f"n / 7 % {len(GIVEN)}")
        return f"{family} || {first} || {second}"


SQLITE = Dialect(
    numbers="WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {end})",
    id="printf('{kind}%028x', {n})",
    at="strftime('%Y-%m-%d %H:%M:%S', '{day}', (({n}) * {step}) || ' seconds') || '.000000'",
    pick="substr('{word}', {at} + 1, 1)",
    padded="printf('%0{length}d', {n})",
    insert="INSERT INTO {table} ({names}) {numbers} {rows}",
    json="'{value}'",
    true="1",
    false="0",
)
POSTGRESQL = Dialect(
    numbers="WITH s(n) AS (SELECT generate_series({first}::bigint, {end}::bigint - 1))",
    id="('{kind}' || lpad(to_hex({n}), 28, '0'))::uuid",
    at="timestamptz '{day}+00' + ({n}) * {step} * interval '1 second'",
    pick="substr('{word}', ({at} + 1)::int, 1)",
    padded="lpad(({n})::text, {length}, '0')",
    insert="{numbers} INSERT INTO {table} ({names}) {rows}",
    json="'{value}'::jsonb",
    true="true",
    false="false",
)


def fill(engine: Engine, *, orders: tuple[int, int], journeys: tuple[int, int]) -> None:
    """Rows [from, to) of each kind; every tenth journey's household is known. `engine` is a plain one, not async."""
    with engine.begin() as connection:
        maker = _Maker(connection, SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL)
        if orders[0] == 0:
            maker.intake()
        maker.insert("work_orders", orders, maker.order())
        maker.insert("journeys", journeys, maker.journey())
        maker.insert("agent_legs", journeys, maker.leg())
        known = (-(-journeys[0] // A_HOUSEHOLD_CALLS), -(-journeys[1] // A_HOUSEHOLD_CALLS))
        maker.insert("customers", known, maker.customer())
        maker.insert("journey_notes", known, maker.note())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


class _Maker:
    """Columns as SQL of `n`."""

    def __init__(self, connection: Connection, say: Dialect) -> None:
        self._connection = connection
        self._say = say
        self._id: Callable[[str, str], str] = lambda kind, n: say.id.format(kind=kind, n=n)

    def insert(self, table: str, span: tuple[int, int], columns: dict[str, str]) -> None:
        if span[0] < span[1]:
            statement = self._say.insert.format(
                table=table,
                names=", ".join(columns),
                numbers=self._say.numbers.format(first=span[0], end=span[1]),
                rows=f"SELECT {', '.join(columns.values())} FROM s",  # noqa: S608 - constants of this file
            )
            # psycopg takes a percent sign for a parameter's begin, unless it is given none at all.
            self._connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def _at(self, n: str) -> str:
        return self._say.at.format(day=FIRST_DAY, n=n, step=STEP_SECONDS)

    def _number(self, household: str) -> str:
        return f"'+86139' || (10000000 + {household})"

    def intake(self) -> None:
        """The one of which all orders came."""
        intakes = load_models().tables["intakes"]
        now = sqlalchemy.func.current_timestamp()
        self._connection.execute(
            intakes.insert().values(
                id=_INTAKE, kind="help", channel="call", text="", state="answered", created_by="bench", created_at=now
            )
        )

    def order(self) -> dict[str, str]:
        name, say = self._say.name(), self._say
        common = " ".join(f"WHEN {at} THEN '{state}'" for at, state in enumerate(STATES))
        return {
            "id": self._id("019a", "n"),
            "number": "'9' || " + say.padded.format(length=11, n="n"),
            "short_code": say.padded.format(length=6, n="n % 1000000"),
            "intake_id": f"'{_INTAKE.hex}'" + ("::uuid" if say is POSTGRESQL else ""),
            "state": f"CASE WHEN n % {RARE_EVERY} = 7 THEN '{RARE_STATE}' ELSE CASE n % 10 {common} END END",
            "entry_seq": "1",
            "version": "1",
            "entered_at": self._at("n"),
            "due_at": self._at("n + 60"),
            "priority": "'P2'",
            "item_name": "'日常保洁'",
            "quantity": "300",
            "price_agreed": say.true,
            "customer_name": name,
            **{f"name_{length}": f"substr({name}, 1, {length})" for length in (1, 2, 3)},
            "customer_tier": "'none'",
            "contact_name": name,
            "contact_number": self._number(f"n / {A_HOUSEHOLD_ORDERS}"),
            "address_text": "'天山区新华南路 ' || n || ' 号'",
            "zone_path": say.json.format(value='["乌鲁木齐市", "天山区"]'),
            "outer_zone": say.false,
            "wanted_from": self._at("n + 120"),
            "wanted_to": self._at("n + 240"),
            "wanted_clock": "'beijing'",
            "remarks": "''",
            "created_by": "'bench'",
            "created_at": self._at("n"),
        }

    def journey(self) -> dict[str, str]:
        number = self._number(f"n / {A_HOUSEHOLD_CALLS}")
        return {
            "id": self._id("019b", "n"),
            "pbx": "'bench'",
            "linkedid": "'bench-' || n || '.1'",
            "direction": "'inbound'",
            "state": "'ended'",
            "caller": "'139'",
            "number": number,
            "number_end": f"substr({number}, 11, 4)",
            "caller_name": "''",
            "dialled": "'96365'",
            "started_at": self._at("n"),
            "ended_at": self._at("n + 1"),
            "estimated": self._say.false,
            "outcome": f"CASE WHEN n % {RARE_EVERY} = 3 THEN '{RARE_OUTCOME}' ELSE 'answered' END",
            "hangup_by": "'caller'",
            "queue": "'hotline-zh'",
            "waited_seconds": "n % 60",
            "talk_seconds": "n % 300",
            "hold_seconds": "0",
        }

    def leg(self) -> dict[str, str]:
        return {
            "journey_id": self._id("019b", "n"),
            "n": "0",
            "line": "'bench-' || n || '.2'",
            "agent": f"'PJSIP/' || (1001 + n % {SEATS})",
            "from_at": self._at("n"),
            "to_at": self._at("n + 1"),
            "talk_seconds": "n % 300",
            "hold_seconds": "0",
        }

    def customer(self) -> dict[str, str]:
        return {
            "id": self._id("019c", "n"),
            "name": self._say.name(),
            "tier": "'none'",
            "language": "'zh-CN'",
            "since": self._at("n"),
            **dict.fromkeys(("orders", "open_orders", "amount_fen", "points"), "0"),
        }

    def note(self) -> dict[str, str]:
        return {
            "journey_id": self._id("019b", f"n * {A_HOUSEHOLD_CALLS}"),
            "customer_id": self._id("019c", "n"),
            "disposition": "'order_placed'",
        }
