"""Opting out of surveys is the withdrawal of a consent: survey_opt_out moves into consent"""

from alembic import op

revision = "0013"
down_revision = "0012"

# A standing opt-out outweighs whatever else was decided. One that was taken back moves with the
# taking back, unless the person has decided since.
MOVE = """
INSERT INTO consent (user_id, purpose, version, given, channel, by_id, at)
SELECT o.user_id, 'outcome-tracking', 1, said.given,
       CASE WHEN o.recorded_by_id IS NULL THEN 'link' ELSE 'told' END,
       coalesce(o.recorded_by_id, o.user_id), said.at
FROM survey_opt_out o
CROSS JOIN LATERAL (VALUES (false, o.recorded_at), (true, o.superseded_at)) AS said (given, at)
WHERE said.at IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM consent c
      WHERE c.user_id = o.user_id AND c.purpose = 'outcome-tracking' AND c.at > o.superseded_at
  )
ORDER BY o.superseded_at NULLS LAST, said.at
"""


def upgrade() -> None:
    op.execute(MOVE)
    op.drop_table("survey_opt_out")


def downgrade() -> None:
    raise NotImplementedError("what people decided is not thrown away")
