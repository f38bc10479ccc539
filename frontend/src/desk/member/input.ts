import type { CreateMember, Member, MemberCategory, UpdateMember } from '@/api'

/** The fields of the form, all texts; empty where nothing is given. */
export interface MemberFields {
  number: string
  name: string
  category: MemberCategory | ''
  phone: string
  party_org_id: string
}

export const noMember: MemberFields = { number: '', name: '', category: '', phone: '', party_org_id: '' }

export function fieldsOf(member: Member): MemberFields {
  return {
    number: member.number,
    name: member.name,
    category: member.category,
    phone: member.phone ?? '',
    party_org_id: member.party_org?.id ?? '',
  }
}

export function toCreate(fields: MemberFields): CreateMember {
  return {
    number: fields.number.trim(),
    name: fields.name.trim(),
    category: fields.category as MemberCategory,
    ...(fields.phone.trim() ? { phone: fields.phone.trim() } : {}),
    ...(fields.party_org_id ? { party_org_id: fields.party_org_id } : {}),
  }
}

/** Only what was changed: what another person changes meanwhile elsewhere stays. An emptied field is cleared. */
export function toUpdate(before: Member, fields: MemberFields): UpdateMember {
  const was = fieldsOf(before)
  const body: UpdateMember = {}
  if (fields.name.trim() !== was.name) body.name = fields.name.trim()
  if (fields.category && fields.category !== was.category) body.category = fields.category
  if (fields.phone.trim() !== was.phone) body.phone = fields.phone.trim() || null
  if (fields.party_org_id !== was.party_org_id) body.party_org_id = fields.party_org_id || null
  return body
}

/** Whether a text can be a mobile number as people write it: 11 digits, blanks and hyphens between, +86 before. */
export function isPhone(text: string): boolean {
  return /^(?:\+?86|0086)?1[3-9]\d{9}$/.test(text.replace(/[\s\-–—]/g, ''))
}
