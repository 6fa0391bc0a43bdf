import { type Static, Type } from './json-schema.ts'
import { binary, Claimed, LinkToken, shown } from './passwords.ts'
import { get, ours, post } from './route.ts'
import { Body, Const, Id, List, Name, Nullable, paging, Query, Time, UserId } from './schema.ts'
import { byPassword } from './second-factor.ts'
import { Session } from './sessions.ts'

const Passkey = Type.Object({
  object: Const('organization.passkey'),
  id: Id('The passkey, as other operations name it.'),
  name: Type.String(),
  host: Type.String({ description: 'The host that it was made for. Browsers show it to no other.' }),
  created_at: Time,
  last_used_at: Nullable(Time),
})
export type Passkey = Static<typeof Passkey>

const id = Type.String({ description: 'In base64url.' })
const type = Const('public-key')
const Credentials = Type.Array(Type.Object({ id, type, transports: Type.Array(Type.String()) }))
const challenge = Type.String({ description: 'What is to be signed, in base64url.' })
const timeout = Type.Integer({ description: 'Milliseconds.' })
const userVerification = Const('preferred')

/** As browsers read it: the names are theirs. */
const RequestOptions = Type.Object({
  challenge,
  rpId: Type.String(),
  allowCredentials: Credentials,
  timeout,
  userVerification,
})
const CreationOptions = Type.Object({
  challenge,
  rp: Type.Object({ id: Type.String(), name: Type.String() }),
  user: Type.Object({ id, name: Type.String(), displayName: Type.String() }),
  pubKeyCredParams: Type.Array(Type.Object({ type, alg: Type.Integer() })),
  excludeCredentials: Credentials,
  authenticatorSelection: Type.Object({ residentKey: Const('preferred'), userVerification }),
  attestation: Const('none'),
  timeout,
})
const Asked = Type.Object({
  object: Const('organization.passkey.request'),
  id: Id('Whose passkeys are asked for: the user.'),
  options: RequestOptions,
  expires_at: Time,
})

const sent = '/v1/organization/sign_in/second_factor/passkeys'

export const passkeys = ours('The original has them on its web site only.', {
  list: get('/v1/organization/passkeys', {
    summary: "List one's own passkeys, oldest first; an owner also anybody's",
    permission: 'own.read',
    query: Query({ ...paging(), user_id: Type.Optional(UserId("Whose. Omitted: one's own.")) }),
    reply: List(Passkey),
  }),
  update: post('/v1/organization/users/:user_id/passkeys/:passkey_id', {
    summary: "Give a passkey of one's own another name; an owner also anybody's",
    permission: 'own.write',
    audit: 'user.updated',
    grants: { nothing: 'a name is one' },
    unheard: true,
    body: Body({ name: Name('What it is called from now on.') }),
    reply: Passkey,
  }),
  ask: post('/v1/organization/sign_in/passkey', {
    ...byPassword,
    summary:
      'Ask what a passkey has to sign, by the password. Whoever shows it sends both together, and is not signed in before',
    body: Body(Claimed),
    reply: Asked,
  }),
  askByLink: post('/v1/organization/sign_in/password_link/passkey', {
    ...byPassword,
    summary: 'Ask the same by a link that sets a password, which is not used up by it',
    body: Body({ token: LinkToken("The link's token.") }),
    reply: Asked,
  }),
  begin: post(sent, {
    ...byPassword,
    summary: 'Begin to add a passkey as a second factor. It is none before it has signed',
    body: Body({ ...Claimed, ...shown }),
    reply: Type.Object({
      object: Const('organization.passkey.setup'),
      id: Id('Whose it is to be: the user.'),
      options: CreationOptions,
      expires_at: Time,
    }),
  }),
  confirm: post(`${sent}/confirm`, {
    ...byPassword,
    summary: 'Add a passkey by what it has signed, and sign in with it. All other sessions of the user end',
    body: Body({
      ...Claimed,
      name: Name('What it is called.'),
      made: Body({
        client_data: binary('What the browser has had signed (`clientDataJSON`)', 8192),
        attestation_object: binary('What the device has made (`attestationObject`)', 16_384),
        transports: Type.Optional(
          Type.Array(Type.String({ pattern: '^[\\w-]{1,32}$' }), {
            maxItems: 10,
            description: 'How a browser reaches it.',
          }),
        ),
      }),
    }),
    reply: Type.Object({
      object: Const('organization.passkey.confirmed'),
      passkey: Passkey,
      recovery_codes: Type.Array(Type.String(), {
        description: 'Each good once, for who had no second factor before; others keep theirs. Shown this once.',
      }),
      session: Session,
    }),
  }),
  remove: post(`${sent}/remove`, {
    ...byPassword,
    summary: "Remove a passkey of one's own, and sign in without. All other sessions of the user end",
    body: Body({ ...Claimed, ...shown, passkey_id: Id('Which.') }),
    reply: Session,
  }),
})
