"""A real Slurm of one node, started as root without systemd, for tests of work on a cluster."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "sinfo")
START_TIMEOUT_S = 60


def why_not() -> str | None:
    """Return why Slurm cannot be started here, or None."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return f"Slurm is not installed (no {', '.join(missing)}): apt install slurm-wlm munge"
    return None if os.geteuid() == 0 else "starting Slurm's daemons needs root"


@contextmanager
def one_node_slurm(folder: Path) -> Iterator[Path]:
    """Start munged, slurmctld and slurmd; yield the path of slurm.conf, which SLURM_CONF must name; stop them at the end."""
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(parents=True)
    key = folder / "munge" / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    conf = folder / "slurm.conf"
    munge_socket = folder / "munge" / "socket"
    conf.write_text(_configuration(folder, munge_socket))
    environment = {**os.environ, "SLURM_CONF": str(conf)}
    commands = (
        _munged(folder, key, munge_socket),
        ["slurmctld", "-D", "-i", "-f", str(conf)],
        ["slurmd", "-D", "-f", str(conf)],
    )
    logs = [(folder / f"{command[0]}.log").open("wb") for command in commands]
    daemons = []
    try:
        for command, log in zip(commands, logs, strict=True):
            daemons.append(subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT))
            if command[0] == "munged":
                _await(munge_socket.exists, folder)
        _await(lambda: _is_idle(environment), folder)
        yield conf
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(timeout=30)
        for log in logs:
            log.close()


def _munged(folder: Path, key: Path, munge_socket: Path) -> list[str]:
    places = {
        "key-file": key,
        "socket": munge_socket,
        "pid-file": folder / "munge" / "pid",
        "log-file": folder / "munge" / "log",
        "seed-file": folder / "munge" / "seed",
    }
    return ["munged", "--foreground", "--force", *(f"--{name}={path}" for name, path in places.items())]


def _configuration(folder: Path, munge_socket: Path) -> str:
    host = socket.gethostname().split(".")[0]
    first, second = _free_ports()
    cores = os.cpu_count() or 1
    return f"""
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge_socket}
SlurmctldPort={first}
SlurmdPort={second}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=60 State=UP OverSubscribe=FORCE:4
"""


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _is_idle(environment: dict[str, str]) -> bool:
    answer = subprocess.run(["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True, check=False)
    return answer.stdout.strip() in {"idle", "mixed"}


def _await(is_ready, folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_ready():
        if time.monotonic() > deadline:
            logs = "\n".join(f"{log.name}: {log.read_text()[-800:]}" for log in folder.glob("*.log"))
            raise RuntimeError(f"Slurm did not start within {START_TIMEOUT_S} s:\n{logs}")
        time.sleep(0.1)
