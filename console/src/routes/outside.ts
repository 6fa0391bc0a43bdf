import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { root } from './base.ts'
import { type Words, word } from './words.ts'

/** Where somebody goes when they are in, why they were not let in, and to which organization, for who is in several. */
type SignInView = { next?: string | undefined; failed?: string | undefined; organization?: string | undefined }
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ next, failed, organization }: Words): SignInView => ({
    next: word(next),
    failed: word(failed),
    organization: word(organization),
  }),
  component: lazyRouteComponent(() => import('../session/sign-in.tsx'), 'SignIn'),
})
const passwordLink = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/link',
  component: lazyRouteComponent(() => import('../session/link.tsx'), 'PasswordLink'),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  component: lazyRouteComponent(() => import('../session/invite.tsx'), 'AcceptInvite'),
})

/** The pages for who is not signed in. */
export const outsidePages = [signIn, passwordLink, invite] as const
