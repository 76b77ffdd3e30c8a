"""Does the voice menu answer? Asked over FastAGI, as Asterisk does, but without a call."""

import asyncio
from enum import StrEnum

_HELLO = b"agi_network: yes\nagi_network_script: health\nagi_callerid: unknown\n\n"
_REPLY = b"200 result=1\n"
_COMMAND = b"SET VARIABLE"


class Menu(StrEnum):
    """What the voice menu is found to be."""

    ANSWERS = "answers"
    FULL = "full"  # it lives and takes no more calls; Asterisk queues those callers at once
    GONE = "gone"  # nobody listens; Asterisk queues callers at once
    SILENT = "silent"  # it takes calls and says nothing: callers would hear nothing for ever
    UNKNOWN = "unknown"


async def probe(host: str, port: int, seconds: float) -> Menu:
    """One question, ended within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(_HELLO)
                said = await reader.readline()
                if said.startswith(_COMMAND):
                    writer.write(_REPLY)
                return Menu.ANSWERS if said.startswith(_COMMAND) else Menu.FULL
            finally:
                writer.close()
    except TimeoutError:
        return Menu.SILENT
    except ConnectionRefusedError:
        return Menu.GONE
    except (OSError, ValueError):  # cut off, or a line without end
        return Menu.FULL
