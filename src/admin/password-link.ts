import type { Row } from '../db/tables.ts'
import { makeLink } from '../sign-in/link.ts'
import { type Mutator, mutate } from './mutation.ts'
import { byNobody } from './organization.ts'

/** Makes the link by which somebody sets a password: a new way in, which is recorded. @param now Unix seconds */
export async function makePasswordLink(
  app: Mutator,
  organization: Row<'organization'>,
  userId: string,
  now: number,
): Promise<{ token: string; expiresAt: number }> {
  const event = { type: 'user.updated', organizationId: organization.id, unheard: true } as const
  const done = await mutate(app, event, async (tx) => {
    const link = await makeLink(tx, { organizationId: organization.id, userId }, now, null)
    const audit = { id: userId, changes_requested: { password: 'link' } }
    return { change: { reply: link, audit }, by: byNobody(organization) }
  })
  return done.reply
}
