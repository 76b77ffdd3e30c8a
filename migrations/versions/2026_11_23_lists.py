"""lists: how a customer's name begins, how a caller's number ends, calls by outcome

Revision: 20261123_lists, after: 20261123_recovery
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_lists"
down_revision = "20261123_recovery"
branch_labels = None
depends_on = None

_LENGTHS = (1, 2, 3)


def upgrade() -> None:
    for length in _LENGTHS:
        op.add_column(
            "work_orders",
            sa.Column(f"name_{length}", sa.String(length=length), nullable=False, server_default=""),
        )
    op.execute(
        "UPDATE work_orders SET " + ", ".join(f"name_{n} = substr(customer_name, 1, {n})" for n in _LENGTHS)  # noqa: S608 - constants
    )
    op.drop_index("ix_work_orders_customer_name", "work_orders")
    for length in _LENGTHS:
        op.create_index(f"ix_work_orders_name_{length}", "work_orders", [f"name_{length}", "id"])
    op.add_column("journeys", sa.Column("number_end", sa.String(length=4), nullable=True))
    op.execute("UPDATE journeys SET number_end = substr(number, length(number) - 3) WHERE length(number) >= 4")
    op.create_index("ix_journeys_number_end", "journeys", ["number_end", "started_at"])
    op.create_index("ix_journeys_outcome", "journeys", ["outcome", "started_at"])
    op.create_index("ix_customers_name", "customers", ["name"], postgresql_ops={"name": "varchar_pattern_ops"})


def downgrade() -> None:
    op.drop_index("ix_customers_name", "customers")
    op.drop_index("ix_journeys_outcome", "journeys")
    op.drop_index("ix_journeys_number_end", "journeys")
    op.drop_column("journeys", "number_end")
    for length in _LENGTHS:
        op.drop_index(f"ix_work_orders_name_{length}", "work_orders")
    op.create_index(
        "ix_work_orders_customer_name",
        "work_orders",
        ["customer_name", "id"],
        postgresql_ops={"customer_name": "varchar_pattern_ops"},
    )
    for length in _LENGTHS:
        op.drop_column("work_orders", f"name_{length}")
