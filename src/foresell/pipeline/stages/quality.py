"""quality: what is known of how good the model is, each number with the file it comes from."""

from dataclasses import asdict

from foresell.pipeline.quality_monitored import drift
from foresell.pipeline.quality_samples import samples
from foresell.pipeline.quality_sections import explored, model_sections, risks
from foresell.pipeline.work import Work
from foresell.pipeline.writing import json_bytes
from foresell.report.quality_page import quality_html
from foresell.spec.quality import FORMAT, PAGE, QUALITY


def run(work: Work) -> None:
    """Write ``quality/quality.json`` and the same as a page, ``quality/quality.html``.

    Needs ``evaluation``, ``bundle``, ``registered``, ``monitored`` and ``eda``, and
    ``segment_risk`` of a project that declares segments. No clock, no run id: the same inputs give
    the same bytes. What is missing fails no run: it is told.
    """
    project, inputs = work.project, work.inputs
    name = project.name
    sections = [*model_sections(inputs, name), drift(inputs["monitored"], name)]
    sections.append(explored(inputs["eda"], name))
    if project.risk is not None:
        sections.append(risks(inputs["segment_risk"], name))
    told = {
        "format": FORMAT,
        "project": name,
        "target": project.target,
        "unit": project.unit,
        "sections": [asdict(one) for one in sections],
        "samples": samples(inputs["bundle"], project),
    }
    work.outputs["quality"].write_bytes(QUALITY, json_bytes(told))
    work.outputs["quality"].write_bytes(PAGE, quality_html({"projects": [told]}).encode())
    missing = [one.title for one in sections if one.state not in {"found", "not yet"}]
    later = [one.title.lower() for one in sections if one.state == "not yet"]
    numbers = sum(len(one.numbers) for one in sections)
    said = (f"{numbers} numbers", f"missing: {', '.join(missing)}", f"not yet: {', '.join(later)}")
    work.note("; ".join(one for one in said if not one.endswith(": ")))
