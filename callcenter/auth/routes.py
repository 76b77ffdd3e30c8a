"""Sign in, sign out, who am I."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response

from callcenter.auth import origins, sessions
from callcenter.auth.dependencies import COOKIE, CurrentUser
from callcenter.auth.identity import SignedIn
from callcenter.auth.schemas import Me, Seat, SignInForm
from callcenter.foundation.errors import NotPermitted
from callcenter.foundation.web import LedgerDep, SettingsDep, origin_of

FindSeat = Callable[[SignedIn], Awaitable[Seat | None]]


def build(find_seat: FindSeat) -> APIRouter:
    """The routes; `find_seat` says which agent's seat a person has (agents stand above auth)."""
    router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

    @router.post("/sign-in")
    async def sign_in(
        form: SignInForm, request: Request, response: Response, ledger: LedgerDep, settings: SettingsDep
    ) -> Me:
        if not origins.is_ours(request, settings, required=False):
            raise NotPermitted("foreign_origin")
        new = await sessions.sign_in(
            ledger,
            username=form.username,
            password=form.password,
            origin=origin_of(request),
            hours=settings.session_hours,
        )
        response.set_cookie(
            COOKIE,
            new.token,
            max_age=settings.session_hours * 3600,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https" or (settings.public_origin or "").startswith("https://"),
            path="/",
        )
        return Me.of(new.person, await find_seat(new.person))

    @router.post("/sign-out", status_code=204)
    async def sign_out(person: CurrentUser, response: Response, ledger: LedgerDep) -> None:
        await sessions.sign_out(ledger, person)
        response.delete_cookie(COOKIE, path="/")

    @router.get("/me")
    async def me(person: CurrentUser) -> Me:
        return Me.of(person, await find_seat(person))

    return router
