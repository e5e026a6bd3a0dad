"""The nine DynamoDB tables that hold all production data.

Law: a table is a row. Names, keys and indexes are those of the tables in production: changing one of
them would make CloudFormation replace the table.
"""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute of a key; a string unless said."""

    name: str
    number: bool = False

    def attribute(self) -> dynamodb.Attribute:
        """Shape it as CDK takes it."""
        kind = dynamodb.AttributeType.NUMBER if self.number else dynamodb.AttributeType.STRING
        return dynamodb.Attribute(name=self.name, type=kind)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a table or an index is looked up by."""

    partition: Key
    sort: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table; *index* is the name and the keys of its global secondary index."""

    id: str
    name: str
    keys: Keys
    index: tuple[str, Keys] | None = None


_USER = Key("user_id")
_TIMESTAMP = Key("Timestamp", number=True)

TABLES = (
    TableSpec(
        id="ChatHistory",
        name="vela-chat-history",
        keys=Keys(Key("ThreadId"), _TIMESTAMP),
        index=("UserIdIndex", Keys(Key("UserId"), _TIMESTAMP)),
    ),
    TableSpec(id="Profiles", name="vela-profiles", keys=Keys(_USER)),
    TableSpec(id="Vocabulary", name="vela-vocabulary", keys=Keys(Key("id"))),
    TableSpec(id="Sentences", name="vela-sentences", keys=Keys(Key("id"))),
    TableSpec(id="GameSessions", name="vela-game-sessions", keys=Keys(_USER, Key("session_id"))),
    TableSpec(id="DailyProgress", name="vela-daily-progress", keys=Keys(_USER, Key("date"))),
    TableSpec(
        id="SavedSentences", name="vela-saved-sentences", keys=Keys(_USER, Key("sentence_id"))
    ),
    TableSpec(id="TtsSettings", name="vela-tts-settings", keys=Keys(_USER)),
    TableSpec(
        id="UserVocabularyProgress",
        name="vela-user-vocabulary-progress",
        keys=Keys(_USER, Key("vocabulary_id")),
        index=("NextReviewDateIndex", Keys(_USER, Key("next_review_date"))),
    ),
)


class Tables(Construct):
    """All of them: on demand, recoverable to any second of 35 days, encrypted.

    Args:
        scope: The stack.
        id_: A literal.
        keep: Whether they refuse deletion and outlive their stack.

    """

    def __init__(self, scope: Construct, id_: str, *, keep: bool) -> None:
        super().__init__(scope, id_)
        for spec in TABLES:
            table = dynamodb.Table(
                self,
                spec.id,
                table_name=spec.name,
                partition_key=spec.keys.partition.attribute(),
                sort_key=spec.keys.sort.attribute() if spec.keys.sort else None,
                billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
                encryption=dynamodb.TableEncryption.AWS_MANAGED,
                point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=True
                ),
                deletion_protection=keep,
                # RETAIN also when a first deployment fails: a protected table cannot be rolled
                # back, and a retained one is taken in by `cdk deploy --import-existing-resources`.
                removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
            )
            if spec.index:
                _add_index(table, *spec.index)


def _add_index(table: dynamodb.Table, name: str, keys: Keys) -> None:
    table.add_global_secondary_index(
        index_name=name,
        partition_key=keys.partition.attribute(),
        sort_key=keys.sort.attribute() if keys.sort else None,
        projection_type=dynamodb.ProjectionType.ALL,
    )
