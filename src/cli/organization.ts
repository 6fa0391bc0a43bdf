import { createOrganization, createUser } from '../admin/organization.ts'
import { userView } from '../admin/users.ts'
import type { OrganizationRole } from '../core/permission.ts'
import { type Command, need, theOrganization, UsageError } from './command.ts'

/** An e-mail address, by the rule of the API. */
function emailFlag(flags: Record<string, string | undefined>, name: string): string {
  const email = need(flags, name)
  if (/^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u.test(email) && [...email].length <= 320) return email
  throw new UsageError(`--${name}: '${email}' is no e-mail address`)
}

/** A name, by the rule of the API. */
export function nameFlag(flags: Record<string, string | undefined>, name = 'name'): string {
  const value = need(flags, name)
  if ([...value].length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(value)) return value
  throw new UsageError(`--${name}: 1 to 255 characters, none of them control characters`)
}

export const orgCreate: Command = {
  usage: 'org create --name NAME --owner-email ADDRESS',
  about: 'Creates an organization with its default project and its owner.',
  flags: ['name', 'owner-email'],
  async run({ db, newId, now, flags }) {
    const input = { name: nameFlag(flags), ownerEmail: emailFlag(flags, 'owner-email') }
    const { organization, owner } = await createOrganization({ db, newId }, input, now)
    const { id, name, default_project_id, created_at } = organization
    return {
      json: { object: 'organization', id, name, created_at, default_project_id, owner: userView(owner) },
      text: `Organization ${id} "${name}", owned by ${owner.email} (${owner.id}).\nIts first admin key: gatehouse admin-key create --org ${id} --user ${owner.id}`,
    }
  },
}

export const userCreate: Command = {
  usage: 'user create --email ADDRESS --name NAME --role owner|reader',
  about: 'Adds a user to the organization.',
  flags: ['email', 'name', 'role'],
  async run(context) {
    const { db, newId, now, flags } = context
    const input = { email: emailFlag(flags, 'email'), name: nameFlag(flags), role: roleFlag(flags) }
    const user = await createUser({ db, newId }, await theOrganization(context), input, now)
    return { json: userView(user), text: `User ${user.id}, ${user.email}, ${user.role}.` }
  },
}

function roleFlag(flags: Record<string, string | undefined>): OrganizationRole {
  const role = need(flags, 'role')
  if (role === 'owner' || role === 'reader') return role
  throw new UsageError(`--role: '${role}' is neither owner nor reader`)
}
