import { type Static, Type } from './json-schema.ts'
import { ours, post } from './route.ts'
import { Const, Id, Time } from './schema.ts'

export const Link = Type.Object({
  object: Const('organization.link'),
  id: Id('The invite that it accepts, or the user whose password it sets.'),
  email: Type.String({ description: 'To whom it is to be given.' }),
  path: Type.String({
    description:
      "The link, shown this once, behind this server's address as its users reach it. Whoever has it is let in by it.",
  }),
  expires_at: Time,
})
export type Link = Static<typeof Link>

export const links = ours('The original sends its links by mail, and only so.', {
  invite: post('/v1/organization/invites/:invite_id/link', {
    summary: 'Make the link that accepts a pending invite. One made before stops working',
    permission: 'api.management.write',
    audit: 'invite.sent',
    grants: 'rights',
    reply: Link,
  }),
  password: post('/v1/organization/users/:user_id/password_link', {
    summary:
      'Make the link by which somebody else sets their password, once, within a day. Only owners do. One made before stops working',
    permission: 'api.management.write',
    audit: 'user.updated',
    grants: 'rights',
    usesSignIn: true,
    unheard: true,
    reply: Link,
  }),
})
