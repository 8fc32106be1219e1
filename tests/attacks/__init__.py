"""The attacks that `scripts/attacks` makes. Each is bounded in number and time, and stays on 127.0.0.1."""
import dataclasses

ATTACKS = {}


@dataclasses.dataclass
class Attack:
    """`memory` (MiB), `rows` and `log` (KiB) say by how much the service may grow at most."""
    name: str
    title: str
    run: object
    memory: int
    rows: int
    log: int
    settings: dict


def attack(title, memory=24, rows=4, log=256, **settings):
    """Registers an attack: a function of a `Target`. It may return a note on what it saw."""
    def register(run):
        settings_of_it = {f"PORTCULLIS_{name}": value for name, value in settings.items()}
        ATTACKS[run.__name__] = Attack(run.__name__, title, run, memory, rows, log, settings_of_it)
        return run
    return register
