"""Settings of `cluster`: where rendering and sweeps work."""

from typing import Annotated, Literal

from pydantic import Field

from partsight.config.section import Section


class ClusterSection(Section):
    """This machine, or jobs of a scheduler, through Parsl (extra [cluster]); the recipe's folder must be seen by all nodes."""

    kind: Literal["local", "processes", "slurm", "pbs"] = "local"
    """`local` uses this machine's cores; `slurm` and `pbs` submit jobs; `processes` starts the same workers without a scheduler."""
    partition: str = ""
    """Partition (Slurm) or queue (PBS)."""
    account: str = ""
    """Account that is charged."""
    walltime: Annotated[str, Field(pattern=r"^\d+:[0-5]\d:[0-5]\d$")] = "01:00:00"
    """Longest time of a job, as in 01:30:00; work that a job did not finish goes into the next."""
    jobs: Annotated[int, Field(ge=1)] = 1
    """Largest number of jobs at a time."""
    nodes_per_job: Annotated[int, Field(ge=1)] = 1
    """Nodes of each job."""
    workers_per_node: Annotated[int, Field(ge=1)] = 1
    """Workers on each node; they share its cores, and its GPUs if there are any."""
    gpus_per_node: Annotated[int, Field(ge=0)] = 0
    """GPUs of each node; a worker sees one of them."""
    options: tuple[str, ...] = ()
    """Further lines for the scheduler, as in "#SBATCH --mem=32G", "#SBATCH --qos=long" or "#SBATCH --constraint=gpu"."""
    setup: tuple[str, ...] = ()
    """Shell lines that each job runs first, as in "module load python"."""
    address: str = ""
    """Address at which the nodes reach this machine; empty finds it out."""
