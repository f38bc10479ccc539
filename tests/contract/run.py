"""Requests made from the contract by schemathesis, against a running server on the demonstration township.

Every operation is called, each by somebody who may call it, with all checks on. The examples in the contract are validated
against their schemas first. The last line counts: operations and schemas that passed, and those that did not.

    python run.py [--examples N] [--seed N] [--only OPERATION_ID]
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from demonstration import PROGRAM, ROOT, demonstration, environment

TOOL = ROOT / "target/venv/bin/schemathesis"

# Who calls what is not told by its permission: these would end the session of whoever else has work to do, or have something to
# say only to somebody who has a person behind the account.
CALLERS = {
    "sign_out": "leader",
    "list_sessions": "integrator",
    "end_session": "integrator",
    "refresh_session": "integrator",
    "change_password": "worker",
    "get_my_purse": "member",
    "list_inbox": "grid_head",
}

# Of those who may call an operation the first here does; each has an account of that name in the demonstration.
ORDER = ["clerk", "administrator", "auditor", "member", "grid_head", "leader", "integrator", "worker"]


def operations(contract):
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def calls_by_caller(contract):
    """Operations by who calls them: nobody (None) where they are open to everybody, or else the first who may by its permission."""
    holders = {permission["name"]: permission["roles"] for permission in contract["x-permissions"]}
    calls = {caller: [] for caller in ORDER}
    calls[None] = []
    for _, _, operation in operations(contract):
        name, permission = operation["operationId"], operation.get("x-permission")
        if name in CALLERS:
            caller = CALLERS[name]
        elif {} in operation["security"]:
            caller = None
        elif permission is None:
            caller = "clerk"
        else:
            caller = next(role for role in ORDER if role in holders[permission])
        calls[caller].append(name)
    unknown = set(CALLERS) - {name for names in calls.values() for name in names}
    if unknown:
        sys.exit(f"the contract has no {sorted(unknown)}")
    # Last: the failures of nobody in particular use up the sign-ins of this address.
    return calls


def check_examples(contract):
    """Every example validates against its schema."""
    import jsonschema_rs

    faults, checked = [], 0

    def validate(schema, example, place):
        nonlocal checked
        checked += 1
        document = {**schema, "components": contract["components"]}
        try:
            validator = jsonschema_rs.Draft202012Validator(document, validate_formats=True)
            for error in validator.iter_errors(example):
                faults.append(f"{place}: {error.message} at {'/'.join(map(str, error.instance_path))}")
        except (ValueError, jsonschema_rs.ValidationError) as error:
            faults.append(f"{place}: {error}")

    for name, schema in contract["components"]["schemas"].items():
        if "example" in schema:
            validate(schema, schema["example"], name)
        for number, example in enumerate(schema.get("examples", [])):
            validate(schema, example, f"{name} example {number}")
        for key, inner in schema.get("properties", {}).items():
            if "example" in inner:
                validate({k: v for k, v in inner.items() if k != "example"}, inner["example"], f"{name}.{key}")
    for path, method, operation in operations(contract):
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                validate(parameter.get("schema", {}), parameter["example"], f"{method} {path} {parameter['name']}")
        contents = [("body", operation.get("requestBody", {}).get("content", {}))]
        contents += [(status, answer.get("content", {})) for status, answer in operation["responses"].items()]
        for what, content in contents:
            for media in content.values():
                if "example" in media:
                    validate(media.get("schema", {}), media["example"], f"{method} {path} {what}")
                for name, example in media.get("examples", {}).items():
                    validate(media.get("schema", {}), example["value"], f"{method} {path} {what} {name}")
    return checked, faults


def check_checkpoint(origin, run):
    """The audit log's checkpoint, read without signing in, is taken by a verifier that is not ours and knows no secret of ours;
    an altered one is not, nor one under another key."""
    import metamorphic_log as verifier

    def ask(*arguments):
        return subprocess.run([PROGRAM, *arguments], cwd=run, env=environment(), check=True, capture_output=True, text=True).stdout

    def refused(note, key):
        try:
            verifier.checkpoint_verify(note, [key])
        except verifier.VerifyError:
            return True
        return False

    with urllib.request.urlopen(f"{origin}/api/v1/public/audit-checkpoints/310116112", timeout=60) as answer:
        note = answer.read().decode()
    key = ask("admin", "audit-key", "--township", "310116112").strip()
    other = ask("admin", "audit-key", "--township", "310116113").strip()
    head = verifier.checkpoint_verify(note, [key])
    lines = note.split("\n")
    altered = "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])
    faults = []
    if (head.origin, head.size) != (lines[0], int(lines[1])) or head.size == 0:
        faults.append(f"the verifier reads {head}")
    if not refused(altered, key):
        faults.append("an altered checkpoint is taken")
    if not refused(note, other):
        faults.append("a checkpoint is taken under another key")
    sound = ask("verify", "--township", "310116112")
    if "all fits" not in sound:
        faults.append(sound)
    return faults


def sign_in(origin, username, password):
    request = urllib.request.Request(
        f"{origin}/api/v1/sessions",
        data=json.dumps(
            {"township": "310116112", "username": username, "password": password, "refresh_in": "body"}
        ).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["access_token"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--examples", type=int, default=6)
    # The same requests every time, so that a red gate speaks of the change; other ones with TEST_SEED.
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TEST_SEED", 20261122)))
    parser.add_argument("--only")
    options = parser.parse_args()
    print(f"TEST_SEED={options.seed}", flush=True)

    contract = json.loads((ROOT / "openapi/openapi.json").read_text())
    checked, faults = check_examples(contract)
    print(f"{checked} examples, {len(faults)} do not validate")
    for fault in faults:
        print("   " + fault)
    passed, failed = (1, 0) if not faults else (0, 1)

    with demonstration("contract") as town:
        work, origin, password = town.work, town.origin, town.password
        faults = check_checkpoint(origin, town.run)
        print(f"the audit log's checkpoint: {faults or 'taken by another verifier'}")
        passed, failed = (passed + 1, failed) if not faults else (passed, failed + 1)
        # Cursors are opaque, two days can stand in the wrong order, and the generator writes names of form fields that no
        # header of a part can hold: no schema can say so.
        opaque = [
            operation["operationId"]
            for _, _, operation in operations(contract)
            if any(one["name"] in ("cursor", "from") for one in operation.get("parameters", []))
            or "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
        ]
        settings = (HERE / "schemathesis.toml").read_text().replace("CURSORS", json.dumps(opaque))
        (work / "schemathesis.toml").write_text(settings)
        for caller, names in calls_by_caller(contract).items():
            names = [name for name in names if options.only in (None, name)]
            if not names:
                continue
            started = time.monotonic()
            command = [TOOL, "--config-file", work / "schemathesis.toml", "run", ROOT / "openapi/openapi.json"]
            command += ["--origin", origin, "--max-examples", str(options.examples), "--seed", str(options.seed)]
            command += ["--continue-on-failure", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"]
            command += ["--request-timeout", "60", "--warnings", "off"]
            command += ["--report-json-path", work / "report.json", "--report", "json"]
            for name in names:
                command += ["--include-operation-id", name]
            if caller:
                token = sign_in(origin, caller, password)
                command += ["--header", f"Authorization: Bearer {token}"]
            # Health checks of the generator itself (too slow, too large) say nothing of the server.
            command += ["--suppress-health-check", "all"]
            run = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=1200)
            broken = set()
            tested = re.search(r"Tested: (\d+)", run.stdout)
            count = int(tested.group(1)) if tested else 0
            if run.returncode != 0:
                print(run.stdout + run.stderr)
                broken = set(re.findall(r"^_+ ((?:GET|POST|PUT|PATCH|DELETE) \S+|Stateful tests?.*?) _+$", run.stdout, re.M))
            bad = max(len(broken), 1) if run.returncode != 0 else 0
            if run.returncode == 0 and count != len(names):
                print(run.stdout)
                print(f"{caller}: {count} of {len(names)} operations were tested")
                bad = 1
            passed += max(len(names) - bad, 0)
            failed += bad
            print(f"as {caller or 'nobody'}: {len(names)} operations, {bad} with failures, {time.monotonic() - started:.0f} s", flush=True)
        if town.process.poll() is not None:
            print("the server has stopped")
            failed += 1
    print(f"counted: {passed} ok, {failed} broken")
    sys.exit(1 if failed else 0)


main()
