"""A clock for a server that differs from that of the machine, with libfaketime. Only the time of day: what
measures durations (CLOCK_MONOTONIC) goes on, as when an operator or NTP sets a clock."""
import os
from .needs import Missing, tool


class FakeClock:
    def __init__(self, lab, seconds=0):
        self.file = f"{lab.folder('clock')}/offset"
        self.set(seconds)

    def set(self, seconds):
        """The difference to the clock of the machine."""
        with open(f"{self.file}.new", "w") as file:
            file.write(f"{seconds:+d}\n")
        os.replace(f"{self.file}.new", self.file)

    def settings(self):
        """Variables for the environment of a server."""
        return {
            "LD_PRELOAD": tool("faketime"), "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        }


def issued_at(access):
    """The claim `iat` of an access token, which shows the clock of the server."""
    import base64, json
    payload = access.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"]


def require_effect(difference, wanted):
    if abs(difference - wanted) > 10:
        raise Missing(f"libfaketime has no effect on this program: {difference:.0f} s; "
                      "tests/it/session/clocks.rs steps the clock in the process")
