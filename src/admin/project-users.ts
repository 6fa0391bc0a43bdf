import { ApiError, notFound } from '../contract/error.ts'
import type { ProjectUser, projectUsers as routes } from '../contract/project-users.ts'
import type { OrganizationRole, ProjectRole } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller, Handlers } from './handlers.ts'
import { noteStanding } from './key-standing.ts'
import { type Ids, merged } from './merged.ts'
import { ownedBy } from './owned.ts'
import { cursor, page } from './page.ts'
import { type Holding, setPredefinedRole, unassignAll } from './role-store.ts'
import { type Part, searching, sifted } from './sifted.ts'
import { emailKey, members, OWNER } from './users.ts'

export const projectUsers: Handlers<typeof routes> = {
  // Owners of the organization and direct members are two index ranges in the same order, and some are in both.
  async list({ db, project, isLeft, query }) {
    const rows = (part: Part) => {
      const after = cursor(part.after, 'user') ?? ''
      const owners = ownersOf(db, project).where('o.id', '>', after)
      const direct = membersOf(db, project).where('d.user_id', '>', after)
      const ids = merged(db, [owners, direct], { by: ['id'], order: 'asc', limit: part.limit + 1 })
      return people(db, project, ids).orderBy('u.id').execute()
    }
    const named = searching(query.name)
    const found = await sifted(isLeft, query, rows, ({ name, email }) => named(name, email))
    return page(found, query.limit, (person) => view(project, person))
  },

  async create({ db, caller, project, body, now }) {
    const user = await wantedUser(db, caller, body)
    const already = () =>
      new ApiError('user_already_in_project', `User '${user.id}' already exists in project '${project.id}'.`, {
        param: body.user_id == null ? 'email' : 'user_id',
      })
    if (user.role === 'owner') throw already()
    const row = { project_id: project.id, user_id: user.id, role: null, added_at: now }
    const done = await db
      .insertInto('project_user')
      .values({ ...row, organization_id: caller.organizationId })
      .onConflict((conflict) => conflict.columns(['project_id', 'user_id']).doNothing())
      .executeTakeFirst()
    if (done.numInsertedOrUpdatedRows === 0n) throw already()
    const permissions = await setPredefinedRole(db, holding(project, user.id), body.role, now)
    const reply = view(project, { ...user, organization_role: user.role, member_role: body.role, added_at: now })
    return { reply, audit: { id: user.id, data: { role: body.role } }, rights: { permissions } }
  },

  async retrieve({ db, project, params }) {
    return view(project, await findPerson(db, project, params.user_id))
  },

  async update({ db, project, params, body, now }) {
    const user = await findMember(db, project, params.user_id, 'have another role')
    const role = body.role ?? user.member_role
    const permissions = body.role ? await setPredefinedRole(db, holding(project, user.id), body.role, now) : []
    const reply = view(project, { ...user, member_role: role })
    return { reply, audit: { id: user.id, changes_requested: { role } }, rights: { permissions } }
  },

  async delete({ db, project, params }) {
    const user = await findMember(db, project, params.user_id, 'be removed')
    await db
      .deleteFrom('project_user')
      .where((eb) => eb.and(ownedBy(project)))
      .where('user_id', '=', user.id)
      .execute()
    const { permissions } = await unassignAll(db, holding(project, user.id))
    await noteStanding(db, project.organization_id, [user.id])
    return {
      reply: { object: 'organization.project.user.deleted', id: user.id, deleted: true },
      audit: { id: user.id },
      rights: { permissions },
    }
  },
}

/** Somebody with a role in a project: `member_role` by a membership, or as an owner of the organization. */
type Person = {
  id: string
  name: string
  email: string
  created_at: number
  organization_role: OrganizationRole | null
  member_role: ProjectRole | null
  added_at: number | null
}

const columns = ['u.id', 'u.name', 'u.email', 'u.created_at', 'u.role as organization_role'] as const

/** The ids of the organization's owners, who are owners of every project without having been added to it. */
function ownersOf(db: Db, project: Row<'project'>) {
  return db
    .selectFrom('organization_user as o')
    .select('o.id')
    .where('o.organization_id', '=', project.organization_id)
    .where('o.role', '=', OWNER)
    .where('o.removed_at', 'is', null)
}

/** The ids of direct members: nobody who was removed is one. */
function membersOf(db: Db, project: Row<'project'>) {
  return db
    .selectFrom('project_user as d')
    .select('d.user_id as id')
    .where('d.organization_id', '=', project.organization_id)
    .where('d.project_id', '=', project.id)
}

function people(db: Db, project: Row<'project'>, ids: Ids) {
  return db
    .selectFrom(ids.as('page'))
    .crossJoin('organization_user as u')
    .leftJoin('project_user as m', (join) =>
      join
        .onRef('m.organization_id', '=', 'u.organization_id')
        .onRef('m.user_id', '=', 'u.id')
        .on('m.project_id', '=', project.id),
    )
    .select([...columns, 'm.role as member_role', 'm.added_at'])
    .where('u.organization_id', '=', project.organization_id)
    .whereRef('u.id', '=', 'page.id')
    .where('u.removed_at', 'is', null)
}

/** What somebody's role in a project is kept under. */
export function holding(project: Pick<Row<'project'>, 'id' | 'organization_id'>, userId: string): Holding {
  const { organization_id: organizationId, id: resourceId } = project
  return { organizationId, level: 'project', resourceId, principalType: 'user', principalId: userId }
}

const roleOf = (person: Person) => (person.organization_role === 'owner' ? 'owner' : (person.member_role ?? 'none'))

/** An archived project has no users. */
async function findPerson(db: Db, project: Row<'project'>, id: string): Promise<Person> {
  const user = members(db, project.organization_id).clearSelect().select('id').where('id', '=', id)
  const person = await people(db, project, user).executeTakeFirst()
  const inside = person && (person.organization_role === 'owner' || person.added_at !== null)
  if (!inside || project.archived_at !== null) throw notFound('user', id, 'user_id')
  return person
}

/** Somebody whose place in the project this API can change: an owner of the organization keeps it. */
async function findMember(db: Db, project: Row<'project'>, id: string, what: string) {
  const person = await findPerson(db, project, id)
  if (person.organization_role !== 'owner') return person
  throw new ApiError(
    'user_organization_owner',
    `User '${id}' is an owner of the organization and with that of every project, so they cannot ${what} in project '${project.id}'.`,
    { param: 'user_id' },
  )
}

/** The user of the organization that a request names by id, by e-mail address, or by both. */
async function wantedUser(db: Db, caller: Caller, body: { user_id?: string | null; email?: string | null }) {
  const { user_id = null, email = null } = body
  if (user_id === null && email === null) {
    throw new ApiError('missing_required_parameter', "Missing required parameter: 'user_id'. Give it or 'email'.", {
      param: 'user_id',
    })
  }
  let users = members(db, caller.organizationId)
  if (user_id !== null) users = users.where('id', '=', user_id)
  if (email !== null) users = users.where('email_key', '=', emailKey(email))
  const user = await users.executeTakeFirst()
  if (user) return user
  throw new ApiError(
    'user_not_in_organization',
    `'${user_id ?? email}' is not a member of the organization. Invite them first.`,
    {
      param: user_id === null ? 'email' : 'user_id',
    },
  )
}

/**
 * Since when somebody is in a project who was never added to it, as owners and members of groups are: since both were there.
 * @returns Unix seconds
 */
export function inProjectSince(user: { created_at: number }, project: { created_at: number }): number {
  return Math.max(user.created_at, project.created_at)
}

function view(project: Row<'project'>, person: Person): ProjectUser {
  return {
    object: 'organization.project.user',
    id: person.id,
    name: person.name,
    email: person.email,
    role: roleOf(person),
    added_at: person.added_at ?? inProjectSince(person, project),
  }
}
