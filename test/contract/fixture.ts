import type { Asked } from '../../src/core/asked.ts'
import { adminKeyScopes, adminScopeOf } from '../../src/core/permission.ts'
import { command } from '../support/command.ts'
import type { TestApp } from '../support/harness.ts'
import { newAdminKey, newOrganization, newProjectKey, newUser, type Organization } from './organizations.ts'

/** Keys of the organization that may not do what is asked, or not any more. */
type Keys = {
  /** An owner's admin key with every scope but the one that this permission needs. */
  without: (permission: Asked) => string
  reader: string
  serviceAccount: string
  userInProject: string
  expired: string
  removedUser: string
}

/** An organization with all kinds of keys, and a second one beside it that is none of its business. */
export type Fixture = { app: TestApp; own: Organization; other: Organization; keys: Keys }

export async function newFixture(app: TestApp): Promise<Fixture> {
  const [own, other] = [await newOrganization(app), await newOrganization(app)]
  const [owner, reader, leaver] = [own.ownerId, await newUser(app, own), await newUser(app, own, 'owner')]
  const account = await own.admin.projects.serviceAccounts.create(own.defaultProjectId, { name: 'bot' })
  const narrowed = new Map<string, string>()
  for (const permission of adminKeyScopes) {
    const rest = adminKeyScopes.filter((other) => other !== permission)
    narrowed.set(permission, await newAdminKey(app, own, owner, rest))
  }
  const brief = ['--org', own.id, '--user', owner, '--expires-in-seconds', '1']
  const expired = await command(app, 'admin-key', 'create', ...brief)
  app.advance(5)
  const removedUser = await newAdminKey(app, own, leaver.id)
  await own.admin.users.delete(leaver.id)
  const keys: Keys = {
    without: (permission) => narrowed.get(adminScopeOf(permission)) ?? '',
    reader: await newAdminKey(app, own, reader.id),
    serviceAccount: account.api_key?.value ?? '',
    userInProject: (await newProjectKey(app, own, own.defaultProjectId, owner)).value,
    expired: expired.value,
    removedUser,
  }
  return { app, own, other, keys }
}
