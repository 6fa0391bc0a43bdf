import { view as adminKeyView, findKey } from '../admin/admin-api-keys.ts'
import type { Change } from '../admin/handlers.ts'
import { checkAdminScopes, checkProjectScopes, newKey } from '../admin/keys.ts'
import { mutate } from '../admin/mutation.ts'
import { byNobody } from '../admin/organization.ts'
import { findProjectKey, view as projectKeyView } from '../admin/project-api-keys.ts'
import { insertUserKey } from '../admin/user-key.ts'
import { projectArchived } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { findProject } from '../db/projects.ts'
import type { Db, Row, Tx } from '../db/tables.ts'
import { type Command, CommandRefusal, type Context, type Flags, need, theOrganization, UsageError } from './command.ts'
import { nameFlag } from './organization.ts'
import { theUser } from './user.ts'

export const adminKeyCreate: Command = {
  usage: 'admin-key create --user ID|ADDRESS [--name NAME] [--scopes a,b] [--expires-in-seconds N]',
  about: 'Creates an admin key that acts as that user. Also the way back in for one who lost the key.',
  flags: ['user', 'name', 'scopes', 'expires-in-seconds'],
  async run(context) {
    const { now, flags } = context
    const organization = await theOrganization(context)
    const scopes = scopesFlag(flags)
    checkAdminScopes(scopes)
    const name = flags.name === undefined ? 'Admin key' : nameFlag(flags)
    const lifetime = lifetimeFlag(flags)
    const input = { name, scopes, expiresAt: lifetime == null ? null : now + lifetime }
    const { reply, value } = await record(context, organization, scopes, async (tx, newId) => {
      const { value, columns } = newKey('admin', input, now, newId)
      const user = await theUser(tx, organization, need(flags, 'user'))
      const row = { ...columns, organization_id: organization.id, user_id: user.id }
      await tx.insertInto('admin_api_key').values(row).execute()
      return { reply: adminKeyView(await findKey(tx, organization.id, row.id)), value, projectId: null, also: [] }
    })
    return shownOnce(`Admin key ${reply.id} of ${reply.owner.name}`, reply, value)
  },
}

export const projectKeyCreate: Command = {
  usage: 'project-key create --project ID --user ID|ADDRESS --name NAME [--scopes a,b]',
  about: "Creates a user's own key for a project, for whoever has no admin key to make it with.",
  flags: ['project', 'user', 'name', 'scopes'],
  async run(context) {
    const { now, flags } = context
    const organization = await theOrganization(context)
    const scopes = scopesFlag(flags)
    checkProjectScopes(scopes)
    const input = { name: nameFlag(flags), scopes, expiresAt: null }
    const { reply, value } = await record(context, organization, scopes, async (tx, newId) => {
      const project = await theProject(tx, organization, need(flags, 'project'))
      const user = await theUser(tx, organization, need(flags, 'user'))
      const made = await insertUserKey(tx, { project, userId: user.id }, input, now, newId)
      if (made === null) {
        throw new CommandRefusal(`'${user.id}' is not a user of project '${project.id}': the key would open nothing`)
      }
      const reply = projectKeyView(project, await findProjectKey(tx, project, made.id))
      return { reply, value: made.value, projectId: project.id, also: made.also }
    })
    return shownOnce(`Key ${reply.id} "${reply.name}"`, reply, value)
  },
}

type Made<Reply> = {
  reply: Reply
  value: string
  projectId: string | null
  also: NonNullable<Change<unknown>['also']>
}

/** Stores a key with its audit row, in one transaction. The command line has no caller: nobody made it. */
async function record<Reply extends { id: string }>(
  { db, newId }: Context,
  organization: Row<'organization'>,
  scopes: string[],
  insert: (tx: Tx, newId: NewId) => Promise<Made<Reply>>,
): Promise<{ reply: Reply; value: string }> {
  const event = { type: 'api_key.created', organizationId: organization.id } as const
  const done = await mutate({ db, newId }, event, async (tx, newId) => {
    const { reply, value, projectId, also } = await insert(tx, newId)
    const change = { reply: { reply, value }, audit: { id: reply.id, data: { scopes } }, also }
    return { change, by: { ...byNobody(organization), projectId } }
  })
  return done.reply
}

const shownOnce = (what: string, reply: object, value: string) => ({
  json: { ...reply, value },
  text: `${what}. The secret, shown this once:\n\n  ${value}\n`,
})

async function theProject(db: Db, organization: Row<'organization'>, id: string): Promise<Row<'project'>> {
  const project = await findProject(db, organization.id, id)
  if (!project) throw new CommandRefusal(`there is no project '${id}' in organization '${organization.id}'`)
  if (project.archived_at !== null) throw projectArchived(id)
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
