"""armed: when a timer was set, so that a clock that was ahead is noticed

Revision: 20261123_armed, after: 20261123_voicemail
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_armed"
down_revision = "20261123_voicemail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timers", sa.Column("armed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("timers", "armed_at")
