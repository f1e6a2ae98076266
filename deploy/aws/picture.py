"""Draws ``docs/images/aws.svg``, the order of a delivery, from the template beside this file.

    python deploy/aws/picture.py

The four steps and what they are called come from the template; a step that is added there and not
here is an error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
PICTURE = HERE.parents[1] / "docs" / "images" / "aws.svg"
INK, PAPER, LINE, SOFT = "#1f2933", "#ffffff", "#52606d", "#eef2f6"
KINDS: Mapping[str, str] = {"store": "#dbeafe", "step": "#dcfce7", "watch": "#fee2e2", "way": SOFT}
STEPS: Mapping[str, Sequence[str]] = {  # by the name of the state, what does it
    "Clean": ("Lambda", "pre_load_cleanup"),
    "Stage": ("Glue", "stage_sales.py"),
    "Upsert": ("Lambda", "post_load_upsert"),
    "Validate": ("Lambda", "post_load_validation"),
}


@dataclass(frozen=True, kw_only=True)
class Box:
    """One thing in the picture: its corner, its size, its first line and what stands below."""

    x: int
    y: int
    kind: str
    title: str
    lines: Sequence[str] = ()
    width: int = 190
    height: int = 66

    @property
    def middle(self) -> int:
        """Where its middle is, from the left."""
        return self.x + self.width // 2

    def drawn(self) -> str:
        """Return it in SVG."""
        told = [
            f'<text x="{self.middle}" y="{self.y + 24}" class="title">{escape(self.title)}</text>'
        ]
        told += [
            f'<text x="{self.middle}" y="{self.y + 24 + 17 * number}">{escape(line)}</text>'
            for number, line in enumerate(self.lines, 1)
        ]
        frame = f'x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="8"'
        return f'<rect {frame} fill="{KINDS[self.kind]}" stroke="{LINE}"/>\n' + "\n".join(told)


def arrow(path: str, label: str = "", at: tuple[int, int] = (0, 0), *, dashed: bool = False) -> str:
    """Return a line with a head, and what is written beside it."""
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    line = f'<path d="{path}" class="way"{dash} marker-end="url(#head)"/>'
    return (
        f'{line}\n<text x="{at[0]}" y="{at[1]}" class="note">{escape(label)}</text>'
        if label
        else line
    )


def tasks(template: str) -> tuple[str, ...]:
    """Return the names of the states that do something for a delivery, in their order."""
    states = re.findall(r"^          (\w+):\n            Type: Task$", template, re.MULTILINE)
    return tuple(name for name in states if name != "Tell")


def picture(template: str) -> str:
    """Return the picture of the template's order.

    Raises:
        ValueError: the template has other steps than are drawn here.
    """
    if tasks(template) != tuple(STEPS):
        raise ValueError(f"the template's steps are {tasks(template)}")
    rows = range(100, 100 + 96 * len(STEPS), 96)
    steps = {
        name: Box(x=330, y=y, kind="step", title=name, lines=STEPS[name])
        for (name, y) in zip(STEPS, rows, strict=True)
    }
    bucket = Box(
        x=30, y=100, kind="store", title="S3 bucket", height=100,
        lines=("walmart/DELIVERY/*.csv", "walmart/DELIVERY/_READY", "code/stage_sales.py"),
    )  # fmt: skip
    rule = Box(
        x=30, y=8, kind="way", title="EventBridge rule", lines=("_READY arrived",), height=56
    )
    secret = Box(x=30, y=388, kind="store", title="Secrets Manager", lines=("owner, loader",))
    base = Box(
        x=640, y=196, kind="store", title="RDS PostgreSQL", height=162, width=200,
        lines=("staging", "dim_store, dim_dept", "fact_sales_weekly", "plan_sales_weekly",
               "vw_sales_analytics", "load_history"),
    )  # fmt: skip
    migrate = Box(
        x=640, y=388, kind="way", title="Lambda migrate", width=200,
        lines=("once after each image",),
    )  # fmt: skip
    topic = Box(x=645, y=498, kind="watch", title="SNS topic", lines=("what failed, and where",))
    fail = Box(
        x=330, y=498, kind="watch", title="Tell, then fail", lines=("Step Functions: FAILED",)
    )
    alarms = Box(
        x=645, y=588, kind="watch", title="CloudWatch alarms", width=190,
        lines=("failed, late, not begun,", "disk nearly full"), height=72,
    )  # fmt: skip
    boxes = (bucket, rule, secret, base, migrate, topic, alarms, fail, *steps.values())
    drawn = [box.drawn() for box in boxes]
    ways = [
        arrow("M125 100 V64", "object created", (178, 86)),
        arrow("M220 36 H425 V84", "starts an execution", (322, 28)),
        arrow("M220 180 H270 V229 H330", "reads", (250, 172)),
        *(arrow(f"M425 {y + 66} V{y + 96}") for y in rows[:-1]),
        arrow(f"M520 {rows[0] + 33} H700 V196", "takes old rows out", (610, rows[0] + 25)),
        arrow(f"M520 {rows[1] + 33} H640", "JDBC", (580, rows[1] + 25)),
        arrow(f"M520 {rows[2] + 33} H640", "one transaction", (580, rows[2] + 25)),
        arrow(f"M520 {rows[3] + 33} H600 V345 H640", "reads", (560, rows[3] + 25)),
        arrow("M425 454 V498", "of any step", (462, 487), dashed=True),
        arrow("M520 531 H645", dashed=True),
        arrow("M220 421 H290", "each asks", (255, 413)),
        arrow("M770 388 V358", "schema, roles", (815, 378)),
        arrow("M740 588 V564", dashed=True),
    ]
    frame = (
        f'<rect x="290" y="84" width="570" height="386" rx="12" fill="none" stroke="{LINE}"'
        ' stroke-dasharray="2 5"/>\n'
        '<text x="800" y="102" class="note">private network</text>'
    )
    style = (
        f"text{{font:12px sans-serif;fill:{INK};text-anchor:middle}}"
        ".title{font-weight:bold;font-size:14px}.note{font-size:11px}"
        f".way{{fill:none;stroke:{LINE};stroke-width:1.4}}"
    )
    head = (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7"'
        f' markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="{LINE}"/></marker></defs>'
    )
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 680" role="img">',
        "<title>A delivery on AWS, from the bucket to PostgreSQL</title>",
        f"<style>{style}</style>", head,
        f'<rect width="880" height="680" fill="{PAPER}"/>',
        frame, *ways, *drawn, "</svg>\n",
    ])  # fmt: skip


if __name__ == "__main__":
    PICTURE.write_text(picture((HERE / "template.yaml").read_text("utf-8")), "utf-8")
