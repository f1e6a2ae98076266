"""The template in ``deploy/aws`` as a person would get it: every reference worked out."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cfnlint.decode import decode  # type: ignore[import-untyped]

AWS = Path(__file__).parents[1] / "deploy" / "aws"
TEMPLATE = AWS / "template.yaml"
ACCOUNT, REGION = "123456789012", "eu-central-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/foresell:1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "foresell",
}


@dataclass(frozen=True)
class Stack:
    """The template with its parameters at their defaults, but for those of ``said``.

    ``made``: what a reference to a resource, or ``RESOURCE.ATTRIBUTE``, becomes; a resource that is
    not there becomes its name in the template, and an ARN is made of that.
    """

    made: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        template, broken = decode(str(TEMPLATE))
        assert not broken
        object.__setattr__(self, "template", json.loads(json.dumps(template)))

    template: dict[str, Any] = field(init=False)

    def of(self, logical: str) -> dict[str, Any]:
        """Return the properties of a resource, worked out."""
        found: dict[str, Any] = self.value(self.template["Resources"][logical]["Properties"])
        return found

    def kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of every resource of a kind, by its name in the template."""
        named = self.template["Resources"].items()
        return {name: self.of(name) for name, one in named if one["Type"] == kind}

    def value(self, node: Any) -> Any:
        """Return a part of the template, worked out."""
        if isinstance(node, list):
            return [self.value(one) for one in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((key, said),) = node.items()
            if key in self.known:
                return self.known[key](said)
        return {key: self.value(one) for key, one in node.items()}

    @property
    def known(self) -> Mapping[str, Callable[[Any], Any]]:
        """The functions of a template that are worked out, by name; others stay as they are."""
        return {
            "Ref": self.ref,
            "Fn::GetAtt": lambda said: self.attribute(
                ".".join(said) if isinstance(said, list) else said
            ),
            "Fn::Sub": lambda said: re.sub(
                r"\$\{([^}]+)\}", lambda found: str(self.named(found[1])), said
            ),
        }

    def named(self, name: str) -> Any:
        """Return what a name inside a text stands for."""
        return self.attribute(name) if "." in name else self.ref(name)

    def ref(self, name: str) -> Any:
        """Return what ``!Ref`` gives."""
        parameters = self.template["Parameters"]
        if name in parameters:
            return self.said.get(name, parameters[name].get("Default", name))
        return PSEUDO.get(name) or self.made.get(name) or name

    def attribute(self, path: str) -> str:
        """Return what ``!GetAtt`` gives."""
        logical, _, name = path.partition(".")
        if path in self.made:
            return self.made[path]
        one = self.template["Resources"][logical]
        if one["Type"] == "AWS::Lambda::Function" and name == "Arn":
            called = self.value(one["Properties"]["FunctionName"])
            return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{called}"
        return f"arn:aws:{logical}" if name == "Arn" else path

    def definition(self, **faster: int) -> dict[str, Any]:
        """Return the state machine, its placeholders filled; ``faster``: numbers of its retries."""
        machine = self.of("Loading")
        text = json.dumps(machine["Definition"])
        for name, said in machine["DefinitionSubstitutions"].items():
            text = text.replace(f"${{{name}}}", said)
        assert "${" not in text
        found: dict[str, Any] = json.loads(text)
        for state in found["States"].values():
            for again in state.get("Retry", ()):
                again.update(faster)
        return found
