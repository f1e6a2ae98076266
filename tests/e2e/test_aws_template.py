"""What the template in ``deploy/aws`` declares: valid, closed to strangers, with few rights."""

import ast
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.aws_template import ACCOUNT, AWS, IMAGE, REGION, TEMPLATE, Stack
from tests.services import S3

# Actions that know no resource, by the service authorization reference of AWS.
EVERYWHERE = {
    "cloudwatch:PutMetricData",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
READERS = ("settings.py", "spec/directories.py")  # who alone look at the environment
FUNCTIONS = {
    "Migrate": "migrate",
    "PreLoadCleanup": "pre_load_cleanup",
    "PostLoadUpsert": "post_load_upsert",
    "PostLoadValidation": "post_load_validation",
}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(said={"FunctionImage": IMAGE})


def statements(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of a policy, with the name of the resource that has it."""
    for name, one in stack.kind("AWS::IAM::Role").items():
        for policy in one["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, one in stack.kind("AWS::IAM::ManagedPolicy").items():
        for statement in one["PolicyDocument"]["Statement"]:
            yield name, statement


def listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def test_cfn_lint_finds_nothing_with_no_rule_left_out() -> None:
    program = str(Path(sys.executable).parent / "cfn-lint")
    words = ["--include-checks", "I", "--regions"]
    asked = [program, *words, "us-east-1", REGION, "ap-southeast-2", "--", str(TEMPLATE)]

    done = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
    assert "cfn-lint" not in TEMPLATE.read_text("utf-8")


def test_no_right_is_to_every_action_nor_to_every_resource_that_has_a_name(stack: Stack) -> None:
    found = list(statements(stack))

    assert len(found) > 15
    for name, one in found:
        actions = listed(one["Action"])
        assert not [action for action in actions if "*" in action], name
        if one["Effect"] == "Allow" and "*" in listed(one["Resource"]):
            assert set(actions) <= EVERYWHERE, name


def test_each_function_may_read_its_secret_and_write_its_log_alone(stack: Stack) -> None:
    roles = stack.kind("AWS::IAM::Role")
    for name in FUNCTIONS:
        role = roles[f"{name}Role"]
        allowed = {
            (action, resource)
            for policy in role["Policies"]
            for one in policy["PolicyDocument"]["Statement"]
            for action in listed(one["Action"])
            for resource in listed(one["Resource"])
        }
        secrets = {"OwnerSecret", "LoaderSecret"} if name == "Migrate" else {"LoaderSecret"}
        assert allowed == {
            *(("secretsmanager:GetSecretValue", secret) for secret in secrets),
            ("logs:CreateLogStream", f"arn:aws:{name}Logs"),
            ("logs:PutLogEvents", f"arn:aws:{name}Logs"),
        }
        assert role["ManagedPolicyArns"] == ["InNetwork"]


def test_the_endpoints_let_this_account_alone_through_and_to_its_own_things(stack: Stack) -> None:
    found = {}
    for name, one in stack.kind("AWS::EC2::VPCEndpoint").items():
        (statement,) = one["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, name
        found[name] = (listed(statement["Action"]), listed(statement["Resource"]))

    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws-glue/*"
    assert found == {
        "StorageEndpoint": (
            ["s3:GetObject", "s3:ListBucket"],
            ["arn:aws:Bucket", "arn:aws:Bucket/*"],
        ),
        "SecretsEndpoint": (["secretsmanager:GetSecretValue"], ["OwnerSecret", "LoaderSecret"]),
        "LogsEndpoint": (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [logs],
        ),
    }


def test_the_job_may_make_and_take_away_interfaces_of_its_own_subnet_alone(stack: Stack) -> None:
    subnet = f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/SubnetA"
    of = {one["Sid"]: one for name, one in statements(stack) if name == "JobRole"}

    assert of["GivesItsAddressBack"]["Condition"] == {"ArnEquals": {"ec2:Subnet": subnet}}
    assert subnet in of["HasAnAddress"]["Resource"]


def test_no_function_is_told_a_variable_that_nobody_reads(stack: Stack) -> None:
    source = AWS.parents[1] / "src" / "foresell"
    text = "".join((source / name).read_text("utf-8") for name in READERS)
    read = {*re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", text)}
    for name, one in stack.kind("AWS::Lambda::Function").items():
        told = one["Environment"]["Variables"]
        assert set(told) <= read, name


def test_the_owner_of_the_database_is_known_to_migrate_alone(stack: Stack) -> None:
    functions = stack.kind("AWS::Lambda::Function")
    job = stack.of("Job")["DefaultArguments"]

    secrets = {
        name: one["Environment"]["Variables"]["RDS_SECRET_NAME"] for name, one in functions.items()
    }
    assert secrets == {**dict.fromkeys(FUNCTIONS, "LoaderSecret"), "Migrate": "OwnerSecret"}
    assert job["--secret-name"] == "LoaderSecret"


def test_who_orders_may_call_what_the_definition_calls_and_nothing_else(stack: Stack) -> None:
    role = stack.kind("AWS::IAM::Role")["LoadingRole"]["Policies"][0]["PolicyDocument"]
    allowed = {
        resource
        for one in role["Statement"]
        if one["Sid"] in {"CallsTheFunctions", "RunsTheJob", "TellsFailures"}
        for resource in listed(one["Resource"])
    }
    called = set()
    for state in stack.definition()["States"].values():
        said = state.get("Parameters", {})
        called |= {said.get("FunctionName"), said.get("TopicArn")} - {None}
        if "JobName" in said:
            called.add(f"arn:aws:glue:{REGION}:123456789012:job/{said['JobName']}")

    assert called == allowed


def test_the_bucket_is_encrypted_versioned_and_closed_to_all_but_tls(stack: Stack) -> None:
    bucket, policy = stack.of("Bucket"), stack.of("BucketPolicy")["PolicyDocument"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in bucket
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_database_is_encrypted_kept_and_reached_from_within_alone(stack: Stack) -> None:
    database = stack.of("Database")

    kept = ("StorageEncrypted", "PubliclyAccessible", "DeletionProtection")
    assert [database[name] for name in kept] == [True, False, True]
    assert stack.of("DatabaseParameters")["Parameters"]["rds.force_ssl"] == "1"
    sources = {
        one["SourceSecurityGroupId"]
        for one in stack.kind("AWS::EC2::SecurityGroupIngress").values()
        if one["GroupId"] == "DatabaseGroup.GroupId"
    }
    assert sources == {"FunctionGroup.GroupId", "JobGroup.GroupId"}
    assert "SecurityGroupIngress" not in stack.of("DatabaseGroup")
    assert not stack.kind("AWS::EC2::InternetGateway") | stack.kind("AWS::EC2::NatGateway")
    assert "{{resolve:secretsmanager:" in database["MasterUserPassword"]


def test_every_function_is_a_handler_of_the_image_whose_folder_it_may_write_to(
    stack: Stack,
) -> None:
    for name, one in stack.kind("AWS::Lambda::Function").items():
        module, _, function = one["ImageConfig"]["Command"][0].rpartition(".")
        text = (AWS / "lambdas" / f"{module}.py").read_text("utf-8")
        defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
        assert module == FUNCTIONS[name]
        assert defined == [function]
        assert len(text.splitlines()) <= 25
        assert one["Environment"]["Variables"]["FORESELL_HOME"].startswith("/tmp/")  # noqa: S108
    assert len(list((AWS / "lambdas").glob("*.py"))) == len(FUNCTIONS)


def test_the_job_is_given_the_arguments_that_the_script_takes(stack: Stack) -> None:
    text = (AWS / "glue" / "stage_sales.py").read_text("utf-8")
    taken = set(re.findall(r'add_argument\("(--[a-z-]+)"', text))
    needed = set(re.findall(r'add_argument\("(--[a-z-]+)", required=True', text))
    stage = stack.definition()["States"]["Stage"]["Parameters"]["Arguments"]
    given = {name.removesuffix(".$") for name in stage}
    given |= {name for name in stack.of("Job")["DefaultArguments"] if name in taken}

    assert needed <= given <= taken
    assert given == {"--source", "--batch", "--secret-name", "--region", "--plan"}


@pytest.mark.parametrize(
    ("key", "starts"),
    [
        ("walmart/2012-11-02/_READY", True),
        ("walmart/2012-11-02/_READY_PART", True),
        ("walmart/2012-11-02/_READY_PARTS", False),
        ("walmart/2012-11-02/train.csv", False),
        ("retail/2012-11-02/_READY", False),
        ("code/stage_sales.py", False),
    ],
)
def test_the_arrival_of_the_last_file_and_of_no_other_starts_the_loading(
    stack: Stack, key: str, starts: bool
) -> None:
    rule = stack.of("Arrival")
    pattern = rule["EventPattern"]
    wanted = [one["wildcard"] for one in pattern["detail"]["object"]["key"]]
    event = {"detail": {"bucket": {"name": "deliveries"}, "object": {"key": key, "size": 0}}}

    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert any(fnmatchcase(key, one) for one in wanted) is starts
    (target,) = rule["Targets"]
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        found: Any = event
        for step in path.removeprefix("$.").split("."):
            found = found[step]
        text = text.replace(f"<{name}>", json.dumps(found))
    assert json.loads(text) == {"bucket": "deliveries", "key": key}
    assert target["Arn"] == "Loading"


def test_the_picture_of_the_documents_is_drawn_from_this_template() -> None:
    drawn = runpy.run_path(str(AWS / "picture.py"))

    shown = drawn["PICTURE"].read_text("utf-8")
    assert shown == drawn["picture"](TEMPLATE.read_text("utf-8"))
    for name in ("Lambda migrate", "CloudWatch alarms"):
        assert f">{name}</text>" in shown


def test_every_failure_of_a_step_is_caught_and_told_and_none_is_a_success(stack: Stack) -> None:
    states = stack.definition()["States"]
    steps = {name for name, one in states.items() if one["Type"] == "Task"} - {"Tell"}

    assert steps == {"Clean", "Stage", "Upsert", "Validate"}
    for name in steps:
        assert states[name]["Catch"] == [
            {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Tell"}
        ]
        again = [error for one in states[name]["Retry"] for error in one["ErrorEquals"]]
        assert not {"GateError", "DataError", "UsageError", "SpecError", "States.ALL"} & {*again}
    assert states["Tell"]["Next"] == states["Tell"]["Catch"][0]["Next"] == "Failed"
    assert states["Failed"]["Type"] == "Fail"


def test_moto_makes_of_the_template_what_it_knows_to_make(stack: Stack, s3: S3) -> None:
    import boto3  # noqa: PLC0415 - takes a while

    def client(service: str) -> Any:
        return boto3.client(service, endpoint_url=s3.endpoint, region_name=REGION)

    template = json.loads(json.dumps(stack.template))
    # What moto cannot refer to: the endpoint of a database, and its group of parameters.
    del template["Resources"]["Database"]["Properties"]["DBParameterGroupName"]
    del template["Outputs"]["DatabaseHost"], template["Outputs"]["DatabasePort"]
    stacks = client("cloudformation")
    stacks.create_stack(
        StackName="foresell",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": "FunctionImage", "ParameterValue": IMAGE}],
        Capabilities=["CAPABILITY_IAM"],
    )
    (made,) = stacks.describe_stacks(StackName="foresell")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in made["Outputs"]}
    functions = client("lambda").list_functions()["Functions"]
    (machine,) = client("stepfunctions").list_state_machines()["stateMachines"]
    (target,) = client("events").list_targets_by_rule(
        Rule=client("events").list_rules()["Rules"][0]["Name"]
    )["Targets"]

    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert {one["FunctionName"]: one["Timeout"] for one in functions} == {
        f"foresell-{name.replace('_', '-')}": 900 for name in FUNCTIONS.values()
    }
    assert target["Arn"] == machine["stateMachineArn"] == outputs["StateMachineArn"]
    assert outputs["MigrateFunction"] == "foresell-migrate"
    assert outputs["ScriptPlace"] == f"s3://{outputs['BucketName']}/code/stage_sales.py"
    buckets = {one["Name"] for one in client("s3").list_buckets()["Buckets"]}
    assert outputs["BucketName"] in buckets
