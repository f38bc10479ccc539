"""A server of its own on the demonstration township, for the programs here that call it from Python."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("PROGRAM", ROOT / "target/debug/gezhi"))
TOWNSHIP = "310116112"


@dataclasses.dataclass
class Demonstration:
    """A server that runs: where it listens, its folder, the password of all accounts, and a folder for whoever started it."""

    origin: str
    run: pathlib.Path
    work: pathlib.Path
    password: str
    process: subprocess.Popen


def environment():
    """Without the caller's own settings, which would lead elsewhere."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GEZHI_")}


@contextlib.contextmanager
def demonstration(purpose):
    """On a copy of its own and a free port; gone with its folder at the end."""
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"gezhi-{purpose}-"))
    server = None
    try:
        run = work / "run"
        subprocess.run(["bash", ROOT / "tests/demo-copy.sh", run], check=True)
        server, origin = start(run, work / "server.log")
        accounts = (run / "data/demo-accounts.txt").read_text()
        password = re.search(r"password of all accounts: (\S+)", accounts).group(1)
        yield Demonstration(origin, run, work, password, server)
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(work, ignore_errors=True)


def start(run, log):
    # The moment the demonstration was told up to, whatever the machine's clock says.
    clock = os.environ.get("TEST_CLOCK") or (ROOT / "tests/clock").read_text().strip()
    with open(log, "w") as words:
        server = subprocess.Popen(
            [PROGRAM, "serve"],
            cwd=run,
            env={**environment(), "GEZHI_LISTEN": "127.0.0.1:0", "GEZHI_CLOCK": clock},
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
    # It says itself where it listens; nothing that comes later is long enough to fill the pipe.
    for line in server.stdout:
        found = re.search(r"listens on (http://127\.0\.0\.1:\d+)", line)
        if found:
            return server, found.group(1)
    server.kill()
    sys.exit("the server does not start:\n" + log.read_text())
