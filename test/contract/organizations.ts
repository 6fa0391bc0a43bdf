import type OpenAI from 'openai'
import { command } from '../support/command.ts'
import type { TestApp } from '../support/harness.ts'

export type Organization = {
  id: string
  defaultProjectId: string
  ownerId: string
  ownerEmail: string
  /** The owner's admin key, with all scopes. */
  keyId: string
  key: string
  admin: OpenAI['admin']['organization']
}

/** What is needed of an organization to make something in it with the command line. */
type Named = Pick<Organization, 'id'>

/**
 * So many tests share an organization: each reads all that is stored of it more than once, and leaves more behind, so that one
 * for all of them would make each slower than the one before.
 */
export const TESTS_EACH = 50

let made = 0

/** An e-mail address that no other test uses. */
export const newEmail = (who = 'user') => `${who}-${process.pid}-${made++}@example.com`

/** An organization of a test's own, with an owner and the owner's admin key. */
export async function newOrganization(app: TestApp): Promise<Organization> {
  const ownerEmail = newEmail('owner')
  const created = await command(app, 'org', 'create', '--name', 'Test', '--owner-email', ownerEmail)
  const key = await command(app, 'admin-key', 'create', '--org', created.id, '--user', ownerEmail)
  return {
    id: created.id,
    defaultProjectId: created.default_project_id,
    ownerId: created.owner.id,
    ownerEmail,
    keyId: key.id,
    key: key.value,
    admin: app.admin(key.value).organization,
  }
}

/** A user of the organization. */
export async function newUser(
  app: TestApp,
  organization: Named,
  role: 'owner' | 'reader' = 'reader',
  email = newEmail(role),
) {
  const flags = ['--org', organization.id, '--email', email, '--name', 'Somebody', '--role', role]
  const { id } = await command(app, 'user', 'create', ...flags)
  return { id, email }
}

/** An admin key that acts as that user, narrowed to these scopes if there are any. */
export async function newAdminKey(app: TestApp, organization: Named, user: string, scopes: string[] = []) {
  const narrowed = scopes.length > 0 ? ['--scopes', scopes.join(',')] : []
  const { value } = await command(app, 'admin-key', 'create', '--org', organization.id, '--user', user, ...narrowed)
  return value
}

/** A key of a user's own in a project. */
export function newProjectKey(app: TestApp, organization: Named, project: string, user: string) {
  const flags = ['--org', organization.id, '--project', project, '--user', user, '--name', 'own']
  return command<{ id: string; value: string }>(app, 'project-key', 'create', ...flags)
}
