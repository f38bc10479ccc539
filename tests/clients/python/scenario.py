"""The scenario, by the client that openapi-python-client makes of the contract. Every request is one of the generated functions.

    python scenario.py ORIGIN LATER PASSWORD PHOTO
"""

import io
import pathlib
import sys

from gezhi_client import AuthenticatedClient, Client
from gezhi_client.api.checklist import get_checklist
from gezhi_client.api.member import create_member, get_member, list_members, update_member
from gezhi_client.api.points import get_my_purse, list_points_entries
from gezhi_client.api.session import get_me, refresh_session, sign_in, sign_out
from gezhi_client.api.task import get_attachment, get_task, list_tasks, submit_task, upload_attachment, verify_task, verify_tasks
from gezhi_client.models import (
    Attachment,
    Checklist,
    CreateMember,
    Me,
    Member,
    MemberCategory,
    MemberPage,
    PointsEntryPage,
    PostingSourceKind,
    Problem,
    Purse,
    Refresh,
    RefreshIn,
    Role,
    SeenTask,
    SignedIn,
    SignIn,
    SubmitTask,
    Task,
    TaskPage,
    TaskState,
    UpdateMember,
    UploadAttachment,
    Verdicts,
    VerifyTask,
    VerifyTasks,
)
from gezhi_client.types import File

TOWNSHIP = "310116112"
origin, later, password, photo = sys.argv[1:]


def step(name):
    print(f"- {name}", flush=True)


def same(there, expected):
    if there != expected:
        raise AssertionError(f"{there!r} is not {expected!r}")


def answer(kind, response, status):
    """What came, read by the generated decoder as what the contract says of this status."""
    same((response.status_code.value, type(response.parsed)), (status, kind))
    return response.parsed


def problem(response, status, code):
    told = answer(Problem, response, status)
    same((told.status, told.code), (status, code))
    same((bool(told.title), bool(told.trace_id)), (True, True))
    return told


def fields(told):
    same(all(one.code and one.message for one in told.errors), True)
    return sorted(one.field for one in told.errors)


def open_session(username):
    body = SignIn(township=TOWNSHIP, username=username, password=password, refresh_in=RefreshIn.BODY)
    return answer(SignedIn, sign_in.sync_detailed(client=Client(base_url=origin), body=body), 201)


step("sign in")
signed_in = open_session("clerk")
same((signed_in.token_type, signed_in.expires_in > 0), ("Bearer", True))
refused = sign_in.sync_detailed(
    client=Client(base_url=origin), body=SignIn(township=TOWNSHIP, username="clerk", password="not the password")
)
problem(refused, 401, "invalid_credentials")

step("refresh")
refreshed = answer(
    SignedIn,
    refresh_session.sync_detailed(client=Client(base_url=origin), body=Refresh(refresh_token=signed_in.refresh_token)),
    200,
)
same(refreshed.refresh_token in (None, signed_in.refresh_token), False)
clerk = AuthenticatedClient(base_url=origin, token=refreshed.access_token)

step("who am I")
me = answer(Me, get_me.sync_detailed(client=clerk), 200)
same((me.account.username, me.township.code, me.roles), ("clerk", TOWNSHIP, [Role.CLERK]))
same("member.manage" in me.permissions, True)

step("two pages by cursor")
first = answer(MemberPage, list_members.sync_detailed(client=clerk, limit=2), 200)
second = answer(MemberPage, list_members.sync_detailed(client=clerk, limit=2, cursor=first.next_cursor), 200)
both = answer(MemberPage, list_members.sync_detailed(client=clerk, limit=4), 200)
same([one.id for one in first.items + second.items], [one.id for one in both.items])
same(len({one.id for one in both.items}), 4)
problem(list_members.sync_detailed(client=clerk, limit=2, cursor="no cursor"), 400, "invalid_cursor")

step("create once under one key")
wanted = CreateMember(number="SCENE-1", name="韩立冬", category=MemberCategory.VOLUNTEER, phone="13812345678")
created = create_member.sync_detailed(client=clerk, body=wanted, idempotency_key="scene-create")
again = create_member.sync_detailed(client=clerk, body=wanted, idempotency_key="scene-create")
member = answer(Member, created, 201)
same(answer(Member, again, 201), member)
same((member.number, member.name, member.category, member.version), ("SCENE-1", "韩立冬", MemberCategory.VOLUNTEER, 1))
found = answer(MemberPage, list_members.sync_detailed(client=clerk, q="韩立冬"), 200)
same([one.id for one in found.items], [member.id])
wanted.name = "韩立秋"
problem(create_member.sync_detailed(client=clerk, body=wanted, idempotency_key="scene-create"), 422, "idempotency_mismatch")

step("change with the version")
tag = created.headers["etag"]
same(tag.startswith('"v1-'), True)
change = UpdateMember(name="韩立春")
updated = update_member.sync_detailed(member.id, client=clerk, body=change, if_match=tag)
now = answer(Member, updated, 200)
same((now.name, now.phone, now.version, updated.headers["etag"][:4]), ("韩立春", "13812345678", 2, '"v2-'))
stale = update_member.sync_detailed(member.id, client=clerk, body=UpdateMember(name="韩立夏"), if_match=tag)
problem(stale, 412, "precondition_failed")
same(answer(Member, get_member.sync_detailed(member.id, client=clerk), 200), now)
clearing = UpdateMember(phone=None)
cleared = answer(Member, update_member.sync_detailed(member.id, client=clerk, body=clearing, if_match=updated.headers["etag"]), 200)
same((cleared.phone, cleared.name, cleared.version), (None, "韩立春", 3))

step("faults of value are told by field")
bad = CreateMember(number="SCENE-2", name="", category=MemberCategory.RESIDENT, phone="12")
same(fields(problem(create_member.sync_detailed(client=clerk, body=bad), 422, "validation_failed")), ["name", "phone"])

step("list tasks with a filter")
head = AuthenticatedClient(base_url=origin, token=open_session("sub_head").access_token)
person = answer(Me, get_me.sync_detailed(client=head), 200).member
tasks = answer(
    TaskPage,
    list_tasks.sync_detailed(client=clerk, state=TaskState.OPEN, late=False, assignee_id=person.id, q="党小组学习"),
    200,
)
same([(one.state, one.late, one.assignee.id, one.title) for one in tasks.items], [(TaskState.OPEN, False, person.id, "组织党小组学习一次")])

step("a task with its source")
task = answer(Task, get_task.sync_detailed(tasks.items[0].id, client=head), 200)
same((task.source.kind, task.source.id, len(task.source.facts)), ("checklist", tasks.items[0].source.id, 1))
same((task.submission, task.may.submit_task.allowed, [one.kind.value for one in task.evidence]), (None, True, ["photo"]))
source = answer(Checklist, get_checklist.sync_detailed(task.source.id, client=clerk), 200)
same((source.title, f"/checklists/{source.id}"), (task.source.title, answer(Task, get_task.sync_detailed(task.id, client=clerk), 200).source.link))
same(task.title in [item.what for item in source.versions[0].items], True)

step("upload a photo and read it")
picture = pathlib.Path(photo).read_bytes()
form = UploadAttachment(file=File(payload=io.BytesIO(picture), file_name="scene.png", mime_type="image/png"))
attachment = answer(Attachment, upload_attachment.sync_detailed(client=head, body=form, idempotency_key="scene-photo"), 201)
same((attachment.media_type, attachment.width, attachment.height), ("image/jpeg", 48, 32))
stored = answer(File, get_attachment.sync_detailed(attachment.id, client=head), 200).payload.read()
same((stored[:3], len(stored)), (b"\xff\xd8\xff", attachment.size))

step("submit")
without = submit_task.sync_detailed(task.id, client=head, body=SubmitTask(text="已组织学习"))
same(fields(problem(without, 422, "evidence_missing")), ["attachment_ids"])
handed_in = answer(
    Task,
    submit_task.sync_detailed(
        task.id, client=head, body=SubmitTask(text="已组织学习", attachment_ids=[attachment.id]), idempotency_key="scene-submit"
    ),
    200,
)
same((handed_in.state, handed_in.submission.text), (TaskState.SUBMITTED, "已组织学习"))
same([one.id for one in handed_in.submission.attachments], [attachment.id])

step("verify once under one key")
before = answer(Purse, get_my_purse.sync_detailed(client=head), 200)
body = VerifyTasks(tasks=[SeenTask(id=task.id, version=handed_in.version)])
for _ in range(2):
    verdicts = answer(Verdicts, verify_tasks.sync_detailed(client=clerk, body=body, idempotency_key="scene-verify"), 200)
    same((verdicts.verified, [(one.id, one.verified, one.code) for one in verdicts.results]), (1, [(task.id, True, None)]))
problem(verify_task.sync_detailed(task.id, client=clerk, body=VerifyTask()), 409, "state_conflict")
same(answer(Task, get_task.sync_detailed(task.id, client=clerk), 200).state, TaskState.VERIFIED)

step("the points are there")
after = answer(Purse, get_my_purse.sync_detailed(client=head), 200)
same((task.points, round(after.balance - before.balance, 2)), (2, 2))
line = answer(PointsEntryPage, list_points_entries.sync_detailed(client=clerk, member_id=person.id, limit=1), 200).items[0]
same((line.source.kind, line.source.id, line.amount), (PostingSourceKind.TASK, task.id, task.points))
same(line.balance_after, after.balance)

step("what a later server adds is passed over")
ahead = AuthenticatedClient(base_url=later, token=refreshed.access_token)
known = answer(Task, get_task.sync_detailed(task.id, client=clerk), 200)
newer = answer(Task, get_task.sync_detailed(task.id, client=ahead), 200)
same((newer.id, newer.title, newer.due_at), (known.id, known.title, known.due_at))
same([str(newer.state), *(str(one.kind) for one in newer.evidence)], ["added_later", "added_later"])
same(newer.state in list(TaskState), False)
listed = answer(MemberPage, list_members.sync_detailed(client=ahead, limit=2), 200)
same([str(one.category) for one in listed.items], ["added_later"] * 2)
problem(get_member.sync_detailed(task.id, client=ahead), 404, "added_later")

step("sign out")
for client in (head, clerk):
    gone = sign_out.sync_detailed(client=client)
    same((gone.status_code.value, gone.parsed), (204, None))
    problem(get_me.sync_detailed(client=client), 401, "session_ended")
