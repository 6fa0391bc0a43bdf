import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { inside } from './base.ts'
import { keysView, logView, playgroundView, usageView } from './views.ts'
import { type Named, named, paged, type Words } from './words.ts'

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: ({ all }: Words): { all?: boolean | undefined } => ({
    all: all === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('../pages/home.tsx'), 'Home'),
})
const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: (words: Words): Named & { archived?: boolean | undefined } => ({
    ...named(words),
    archived: words.archived === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('../pages/projects.tsx'), 'Projects'),
})
const people = createRoute({
  getParentRoute: () => inside,
  path: '/people',
  validateSearch: (words: Words): Named & { tab?: 'invites' | undefined } => ({
    ...named(words),
    tab: words.tab === 'invites' ? 'invites' : undefined,
  }),
  component: lazyRouteComponent(() => import('../pages/people.tsx'), 'People'),
})
const organizationLimits = createRoute({
  getParentRoute: () => inside,
  path: '/limits',
  validateSearch: named,
  component: lazyRouteComponent(() => import('../pages/limits.tsx'), 'Limits'),
})
const organizationSpend = createRoute({
  getParentRoute: () => inside,
  path: '/spend',
  component: lazyRouteComponent(() => import('../pages/spend.tsx'), 'Spend'),
})
const organizationSettings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/settings.tsx'), 'Settings'),
})
const playground = createRoute({
  getParentRoute: () => inside,
  path: '/playground',
  validateSearch: playgroundView,
  component: lazyRouteComponent(() => import('../pages/playground.tsx'), 'Playground'),
})
const auditLog = createRoute({
  getParentRoute: () => inside,
  path: '/audit-log',
  validateSearch: logView,
  component: lazyRouteComponent(() => import('../pages/audit-log.tsx'), 'AuditLog'),
})
const usage = createRoute({
  getParentRoute: () => inside,
  path: '/usage',
  validateSearch: usageView,
  component: lazyRouteComponent(() => import('../pages/usage.tsx'), 'Usage'),
})
const adminKeys = createRoute({
  getParentRoute: () => inside,
  path: '/admin-keys',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/admin-keys.tsx'), 'AdminKeys'),
})
const groups = createRoute({
  getParentRoute: () => inside,
  path: '/groups',
  validateSearch: named,
  component: lazyRouteComponent(() => import('../pages/groups.tsx'), 'Groups'),
})
const group = createRoute({
  getParentRoute: () => inside,
  path: '/groups/$groupId',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/groups/group-page.tsx'), 'GroupPage'),
})
const allKeys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  validateSearch: keysView,
  component: lazyRouteComponent(() => import('../pages/api-keys.tsx'), 'ApiKeys'),
})
const certificates = createRoute({
  getParentRoute: () => inside,
  path: '/certificates',
  component: lazyRouteComponent(() => import('../pages/certificates.tsx'), 'Certificates'),
})
const certificate = createRoute({
  getParentRoute: () => inside,
  path: '/certificates/$certificateId',
  component: lazyRouteComponent(() => import('../pages/certificates/certificate-page.tsx'), 'CertificatePage'),
})
const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('../pages/webhooks.tsx'), 'Webhooks'),
})
const webhook = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks/$webhookId',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/webhooks/webhook-page.tsx'), 'WebhookPage'),
})
const roles = createRoute({
  getParentRoute: () => inside,
  path: '/roles',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/roles.tsx'), 'Roles'),
})
const role = createRoute({
  getParentRoute: () => inside,
  path: '/roles/$roleId',
  component: lazyRouteComponent(() => import('../pages/roles/organization-role.tsx'), 'OrganizationRole'),
})
const profile = createRoute({
  getParentRoute: () => inside,
  path: '/profile',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/profile.tsx'), 'Profile'),
})
const myKeys = createRoute({
  getParentRoute: () => inside,
  path: '/profile/keys',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/profile/keys.tsx'), 'MyKeys'),
})

/** The pages of the organization, and of who is signed in. */
export const organizationPages = [
  home,
  projects,
  people,
  organizationLimits,
  organizationSpend,
  organizationSettings,
  playground,
  auditLog,
  usage,
  adminKeys,
  groups,
  group,
  allKeys,
  certificates,
  certificate,
  webhooks,
  webhook,
  roles,
  role,
  profile,
  myKeys,
] as const
