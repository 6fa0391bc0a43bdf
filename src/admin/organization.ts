import type { AuditPayload, AuditType } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { describeKey, hashSecret, mintKey } from '../core/key.ts'
import type { OrganizationRole } from '../core/permission.ts'
import type { Db, Row, Tx } from '../db/tables.ts'
import { statusOf } from './key-filter.ts'
import { keyColumns } from './keys.ts'
import { type Mutator, mutate } from './mutation.ts'
import { insertUser } from './users.ts'

/** Changes made on the database itself, by the command line or at the first start: nobody's key stands behind them. */
const nobody = { actor: null, origin: { ip: null, userAgent: null } }

export type NewOrganization = { organization: Row<'organization'>; owner: Row<'organization_user'> }
type Event = { type: AuditType; payload: AuditPayload }

/** An organization with its default project and its first owner. */
async function insertOrganization(
  tx: Tx,
  newId: NewId,
  input: { name: string; ownerEmail: string; ownerName: string },
  now: number,
) {
  const organization = {
    id: newId('organization'),
    name: input.name,
    default_project_id: newId('project'),
    created_at: now,
    second_factor_required_at: null,
  }
  const project = { id: organization.default_project_id, organization_id: organization.id, name: 'Default project' }
  await tx.insertInto('organization').values(organization).execute()
  await tx
    .insertInto('project')
    .values({ ...project, created_at: now, archived_at: null })
    .execute()
  const user = { id: newId('user'), organizationId: organization.id, email: input.ownerEmail, name: input.ownerName }
  const owner = await insertUser(tx, { ...user, role: 'owner', now })
  const created = { id: project.id, data: { name: project.name, title: project.name } }
  const events: Event[] = [{ type: 'user.added', payload: { id: owner.id, data: { role: owner.role } } }]
  return { organization, owner, created, events }
}

/** Creates an organization. @param now Unix seconds */
export async function createOrganization(
  app: Mutator,
  input: { name: string; ownerEmail: string },
  now: number,
): Promise<NewOrganization> {
  const done = await mutate(app, { type: 'project.created', organizationId: null }, async (tx, newId) => {
    const named = { ...input, ownerName: 'Owner' }
    const { organization, owner, created, events } = await insertOrganization(tx, newId, named, now)
    const by = {
      ...nobody,
      organizationId: organization.id,
      projectId: null,
      defaultProjectId: organization.default_project_id,
    }
    return { change: { reply: { organization, owner }, audit: created, also: events }, by }
  })
  return done.reply
}

/**
 * On an empty database: one organization, its default project, its owner and the owner's first admin key. Several nodes may
 * try at once; one of them does it.
 * @param wanted the operator's own key; null: one is made
 * @param now Unix seconds
 * @returns the key, or null where there was an organization already
 */
export async function bootstrap(app: Mutator, wanted: string | null, now: number): Promise<string | null> {
  if (await hasOrganization(app.db)) return null
  const key = wanted === null ? mintKey('admin') : describeKey(wanted)
  const input = { name: 'My organization', ownerEmail: 'owner@localhost', ownerName: 'Owner' }
  try {
    await mutate(app, { type: 'project.created', organizationId: null }, async (tx, newId) => {
      await claimBootstrap(tx)
      const { organization, owner, created, events } = await insertOrganization(tx, newId, input, now)
      const columns = keyColumns(key, { name: 'First admin key', expiresAt: null }, now, newId)
      await tx
        .insertInto('admin_api_key')
        .values({ ...columns, organization_id: organization.id, user_id: owner.id })
        .execute()
      events.push({ type: 'api_key.created', payload: { id: columns.id, data: { scopes: [] } } })
      const by = {
        ...nobody,
        organizationId: organization.id,
        projectId: null,
        defaultProjectId: organization.default_project_id,
      }
      return { change: { reply: null, audit: created, also: events }, by }
    })
    return key.value
  } catch (error) {
    if (error instanceof AlreadyClaimed) return null
    throw error
  }
}

class AlreadyClaimed extends Error {}

/** The row that only one node can write; a second one waits here for the first to commit, and then finds it. */
async function claimBootstrap(tx: Tx) {
  const claim = await tx
    .insertInto('meta')
    .values({ key: 'bootstrap', value: 'done' })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst()
  if (claim.numInsertedOrUpdatedRows === 0n || (await hasOrganization(tx))) throw new AlreadyClaimed()
}

async function hasOrganization(db: Db): Promise<boolean> {
  return (await db.selectFrom('organization').select('id').limit(1).execute()).length > 0
}

/** Whether this is an admin key that works now. @param now Unix seconds */
export async function isLivingAdminKey(db: Db, key: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
    )
    .select(['k.expires_at', 'k.disabled_at', 'u.removed_at'])
    .where('k.hash', '=', hashSecret(key))
    .executeTakeFirst()
  return row !== undefined && row.removed_at === null && statusOf(row, now) === 'active'
}

/** Adds a user to an organization. @param now Unix seconds */
export async function createUser(
  app: Mutator,
  organization: Row<'organization'>,
  input: { email: string; name: string; role: OrganizationRole },
  now: number,
): Promise<Row<'organization_user'>> {
  const done = await mutate(app, { type: 'user.added', organizationId: organization.id }, async (tx, newId) => {
    const user = await insertUser(tx, { ...input, id: newId('user'), organizationId: organization.id, now })
    return { change: { reply: user, audit: { id: user.id, data: { role: user.role } } }, by: byNobody(organization) }
  })
  return done.reply
}

/** What the command line's changes of an organization are attributed to. */
export function byNobody(organization: Row<'organization'>) {
  return {
    ...nobody,
    organizationId: organization.id,
    projectId: null,
    defaultProjectId: organization.default_project_id,
  }
}
