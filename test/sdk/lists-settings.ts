import { uploadAuthority } from './certificates.ts'
import type { List } from './list.ts'
import type { World } from './scenario.ts'

const nothing = () => []
const projectOf = ({ organization }: World) => organization.defaultProjectId
const alert = {
  threshold_amount: 100,
  currency: 'USD' as const,
  interval: 'month' as const,
  notification_channel: { type: 'email' as const, recipients: ['finance@example.com'] },
}

const certificates = {
  newestFirst: true,
  before: nothing,
  add: async (world: World) => (await uploadAuthority(world)).id,
  remove: ({ admin }: World, id: string) => admin.certificates.delete(id),
} as const

/** Lists of certificates and of spend alerts. */
export const settingLists: List[] = [
  {
    ...certificates,
    operation: 'organization.certificates.list',
    list: ({ admin }, query) => admin.certificates.list(query),
  },
  {
    ...certificates,
    operation: 'organization.projects.certificates.list',
    list: (world, query) => world.admin.projects.certificates.list(projectOf(world), query),
  },
  {
    operation: 'organization.spendAlerts.list',
    before: nothing,
    add: async ({ admin }) => (await admin.spendAlerts.create(alert)).id,
    list: ({ admin }, query) => admin.spendAlerts.list(query),
    remove: ({ admin }, id) => admin.spendAlerts.delete(id),
  },
  {
    operation: 'organization.projects.spendAlerts.list',
    before: nothing,
    add: async (world) => (await world.admin.projects.spendAlerts.create(projectOf(world), alert)).id,
    list: (world, query) => world.admin.projects.spendAlerts.list(projectOf(world), query),
    remove: (world, id) => world.admin.projects.spendAlerts.delete(id, { project_id: projectOf(world) }),
  },
]
