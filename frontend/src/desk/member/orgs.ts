import type { PartyOrgKind } from '@/api'

const down: Record<PartyOrgKind, PartyOrgKind> = {
  work_committee: 'general_branch',
  committee: 'general_branch',
  general_branch: 'branch',
  branch: 'group',
  group: 'household',
  household: 'household',
}

/** The kind that is usually set up beneath another; at the top a committee. */
export function kindBelow(kind: PartyOrgKind | undefined): PartyOrgKind {
  return kind ? down[kind] : 'committee'
}
