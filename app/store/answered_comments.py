"""The table of the comments that were commands and have had their answer: none acts twice."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction


class AnsweredCommentRow(OwnRow, table=True):
    """A row of `answered_comments`; `command` is a name of ours, never what somebody wrote."""

    __tablename__ = "answered_comments"

    comment_id: int = Field(primary_key=True, sa_type=BigInteger)
    command: str
    answered_at: datetime = Field(sa_type=Instant)


def mark_answered(rows: Transaction, comment_id: int, command: str, *, at: datetime) -> None:
    """Keep that a comment has had its answer."""
    rows.merge(AnsweredCommentRow(comment_id=comment_id, command=command, answered_at=at))
    rows.flush()


def is_answered(rows: Transaction, comment_id: int) -> bool:
    """Whether a comment has had its answer."""
    return rows.get(AnsweredCommentRow, comment_id) is not None


def has_later_answer(rows: Transaction, comment_id: int, commands: Collection[str]) -> bool:
    """Whether a later comment with one of these commands has had its answer already."""
    query = select(AnsweredCommentRow.comment_id).where(
        col(AnsweredCommentRow.comment_id) > comment_id,
        col(AnsweredCommentRow.command).in_(commands),
    )
    return rows.exec(query).first() is not None
