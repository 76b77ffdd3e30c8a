"""Who talks with whom in one call, as SIP sees it: tags, targets, counters (RFC 3261 §12)."""

import secrets
from dataclasses import dataclass, field

from callcenter.phones.errors import GarbledMessage
from callcenter.phones.sip_address import name_address, parse_name_address, sip_uri
from callcenter.phones.sip_message import Header, Request, Response
from callcenter.phones.stack import USER_AGENT, SipStack, token


@dataclass
class Dialog:
    """`local` and `remote` are From and To values without tags; `target` is where requests are aimed."""

    stack: SipStack
    call_id: str
    user: str
    local: str
    remote: str
    target: str
    local_tag: str = field(default_factory=token)
    remote_tag: str = ""
    routes: tuple[str, ...] = ()
    cseq: int = field(default_factory=lambda: secrets.randbelow(1000) + 1)

    @classmethod
    def of_invite(cls, stack: SipStack, invite: Request, user: str) -> "Dialog":
        """Seen from the called side. GarbledMessage when the caller cannot be reached back."""
        caller = parse_name_address(invite.get("From"))
        called = parse_name_address(invite.get("To"))
        contact = parse_name_address(invite.get("Contact"))
        return cls(
            stack=stack,
            call_id=invite.call_id,
            user=user,
            local=name_address(called.name, called.uri),
            remote=name_address(caller.name, caller.uri),
            target=contact.uri,
            remote_tag=caller.tag,
            routes=tuple(invite.all("Record-Route")),
        )

    @property
    def contact(self) -> Header:
        return "Contact", f"<{sip_uri(self.user, self.stack.local)}>"

    def learn(self, response: Response) -> None:
        """Take the other side's tag, target and route from a response to our INVITE."""
        try:
            self.remote_tag = parse_name_address(response.get("To")).tag or self.remote_tag
            self.target = parse_name_address(response.get("Contact")).uri
        except GarbledMessage:
            return
        self.routes = tuple(reversed(response.all("Record-Route")))

    def retarget(self, request: Request) -> None:
        """A re-INVITE or UPDATE may name a new contact."""
        if request.get("Contact"):
            self.target = parse_name_address(request.get("Contact")).uri

    def request(
        self, method: str, extra: tuple[Header, ...] = (), body: bytes = b"", *, cseq: int = 0, branch: str = ""
    ) -> Request:
        """A request inside this call. `cseq` and `branch` are given for ACK and CANCEL only."""
        if not cseq:
            self.cseq += 1
        content: tuple[Header, ...] = (("Content-Type", "application/sdp"),) if body else ()
        headers = (
            self.stack.via(branch),
            ("Max-Forwards", "70"),
            *(("Route", route) for route in self.routes),
            ("From", f"{self.local};tag={self.local_tag}"),
            ("To", self.remote + (f";tag={self.remote_tag}" if self.remote_tag else "")),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq or self.cseq} {method}"),
            self.contact,
            ("User-Agent", USER_AGENT),
            *content,
            *extra,
        )
        return Request(method=method, uri=self.target, headers=headers, body=body)

    def cancel(self, invite: Request) -> Request:
        """The CANCEL of `invite`: its Via, target and To without a tag (RFC 3261 §9.1)."""
        kept = tuple(h for h in invite.headers if h[0] in ("Via", "From", "To", "Call-ID", "Route"))
        headers = (*kept, ("Max-Forwards", "70"), ("CSeq", f"{invite.cseq[0]} CANCEL"))
        return Request(method="CANCEL", uri=invite.uri, headers=headers)

    def owns(self, request: Request) -> bool:
        """Whether an incoming request belongs to this call: our tag in To, when it carries one."""
        tag = parse_name_address(request.get("To")).tag
        return tag in ("", self.local_tag)
