"""How far people have come in a case: reached once, and begun from by every other test of the process."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from tests.front import Workplace

Given = ParamSpec("Given")
Reach = Callable[Concatenate[Workplace, Given], Awaitable[str]]


def stage(reach: Reach[Given]) -> Reach[Given]:
    """Of a function that plays a case as far as some point and returns its request. Everything follows
    from what was done before a test begins there, the first time as well."""

    @wraps(reach)
    async def begin(
        workplace: Workplace, /, *args: Given.args, **kwargs: Given.kwargs
    ) -> str:
        name = f"{reach.__module__}.{reach.__qualname__} {args} {kwargs}"
        return await workplace.reached(name, lambda: reach(workplace, *args, **kwargs))

    return begin
