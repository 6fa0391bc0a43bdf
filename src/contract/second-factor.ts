import { type Static, Type } from './json-schema.ts'
import { Claimed, Code, shown } from './passwords.ts'
import { del, get, ours, post } from './route.ts'
import { Body, Const, Deleted, Id, Nullable, Query, Time, UserId } from './schema.ts'
import { Session } from './sessions.ts'

const SecondFactor = Type.Object({
  object: Const('organization.second_factor'),
  id: Id('Whose it is: the user.'),
  set_at: Nullable({ ...Time, description: 'Since when codes of an authenticator app are one.' }),
  passkeys: Type.Integer({ description: 'How many there are.' }),
  passkeys_off: Nullable(Type.String({ description: 'Why no passkey can be added or shown here.' })),
  recovery_codes: Type.Integer({ description: 'How many are left.' }),
  required: Type.Boolean({ description: 'Whether one is asked of everybody who signs in with a password.' }),
})
export type SecondFactor = Static<typeof SecondFactor>

const recovery_codes = Type.Array(Type.String(), {
  description: 'Each good once, in the place of a code. Shown this once.',
})
const Codes = Type.Object({
  object: Const('organization.second_factor.recovery_codes'),
  id: Id('Whose they are: the user.'),
  recovery_codes,
})

const path = '/v1/organization/sign_in/second_factor'
/** Of those that show a password instead of a key: what is about signing in drops nothing that is remembered. */
export const byPassword = {
  permission: null,
  usesSignIn: true,
  audit: 'user.updated',
  grants: { nothing: 'how somebody shows who they are is another, not what they may do' },
  unheard: true,
} as const

export const secondFactor = ours('The original has it on its web site only.', {
  retrieve: get('/v1/organization/second_factor', {
    summary: "Whether one has a second factor; an owner also anybody's",
    permission: 'own.read',
    usesSignIn: true,
    query: Query({ user_id: Type.Optional(UserId("Whose. Omitted: one's own.")) }),
    reply: SecondFactor,
  }),
  begin: post(path, {
    ...byPassword,
    summary:
      "Begin to set up an authenticator app as one's second factor, or another one in its place. It is none before a code of it is shown",
    body: Body({ ...Claimed, ...shown }),
    reply: Type.Object({
      object: Const('organization.second_factor.setup'),
      id: Id('Whose it is to be: the user.'),
      secret: Type.String({ description: 'What the app makes its codes of, in base32. Shown this once.' }),
      uri: Type.String({ description: 'The same as authenticator apps read it, from a picture.' }),
      expires_at: Time,
    }),
  }),
  confirm: post(`${path}/confirm`, {
    ...byPassword,
    summary:
      'Set up a second factor by a code of the new app, and sign in with it. All other sessions of the user end, and recovery codes of before',
    body: Body({ ...Claimed, code: Code('A code of the new app.') }),
    reply: Type.Object({
      object: Const('organization.second_factor.confirmed'),
      id: Id('Whose it is: the user.'),
      recovery_codes,
      session: Session,
    }),
  }),
  renewCodes: post(`${path}/recovery_codes`, {
    ...byPassword,
    summary: 'Make new recovery codes. Those before stop working',
    body: Body({ ...Claimed, ...shown }),
    reply: Codes,
  }),
  remove: post(`${path}/remove`, {
    ...byPassword,
    summary: "Remove one's authenticator app, and sign in without. All other sessions of the user end",
    body: Body({ ...Claimed, ...shown }),
    reply: Session,
  }),
  reset: del('/v1/organization/users/:user_id/second_factor', {
    summary:
      "Remove all of somebody else's second factors, which they have lost. Only owners do. All sessions of the user end",
    permission: 'api.management.write',
    audit: 'user.updated',
    grants: 'rights',
    unheard: true,
    reply: Deleted('organization.second_factor.deleted'),
  }),
})
