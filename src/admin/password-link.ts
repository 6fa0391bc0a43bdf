import type { Row } from '../db/tables.ts'
import { LINK_LIFETIME, makeLink } from '../sign-in/link.ts'
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
    const token = await makeLink(tx, { organizationId: organization.id, userId }, now)
    const audit = { id: userId, changes_requested: { password: 'link' } }
    return { change: { reply: token, audit }, by: byNobody(organization) }
  })
  return { token: done.reply, expiresAt: now + LINK_LIFETIME }
}
