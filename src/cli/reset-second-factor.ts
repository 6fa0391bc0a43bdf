import { resetSecondFactor } from '../admin/second-factor-of.ts'
import { type Command, theOrganization } from './command.ts'
import { theUser } from './user.ts'

export const resetSecondFactorCommand: Command = {
  usage: 'user reset-second-factor ID|ADDRESS',
  about: 'Takes away the second factors of a user who has lost them. All their sessions end.',
  flags: [],
  words: 1,
  async run(context) {
    const { db, newId, words } = context
    const organization = await theOrganization(context)
    const user = await theUser(db, organization, words[0] ?? '')
    await resetSecondFactor({ db, newId }, organization, user)
    return {
      json: { object: 'organization.second_factor.deleted', id: user.id, deleted: true },
      text: `${user.email} has no second factor any more, and is signed out everywhere. Their password is enough now, until they set one up.`,
    }
  },
}
