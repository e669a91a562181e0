"""Works on one project after another, each in a child of its own that waits to be killed.

Started once per test, because importing takes longer than most of the children live. Reads the
name of a project folder from standard input; for each it forks, and the child says on standard
output what the project has acknowledged, line by line.
"""

import hashlib
import os
import random
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from studio.exporter import write_sidecar
from studio.jobs import Item, JobSnapshot, JobState, Request
from studio.project import Project
from studio.recipe import Recipe


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def stage(project: Project, group: int, rng: random.Random) -> list[Item]:
    """A few items: some hold their recipe, some have it beside them."""
    seeds = [group * 10 + index for index in range(rng.randint(1, 5))]
    suffix = rng.choice(["png", "txt"])
    items = []
    for index, (seed, name) in enumerate(
        zip(seeds, project.names("noise", seeds, suffix), strict=True)
    ):
        folder = project.assets_folder / f".staging-{group}-{index}"
        folder.mkdir()
        recipe = Recipe(generator="noise", version="1", seed=seed)
        data = rng.randbytes(rng.randint(1, 60_000))
        if suffix == "txt":
            write_sidecar(folder / name, recipe)
        else:
            data = b"RECIPE " + recipe.to_json().encode() + b"\n" + data
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        items.append(Item(str(group), index, seed, recipe, 0.1, folder / name, digest))
    return items


def work(folder: Path) -> None:
    """Add, remove, restore and queue until somebody ends it."""
    rng = random.Random(os.getpid())
    with Project.open(folder) as project:
        for group in count():
            job = JobSnapshot(f"{os.getpid()}-{group}", Request("noise", seed=group))
            project.save_job(job)
            say("job", job.id, "queued")
            rows = project.add(stage(project, group, rng))
            for row in rows:
                say("added", row.id, row.sha256)
            project.save_job(replace(job, state=JobState.DONE))
            say("job", job.id, "done")
            if group % 3 == 1:
                project.remove([rows[0].id])
                say("removed", rows[0].id)
            if group % 6 == 4:
                project.restore([rows[0].id])
                say("restored", rows[0].id)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                work(Path(line.rstrip("\n")))
            finally:
                os._exit(1)
        say("child", child)
        _, status = os.waitpid(child, 0)
        say("gone", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
