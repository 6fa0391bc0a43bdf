import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type SearchSchemaInput,
} from '@tanstack/react-router'
import { type Opened, opened } from './patterns/opened.ts'
import { Broken, NotThere } from './shell/broken.tsx'
import { Shell } from './shell/shell.tsx'

/*
 * The pages. What stands in an address is all of a page's state, so that each can be sent to a colleague; what an address says that
 * is no such thing is passed over.
 */

type Words = Record<string, unknown>
const word = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** Seconds. */
const moment = (value: unknown) => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined)

export type Paged = { after?: string | undefined }
const paged = ({ after }: Words & SearchSchemaInput): Paged => ({ after: word(after) })

type Named = Paged & { name?: string | undefined }
const named = (words: Words & SearchSchemaInput): Named => ({ ...paged(words), name: word(words.name) })

const root = createRootRoute({ notFoundComponent: NotThere, errorComponent: Broken })

/** Where somebody goes when they are in, why they were not let in, and to which organization, for who is in several. */
type SignInView = { next?: string | undefined; failed?: string | undefined; organization?: string | undefined }
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ next, failed, organization }: Words & SearchSchemaInput): SignInView => ({
    next: word(next),
    failed: word(failed),
    organization: word(organization),
  }),
  component: lazyRouteComponent(() => import('./session/sign-in.tsx'), 'SignIn'),
})
const passwordLink = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/link',
  component: lazyRouteComponent(() => import('./session/link.tsx'), 'PasswordLink'),
})
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite',
  component: lazyRouteComponent(() => import('./session/invite.tsx'), 'AcceptInvite'),
})

const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell })

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  validateSearch: ({ all }: Words & SearchSchemaInput): { all?: boolean | undefined } => ({
    all: all === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/home.tsx'), 'Home'),
})
const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: (words: Words & SearchSchemaInput): Named & Opened & { archived?: boolean | undefined } => ({
    ...named(words),
    ...opened(words),
    archived: words.archived === true ? true : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/projects.tsx'), 'Projects'),
})
const project = createRoute({ getParentRoute: () => inside, path: '/projects/$projectId' })
const overview = createRoute({
  getParentRoute: () => project,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/project/overview.tsx'), 'Overview'),
})
const keys = createRoute({
  getParentRoute: () => project,
  path: '/keys',
  validateSearch: (words: Words & SearchSchemaInput): Named & Opened => ({ ...named(words), ...opened(words) }),
  component: lazyRouteComponent(() => import('./pages/project/keys.tsx'), 'Keys'),
})
const members = createRoute({
  getParentRoute: () => project,
  path: '/members',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/project/members.tsx'), 'Members'),
})
const limits = createRoute({
  getParentRoute: () => project,
  path: '/limits',
  validateSearch: named,
  component: lazyRouteComponent(() => import('./pages/project/limits.tsx'), 'Limits'),
})
const projectGroups = createRoute({
  getParentRoute: () => project,
  path: '/groups',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/project/groups.tsx'), 'ProjectGroups'),
})
const projectRoles = createRoute({
  getParentRoute: () => project,
  path: '/roles',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/project/roles.tsx'), 'ProjectRoles'),
})
const projectRole = createRoute({
  getParentRoute: () => project,
  path: '/roles/$roleId',
  component: lazyRouteComponent(() => import('./pages/project/role.tsx'), 'ProjectRole'),
})
const projectCertificates = createRoute({
  getParentRoute: () => project,
  path: '/certificates',
  component: lazyRouteComponent(() => import('./pages/project/certificates.tsx'), 'ProjectCertificates'),
})
const spend = createRoute({
  getParentRoute: () => project,
  path: '/spend',
  component: lazyRouteComponent(() => import('./pages/project/spend.tsx'), 'Spend'),
})
const serviceAccounts = createRoute({
  getParentRoute: () => project,
  path: '/service-accounts',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/project/service-accounts.tsx'), 'ServiceAccounts'),
})
const models = createRoute({
  getParentRoute: () => project,
  path: '/models',
  component: lazyRouteComponent(() => import('./pages/project/models.tsx'), 'Models'),
})
const tiers = createRoute({
  getParentRoute: () => project,
  path: '/tiers',
  component: lazyRouteComponent(() => import('./pages/project/tiers.tsx'), 'Tiers'),
})
const settings = createRoute({
  getParentRoute: () => project,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/project/settings.tsx'), 'Settings'),
})
const people = createRoute({
  getParentRoute: () => inside,
  path: '/people',
  validateSearch: (words: Words & SearchSchemaInput): Named & Opened & { tab?: 'invites' | undefined } => ({
    ...named(words),
    ...opened(words),
    tab: words.tab === 'invites' ? 'invites' : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'People'),
})
const organizationLimits = createRoute({
  getParentRoute: () => inside,
  path: '/limits',
  validateSearch: named,
  component: lazyRouteComponent(() => import('./pages/limits.tsx'), 'Limits'),
})
const organizationSpend = createRoute({
  getParentRoute: () => inside,
  path: '/spend',
  component: lazyRouteComponent(() => import('./pages/spend.tsx'), 'Spend'),
})
const organizationSettings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'Settings'),
})
const profile = createRoute({
  getParentRoute: () => inside,
  path: '/profile',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/profile.tsx'), 'Profile'),
})

const myKeys = createRoute({
  getParentRoute: () => inside,
  path: '/profile/keys',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/profile/keys.tsx'), 'MyKeys'),
})

/** With which project's key, and which model. */
export type PlaygroundView = { project?: string | undefined; model?: string | undefined }
const playground = createRoute({
  getParentRoute: () => inside,
  path: '/playground',
  validateSearch: (words: Words & SearchSchemaInput): PlaygroundView => ({
    project: word(words.project),
    model: word(words.model),
  }),
  component: lazyRouteComponent(() => import('./pages/playground.tsx'), 'Playground'),
})

/** What of the audit log is shown: by whom (an address or an id), where, and from when (inclusive) until when (exclusive; seconds). */
export type LogFilters = {
  type?: string | undefined
  actor?: string | undefined
  project?: string | undefined
  from?: number | undefined
  until?: number | undefined
}
const auditLog = createRoute({
  getParentRoute: () => inside,
  path: '/audit-log',
  validateSearch: (words: Words & SearchSchemaInput): Paged & LogFilters => ({
    ...paged(words),
    type: word(words.type),
    actor: word(words.actor),
    project: word(words.project),
    from: moment(words.from),
    until: moment(words.until),
  }),
  component: lazyRouteComponent(() => import('./pages/audit-log.tsx'), 'AuditLog'),
})

const oneOf =
  <const T extends string | number>(...values: T[]) =>
  (value: unknown): T | undefined =>
    values.find((one) => one === value)
const measure = oneOf('tokens', 'requests', 'money')
const by = oneOf('model', 'key', 'user', 'account', 'project')
const hours = oneOf(1, 6)
const days = oneOf(1, 7, 30, 90)
const bucket = oneOf('1m', '1h', '1d')
/** What of the usage is shown: of so many hours or days until now, or from when (inclusive) until when (exclusive; seconds). */
export type UsageView = {
  measure?: ReturnType<typeof measure>
  by?: ReturnType<typeof by>
  hours?: ReturnType<typeof hours>
  days?: ReturnType<typeof days>
  from?: number | undefined
  until?: number | undefined
  bucket?: ReturnType<typeof bucket>
  /** Whether the period before is told as well. */
  compare?: true | undefined
  project?: string | undefined
}
const usageView = (words: Words & SearchSchemaInput): UsageView => ({
  measure: measure(words.measure),
  by: by(words.by),
  hours: hours(words.hours),
  days: days(words.days),
  from: moment(words.from),
  until: moment(words.until),
  bucket: bucket(words.bucket),
  compare: words.compare === true ? true : undefined,
  project: word(words.project),
})
const usage = createRoute({
  getParentRoute: () => inside,
  path: '/usage',
  validateSearch: usageView,
  component: lazyRouteComponent(() => import('./pages/usage.tsx'), 'Usage'),
})
const projectUsage = createRoute({
  getParentRoute: () => project,
  path: '/usage',
  validateSearch: usageView,
  component: lazyRouteComponent(() => import('./pages/project/usage.tsx'), 'ProjectUsage'),
})

const adminKeys = createRoute({
  getParentRoute: () => inside,
  path: '/admin-keys',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/admin-keys.tsx'), 'AdminKeys'),
})
const groups = createRoute({
  getParentRoute: () => inside,
  path: '/groups',
  validateSearch: (words: Words & SearchSchemaInput): Paged & { name?: string | undefined } => ({
    ...paged(words),
    name: word(words.name),
  }),
  component: lazyRouteComponent(() => import('./pages/groups.tsx'), 'Groups'),
})
const group = createRoute({
  getParentRoute: () => inside,
  path: '/groups/$groupId',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/groups/group-page.tsx'), 'GroupPage'),
})

const keyStatus = oneOf('active', 'disabled', 'expired')
const keyKind = oneOf('project', 'admin')
/** Which keys of the organization are shown: `owner` is the id of a user or a service account. */
export type KeyFilters = {
  name?: string | undefined
  status?: ReturnType<typeof keyStatus>
  kind?: ReturnType<typeof keyKind>
  owner?: string | undefined
}
const allKeys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  validateSearch: (words: Words & SearchSchemaInput): Paged & KeyFilters => ({
    ...paged(words),
    name: word(words.name),
    status: keyStatus(words.status),
    kind: keyKind(words.kind),
    owner: word(words.owner),
  }),
  component: lazyRouteComponent(() => import('./pages/api-keys.tsx'), 'ApiKeys'),
})
const certificates = createRoute({
  getParentRoute: () => inside,
  path: '/certificates',
  component: lazyRouteComponent(() => import('./pages/certificates.tsx'), 'Certificates'),
})
const certificate = createRoute({
  getParentRoute: () => inside,
  path: '/certificates/$certificateId',
  component: lazyRouteComponent(() => import('./pages/certificates/certificate-page.tsx'), 'CertificatePage'),
})
const roles = createRoute({
  getParentRoute: () => inside,
  path: '/roles',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('./pages/roles.tsx'), 'Roles'),
})
const role = createRoute({
  getParentRoute: () => inside,
  path: '/roles/$roleId',
  component: lazyRouteComponent(() => import('./pages/roles/organization-role.tsx'), 'OrganizationRole'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    passwordLink,
    invite,
    inside.addChildren([
      home,
      projects,
      project.addChildren([
        ...[overview, keys, serviceAccounts, members, limits, projectUsage, spend, models, tiers, settings],
        ...[projectGroups, projectRoles, projectRole, projectCertificates],
      ]),
      people,
      organizationLimits,
      organizationSpend,
      organizationSettings,
      profile,
      myKeys,
      playground,
      auditLog,
      usage,
      adminKeys,
      groups,
      group,
      allKeys,
      certificates,
      certificate,
      roles,
      role,
    ]),
  ]),
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
