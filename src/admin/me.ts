import type { Me, me as routes } from '../contract/me.ts'
import { type Access, holds, permissions } from '../core/permission.ts'
import { accessInProjects } from '../db/access.ts'
import type { Caller, Handlers } from './handlers.ts'
import { heldRoles } from './held-roles.ts'
import { projectsOf } from './my-projects.ts'
import { page } from './page.ts'
import { inOrganization } from './roles.ts'
import { searching, sifted } from './sifted.ts'
import { findUser, organizationHolding } from './users.ts'

export const me: Handlers<typeof routes> = {
  async retrieve({ db, caller }): Promise<Me> {
    const { organizationId, userId, by, scopes, expiresAt, access } = caller
    const user = await findUser(db, caller, userId)
    const organization = await db
      .selectFrom('organization')
      .select(['id', 'name', 'default_project_id'])
      .where('id', '=', organizationId)
      .executeTakeFirstOrThrow()
    return {
      object: 'organization.me',
      id: user.id,
      name: user.name,
      email: user.email,
      organization,
      by,
      scopes: [...scopes],
      expires_at: expiresAt,
      roles: await heldRoles(db, inOrganization(caller), organizationHolding(user)),
      permissions: permitted(caller, access),
    }
  },

  async projects({ db, caller, isLeft, query }) {
    const named = searching(query.name)
    const rows = await sifted(
      isLeft,
      query,
      (part) => projectsOf(db, caller, part, query.project_id),
      ({ archived_at, name }) => archived_at === null && named(name),
    )
    const ids = rows.map(({ id }) => id)
    const access = await accessInProjects(db, { organizationId: caller.organizationId, id: caller.userId }, ids)
    return page(rows, query.limit, ({ id, name, created_at }) => ({
      object: 'organization.me.project' as const,
      id,
      name,
      created_at,
      permissions: permitted(caller, access.get(id) ?? caller.access),
    }))
  },
}

/** What a caller may do with this access, with the key or the session that they call with. */
const permitted = ({ scopes }: Caller, access: Access) =>
  permissions.filter((permission) => holds(access, scopes, permission))
