import type { AuditType } from '../../src/core/audit.ts'
import { command } from './command.ts'
import type { TestApp } from './harness.ts'

/** Admin keys of people who stand differently to one project. */
export type PolicyCallers = {
  projectId: string
  /** Readers of the organization: with that role in the project, or in no project at all. */
  projectOwner: string
  projectMember: string
  reader: string
  /** An owner of the organization whose key is narrowed to reading. */
  readOnly: string
  /** The owner of another organization. */
  stranger: string
}

/** A project and everybody who might reach for its settings. */
export async function policyCallers(app: TestApp): Promise<PolicyCallers> {
  const { projects, users } = app.admin().organization
  const { id: projectId } = await projects.create({ name: 'governed' })
  const [owner] = (await users.list()).data
  const organization = await app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const of = ['--org', organization.id]
  const keyOf = async (user: string, ...more: string[]) =>
    (await command(app, 'admin-key', 'create', '--user', user, ...more)).value as string
  const reader = async (name: string, role?: 'owner' | 'member') => {
    const email = `${name}@example.com`
    const user = await command(app, 'user', 'create', '--email', email, '--name', name, '--role', 'reader', ...of)
    if (role) await projects.users.create(projectId, { user_id: user.id, role })
    return keyOf(user.id, ...of)
  }
  const other = await command(app, 'org', 'create', '--name', 'Other', '--owner-email', 'stranger@example.com')
  return {
    projectId,
    projectOwner: await reader('project-owner', 'owner'),
    projectMember: await reader('project-member', 'member'),
    reader: await reader('reader'),
    readOnly: await keyOf(owner?.id ?? '', '--scopes', 'api.management.read', ...of),
    stranger: await keyOf(other.owner.id, '--org', other.id),
  }
}

/** The audit rows of one type about one object, oldest first. */
export async function auditRows(app: TestApp, resourceId: string, type: string) {
  const rows = await app.db
    .selectFrom('audit_log')
    .select(['project_id', 'payload'])
    .where('resource_id', '=', resourceId)
    .where('type', '=', type as AuditType)
    .orderBy('id')
    .execute()
  return rows.map(({ payload, ...row }) => ({ ...row, payload: JSON.parse(payload) }))
}
