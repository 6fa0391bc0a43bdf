import { Type } from './json-schema.ts'
import { Const, Email, Id, Nullable, OrganizationId, printable } from './schema.ts'
import { Session } from './sessions.ts'

/** A password as it is shown to be proven. */
const Password = (description: string) => Type.String({ description, minLength: 1, maxLength: 256, pattern: printable })
/** A password as it is set. */
export const NewPassword = (description: string) =>
  Type.String({
    description: `${description} 12 to 256 characters.`,
    minLength: 12,
    maxLength: 256,
    pattern: printable,
  })

/** A code as it is typed: six digits, or a recovery code. */
export const Code = (description: string) =>
  Type.String({ description, minLength: 1, maxLength: 64, pattern: printable })

/** What a link is known by: what stands behind its `#`. */
export const LinkToken = (description: string) => Type.String({ description, minLength: 1, maxLength: 255 })

/** Bytes as a browser writes them in JSON. @param most characters */
export const binary = (description: string, most: number) =>
  Type.String({ description: `${description}, in base64url.`, pattern: '^[\\w-]+$', maxLength: most })

/** What somebody with a second factor shows besides: one of these. */
export const shown = {
  code: Type.Optional(
    Code(
      'A code of the authenticator app, or a recovery code, for a user with a second factor and without a `passkey` at hand.',
    ),
  ),
  passkey: Type.Optional(
    Type.Object(
      {
        id: binary('Which (`id`)', 1400),
        client_data: binary('What the browser has had signed (`clientDataJSON`)', 8192),
        authenticator_data: binary('What the device has added to it (`authenticatorData`)', 8192),
        signature: binary('`signature`', 8192),
      },
      { additionalProperties: false, description: 'What a passkey has signed, in the place of a code.' },
    ),
  ),
}

/** Whose a password is, and the password. */
export const Claimed = {
  email: Email("The user's address."),
  password: Password('The password.'),
  organization_id: Type.Optional(
    OrganizationId('Which organization, for who has a password in several with one address. Omitted: the oldest.'),
  ),
}

/** What a link has done. */
export const PasswordSet = Type.Object({
  object: Const('organization.sign_in.password'),
  organization_id: Id("The user's organization."),
  user: Type.Object({ id: Id('Whose password it is.'), email: Type.String(), name: Type.String() }),
  session: Nullable(Session),
})
