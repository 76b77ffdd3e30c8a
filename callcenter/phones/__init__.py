"""Telephones in software: SIP over UDP, G.711 A-law, digits. For demos, tests and two commands.

Softphone is the telephone; place_call() and run_phone() are whole stories on top of it. Standard library only.
"""

from callcenter.phones.call import Call
from callcenter.phones.digest import Credentials
from callcenter.phones.errors import CallGone, GarbledMessage, PhoneError, UnsafeText, WaitTimedOut
from callcenter.phones.happenings import CallState, Happening, OnEvent, Side, What
from callcenter.phones.incoming_call import IncomingCall
from callcenter.phones.outgoing_call import OutgoingCall
from callcenter.phones.place_call import CallPlan, place_call
from callcenter.phones.reports import CallReport
from callcenter.phones.run_phone import PhonePlan, PhoneReport, run_phone
from callcenter.phones.sip_address import Address
from callcenter.phones.softphone import Softphone
from callcenter.phones.talking import Talk
from callcenter.phones.transactions import Timers

__all__ = [
    "Address",
    "Call",
    "CallGone",
    "CallPlan",
    "CallReport",
    "CallState",
    "Credentials",
    "GarbledMessage",
    "Happening",
    "IncomingCall",
    "OnEvent",
    "OutgoingCall",
    "PhoneError",
    "PhonePlan",
    "PhoneReport",
    "Side",
    "Softphone",
    "Talk",
    "Timers",
    "UnsafeText",
    "WaitTimedOut",
    "What",
    "place_call",
    "run_phone",
]
