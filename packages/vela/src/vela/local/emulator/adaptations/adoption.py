"""Gap: ``--import-existing-resources`` and a bucket that outlived its stack.

The emulator finds the bucket and puts its import into the change set, then fails the change set's
execution because the bucket's name is taken: by the very bucket that is to be imported.
"""

from contextvars import ContextVar
from typing import Any

from ministack.services.cloudformation import changesets, stacks

from .cloud import Cloud
from .replacement import replace

NAME_CONFLICT = "NAME_CONFLICT_VALIDATION"
DEPLOY_PARAMETERS = (
    *("stack_name", "stack_id", "template", "param_values", "disable_rollback", "tags"),
    *("is_update", "previous_stack", "retain_except_on_create", "imports"),
)
VALIDATION_PARAMETERS = (
    *("resources_defs", "ordered", "param_values", "conditions", "mappings"),
    *("stack_name", "stack_id", "owned_buckets"),
)
imported: ContextVar[frozenset[str]] = ContextVar("imported", default=frozenset())


def apply(_cloud: Cloud) -> None:
    """Let what an operation imports pass the validation of names."""
    replace(changesets, "_deploy_stack_async", DEPLOY_PARAMETERS, _noting_imports)
    replace(stacks, "_validation_errors", VALIDATION_PARAMETERS, _passing_imports)


def _noting_imports(deploy: Any) -> Any:
    async def deploy_stack(*arguments: Any, imports: Any = None, **named: Any) -> None:
        imported.set(frozenset(imports or ()))
        await deploy(*arguments, imports=imports, **named)

    return deploy_stack


def _passing_imports(validation_errors: Any) -> Any:
    def errors_of(*arguments: Any, **named: Any) -> list[Any]:
        return [
            error
            for error in validation_errors(*arguments, **named)
            if not (error[0] in imported.get() and error[2] == NAME_CONFLICT)
        ]

    return errors_of
