import type { Role } from '@/api'

/** What a role is for: nobody works in two of them. */
function sphere(role: Role): 'administration' | 'audit' | 'business' {
  if (role === 'administrator') return 'administration'
  return role === 'auditor' ? 'audit' : 'business'
}

/** Whether a role cannot be held beside these. */
export function excluded(role: Role, held: readonly Role[]): boolean {
  return held.some((other) => sphere(other) !== sphere(role))
}
