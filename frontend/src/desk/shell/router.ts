import type { Router } from 'vue-router'
import { collect } from '@/shared/features'
import { makeRouter } from '@/shared/router'
import Layout from './Layout.vue'
import NotFound from './NotFound.vue'
import Nothing from './Nothing.vue'

const features = collect(import.meta.glob('../*/routes.ts', { eager: true }))
export const nav = features.nav

export function deskRouter(): Router {
  return makeRouter('/', {
    features,
    layout: Layout,
    signIn: () => import('./SignIn.vue'),
    notFound: NotFound,
    nothing: Nothing,
  })
}
