import { type Static, Type } from './json-schema.ts'
import { LinkToken, NewPassword } from './passwords.ts'
import { ProjectRole } from './project-users.ts'
import { del, get, post } from './route.ts'
import {
  Body,
  Const,
  Deleted,
  Email,
  Enum,
  Id,
  List,
  Name,
  Nullable,
  ownOrdering,
  paging,
  Query,
  Time,
} from './schema.ts'
import { OrganizationRole, User } from './users.ts'

const InviteProject = Type.Object({ id: Id('The project.'), role: ProjectRole })

export const Invite = Type.Object({
  object: Const('organization.invite'),
  id: Id('The invite, as other operations name it.'),
  email: Type.String(),
  role: OrganizationRole,
  status: Enum(['accepted', 'expired', 'pending']),
  created_at: Time,
  expires_at: Nullable(Time),
  accepted_at: Nullable(Time),
  projects: Type.Array(InviteProject),
})
export type Invite = Static<typeof Invite>

const path = '/v1/organization/invites'
const one = `${path}/:invite_id` as const

export const invites = {
  list: get(path, {
    summary: 'List invites, oldest first unless asked otherwise',
    permission: 'api.management.read',
    query: Query({ ...paging(), ...ownOrdering }),
    reply: List(Invite),
  }),
  create: post(path, {
    summary: 'Invite somebody. It replaces a pending invite to the same address and lives for 7 days',
    permission: 'api.management.write',
    audit: 'invite.sent',
    grants: 'rights',
    body: Body({
      email: Email('Whom to invite.'),
      role: OrganizationRole,
      projects: Type.Optional(
        Type.Array(Body({ id: Id('The project.'), role: ProjectRole }), {
          maxItems: 100,
          description: 'Memberships granted on acceptance. Omitted: the default project. Empty: none.',
        }),
      ),
    }),
    reply: Invite,
  }),
  retrieve: get(one, {
    summary: 'Retrieve an invite',
    permission: 'api.management.read',
    reply: Invite,
  }),
  delete: del(one, {
    summary: 'Withdraw an invite. An accepted one cannot be',
    permission: 'api.management.write',
    audit: 'invite.deleted',
    grants: 'rights',
    reply: Deleted('organization.invite.deleted'),
  }),
  accept: post(`${path}/accept`, {
    summary: 'Accept an invite: the token is the proof, no key is asked for',
    permission: null,
    audit: 'invite.accepted',
    grants: 'rights',
    usesSignIn: true,
    extension: 'The original accepts invites in its web application only.',
    body: Body({
      token: LinkToken("The token of the invite's link."),
      name: Name('The name of the new user.'),
      password: Type.Optional(
        NewPassword(
          'What the new user signs in with. With it the answer sets the cookie of a session, where no second factor has to be set up first.',
        ),
      ),
    }),
    reply: User,
  }),
}
