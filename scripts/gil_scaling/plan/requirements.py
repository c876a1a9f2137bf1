"""The requirements of a build's packages: how they are written, combined, and declared by workload files."""

import re
import tomllib
from collections.abc import Iterable, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_EXAMPLE = "Expected: a name, with versions if they matter, such as numpy==2.4.*."
# The block that the inline metadata of a script is in, by the regular expression of PEP 723
_SCRIPT = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")


def mistake(text: str) -> str | None:
    """What is wrong with a requirement; None if nothing is that can be seen without asking for packages."""
    try:
        url = Requirement(text).url
    except InvalidRequirement as error:
        return f"{text!r} is not a requirement: {str(error).splitlines()[0]}. {_EXAMPLE}"
    if url:  # others cannot get it there, and a lock would hold a path of this machine
        return (
            f"{text!r} names a file or address. {_EXAMPLE} Folders of wheels go into packages_index: {{find_links: …}}."
        )
    return None


def project(text: str) -> str:
    """The name of the package that a requirement asks for, normalised: numpy of `NumPy>=2`."""
    return canonicalize_name(Requirement(text).name)


def replace_by_name(requirements: Iterable[str], own: Sequence[str]) -> list[str]:
    """The requirements, but for those of a package that `own` names, too, and `own`: numpy==2.3.* in place of numpy."""
    named = {project(text) for text in own}
    return [*(text for text in requirements if project(text) not in named), *own]


def of_script(source: str) -> tuple[str, ...]:
    """The dependencies that a Python file declares in its `# /// script` block (PEP 723); raises ValueError for a wrong block."""
    blocks = _SCRIPT.findall(source)
    if not blocks:
        return ()
    if len(blocks) > 1:
        raise ValueError("has two `# /// script` blocks")
    content = "".join(line[2:] or "\n" for line in blocks[0][0].splitlines(keepends=True))
    try:
        dependencies = tomllib.loads(content).get("dependencies", [])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"its `# /// script` block is not TOML: {error}") from None
    if not isinstance(dependencies, list) or not all(isinstance(text, str) for text in dependencies):
        raise ValueError("its `# /// script` block must have a list of texts as dependencies")
    for text in dependencies:
        if problem := mistake(text):
            raise ValueError(f"its `# /// script` block: {problem}".rstrip("."))
    return tuple(dependencies)
