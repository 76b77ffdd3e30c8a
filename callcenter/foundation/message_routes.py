"""The message catalogues for programs that show our errors."""

from typing import Literal

from fastapi import APIRouter

from callcenter.foundation import messages

router = APIRouter(prefix="/api/v1", tags=["messages"])


@router.get("/messages/{locale}.json")
async def catalogue(locale: Literal["zh-CN", "ug", "en"]) -> dict[str, str]:
    """All sentences of one language, by key."""
    return messages.catalogue(locale)
