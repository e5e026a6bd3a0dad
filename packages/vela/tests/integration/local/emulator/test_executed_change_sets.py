"""Gap: by which change set a stack was changed last.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""


def test_a_stack_names_the_change_set_it_was_changed_by_last(aws, change_sets, fresh):
    cloudformation, stack = aws.client("cloudformation"), fresh()
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": fresh()}}
    first = {"Resources": {"Group": group}}
    second = {"Resources": {"Group": group}, "Outputs": {"Said": {"Value": "more"}}}

    def told():
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return described.get("ChangeSetId")

    made = change_sets.create(stack, first)
    not_yet = told()
    cloudformation.delete_change_set(ChangeSetName=made["ChangeSetId"], StackName=stack)
    change_sets.execute(stack, first)
    created = told()
    change_sets.execute(stack, second, "UPDATE")
    updated = told()

    assert not_yet is None
    assert ":changeSet/change-" in created
    assert ":changeSet/change-" in updated
    assert created != updated
