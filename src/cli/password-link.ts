import { makePasswordLink } from '../admin/password-link.ts'
import { type Command, CommandRefusal, theOrganization } from './command.ts'
import { linkOf } from './link.ts'
import { theUser } from './user.ts'

export const passwordLink: Command = {
  usage: 'user password-link ID|ADDRESS',
  about: 'Makes the link by which a user sets a password, once, within a day. One made before stops working.',
  flags: [],
  words: 1,
  async run(context) {
    const { db, newId, now, config, words } = context
    if (!config.console.localSignIn) {
      throw new CommandRefusal('nobody signs in with a password here: console.local_sign_in is false')
    }
    const organization = await theOrganization(context)
    const { id, email } = await theUser(db, organization, words[0] ?? '')
    const { token, expiresAt } = await makePasswordLink({ db, newId }, organization, id, now)
    const url = linkOf(config, '/sign-in/link', token)
    const until = new Date(expiresAt * 1000).toISOString()
    return {
      json: { object: 'organization.user.password_link', user_id: id, email, expires_at: expiresAt, url, token },
      text: `The link by which ${email} sets a password, until ${until}:\n\n  ${url}\n`,
    }
  },
}
