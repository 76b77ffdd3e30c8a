"""voicemail: messages beside recordings, their tasks, and each queue's duty phone

Revision: 20261123_voicemail, after: 20261123_lists
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_voicemail"
down_revision = "20261123_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queues", sa.Column("duty_phone", sa.String(length=12), nullable=True))
    op.add_column("tasks", sa.Column("recording_id", sa.String(length=32), nullable=True))
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), nullable=False, server_default="call"))
        batch_op.drop_constraint("uq_recordings_journey_id_uniqueid", type_="unique")
        batch_op.create_unique_constraint(
            "uq_recordings_journey_id_uniqueid_kind", ["journey_id", "uniqueid", "kind"]
        )


def downgrade() -> None:
    op.execute("DELETE FROM recordings WHERE kind <> 'call'")
    with op.batch_alter_table("recordings") as batch_op:
        batch_op.drop_constraint("uq_recordings_journey_id_uniqueid_kind", type_="unique")
        batch_op.create_unique_constraint("uq_recordings_journey_id_uniqueid", ["journey_id", "uniqueid"])
        batch_op.drop_column("kind")
    op.drop_column("tasks", "recording_id")
    op.drop_column("queues", "duty_phone")
