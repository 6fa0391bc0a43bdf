import { emailKey, members } from '../admin/users.ts'
import type { Db, Row } from '../db/tables.ts'
import { CommandRefusal } from './command.ts'

/** Somebody in the organization. @param wanted an id or an e-mail address */
export async function theUser(
  db: Db,
  organization: Row<'organization'>,
  wanted: string,
): Promise<Row<'organization_user'>> {
  const column = wanted.includes('@') ? 'email_key' : 'id'
  const user = await members(db, organization.id)
    .where(column, '=', column === 'id' ? wanted : emailKey(wanted))
    .executeTakeFirst()
  if (user) return user
  throw new CommandRefusal(`there is no user '${wanted}' in organization '${organization.id}'`)
}
