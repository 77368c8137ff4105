"""The generated reference: every command with its options, every what-if with its parameters, every format's name."""

from typing import Any

from llmcost.engine import registry
from llmcost.engine.registry import Parameter, Query


def command_pages() -> str:
    """The commands, first as a list, then each with its options."""
    known = commands()
    listed = [f"- [`llmcost {name}`](#{anchor(_usage(name, one))}): {_summary(one)}" for name, one in known.items()]
    return "\n".join([*listed, "", *(_command(name, command) for name, command in known.items())])


def formats() -> str:
    """The formats by name, each with a link to where such a log lies."""
    names = [f"[{query.name}](docs/logs.md#{query.name})" for query in registry.load("formats").values()]
    return " · ".join(names) + "\n"


def questions() -> str:
    """The what-ifs and the question that each answers."""
    rows = [f"| [`{q.name}`](docs/what_ifs.md#{q.name}) | {q.field('question')} |" for q in _what_ifs()]
    return "\n".join(["| what-if | question |", "| --- | --- |", *rows]) + "\n"


def what_ifs() -> str:
    """Each what-if with its parameters, what it needs and what it assumes."""
    return "\n".join(map(_what_if, _what_ifs()))


def commands() -> dict[str, Any]:
    """Every command as typer has it, by name."""
    from typer.main import get_command

    from llmcost.cli import app

    group: Any = get_command(app)
    return dict(group.commands)


def anchor(heading: str) -> str:
    """The heading's anchor as GitHub makes it: lower case, hyphens for spaces, no other marks."""
    return "".join(c if c.isalnum() or c in "-_" else "-" if c == " " else "" for c in heading.lower())


def _what_ifs() -> list[Query]:
    return list(registry.load("what_ifs").values())


def _what_if(query: Query) -> str:
    lines = [f"## {query.name}", "", _sentence(query.title), "", query.field("question"), ""]
    lines += ["| parameter | type | default | meaning |", "| --- | --- | --- | --- |"]
    for p in query.parameters:
        default = f"`{p.written(p.default)}`"
        lines.append(f"| `{p.name}` | {_cell(_type(p))} | {_cell(default)} | {_cell(_sentence(p.meaning))} |")
    lines += ["", *(f"- {line}" for line in _traits(query)), "", "Assumptions:", ""]
    return "\n".join([*lines, *(f"- {_sentence(assumption)}" for assumption in query.fields.get("assumes", ()))]) + "\n"


def _traits(query: Query) -> list[str]:
    """In words: what the other lines of the header say."""
    said = [f"Needs {need.partition(': ')[2]}." for need in query.fields.get("needs", ())]
    if neutral := query.field("neutral"):
        said.append(f"Changes nothing with `{neutral}`.")
    if low := query.field("low"):
        said.append(f"Range: from `{low}` to `{query.field('high')}`.")
    if query.field("order"):
        stacked = query.field("stacked")
        said.append(f"Part of `--what-if all`{f', with `{stacked}`' if stacked else ''}.")
    if grid := query.fields.get("grid"):
        said.append(f"`--optimize` tries {', '.join(f'`{settings}`' for settings in grid)}.")
    if alters := query.field("alters"):
        said.append(f"Changes answers, so it is stacked only where it is asked for: {alters}.")
    if unmeasured := query.field("unmeasured"):
        said.append(f"A limit on quality excludes it: {unmeasured}.")
    return said


def _type(parameter: Parameter) -> str:
    choices = parameter.choices
    if parameter.type in ("int", "float"):
        return {"int": "whole number", "float": "number"}[parameter.type] + _bounds(choices)
    listed = ", ".join(f"`{choice}`" for choice in choices)
    words = {"text": "text", "bool": "`true` or `false`", "date": "date", "model": "model", "file": "file"}
    return words.get(parameter.type) or (f"list of {listed or 'names'}" if parameter.type == "names" else listed)


def _bounds(ends: tuple[str, ...]) -> str:
    if not ends:
        return ""
    least, most = ends
    return f", {least} to {most}" if most != "inf" else f", at least {least}"


def _command(name: str, command: Any) -> str:
    lines = [f"## `{_usage(name, command)}`", "", command.help.strip(), ""]
    lines += ["| option | meaning | default |", "| --- | --- | --- |"]
    for parameter in [*_arguments(command), *_options(command)]:
        flag = parameter.opts[0] if parameter.param_type_name == "option" else _metavar(parameter)
        value = (
            ""
            if parameter.param_type_name == "argument" or getattr(parameter, "is_flag", False)
            else " " + _metavar(parameter)
        )
        lines.append(f"| `{_cell(flag + value)}` | {_cell(parameter.help)} | {_default(parameter)} |")
    return "\n".join(lines) + "\n"


def _usage(name: str, command: Any) -> str:
    options = ["[OPTIONS]"] if _options(command) else []
    return " ".join(["llmcost", name, *(_metavar(argument) for argument in _arguments(command)), *options])


def _arguments(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "argument"]


def _options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option" and p.name != "help"]


def _summary(command: Any) -> str:
    return str(command.help).strip().partition("\n")[0]


def _metavar(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    return str(parameter.name).upper()


def _default(parameter: Any) -> str:
    default = parameter.default
    if default is None or default is False or default == () or getattr(parameter, "required", False):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sentence(text: str) -> str:
    """With a full stop, and a capital at the start unless that is a name in code."""
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith(".") else f"{begun}."
