/** Stand-in for the file that `npm run generate` writes from openapi/openapi.json; same outer shape
 * (components, operations), kept by hand only until that document exists. */

interface Input {
  path?: Record<string, string>
  query?: object
  body?: unknown
  form?: true
  /** `true`: the change needs If-Match. */
  version?: true
}
type Op<In extends Input, Out> = {
  parameters: (In['path'] extends object ? { path: In['path'] } : { path?: never }) & {
    query?: In extends { query: infer Q } ? Q : never
    cookie?: never
  } & (In extends { version: true } ? { header: { 'If-Match': string } } : { header?: never })
} & (In extends { form: true }
  ? { requestBody: { content: { 'multipart/form-data': { file: string } } } }
  : In extends { body: infer B }
    ? { requestBody: { content: { 'application/json': B } } }
    : { requestBody?: never }) & { responses: { 200: { content: { 'application/json': Out } } } }
type Id = { id: string }
type Paging = { limit?: number; cursor?: string }
type Page<T> = { items: T[]; next_cursor?: string | null }
type S = components['schemas']

export interface operations {
  get_site: Op<object, S['Site']>
  set_up: Op<
    {
      body: {
        token: string
        township_code: string
        username: string
        password: string
        display_name: string
      }
    },
    S['SetupDone']
  >
  sign_in: Op<{ body: S['SignIn'] }, S['SignedIn']>
  refresh_session: Op<{ body: { refresh_token?: string } }, S['SignedIn']>
  sign_out: Op<object, void>
  list_sessions: Op<object, S['SessionList']>
  end_session: Op<{ path: Id }, void>
  get_me: Op<object, S['Me']>
  change_password: Op<{ body: { current: string; new: string } }, void>
  list_roles: Op<object, S['RoleList']>
  list_accounts: Op<{ query: { q?: string } & Paging }, S['AccountPage']>
  create_account: Op<{ body: S['CreateAccount'] }, S['Account']>
  get_account: Op<{ path: Id }, S['Account']>
  update_account: Op<{ path: Id; body: S['UpdateAccount']; version: true }, S['Account']>
  get_township: Op<object, S['Township']>
  list_days: Op<{ query: { from: string; to: string } }, S['DayList']>
  get_home: Op<object, S['Home']>
  list_party_orgs: Op<object, S['PartyOrgList']>
  create_party_org: Op<{ body: S['CreatePartyOrg'] }, S['PartyOrg']>
  get_party_org: Op<{ path: Id }, S['PartyOrg']>
  update_party_org: Op<{ path: Id; body: S['UpdatePartyOrg']; version: true }, S['PartyOrg']>
  list_members: Op<
    {
      query: {
        q?: string
        party_org_id?: string
        grid_id?: string
        category?: S['MemberCategory']
      } & Paging
    },
    S['MemberPage']
  >
  create_member: Op<{ body: S['CreateMember'] }, S['Member']>
  get_member: Op<{ path: Id }, S['Member']>
  update_member: Op<{ path: Id; body: S['UpdateMember']; version: true }, S['Member']>
  get_member_template: Op<object, string>
  import_members: Op<{ form: true; query: { dry_run?: boolean } }, S['Import']>
  get_import: Op<{ path: Id }, S['Import']>
  get_import_marked_file: Op<{ path: Id }, string>
  list_grids: Op<object, S['GridList']>
  list_grid_boundaries: Op<object, S['GridBoundaries']>
  get_grid: Op<{ path: Id }, S['Grid']>
  update_grid: Op<{ path: Id; body: { name?: string }; version: true }, S['Grid']>
  import_grids: Op<{ body: S['GridBoundaries']; query: { dry_run?: boolean } }, S['Import']>
  appoint: Op<{ body: S['Appoint'] }, S['GridPost']>
  end_grid_post: Op<{ path: Id; body: { until?: string } }, S['GridPost']>
  list_checklists: Op<{ query: Paging }, S['ChecklistPage']>
  create_checklist: Op<
    { body: { kind: S['ChecklistKind']; title: string; items: S['ItemInput'][] } },
    S['Checklist']
  >
  get_checklist: Op<{ path: Id }, S['Checklist']>
  save_draft: Op<
    { path: Id; body: { title: string; items: S['ItemInput'][] }; version: true },
    S['Checklist']
  >
  preview_checklist: Op<{ path: Id }, S['Preview']>
  publish_checklist: Op<{ path: Id; body: { effective_from?: string }; version: true }, S['Published']>
  list_tasks: Op<
    {
      query: {
        state?: S['TaskState']
        late?: boolean
        grid_id?: string
        assignee_id?: string
        q?: string
        sort?: 'due_at' | '-due_at'
      } & Paging
    },
    S['TaskPage']
  >
  list_inbox: Op<{ query: Paging }, S['TaskPage']>
  list_to_verify: Op<{ query: Paging }, S['TaskPage']>
  get_task: Op<{ path: Id }, S['Task']>
  submit_task: Op<{ path: Id; body: S['SubmitTask'] }, S['Task']>
  verify_task: Op<{ path: Id; body: { note?: string } }, S['Task']>
  return_task: Op<{ path: Id; body: { reason: string } }, S['Task']>
  upload_attachment: Op<{ form: true }, S['Attachment']>
  get_attachment: Op<{ path: Id }, string>
  list_activities: Op<
    { query: { phase?: S['ActivityPhase']; mine?: boolean } & Paging },
    S['ActivityPage']
  >
  create_activity: Op<{ body: S['CreateActivity'] }, S['Activity']>
  get_activity: Op<{ path: Id }, S['Activity']>
  update_activity: Op<{ path: Id; body: S['UpdateActivity']; version: true }, S['Activity']>
  cancel_activity: Op<{ path: Id; body: { reason: string } }, S['Activity']>
  sign_up: Op<{ path: Id }, S['Activity']>
  withdraw: Op<{ path: Id }, S['Activity']>
  list_participants: Op<{ path: Id; query: Paging }, S['ParticipantPage']>
  get_check_in_code: Op<{ path: Id }, S['CheckInCode']>
  read_check_in_code: Op<{ path: { code: string } }, S['CodeReading']>
  check_in: Op<{ body: { code: string } }, S['CheckIn']>
  check_out: Op<{ path: Id; body: { code: string } }, S['CheckIn']>
  list_check_ins: Op<{ query: Paging }, S['CheckInPage']>
  get_my_purse: Op<object, S['Purse']>
  list_points_entries: Op<{ query: { member_id?: string } & Paging }, S['PointsEntryPage']>
  list_points_rules: Op<object, S['PointsRuleList']>
  get_leaderboard: Op<{ query: { quarter?: string; limit?: number } }, S['Leaderboard']>
}

export interface components {
  schemas: {
    Site: {
      product: string
      version: string
      default_township?: { code: string; name: string } | null
      demo: boolean
    }
    SetupDone: { township: { code: string; name: string }; username: string }
    SignIn: { township: string; username: string; password: string; refresh_in?: 'cookie' | 'body' }
    SignedIn: {
      access_token: string
      token_type: string
      expires_in: number
      refresh_token?: string | null
    }
    Session: {
      id: string
      user_agent: string
      created_at: string
      last_used_at: string
      expires_at: string
      current: boolean
    }
    SessionList: Page<S['Session']>
    Me: {
      account: { id: string; username: string; display_name: string }
      township: { code: string; name: string }
      roles: S['Role'][]
      permissions: string[]
      member?: S['Ref'] | null
      posts: { grid_id: string; grid_name: string; kind: S['PostKind'] }[]
    }
    Ref: { id: string; name: string }
    Role:
      | 'administrator'
      | 'leader'
      | 'clerk'
      | 'grid_head'
      | 'worker'
      | 'member'
      | 'integrator'
    RoleList: { items: { role: S['Role']; name: string; permissions: string[] }[] }
    Account: {
      id: string
      username: string
      display_name: string
      roles: S['Role'][]
      member?: S['Ref'] | null
      disabled: boolean
      created_at: string
      version: number
    }
    AccountPage: Page<S['Account']>
    CreateAccount: {
      username: string
      password: string
      display_name: string
      roles: S['Role'][]
      member_id?: string | null
    }
    UpdateAccount: {
      display_name?: string
      roles?: S['Role'][]
      disabled?: boolean
      password?: string
    }
    Township: {
      code: string
      name: string
      demo: boolean
      counts: { grids_general: number; grids_sub: number; members: number; posts: number }
    }
    Day: {
      date: string
      working: boolean
      kind: S['DayKind']
      name?: string | null
      official: boolean
    }
    DayKind: 'working' | 'weekend' | 'holiday' | 'make_up'
    DayList: { items: S['Day'][] }
    Vacancy: { grid_id: string; grid_name: string; kind: S['PostKind'] }
    Home: {
      tasks_late: number
      tasks_due_today: number
      tasks_to_verify: number
      vacancies: S['Vacancy'][]
      vacancy_count: number
      activities_today: number
      late: S['TaskBrief'][]
      late_by_grid: { grid_id: string; grid_name: string; late: number }[]
    }
    PartyOrgKind: 'work_committee' | 'committee' | 'general_branch' | 'branch' | 'group' | 'household'
    PartyOrg: {
      id: string
      parent_id?: string | null
      kind: S['PartyOrgKind']
      code: string
      name: string
      member_count: number
      version: number
    }
    PartyOrgList: Page<S['PartyOrg']>
    CreatePartyOrg: { parent_id?: string | null; kind: S['PartyOrgKind']; code: string; name: string }
    UpdatePartyOrg: { name?: string; parent_id?: string | null; kind?: S['PartyOrgKind'] }
    MemberCategory: 'party_member' | 'in_service_member' | 'volunteer' | 'grid_worker' | 'resident'
    Member: {
      id: string
      number: string
      name: string
      category: S['MemberCategory']
      phone?: string | null
      party_org?: S['Ref'] | null
      posts: { id: string; grid_id: string; grid_name: string; kind: S['PostKind']; since: string }[]
      version: number
    }
    MemberPage: Page<S['Member']>
    CreateMember: {
      number: string
      name: string
      category: S['MemberCategory']
      phone?: string | null
      party_org_id?: string | null
    }
    UpdateMember: {
      name?: string
      category?: S['MemberCategory']
      phone?: string | null
      party_org_id?: string | null
    }
    Fault: { row: number; column: string; value?: string | null; message: string }
    Import: {
      id: string
      kind: 'members' | 'grids'
      file_name: string
      applied: boolean
      dry_run: boolean
      rows: number
      created: number
      updated: number
      unchanged: number
      faults: S['Fault'][]
      fault_count: number
      created_at: string
    }
    GridKind: 'township' | 'general' | 'sub' | 'micro' | 'dedicated'
    PostKind: 'supervisor' | 'general_head' | 'instructor' | 'sub_head' | 'worker'
    Grid: {
      id: string
      parent_id?: string | null
      code: string
      name: string
      kind: S['GridKind']
      centre: S['Place']
      area_m2: number
      posts: { id: string; kind: S['PostKind']; member: S['Ref']; since: string }[]
      vacant: S['PostKind'][]
      version: number
    }
    GridList: Page<S['Grid']>
    GridBoundaries: {
      type: 'FeatureCollection'
      features: {
        type: 'Feature'
        geometry: import('geojson').Geometry
        properties: {
          id: string
          code: string
          name: string
          kind: S['GridKind']
          parent_id?: string | null
        }
      }[]
    }
    Place: { lng: number; lat: number }
    Appoint: { grid_id: string; member_id: string; kind: S['PostKind']; since?: string }
    GridPost: {
      id: string
      grid_id: string
      member: S['Ref']
      kind: S['PostKind']
      since: string
      until?: string | null
    }
    ChecklistKind: 'procedure' | 'responsibility' | 'institution' | 'assessment'
    Frequency: 'once' | 'weekly' | 'monthly' | 'quarterly'
    Evidence: 'none' | 'text' | 'photo' | 'number'
    ItemInput: {
      what: string
      role: S['PostKind']
      frequency: S['Frequency']
      evidence: S['Evidence']
      limit_working_days: number
      points: number
    }
    Item: S['ItemInput'] & { id: string; position: number }
    ChecklistBrief: {
      id: string
      kind: S['ChecklistKind']
      title: string
      draft: boolean
      published_number?: number | null
      effective_from?: string | null
      item_count: number
    }
    ChecklistPage: Page<S['ChecklistBrief']>
    ChecklistVersionState: 'draft' | 'published' | 'superseded'
    ChecklistVersion: {
      id: string
      number: number
      state: S['ChecklistVersionState']
      effective_from?: string | null
      published_at?: string | null
      items: S['Item'][]
    }
    Checklist: {
      id: string
      kind: S['ChecklistKind']
      title: string
      version: number
      versions: S['ChecklistVersion'][]
    }
    Preview: {
      tasks: number
      holders: number
      late_free: boolean
      first_due?: string | null
      by_item: {
        item_id: string
        what: string
        role: S['PostKind']
        holders: number
        due_at?: string | null
      }[]
      vacancies: S['Vacancy'][]
      vacancy_count: number
    }
    Published: { checklist: S['Checklist']; tasks_created: number; vacancy_count: number }
    TaskState: 'open' | 'submitted' | 'returned' | 'verified'
    TaskBrief: {
      id: string
      title: string
      grid: S['Ref']
      assignee: S['Ref']
      role: S['PostKind']
      state: S['TaskState']
      late: boolean
      due_at: string
      evidence: S['Evidence']
      points: number
      source: { kind: string; checklist_id: string; checklist_title: string; version_number: number }
      period: string
    }
    TaskPage: Page<S['TaskBrief']>
    Submission: {
      at: string
      by: S['Ref']
      text?: string | null
      number?: number | null
      attachments: { id: string; media_type: string; size: number; width: number; height: number }[]
      place?: S['Place'] | null
    }
    TaskLogEntry: {
      at: string
      kind: 'opened' | 'submitted' | 'verified' | 'returned'
      by?: { account_id: string; name: string } | null
      note?: string | null
    }
    Task: S['TaskBrief'] & {
      opened_at: string
      submission?: S['Submission'] | null
      log: S['TaskLogEntry'][]
      may: { submit: boolean; verify: boolean; return: boolean }
      version: number
    }
    SubmitTask: {
      text?: string | null
      number?: number | null
      attachment_ids?: string[]
      place?: S['Place'] | null
      done_at?: string | null
    }
    Attachment: {
      id: string
      media_type: string
      size: number
      width: number
      height: number
      created_at: string
    }
    ActivityPhase: 'upcoming' | 'running' | 'ended' | 'cancelled'
    Activity: {
      id: string
      title: string
      description?: string | null
      grid?: S['Ref'] | null
      place: string
      starts_at: string
      ends_at: string
      capacity?: number | null
      steward?: S['Ref'] | null
      phase: S['ActivityPhase']
      signed_up: number
      waiting: number
      checked_in: number
      points_to_come: number
      mine: { state: 'none' | 'signed_up' | 'waiting'; check_in?: S['CheckIn'] | null }
      may: { steward: boolean; manage: boolean }
      version: number
    }
    ActivityPage: Page<S['Activity']>
    CreateActivity: {
      title: string
      description?: string | null
      grid_id?: string | null
      place: string
      starts_at: string
      ends_at: string
      capacity?: number | null
      steward_id?: string | null
    }
    UpdateActivity: Partial<Omit<S['CreateActivity'], 'grid_id'>>
    Participant: {
      member: S['Ref']
      state: 'signed_up' | 'waiting' | 'withdrawn'
      check_in?: S['CheckIn'] | null
    }
    ParticipantPage: Page<S['Participant']>
    CheckInCode: { url: string; code: string; svg: string; valid_until: string; rotates_every: number }
    CodeReading: {
      activity: S['Activity']
      action: 'check_in' | 'check_out' | 'done'
      points_to_come: number
    }
    CheckIn: {
      id: string
      activity_id: string
      activity_title: string
      place: string
      checked_in_at: string
      checked_out_at?: string | null
      minutes?: number | null
      points?: number | null
    }
    CheckInPage: Page<S['CheckIn']>
    Purse: {
      member: S['Ref']
      balance: number
      quarter: string
      quarter_score: number
      rank?: number | null
      of: number
    }
    PointsEntry: {
      id: string
      at: string
      amount: number
      balance_after: number
      reason: string
      rule: string
      source: { kind: 'check_in' | 'task'; id: string }
    }
    PointsEntryPage: Page<S['PointsEntry']>
    PointsRuleList: {
      items: {
        code: string
        name: string
        per: 'hour' | 'item'
        points: number
        cap_per_activity?: number | null
        effective_from: string
        formula: string
      }[]
    }
    Leaderboard: {
      quarter: string
      items: { rank: number; member: S['Ref']; party_org?: S['Ref'] | null; score: number }[]
    }
  }
}
