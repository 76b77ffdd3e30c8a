"""Expected failures.

CallCenterError            status  code
├── NotFound               404     <thing>_not_found
├── Refused                409     a command that does not fit the present state
├── Invalid                422     input that cannot be used
├── NotPermitted           403     not_permitted
├── NotSignedIn            401     not_signed_in
└── TooMany                429     too_many_attempts

Services raise; `foundation.problems` renders them once, and a database that is away as 503 service_unavailable.
Codes are part of the API: never rename one.
"""

from typing import Any


class CallCenterError(Exception):
    status = 500

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class NotFound(CallCenterError):
    status = 404


class Refused(CallCenterError):
    status = 409


class Invalid(CallCenterError):
    status = 422


class NotPermitted(CallCenterError):
    status = 403

    def __init__(self, code: str = "not_permitted", **params: Any) -> None:
        super().__init__(code, **params)


class NotSignedIn(CallCenterError):
    status = 401

    def __init__(self, code: str = "not_signed_in", **params: Any) -> None:
        super().__init__(code, **params)


class TooMany(CallCenterError):
    status = 429
