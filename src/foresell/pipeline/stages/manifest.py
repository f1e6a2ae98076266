"""manifest: what raw files there are, byte for byte."""

import hashlib

from foresell.errors import DataError
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes


def run(work: Work) -> None:
    """Write ``manifest/manifest.json``: name, bytes and sha256 of every declared file.

    The file of default rows (``asked``) is listed where it exists.

    Raises:
        DataError: a declared file is empty.
    """
    project, source = work.project, work.source
    wanted = [table.file for table in project.tables]
    if project.asked is not None and source.holds(project.asked.file):
        wanted.append(project.asked.file)
    contents = {name: source.read(name) for name in wanted}
    for name, content in contents.items():
        if not content:
            raise DataError("the file is empty", f"{source.label}/{name}", "get the file again")
    files = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in contents.items()
    ]
    work.outputs["manifest"].write_bytes(
        "manifest.json", json_bytes({"synthetic": source.synthetic, "files": files})
    )
    made = ", synthetic" if source.synthetic else ""
    work.note(f"{len(files)} files, {sum(map(len, contents.values())) / 1e6:,.1f} MB{made}")
