import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { inside } from './base.ts'
import { usageView } from './views.ts'
import { named, paged } from './words.ts'

const project = createRoute({ getParentRoute: () => inside, path: '/projects/$projectId' })

const overview = createRoute({
  getParentRoute: () => project,
  path: '/',
  component: lazyRouteComponent(() => import('../pages/project/overview.tsx'), 'Overview'),
})
const keys = createRoute({
  getParentRoute: () => project,
  path: '/keys',
  validateSearch: named,
  component: lazyRouteComponent(() => import('../pages/project/keys.tsx'), 'Keys'),
})
const members = createRoute({
  getParentRoute: () => project,
  path: '/members',
  validateSearch: named,
  component: lazyRouteComponent(() => import('../pages/project/members.tsx'), 'Members'),
})
const limits = createRoute({
  getParentRoute: () => project,
  path: '/limits',
  validateSearch: named,
  component: lazyRouteComponent(() => import('../pages/project/limits.tsx'), 'Limits'),
})
const projectGroups = createRoute({
  getParentRoute: () => project,
  path: '/groups',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/project/groups.tsx'), 'ProjectGroups'),
})
const projectRoles = createRoute({
  getParentRoute: () => project,
  path: '/roles',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/project/roles.tsx'), 'ProjectRoles'),
})
const projectRole = createRoute({
  getParentRoute: () => project,
  path: '/roles/$roleId',
  component: lazyRouteComponent(() => import('../pages/project/role.tsx'), 'ProjectRole'),
})
const projectCertificates = createRoute({
  getParentRoute: () => project,
  path: '/certificates',
  component: lazyRouteComponent(() => import('../pages/project/certificates.tsx'), 'ProjectCertificates'),
})
const spend = createRoute({
  getParentRoute: () => project,
  path: '/spend',
  component: lazyRouteComponent(() => import('../pages/project/spend.tsx'), 'Spend'),
})
const serviceAccounts = createRoute({
  getParentRoute: () => project,
  path: '/service-accounts',
  validateSearch: paged,
  component: lazyRouteComponent(() => import('../pages/project/service-accounts.tsx'), 'ServiceAccounts'),
})
const models = createRoute({
  getParentRoute: () => project,
  path: '/models',
  component: lazyRouteComponent(() => import('../pages/project/models.tsx'), 'Models'),
})
const tiers = createRoute({
  getParentRoute: () => project,
  path: '/tiers',
  component: lazyRouteComponent(() => import('../pages/project/tiers.tsx'), 'Tiers'),
})
const settings = createRoute({
  getParentRoute: () => project,
  path: '/settings',
  component: lazyRouteComponent(() => import('../pages/project/settings.tsx'), 'Settings'),
})
const projectUsage = createRoute({
  getParentRoute: () => project,
  path: '/usage',
  validateSearch: usageView,
  component: lazyRouteComponent(() => import('../pages/project/usage.tsx'), 'ProjectUsage'),
})

/** The pages of a project. */
export const projectPages = project.addChildren([
  overview,
  keys,
  members,
  limits,
  projectGroups,
  projectRoles,
  projectRole,
  projectCertificates,
  spend,
  serviceAccounts,
  models,
  tiers,
  settings,
  projectUsage,
])
