"""Makes clients of the contract by foreign generators, and walks through one scenario with each against a running server.

The scenario is the same in every language, step by step, and knows the server by generated code alone. Nothing generated is
committed: what is tested is the contract as it stands. The last line counts steps and the makings.

    python run.py [--only LANGUAGE]
"""

import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from demonstration import ROOT, demonstration, environment

CONTRACT = ROOT / "openapi/openapi.json"
MADE = ROOT / "target/clients"
BIN = ROOT / "target/venv/bin"
# What a later server may say: a field that is not in this contract, and other words where this one has an enum or a code.
ADDED_FIELD = {"added_later": {"since": [1, None, "2"]}}
ADDED_WORD = "added_later"
WORDS = ("state", "kind", "category", "code")


def call(*command, env={}):
    subprocess.run([str(one) for one in command], check=True, env=environment() | env)


def make_python():
    package = MADE / "python/gezhi_client"
    package.parent.mkdir(parents=True)
    recipe = ["--config", HERE / "python/config.yaml", "--custom-template-path", HERE / "python/templates"]
    # With a warning the generator leaves out what it does not understand.
    call(BIN / "openapi-python-client", "generate", "--path", CONTRACT, "--meta", "none", "--output-path", package, "--fail-on-warning", *recipe)
    # Python has no compiler that would look at what the scenario does not use.
    load = "import pkgutil, importlib, gezhi_client as c; [importlib.import_module(m.name) for m in pkgutil.walk_packages(c.__path__, 'gezhi_client.')]"
    call(sys.executable, "-c", load, env={"PYTHONPATH": str(package.parent)})
    return {one.stem for one in package.glob("api/*/*.py")} - {"__init__"}


def walk_python(*arguments):
    return [sys.executable, HERE / "python/scenario.py", *arguments], {"PYTHONPATH": str(MADE / "python")}


def java_classes():
    import openapi_generator_cli

    # The generator's jar has Jackson in it; what else the client needs is Debian's.
    jar = pathlib.Path(openapi_generator_cli.__file__).parent / "openapi-generator.jar"
    return jar, [jar, "/usr/share/java/httpmime.jar", "/usr/share/java/jakarta-annotation-api.jar", MADE / "java/classes"]


def make_java():
    jar, path = java_classes()
    sources = MADE / "java/sources"
    call("java", "-jar", jar, "generate", "-i", CONTRACT, "-g", "java", "-o", sources, "-c", HERE / "java/config.yaml")
    files = sorted(sources.glob("src/main/java/**/*.java")) + [HERE / "java/Scenario.java"]
    (MADE / "java/files").write_text("\n".join(f'"{one}"' for one in files))
    options = ["-encoding", "UTF-8", "-proc:none", "-Xlint:all,-deprecation,-path", "-Werror", "-cp", ":".join(map(str, path)), "-d", path[-1]]
    call("javac", *options, f"@{MADE / 'java/files'}")
    made = set()
    for one in sources.glob("src/main/java/gezhi/client/api/*.java"):
        made |= set(re.findall(r"^  public ApiResponse<.*> (\w+)WithHttpInfo\(", one.read_text(), re.M))
    return {re.sub("[A-Z]", lambda letter: "_" + letter.group().lower(), name) for name in made}


def walk_java(*arguments):
    return ["java", "-cp", ":".join(map(str, java_classes()[1])), "Scenario", *arguments], {}


# Whoever ends without it has not walked it all.
LAST_STEP = "sign out"
LANGUAGES = {"python": (make_python, walk_python), "java": (make_java, walk_java)}


def png(width, height):
    """A picture whose colour changes from left to right."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"".join(bytes((x * 255 // width, 90, 160)) for x in range(width))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")


def as_later(value):
    if isinstance(value, dict):
        return {key: ADDED_WORD if key in WORDS and isinstance(one, str) else as_later(one) for key, one in value.items()} | ADDED_FIELD
    return [as_later(one) for one in value] if isinstance(value, list) else value


def later_server(origin):
    """The same server as a later version of it may answer: reads are passed on, and what comes back has more in it."""

    class Later(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            passed = {name: self.headers[name] for name in ("Authorization", "Accept") if self.headers[name]}
            try:
                answer = urllib.request.urlopen(urllib.request.Request(origin + self.path, headers=passed), timeout=60)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                body = json.dumps(as_later(json.load(answer))).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Later)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def walk(language):
    """Steps that were walked, and the fault that ended the walk."""
    # Each on a township of its own, so that all find the same.
    with demonstration(f"client-{language}") as town:
        photo = town.work / "photo.png"
        photo.write_bytes(png(48, 32))
        proxy, later = later_server(town.origin)
        command, more = LANGUAGES[language][1](town.origin, later, town.password, photo)
        done = subprocess.run(command, env=environment() | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        proxy.shutdown()
        proxy.server_close()
    print(done.stdout, end="", flush=True)
    return re.findall(r"^- (.+)$", done.stdout, re.M), done.returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=LANGUAGES)
    options = parser.parse_args()
    # What the scenario finds hangs on the day.
    os.environ.pop("TEST_CLOCK", None)
    contract = json.loads(CONTRACT.read_text())
    operations = {one["operationId"] for item in contract["paths"].values() for one in item.values()}
    shutil.rmtree(MADE, ignore_errors=True)
    passed, failed, walks = 0, 0, {}
    for language in [options.only] if options.only else LANGUAGES:
        started = time.monotonic()
        try:
            made = LANGUAGES[language][0]()
            if made != operations:
                raise ValueError(f"not in the client: {sorted(operations - made)}; not in the contract: {sorted(made - operations)}")
        except (subprocess.CalledProcessError, OSError, ValueError) as error:
            print(f"{language}: the client cannot be made: {error}", flush=True)
            failed += 1
            continue
        print(f"{language}: a client with {len(made)} operations, {time.monotonic() - started:.0f} s", flush=True)
        started = time.monotonic()
        steps, code = walk(language)
        walks[language] = steps
        # The step that was begun last is the one that failed.
        broken = 1 if code or steps[-1:] != [LAST_STEP] else 0
        passed += 1 + len(steps) - min(broken, len(steps))
        failed += broken
        print(f"{language}: {len(steps)} steps, {broken} with a difference, {time.monotonic() - started:.0f} s", flush=True)
    if not failed and len({tuple(steps) for steps in walks.values()}) != 1:
        print(f"the scenario is not the same in every language: {walks}")
        failed += 1
    print(f"counted: {passed} ok, {failed} broken")
    sys.exit(1 if failed else 0)


main()
