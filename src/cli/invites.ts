import { acceptInvite, findInvited } from '../admin/invite-acceptance.ts'
import { makeInviteLink } from '../admin/invite-link.ts'
import { findInvite, inviteView } from '../admin/invites.ts'
import { mutate } from '../admin/mutation.ts'
import { byNobody } from '../admin/organization.ts'
import { type Command, CommandRefusal, theOrganization } from './command.ts'
import { linkOf } from './link.ts'
import { nameFlag } from './organization.ts'

export const inviteLink: Command = {
  usage: 'invite link ID',
  about: 'Makes the link that accepts an invite. A link made before stops working.',
  flags: [],
  words: 1,
  async run(context) {
    const { db, newId, now, config, words } = context
    const organization = await theOrganization(context)
    // A link is a new way in, so it is recorded like the invite itself.
    const { reply } = await mutate(
      { db, newId },
      { type: 'invite.sent', organizationId: organization.id },
      async (tx) => {
        const invite = await findInvite(tx, organization.id, words[0] ?? '')
        const token = await makeInviteLink(tx, invite, {}, now)
        if (token === null) throw new CommandRefusal(`invite '${invite.id}' is ${inviteView(invite, now).status}`)
        const audit = { id: invite.id, data: { email: invite.email, role: invite.role } }
        return { change: { reply: { invite, token }, audit }, by: byNobody(organization) }
      },
    )
    const { invite, token } = reply
    const url = linkOf(config, '/invite', token)
    return {
      json: { ...inviteView(invite, now), url, token },
      text: `The link for ${invite.email}, until ${new Date(invite.expires_at * 1000).toISOString()}:\n\n  ${url}\n`,
    }
  },
}

export const inviteAccept: Command = {
  usage: 'invite accept TOKEN --name NAME',
  about: 'Accepts an invite for the person it was sent to.',
  flags: ['name'],
  words: 1,
  async run({ db, newId, now, flags, words }) {
    const name = nameFlag(flags)
    const invited = await findInvited(db, words[0] ?? '', now)
    const event = { type: 'invite.accepted', organizationId: invited.organizationId } as const
    const done = await mutate({ db, newId }, event, async (tx, newId) => {
      const { change } = await acceptInvite(tx, { ...invited, name }, now, newId)
      // The database was changed by whoever runs this command, not by the person who was invited.
      const origin = { ip: null, userAgent: null }
      const { organizationId, defaultProjectId } = change
      return { change, by: { organizationId, defaultProjectId, projectId: null, actor: null, origin } }
    })
    return { json: done.reply, text: `User ${done.reply.id}, ${done.reply.email}, ${done.reply.role}.` }
  },
}
