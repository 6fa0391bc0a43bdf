import { view as adminKeyView, findKey } from '../admin/admin-api-keys.ts'
import { checkAdminScopes, checkProjectScopes, newKey } from '../admin/keys.ts'
import { mutate } from '../admin/mutation.ts'
import { byNobody } from '../admin/organization.ts'
import { findProjectKey, view as projectKeyView } from '../admin/project-api-keys.ts'
import { archivedError, findProject } from '../admin/projects.ts'
import { emailKey, members } from '../admin/users.ts'
import { projectAccess } from '../db/access.ts'
import type { Db, Row } from '../db/tables.ts'
import { type Command, type Context, type Flags, need, Refusal, theOrganization, UsageError } from './command.ts'
import { nameFlag } from './organization.ts'

export const adminKeyCreate: Command = {
  usage: 'admin-key create --user ID|ADDRESS [--name NAME] [--scopes a,b] [--expires-in-seconds N]',
  about: 'Creates an admin key that acts as that user. Also the way back in for one who lost the key.',
  flags: ['user', 'name', 'scopes', 'expires-in-seconds'],
  async run(context) {
    const { db, newId, now, flags } = context
    const organization = await theOrganization(context)
    const scopes = scopesFlag(flags)
    checkAdminScopes(scopes)
    const input = {
      name: flags.name === undefined ? 'Admin key' : nameFlag(flags),
      scopes,
      expiresIn: lifetimeFlag(flags),
    }
    const { reply, value } = await mutate(
      { db, newId },
      { type: 'api_key.created', now, organizationId: organization.id },
      async (tx) => {
        const user = await theUser(tx, organization, need(flags, 'user'))
        const { value, columns } = newKey('admin', input, now, newId)
        await tx
          .insertInto('admin_api_key')
          .values({ ...columns, organization_id: organization.id, user_id: user.id })
          .execute()
        const reply = adminKeyView(await findKey(tx, organization.id, columns.id))
        return { change: { reply, value, audit: { id: reply.id, data: { scopes } } }, by: byNobody(organization) }
      },
    )
    return { json: { ...reply, value }, text: shownOnce(`Admin key ${reply.id} of ${reply.owner.name}`, value) }
  },
}

export const projectKeyCreate: Command = {
  usage: 'project-key create --project ID --user ID|ADDRESS --name NAME [--scopes a,b]',
  about: "Creates a user's own key for a project, which the original's API cannot make.",
  flags: ['project', 'user', 'name', 'scopes'],
  async run(context) {
    const { db, newId, now, flags } = context
    const organization = await theOrganization(context)
    const scopes = scopesFlag(flags)
    checkProjectScopes(scopes)
    const input = { name: nameFlag(flags), scopes }
    const { reply, value } = await mutate(
      { db, newId },
      { type: 'api_key.created', now, organizationId: organization.id },
      async (tx) => {
        const project = await theProject(tx, organization, need(flags, 'project'))
        const user = await theUser(tx, organization, need(flags, 'user'))
        if ((await projectAccess(tx, { organizationId: organization.id, id: user.id }, project.id)) === null) {
          throw new Refusal(`'${user.id}' is not a user of project '${project.id}': the key would open nothing`)
        }
        const { value, columns } = newKey('user', input, now, newId)
        await tx
          .insertInto('project_api_key')
          .values({
            ...columns,
            organization_id: organization.id,
            project_id: project.id,
            user_id: user.id,
            service_account_id: null,
          })
          .execute()
        const reply = projectKeyView(await findProjectKey(tx, project, columns.id))
        const by = { ...byNobody(organization), projectId: project.id }
        return { change: { reply, value, audit: { id: reply.id, data: { scopes } } }, by }
      },
    )
    return { json: { ...reply, value }, text: shownOnce(`Key ${reply.id} "${reply.name}"`, value) }
  },
}

const shownOnce = (what: string, value: string) => `${what}. The secret, shown this once:\n\n  ${value}\n`

async function theUser(db: Db, organization: Row<'organization'>, wanted: string): Promise<Row<'organization_user'>> {
  const column = wanted.includes('@') ? 'email_key' : 'id'
  const user = await members(db, organization.id)
    .where(column, '=', column === 'id' ? wanted : emailKey(wanted))
    .executeTakeFirst()
  if (user) return user
  throw new Refusal(`there is no user '${wanted}' in organization '${organization.id}'`)
}

async function theProject(db: Db, organization: Row<'organization'>, id: string): Promise<Row<'project'>> {
  const project = await findProject(db, organization.id, id)
  if (!project) throw new Refusal(`there is no project '${id}' in organization '${organization.id}'`)
  if (project.archived_at !== null) throw archivedError(id)
  return project
}

/** Without the flag the key is not narrowed. Given without a scope (an unset variable in a script) it must not mean the same. */
function scopesFlag(flags: Flags): string[] {
  if (flags.scopes === undefined) return []
  const scopes = flags.scopes
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '')
  if (scopes.length > 0) return scopes
  throw new UsageError('--scopes names no scope; leave it out for a key that is not narrowed')
}

function lifetimeFlag(flags: Context['flags']): number | null {
  const written = flags['expires-in-seconds']
  if (written === undefined) return null
  const seconds = /^\d{1,8}$/.test(written) ? Number(written) : 0
  if (seconds >= 1 && seconds <= 31_536_000) return seconds
  throw new UsageError(`--expires-in-seconds: '${written}' is not a whole number from 1 to 31536000`)
}
