"""A check whether a program changed a builtin or a module that the explorer uses too. It runs only after a failure."""

import sys
from typing import Any

#: Modules that the explorer, redis-py and asyncio use so much that nothing works when they're changed.
MODULES = ("builtins", "asyncio", "asyncio.events", "asyncio.tasks", "os", "pickle", "random", "socket", "time")


#: Those of them that the explorer itself never changes, not even while a program runs.
NEVER_PATCHED = ("builtins", "asyncio.events", "pickle", "socket")


class Originals:
    """A copy of the modules' content, to compare with later."""

    def __init__(self) -> None:
        self.modules = dict(sys.modules)
        self.held = [(sys.modules[name], _public(vars(sys.modules[name]))) for name in MODULES]

    def are_changed(self) -> bool:
        """Is anything changed for which only a program can be blamed? It calls no builtin either."""
        for module, held in self.held:
            if module.__name__ not in NEVER_PATCHED:
                continue
            if sys.modules.get(module.__name__) is not module:
                return True
            now = module.__dict__
            for name, value in held.items():
                if name not in now or now[name] is not value:
                    return True
        return False

    def restore(self) -> list[str]:
        """Put everything back, and return the names of the changes. It calls no builtin, as that may be changed."""
        changed: list[str] = []
        for name in MODULES:  # all of them: after sys.modules.clear(), Python 3.11 imports some again by itself
            if sys.modules.get(name) is not self.modules[name]:
                sys.modules.update(self.modules)
                changed.append("sys.modules")
                break
        for module, held in self.held:
            now = module.__dict__
            for name, value in held.items():
                if name not in now or now[name] is not value:
                    now[name] = value
                    changed.append(f"{module.__name__}.{name}")
        return changed


def _public(names: dict[str, Any]) -> dict[str, Any]:
    """The public names. Modules change private ones themselves, such as asyncio.events._event_loop_policy."""
    return {name: value for name, value in names.items() if not name.startswith("_")}
