import com.fasterxml.jackson.annotation.JsonInclude;
import gezhi.client.ApiClient;
import gezhi.client.ApiException;
import gezhi.client.ApiResponse;
import gezhi.client.api.ChecklistApi;
import gezhi.client.api.MemberApi;
import gezhi.client.api.PointsApi;
import gezhi.client.api.SessionApi;
import gezhi.client.api.TaskApi;
import gezhi.client.model.*;
import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * The scenario, by the client that openapi-generator makes of the contract. Every request is one of the generated methods.
 *
 * <p>java Scenario ORIGIN LATER PASSWORD PHOTO
 */
final class Scenario {
    private static final String TOWNSHIP = "310116112";

    private final String origin;
    private final String later;
    private final String password;
    private final File photo;

    private Scenario(String[] arguments) {
        origin = arguments[0];
        later = arguments[1];
        password = arguments[2];
        photo = new File(arguments[3]);
    }

    /** A call that is refused. */
    private interface Call {
        Object make() throws ApiException;
    }

    /** Somebody who is signed in, and the operations by their headings. */
    private record Caller(ApiClient client) {
        SessionApi session() {
            return new SessionApi(client);
        }

        MemberApi member() {
            return new MemberApi(client);
        }

        TaskApi task() {
            return new TaskApi(client);
        }

        ChecklistApi checklist() {
            return new ChecklistApi(client);
        }

        PointsApi points() {
            return new PointsApi(client);
        }
    }

    private static void step(String name) {
        System.out.println("- " + name);
    }

    private static void same(Object there, Object expected) {
        if (!Objects.equals(there, expected)) {
            throw new AssertionError(there + " is not " + expected);
        }
    }

    private static <T> T answer(int status, ApiResponse<T> response) {
        same(response.getStatusCode(), status);
        return response.getData();
    }

    /** The problem document of a refusal, read by the generated decoder. */
    private static Problem problem(int status, String code, Call call) throws Exception {
        try {
            call.make();
        } catch (ApiException refused) {
            same(refused.getCode(), status);
            Problem told = ApiClient.createDefaultObjectMapper().readValue(refused.getResponseBody(), Problem.class);
            same(List.of(told.getStatus(), told.getCode()), List.of(status, code));
            same(told.getTitle().isEmpty() || told.getTraceId().isEmpty(), false);
            return told;
        }
        throw new AssertionError("not refused as " + code);
    }

    private static List<String> fields(Problem told) {
        same(told.getErrors().stream().anyMatch(one -> one.getCode().isEmpty() || one.getMessage().isEmpty()), false);
        return told.getErrors().stream().map(ProblemField::getField).sorted().toList();
    }

    private static Caller caller(String base, String token) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(base);
        if (token != null) {
            client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        }
        return new Caller(client);
    }

    private SignedIn openSession(String username) throws Exception {
        SignIn body = new SignIn().township(TOWNSHIP).username(username).password(password).refreshIn(RefreshIn.BODY);
        return answer(201, caller(origin, null).session().signInWithHttpInfo(body));
    }

    private void walk() throws Exception {
        step("sign in");
        SignedIn signedIn = openSession("clerk");
        same(signedIn.getTokenType(), "Bearer");
        same(signedIn.getExpiresIn() > 0, true);
        SignIn wrong = new SignIn().township(TOWNSHIP).username("clerk").password("not the password");
        problem(401, "invalid_credentials", () -> caller(origin, null).session().signIn(wrong));

        step("refresh");
        Refresh refresh = new Refresh().refreshToken(signedIn.getRefreshToken());
        SignedIn refreshed = answer(200, caller(origin, null).session().refreshSessionWithHttpInfo(refresh));
        same(Objects.requireNonNull(refreshed.getRefreshToken()).equals(signedIn.getRefreshToken()), false);
        Caller clerk = caller(origin, refreshed.getAccessToken());

        step("who am I");
        Me me = answer(200, clerk.session().getMeWithHttpInfo());
        same(me.getAccount().getUsername(), "clerk");
        same(me.getTownship().getCode(), TOWNSHIP);
        same(me.getRoles(), List.of(Role.CLERK));
        same(me.getPermissions().contains("member.manage"), true);

        step("two pages by cursor");
        MemberPage first = answer(200, clerk.member().listMembersWithHttpInfo(null, null, null, null, null, 2, null, null, null, null));
        MemberPage second =
                answer(200, clerk.member().listMembersWithHttpInfo(null, null, null, null, null, 2, first.getNextCursor(), null, null, null));
        MemberPage both = answer(200, clerk.member().listMembersWithHttpInfo(null, null, null, null, null, 4, null, null, null, null));
        List<UUID> ids = both.getItems().stream().map(Member::getId).toList();
        same(Stream.of(first, second).flatMap(page -> page.getItems().stream()).map(Member::getId).toList(), ids);
        same(new HashSet<>(ids).size(), 4);
        problem(400, "invalid_cursor", () -> clerk.member().listMembers(null, null, null, null, null, 2, "no cursor", null, null, null));

        step("create once under one key");
        CreateMember wanted = new CreateMember()
                .number("SCENE-1")
                .name("韩立冬")
                .category(MemberCategory.VOLUNTEER)
                .phone("13812345678");
        ApiResponse<Member> created = clerk.member().createMemberWithHttpInfo(wanted, "scene-create");
        Member member = answer(201, created);
        same(answer(201, clerk.member().createMemberWithHttpInfo(wanted, "scene-create")), member);
        same(
                List.of(member.getNumber(), member.getName(), member.getCategory(), member.getVersion()),
                List.of("SCENE-1", "韩立冬", MemberCategory.VOLUNTEER, 1));
        MemberPage found = answer(200, clerk.member().listMembersWithHttpInfo("韩立冬", null, null, null, null, null, null, null, null, null));
        same(found.getItems().stream().map(Member::getId).toList(), List.of(member.getId()));
        wanted.setName("韩立秋");
        problem(422, "idempotency_mismatch", () -> clerk.member().createMember(wanted, "scene-create"));

        step("change with the version");
        String tag = created.getHeaders().get("etag").get(0);
        same(tag.startsWith("\"v1-"), true);
        ApiResponse<Member> updated =
                clerk.member().updateMemberWithHttpInfo(member.getId(), tag, new UpdateMember().name("韩立春"));
        Member now = answer(200, updated);
        same(
                List.of(now.getName(), now.getPhone(), now.getVersion(), updated.getHeaders().get("etag").get(0).substring(0, 4)),
                List.of("韩立春", "13812345678", 2, "\"v2-"));
        UpdateMember stale = new UpdateMember().name("韩立夏");
        problem(412, "precondition_failed", () -> clerk.member().updateMember(member.getId(), tag, stale));
        same(answer(200, clerk.member().getMemberWithHttpInfo(member.getId())), now);
        // Without JsonNullable a field that is left out and one that is null are one: where nulls are sent, all fields are.
        ApiClient withNulls = caller(origin, refreshed.getAccessToken()).client();
        withNulls.setObjectMapper(
                ApiClient.createDefaultObjectMapper().setDefaultPropertyInclusion(JsonInclude.Include.ALWAYS));
        UpdateMember clearing = new UpdateMember().name(now.getName()).category(now.getCategory());
        Member cleared =
                answer(200, new Caller(withNulls).member().updateMemberWithHttpInfo(member.getId(), "\"v2\"", clearing));
        same(cleared.getPhone(), null);
        same(List.of(cleared.getName(), cleared.getVersion()), List.of("韩立春", 3));

        step("faults of value are told by field");
        CreateMember bad =
                new CreateMember().number("SCENE-2").name("").category(MemberCategory.RESIDENT).phone("12");
        same(
                fields(problem(422, "validation_failed", () -> clerk.member().createMember(bad, null))),
                List.of("name", "phone"));

        step("list tasks with a filter");
        Caller head = caller(origin, openSession("sub_head").getAccessToken());
        UUID person = answer(200, head.session().getMeWithHttpInfo()).getMember().getId();
        TaskPage tasks = answer(
                200,
                clerk.task()
                        .listTasksWithHttpInfo(TaskState.OPEN, null, null, false, null, person, null, null, "党小组学习", null, null, null, null, null, null, null));
        same(tasks.getItems().size(), 1);
        TaskBrief brief = tasks.getItems().get(0);
        same(
                List.of(brief.getState(), brief.getLate(), brief.getAssignee().getId(), brief.getTitle()),
                List.of(TaskState.OPEN, false, person, "组织党小组学习一次"));

        step("a task with its source");
        Task task = answer(200, head.task().getTaskWithHttpInfo(brief.getId()));
        same(
                List.of(task.getSource().getKind(), task.getSource().getId(), task.getSource().getFacts().size()),
                List.of("checklist", brief.getSource().getId(), 1));
        same(task.getSubmission(), null);
        same(task.getMay().getSubmitTask().getAllowed(), true);
        same(task.getEvidence().stream().map(EvidenceRequirement::getKind).toList(), List.of(EvidenceKind.PHOTO));
        Checklist source = answer(200, clerk.checklist().getChecklistWithHttpInfo(task.getSource().getId()));
        same(source.getTitle(), task.getSource().getTitle());
        same(
                answer(200, clerk.task().getTaskWithHttpInfo(task.getId())).getSource().getLink(),
                "/checklists/" + source.getId());
        same(
                source.getVersions().get(0).getItems().stream().anyMatch(item -> item.getWhat().equals(task.getTitle())),
                true);

        step("upload a photo and read it");
        Attachment attachment = answer(201, head.task().uploadAttachmentWithHttpInfo(photo, "scene-photo"));
        same(
                List.of(attachment.getMediaType(), attachment.getWidth(), attachment.getHeight()),
                List.of("image/jpeg", 48, 32));
        byte[] stored = Files.readAllBytes(
                answer(200, head.task().getAttachmentWithHttpInfo(attachment.getId())).toPath());
        same(Arrays.equals(Arrays.copyOf(stored, 3), new byte[] {-1, -40, -1}), true);
        same((long) stored.length, attachment.getSize());

        step("submit");
        SubmitTask submission = new SubmitTask().text("已组织学习");
        same(
                fields(problem(422, "evidence_missing", () -> head.task().submitTask(task.getId(), submission, null))),
                List.of("attachment_ids"));
        submission.addAttachmentIdsItem(attachment.getId());
        Task handedIn = answer(200, head.task().submitTaskWithHttpInfo(task.getId(), submission, "scene-submit"));
        same(
                List.of(handedIn.getState(), handedIn.getSubmission().getText()),
                List.of(TaskState.SUBMITTED, "已组织学习"));
        same(
                handedIn.getSubmission().getAttachments().stream().map(TaskAttachment::getId).toList(),
                List.of(attachment.getId()));

        step("verify once under one key");
        Purse before = answer(200, head.points().getMyPurseWithHttpInfo());
        SeenTask seen = new SeenTask().id(task.getId()).version(handedIn.getVersion());
        VerifyTasks verification = new VerifyTasks().addTasksItem(seen);
        for (int time = 0; time < 2; time++) {
            Verdicts verdicts = answer(200, clerk.task().verifyTasksWithHttpInfo(verification, "scene-verify"));
            same(verdicts.getVerified(), 1L);
            same(verdicts.getResults(), List.of(new Verdict().id(task.getId()).verified(true)));
        }
        problem(409, "state_conflict", () -> clerk.task().verifyTask(task.getId(), new VerifyTask(), null));
        same(answer(200, clerk.task().getTaskWithHttpInfo(task.getId())).getState(), TaskState.VERIFIED);

        step("the points are there");
        Purse after = answer(200, head.points().getMyPurseWithHttpInfo());
        same(task.getPoints(), 2.0);
        same(Math.round((after.getBalance() - before.getBalance()) * 100), 200L);
        PointsEntryPage lines = answer(200, clerk.points().listPointsEntriesWithHttpInfo(person, null, null, 1, null, null, null, null));
        PointsEntry line = lines.getItems().get(0);
        same(
                List.of(line.getSource().getKind(), line.getSource().getId(), line.getAmount()),
                List.of(PostingSourceKind.TASK, task.getId(), task.getPoints()));
        same(line.getBalanceAfter(), after.getBalance());

        step("what a later server adds is passed over");
        Caller ahead = caller(later, refreshed.getAccessToken());
        Task known = answer(200, clerk.task().getTaskWithHttpInfo(task.getId()));
        Task newer = answer(200, ahead.task().getTaskWithHttpInfo(task.getId()));
        same(
                List.of(newer.getId(), newer.getTitle(), newer.getDueAt()),
                List.of(known.getId(), known.getTitle(), known.getDueAt()));
        same(newer.getState(), TaskState.UNKNOWN_DEFAULT_OPEN_API);
        same(
                newer.getEvidence().stream().map(EvidenceRequirement::getKind).toList(),
                List.of(EvidenceKind.UNKNOWN_DEFAULT_OPEN_API));
        MemberPage listed = answer(200, ahead.member().listMembersWithHttpInfo(null, null, null, null, null, 2, null, null, null, null));
        same(
                listed.getItems().stream().map(Member::getCategory).toList(),
                List.of(MemberCategory.UNKNOWN_DEFAULT_OPEN_API, MemberCategory.UNKNOWN_DEFAULT_OPEN_API));
        problem(404, "added_later", () -> ahead.member().getMember(task.getId()));

        step("sign out");
        for (Caller caller : List.of(head, clerk)) {
            same(caller.session().signOutWithHttpInfo().getStatusCode(), 204);
            problem(401, "session_ended", () -> caller.session().getMe());
        }
    }

    public static void main(String[] arguments) throws Exception {
        new Scenario(arguments).walk();
    }
}
