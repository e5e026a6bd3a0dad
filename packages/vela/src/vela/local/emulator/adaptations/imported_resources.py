"""Gap: what an imported resource gets, and what a change of outputs alone is.

An import changes nothing of a resource but its stack-level tags ("Apply stack-level tags to
imported resource if applicable", the reason in AWS's own event); the emulator records the event
and applies none. And a change set in which outputs alone change can be executed, though it lists
no change of a resource:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation, cloudwatch_logs, dynamodb, s3
from ministack.services.cloudformation import handlers, provisioners, stacks

from .cloud import Cloud
from .replacement import expected, replace

NO_CHANGES = "The submitted information didn't contain changes."
HTTP_OK = 200
Record = dict[str, Any]
Tags = dict[str, str]


def apply(_cloud: Cloud) -> None:
    """Tag what is adopted; let outputs change."""
    parameters = ("stack_id", "stack_name", "logical_id", "resource_type", "identifier")
    expected(provisioners, "_with_stack_tags")
    expected(provisioners, "_tag_map")
    replace(stacks, "_adopt_resource", parameters, _tagging)
    expected(handlers, "_stack_has_no_updates")
    actions = expected(handlers, "_ACTION_HANDLERS")
    actions["CreateChangeSet"] = _counting_outputs(actions["CreateChangeSet"])


def _tagging(adopt: Any) -> Any:
    def adopted(
        stack_id: str, stack_name: str, logical_id: str, kind: str, identifier: Record
    ) -> Any:
        physical_id, attributes = adopt(stack_id, stack_name, logical_id, kind, identifier)
        stack_tags = cloudformation._stacks[stack_name].get("Tags") or []
        tagged = provisioners._with_stack_tags(
            kind, {}, stack_tags, stack_name, stack_id, logical_id
        )
        if (add := ADD_TAGS.get(kind)) is not None:
            add(physical_id, provisioners._tag_map(tagged.get("Tags")))
        return physical_id, attributes

    return adopted


def _tag_bucket(name: str, tags: Tags) -> None:
    s3._bucket_tags[name] = {**(s3._bucket_tags.get(name) or {}), **tags}


def tag_table(name: str, tags: Tags) -> None:
    """Give a table these tags beside its own."""
    arn = dynamodb._tables[name]["TableArn"]
    merged = {**provisioners._tag_map(dynamodb._tags.get(arn)), **tags}
    dynamodb._tags[arn] = [{"Key": key, "Value": value} for key, value in merged.items()]


def _tag_log_group(name: str, tags: Tags) -> None:
    cloudwatch_logs._log_groups[name].setdefault("tags", {}).update(tags)


ADD_TAGS: dict[str, Callable[[str, Tags], None]] = {
    "AWS::S3::Bucket": _tag_bucket,
    "AWS::DynamoDB::Table": tag_table,
    "AWS::Logs::LogGroup": _tag_log_group,
}


def _counting_outputs(create_change_set: Any) -> Any:
    def created(params: Record) -> Any:
        answer = create_change_set(params)
        if answer[0] == HTTP_OK:
            change_set = list(cloudformation._change_sets.values())[-1]
            if change_set["StatusReason"].startswith(NO_CHANGES) and _changes_outputs(change_set):
                change_set.update(
                    Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason=""
                )
        return answer

    return created


def _changes_outputs(change_set: Record) -> bool:
    stack = cloudformation._stacks[change_set["StackName"]]
    before, after = stack.get("_template") or {}, change_set["_template"]
    return bool(before.get("Outputs", {}) != after.get("Outputs", {}))
