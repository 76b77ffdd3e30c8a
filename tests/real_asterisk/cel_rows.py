"""What the PBX writes for a service that is away."""

from callcenter.telephony.cel_reader import NOWHERE, Row, read_since
from tests.real_asterisk.polling import until
from tests.real_asterisk.running_pbx import RunningPbx


async def on_record(pbx: RunningPbx, uniqueid: str) -> list[Row]:
    """The rows of a call in the CEL file, once it is over: what a service that was away goes by."""
    path = pbx.instance.log_dir / "cel-custom" / "Master.csv"

    def rows() -> list[Row]:
        return [row for row in read_since(path, NOWHERE).rows if row[7] == uniqueid]

    await until(lambda: any(row[0] == "LINKEDID_END" for row in rows()), "the call's end on record")
    return rows()
