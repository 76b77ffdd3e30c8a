"""recovery: estimates, repairs, the queue_log's bookmark

Revision: 20261123_recovery, after: 20261123_processes
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_recovery"
down_revision = "20261123_processes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("journeys", sa.Column("estimates", json, nullable=True))
    op.create_table(
        "queue_log_bookmarks",
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("inode", sa.String(length=20), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pbx", name=op.f("pk_queue_log_bookmarks")),
    )
    op.create_table(
        "repairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pbx", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("found_by", sa.String(length=16), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=150), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repairs")),
    )
    op.create_index("ix_repairs_at", "repairs", ["at"])


def downgrade() -> None:
    for table in ("repairs", "queue_log_bookmarks"):
        op.drop_table(table)
    with op.batch_alter_table("journeys") as batch_op:
        batch_op.drop_column("estimates")
