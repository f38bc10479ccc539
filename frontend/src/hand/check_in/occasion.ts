import type { Router } from 'vue-router'
import type { CheckIn } from '@/api'

/** The page of what somebody was present at; an empty text where there is none, or the account may not read it. */
export function pageOf(router: Router, { link }: CheckIn['occasion']): string {
  return link && router.resolve(link).matched.some((route) => route.meta['title']) ? link : ''
}
