import { ApiError } from '../contract/error.ts'
import type { sessions as routes } from '../contract/sessions.ts'
import { missingScopes } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import { endSessions, isLiving, sessionsOf } from '../sign-in/session.ts'
import type { Caller, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { cursor, page } from './page.ts'
import { KnownCallerRefused, knownCaller } from './refused.ts'
import { sessionView } from './session-view.ts'
import { findUser } from './users.ts'

export const sessions: Handlers<typeof routes> = {
  // Somebody has few of them, so that they are cut in memory.
  async list({ db, caller, query, signIn, now }) {
    const userId = query.user_id ?? caller.userId
    // In the same words whether there is such a user or not.
    if (userId !== caller.userId && !caller.access.owner) {
      throw new ApiError('insufficient_permissions', missingScopes('api.management.read'))
    }
    const user = await findUser(db, caller, userId)
    const after = cursor(query.after, 'session') ?? ''
    const rows = await sessionsOf(db, { organizationId: caller.organizationId, userId })
      .selectAll()
      .orderBy('id')
      .execute()
    const behind = rows.filter((row) => row.id > after && isLiving(row, signIn.rules, now))
    return page(behind, query.limit, (row) => sessionView(row, user, currentOf(caller)))
  },

  async delete({ db, caller, params }) {
    const found = await db
      .selectFrom('session')
      .select(['id', 'user_id'])
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', params.session_id)
      .executeTakeFirst()
    const isOpen = found?.user_id === caller.userId || caller.access.owner
    const { id } = existing(isOpen ? found : undefined, 'session_id', params.session_id)
    await deleteSession(db, caller, id)
    return {
      reply: { object: 'organization.session.deleted', id, deleted: true },
      audit: { id },
      ...(id === currentOf(caller) && { cookie: 'clear' as const }),
    }
  },

  async signOut({ db, caller, body }) {
    const { organizationId, userId } = caller
    const reply = { object: 'organization.sign_out' as const }
    if (body.everywhere) {
      const sessions = await endSessions(db, { organizationId, userId })
      return { reply: { ...reply, id: userId, sessions }, audit: { id: userId }, cookie: 'clear' }
    }
    if (caller.by !== 'session') throw noSession(caller)
    const id = caller.sessionId
    await deleteSession(db, caller, id)
    return { reply: { ...reply, id, sessions: 1 }, audit: { id }, cookie: 'clear' }
  },
}

const currentOf = (caller: Caller) => (caller.by === 'session' ? caller.sessionId : null)

function deleteSession(db: Db, { organizationId }: Caller, id: Row<'session'>['id']) {
  return db.deleteFrom('session').where('organization_id', '=', organizationId).where('id', '=', id).execute()
}

function noSession(caller: Caller): KnownCallerRefused {
  const message =
    "This call is made with a key, so that it has no session to end. With 'everywhere' all sessions of the key's owner end."
  return new KnownCallerRefused(knownCaller(caller), new ApiError('no_session', message, { param: 'everywhere' }))
}
