import { type Static, Type } from './json-schema.ts'
import { del, get, ours, post } from './route.ts'
import { Body, Const, Deleted, Id, List, Nullable, paging, Query, Time, UserId } from './schema.ts'

export const Session = Type.Object({
  object: Const('organization.session'),
  id: Id('The session, as other operations name it.'),
  organization_id: Id('The organization that was signed in to.'),
  user: Type.Object({ id: Id('Who signed in.'), email: Type.String(), name: Type.String() }),
  is_current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
  created_at: Time,
  last_used_at: Time,
  expires_at: Time,
  ip_address: Nullable(Type.String({ description: 'Where it was signed in from, if that is known.' })),
  user_agent: Nullable(Type.String({ description: 'What that request said about its program.' })),
})
export type Session = Static<typeof Session>

const path = '/v1/organization/sessions'

export const sessions = ours('The original keeps its sessions behind its web site.', {
  list: get(path, {
    summary: "List one's own sessions, oldest first; an owner also anybody's",
    permission: 'own.read',
    usesSignIn: true,
    query: Query({
      ...paging(),
      user_id: Type.Optional(UserId("Whose sessions. Omitted: one's own.")),
    }),
    reply: List(Session),
  }),
  delete: del(`${path}/:session_id`, {
    summary: "End a session of one's own; an owner also anybody's",
    permission: 'own.write',
    audit: 'logout.succeeded',
    grants: { nothing: 'who was signed in by it can sign in again' },
    unheard: true,
    reply: Deleted('organization.session.deleted'),
  }),
  signOut: post('/v1/organization/sign_out', {
    summary: "End the session that asks, or all of one's own",
    permission: 'own.leave',
    audit: 'logout.succeeded',
    grants: { nothing: 'who was signed in can sign in again' },
    unheard: true,
    body: Body({
      everywhere: Type.Optional(Type.Boolean({ description: 'All of them; a key can ask for nothing else.' })),
    }),
    reply: Type.Object({
      object: Const('organization.sign_out'),
      id: Id('The session, or the user whose sessions they were.'),
      sessions: Type.Integer({ description: 'How many have ended.' }),
    }),
  }),
})
