import type zh from './zh-CN'

/** What the words of each kind are called, and why an act is not open now to those whose act it is.
 * Written by scripts/labels.mjs from openapi/openapi.json (`npm run generate`). */
export default {
  words: {
    activity_phase: {
      upcoming: 'Upcoming',
      running: 'Running',
      ended: 'Ended',
      cancelled: 'Cancelled',
    },
    assignee_kind: {
      person: 'Person',
      post: 'Post',
      organisation: 'Organisation',
    },
    checklist_kind: {
      procedure: 'Procedures',
      responsibility: 'Responsibilities',
      institution: 'Institutions',
      assessment: 'Assessment',
    },
    checklist_state: {
      draft: 'Draft',
      published: 'Published',
      superseded: 'Superseded',
    },
    code_action: {
      check_in: 'Check in',
      check_out: 'Check out',
      done: 'Done',
    },
    day_kind: {
      working: 'Working day',
      weekend: 'Day off',
      holiday: 'Holiday',
      make_up: 'Make-up day',
    },
    evidence: {
      none: 'No evidence',
      text: 'Text',
      photo: 'Photo',
      number: 'Number',
    },
    evidence_kind: {
      text: 'Text',
      photo: 'Photo',
      number: 'Number',
    },
    frequency: {
      once: 'Once',
      weekly: 'Weekly',
      monthly: 'Monthly',
      quarterly: 'Quarterly',
    },
    grid_kind: {
      township: 'Township grid',
      general: 'General grid',
      sub: 'Sub-grid',
      micro: 'Micro-grid',
      dedicated: 'Dedicated grid',
    },
    import_kind: {
      members: 'People',
      grids: 'Grids',
    },
    job_state: {
      waiting: 'Waiting',
      running: 'Running',
      done: 'Done',
      failed: 'Failed',
      cancelled: 'Cancelled',
    },
    member_category: {
      party_member: 'Party member',
      in_service_member: 'In-service member',
      volunteer: 'Volunteer',
      grid_worker: 'Grid worker',
      resident: 'Resident',
    },
    my_signup: {
      none: 'Not signed up',
      signed_up: 'Signed up',
      waiting: 'Waiting list',
    },
    notice_phase: {
      current: 'Current',
      ended: 'Ended',
      withdrawn: 'Withdrawn',
    },
    party_org_kind: {
      work_committee: 'Party working committee',
      committee: 'Party committee',
      general_branch: 'General branch',
      branch: 'Branch',
      group: 'Party group',
      household: 'Member household',
    },
    post_kind: {
      supervisor: 'Supervisor',
      general_head: 'General grid head',
      instructor: 'Grid instructor',
      sub_head: 'Sub-grid head',
      worker: 'Grid worker',
    },
    posting_source_kind: {
      check_in: 'Check-in',
      task: 'Task',
    },
    refresh_in: {
      cookie: 'Cookie',
      body: 'Body of the answer',
    },
    role: {
      administrator: 'Administrator',
      auditor: 'Auditor',
      leader: 'Supervisor',
      clerk: 'Party office',
      grid_head: 'Grid head',
      worker: 'Grid worker',
      member: 'In-service member',
      integrator: 'Integrator',
    },
    rule_per: {
      hour: 'per hour',
      item: 'per item',
    },
    signup_state: {
      signed_up: 'Signed up',
      waiting: 'Waiting list',
      withdrawn: 'Withdrawn',
    },
    task_log_kind: {
      opened: 'Opened',
      accepted: 'Accepted',
      submitted: 'Submitted',
      verified: 'Verified',
      returned: 'Returned',
      cancelled: 'Withdrawn',
    },
    task_state: {
      open: 'To do',
      submitted: 'To verify',
      returned: 'Returned',
      verified: 'Verified',
      cancelled: 'Withdrawn',
    },
  },
  reasons: {
    already_exists: 'This exists already',
    state_conflict: 'The present state does not allow this; reload and try again',
    no_member: 'This account is not linked to a member',
    checklist_empty: 'A checklist without items cannot be published',
    nothing_to_publish: 'There is no draft to publish',
    task_taken: 'Somebody else has accepted the task',
    activity_full: 'The activity is full',
    activity_cancelled: 'The activity was cancelled',
    activity_attended: 'People have checked in; move the end forward instead',
    check_in_closed: 'Check-in is not open now',
    notice_withdrawn: 'The notice was withdrawn',
    not_addressed: 'The notice is not addressed to you and wants no receipt',
  },
} satisfies typeof zh
