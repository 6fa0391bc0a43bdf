import { Type } from './json-schema.ts'
import { Claimed, LinkToken, NewPassword, PasswordSet, shown } from './passwords.ts'
import { get, ours, post } from './route.ts'
import { Body, Const, Nullable } from './schema.ts'
import { Session } from './sessions.ts'

const who = { ...Claimed, ...shown }
const path = '/v1/organization/sign_in'

export const signIn = ours('The original signs people in on its web site only.', {
  retrieve: get(path, {
    summary: 'How one can sign in',
    permission: null,
    usesSignIn: true,
    reply: Type.Object({
      object: Const('organization.sign_in'),
      local: Type.Boolean({ description: 'Whether with an address and a password.' }),
      passkeys: Type.Boolean({ description: 'Whether passkeys can be added and shown, besides it.' }),
      oidc: Nullable(
        Type.Object({
          issuer: Type.String({
            description: 'The provider by which, at `/sign-in/oidc` where the console is served.',
          }),
        }),
      ),
    }),
  }),
  create: post(path, {
    summary: 'Sign in with an address and a password. The answer sets the cookie of a new session',
    permission: null,
    usesSignIn: true,
    audit: 'login.succeeded',
    grants: { nothing: 'a session may what its user may already' },
    unheard: true,
    body: Body(who),
    reply: Session,
  }),
  useLink: post(`${path}/password_link`, {
    summary:
      'Set a password by a link, which works once, and sign in, where no second factor has to be set up first. All other sessions of the user end',
    permission: null,
    usesSignIn: true,
    audit: 'user.updated',
    grants: { nothing: 'a session may what its user may already' },
    unheard: true,
    body: Body({
      token: LinkToken("The link's token."),
      password: NewPassword('The new password.'),
      ...shown,
    }),
    reply: PasswordSet,
  }),
  changePassword: post(`${path}/password`, {
    summary: 'Change a password, by the one before, and sign in with it. All other sessions of the user end',
    permission: null,
    usesSignIn: true,
    audit: 'login.succeeded',
    grants: { nothing: 'a session may what its user may already' },
    unheard: true,
    body: Body({ ...who, new_password: NewPassword('The new password.') }),
    reply: Session,
  }),
})
