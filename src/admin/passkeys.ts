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
    const person = { organizationId: caller.organizationId, userId }
    const found = await passkeysOf(db, person).selectAll().where('id', '=', params.passkey_id).executeTakeFirst()
    const row = existing(found, 'passkey_id', params.passkey_id)
    await db
      .updateTable('passkey')
      .set({ name: body.name })
      .where('organization_id', '=', caller.organizationId)
      .where('user_id', '=', userId)
      .where('id', '=', row.id)
      .execute()
    const audit = { id: userId, changes_requested: { passkey: 'renamed', passkey_id: row.id, name: body.name } }
    return { reply: passkeyView({ ...row, name: body.name }), audit }
  },

  ask: askForPasskey,
  askByLink: askForPasskeyByLink,
  begin: beginPasskey,
  confirm: confirmPasskey,
  remove: removePasskey,
}
