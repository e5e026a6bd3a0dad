"""Gap: the settings of a bucket, as CloudFormation applies them and finds them drifted.

The emulator's CloudFormation gives a bucket neither encryption nor tags, and compares its
versioning only. The properties compared are those set in the template: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from typing import Any
from xml.etree import ElementTree as ET

from ministack.core.responses import get_account_id, get_region
from ministack.services import s3
from ministack.services.cloudformation import drift, provisioners

from .cloud import Cloud
from .replacement import expected, replace

BUCKET = "AWS::S3::Bucket"
PUBLIC_ACCESS = (
    "BlockPublicAcls",
    "BlockPublicPolicy",
    "IgnorePublicAcls",
    "RestrictPublicBuckets",
)
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Properties = dict[str, Any]


def apply(_cloud: Cloud) -> None:
    """Apply encryption and tags, and read every setting back."""
    expected(s3, "_put_bucket_encryption", "name", "body")
    expected(s3, "_get_bucket_encryption", "name")
    expected(s3, "_bucket_tags")
    provisioners._STACK_TAG_PROPERTY[BUCKET] = ("Tags", "list")
    handler = expected(provisioners, "_RESOURCE_HANDLERS")[BUCKET]
    create, update = handler["create"], handler["update"]

    def created(logical_id: str, properties: Properties, stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        _set(name, properties)
        return name, attributes

    def updated(bucket: str, old: Properties, new: Properties, *rest: Any) -> Any:
        name, attributes = update(bucket, old, new, *rest)
        _set(name, new)
        return name, attributes

    handler.update(create=created, update=updated)
    readers = expected(drift, "_DRIFT_READERS")
    compared = {"BucketName", "VersioningConfiguration", "BucketEncryption", "Tags"}
    readers[BUCKET] = (read, frozenset({*compared, "PublicAccessBlockConfiguration"}))
    parameters = ("headers", "bucket_name")
    replace(s3, "_resolve_sse_write_headers", parameters, _with_the_account_s_key)


def _with_the_account_s_key(original: Any) -> Any:
    """Encrypt under AWS's own key of the account where ``aws:kms`` comes without one, as S3 does.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
    """
    key = "x-amz-server-side-encryption-aws-kms-key-id"

    def encrypted(headers: dict[str, str], bucket: str) -> Any:
        if headers.get("x-amz-server-side-encryption") == "aws:kms" and not headers.get(key):
            arn = f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3"
            headers = {**headers, key: arn}
        return original(headers, bucket)

    return encrypted


def _set(name: str, properties: Properties) -> None:
    s3._bucket_tags[name] = {t["Key"]: str(t["Value"]) for t in properties.get("Tags", [])}
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration")
    if rules:
        s3._put_bucket_encryption(name, _encryption_xml(rules))


def _encryption_xml(rules: list[Properties]) -> bytes:
    root = ET.Element("ServerSideEncryptionConfiguration", xmlns=NAMESPACE)
    for rule in rules:
        element = ET.SubElement(root, "Rule")
        default = ET.SubElement(element, "ApplyServerSideEncryptionByDefault")
        for name, value in (rule.get("ServerSideEncryptionByDefault") or {}).items():
            ET.SubElement(default, name).text = str(value)
        if "BucketKeyEnabled" in rule:
            enabled = str(rule["BucketKeyEnabled"]).lower()
            ET.SubElement(element, "BucketKeyEnabled").text = enabled
    return ET.tostring(root)


def read(name: str, declared: Properties) -> Properties | None:
    """Return the bucket's settings in the shape of a template, or None if it is gone."""
    if name not in s3._buckets:
        return None
    found: Properties = {"BucketName": name, "Tags": s3._bucket_tags.get(name) or {}}
    if status := s3._bucket_versioning.get(name):
        found["VersioningConfiguration"] = {"Status": status}
    if block := s3._buckets[name].get("_public_access_block"):
        values = _texts(block)
        wanted = declared.get("PublicAccessBlockConfiguration") or {}
        # AWS reads back all four; one that the template leaves out is off there and not compared.
        found["PublicAccessBlockConfiguration"] = {
            setting: values.get(setting, "false") == "true"
            for setting in PUBLIC_ACCESS
            if setting in wanted or values.get(setting) == "true"
        }
    found["BucketEncryption"] = _encryption(name, declared)
    return found


def _encryption(name: str, declared: Properties) -> Properties:
    values = _texts(s3._get_bucket_encryption(name)[2])
    default = {k: values[k] for k in ("SSEAlgorithm", "KMSMasterKeyID") if values.get(k)}
    rule: Properties = {"ServerSideEncryptionByDefault": default}
    wanted = (declared.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration") or []
    key = values.get("BucketKeyEnabled") == "true"
    if key or any("BucketKeyEnabled" in rule for rule in wanted):
        rule["BucketKeyEnabled"] = key
    return {"ServerSideEncryptionConfiguration": [rule]}


def _texts(document: str | bytes) -> dict[str, str]:
    # What is parsed was stored by the emulator, which has read it as XML before.
    elements = ET.fromstring(document).iter()  # noqa: S314 - as said above
    return {e.tag.rpartition("}")[2]: (e.text or "").strip() for e in elements}
