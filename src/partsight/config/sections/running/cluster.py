"""Settings of `cluster`: where rendering and sweeps work."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from partsight.config.section import Section
from partsight.config.values import Crew, TextLine, Workers

SchedulerName: TypeAlias = Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.,:@+=/-]*)?$", max_length=200)]
"""A name as schedulers have them: it becomes part of a command, so it holds no space and nothing that a shell reads."""
Constraint: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.,:@+=/&|*!()\[\]-]*$", max_length=200)]
"""Features of nodes, joined as Slurm joins them; one line of a job script."""
Address: TypeAlias = Annotated[str, Field(pattern=r"^([A-Za-z0-9:][A-Za-z0-9_.:%-]*)?$", max_length=200)]
"""A host's name or number."""


class ClusterSection(Section):
    """This machine, or jobs of a scheduler, through Parsl (extra [cluster]); the recipe's folder must be seen by all nodes."""

    kind: Literal["local", "processes", "slurm", "pbs"] = "local"
    """`local` uses this machine's cores; `slurm` and `pbs` submit jobs; `processes` starts the same workers without a scheduler."""
    partition: SchedulerName = ""
    """Partition (Slurm) or queue (PBS)."""
    account: SchedulerName = ""
    """Account that is charged."""
    qos: SchedulerName = ""
    """Quality of service (Slurm)."""
    constraint: Constraint = ""
    """Kind of node (Slurm), as in `gpu`."""
    walltime: Annotated[str, Field(pattern=r"^[0-9]{1,4}:[0-5][0-9]:[0-5][0-9]$")] = "01:00:00"
    """Longest time of a job, as in 01:30:00; work that a job did not finish goes into the next."""
    jobs: Crew = 1
    """Largest number of jobs at a time."""
    nodes_per_job: Crew = 1
    """Nodes of each job."""
    workers_per_node: Crew = 1
    """Workers on each node; they share its cores, and its GPUs if there are any."""
    gpus_per_node: Workers = 0
    """GPUs of each node; a worker sees one of them."""
    options: tuple[TextLine, ...] = ()
    """Further lines for the scheduler, as in "#SBATCH --mem=32G".
    As trusted as a script: asked about once (docs/background/security.md)."""
    setup: tuple[TextLine, ...] = ()
    """Shell lines that each job runs first, as in "module load python".
    As trusted as a script: asked about once (docs/background/security.md)."""
    address: Address = ""
    """Address at which the nodes reach this machine; empty finds it out."""
