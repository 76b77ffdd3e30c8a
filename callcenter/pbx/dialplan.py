"""What a dialplan text names: contexts, includes, jumps, applications, functions. Pure; for `check` and its lint."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_CONTEXT = re.compile(r"^\[([A-Za-z0-9_-]+)\]")
_INCLUDE = re.compile(r"^include\s*=>?\s*([A-Za-z0-9_-]+)")
_EXTENSION = re.compile(r"^exten\s*=>?\s*([^,]+),(.*)$")
_STEP = re.compile(r"^(?:same\s*=>?\s*)?(?:\d+|n|hint)(?:\([^)]*\))?,(.*)$")
_APPLICATION = re.compile(r"^([A-Za-z]+)\((.*)\)$")
_FUNCTION = re.compile(r"\$\{([A-Z][A-Z_]+)\(")
_FUNCTION_WRITTEN = re.compile(r"^([A-Z][A-Z_]+)\(")
_JUMP = re.compile(r"^([a-z][a-z0-9-]*),")


@dataclass(frozen=True)
class Step:
    context: str
    extension: str
    application: str
    arguments: str


@dataclass
class Dialplan:
    """`includes` maps each context to those it includes directly."""

    includes: dict[str, list[str]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def reachable_by_include(self, context: str) -> set[str]:
        """The context and everything dialled digits can reach through its includes."""
        found: set[str] = set()
        waiting = [context]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.includes.get(name, []))
        return found

    def reachable(self, context: str) -> set[str]:
        """As reachable_by_include, and through written jumps (Goto, GotoIf, Gosub) as well."""
        found: set[str] = set()
        waiting = [context]
        while waiting:
            for name in self.reachable_by_include(waiting.pop()) - found:
                found.add(name)
                waiting.extend(target for step in self.steps if step.context == name for target in jumps(step))
        return found

    def functions(self) -> set[str]:
        read = {name for step in self.steps for name in _FUNCTION.findall(step.arguments)}
        written = {
            match.group(1)
            for step in self.steps
            if step.application == "Set" and (match := _FUNCTION_WRITTEN.match(step.arguments))
        }
        return read | written

    def missing_contexts(self) -> set[str]:
        named = {target for targets in self.includes.values() for target in targets}
        named |= {target for step in self.steps for target in jumps(step)}
        return named - set(self.includes)


def jumps(step: Step) -> list[str]:
    """The contexts a step leads to, as far as they are written out."""
    if step.application in ("Goto", "Gosub"):
        match = _JUMP.match(step.arguments)
        # Goto(extension,priority) stays in its context; only three parts name one.
        return [match.group(1)] if match and step.arguments.count(",") >= 2 else []
    return []


def read_dialplan(texts: Iterable[str]) -> Dialplan:
    """Read dialplan files (not extensions.conf itself, which only includes them)."""
    plan = Dialplan()
    for text in texts:
        _read_file(text, plan)
    return plan


def _read_file(text: str, plan: Dialplan) -> None:
    context, extension = "", ""
    for line in text.splitlines():
        bare = re.sub(r"(?<!\\);.*$", "", line).strip()
        if match := _CONTEXT.match(bare):
            context = match.group(1)
            if context != "globals":
                plan.includes.setdefault(context, [])
        elif match := _INCLUDE.match(bare):
            plan.includes[context].append(match.group(1))
        else:
            if match := _EXTENSION.match(bare):
                extension, bare = match.groups()
            _read_step(bare, context, extension, plan)


def _read_step(text: str, context: str, extension: str, plan: Dialplan) -> None:
    step = _STEP.match(text)
    found = _APPLICATION.match(step.group(1).strip()) if step else None
    if found:
        plan.steps.append(Step(context, extension, found.group(1), found.group(2)))
