import { unknownId } from '../contract/error.ts'
import type { passkeys as routes } from '../contract/passkeys.ts'
import { passkeysOf } from '../sign-in/passkey.ts'
import type { Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { cursor, page } from './page.ts'
import { askForPasskey, askForPasskeyByLink } from './passkey-asking.ts'
import { removePasskey } from './passkey-removal.ts'
import { beginPasskey, confirmPasskey } from './passkey-setup.ts'
import { passkeyView } from './passkey-view.ts'
import { refuseToOthers } from './second-factor-of.ts'
import { findUser } from './users.ts'

export const passkeys: Handlers<typeof routes> = {
  // Somebody has few of them, so that they are cut in memory.
  async list({ db, caller, query }) {
    const userId = query.user_id ?? caller.userId
    refuseToOthers(caller, userId)
    const { id } = await findUser(db, caller, userId)
    const after = cursor(query.after, 'passkey') ?? ''
    const rows = await passkeysOf(db, { organizationId: caller.organizationId, userId: id }).selectAll().execute()
    return page(
      rows.filter((row) => row.id > after),
      query.limit,
      passkeyView,
    )
  },

  // By the session: a name is no way in. To add and to remove one shows the password.
  async update({ db, caller, params, body }) {
    const isOpen = params.user_id === caller.userId || caller.access.owner
    if (!isOpen) throw unknownId('user_id', params.user_id)
    const { id: userId } = await findUser(db, caller, params.user_id)
    const renamed = await db
      .updateTable('passkey')
      .set({ name: body.name })
      .where('organization_id', '=', caller.organizationId)
      .where('user_id', '=', userId)
      .where('id', '=', params.passkey_id)
      .returningAll()
      .executeTakeFirst()
    const row = existing(renamed, 'passkey_id', params.passkey_id)
    const audit = { id: userId, changes_requested: { passkey: 'renamed', passkey_id: row.id, name: row.name } }
    return { reply: passkeyView(row), audit }
  },

  ask: askForPasskey,
  askByLink: askForPasskeyByLink,
  begin: beginPasskey,
  confirm: confirmPasskey,
  remove: removePasskey,
}
