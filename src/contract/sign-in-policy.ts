import { type Static, Type } from './json-schema.ts'
import { get, ours, post } from './route.ts'
import { Body, Const, Enum } from './schema.ts'

const second_factor = Enum(['optional', 'required'], {
  description: 'Whether everybody who signs in with a password has to set up a second factor.',
})

const SignInPolicy = Type.Object({
  object: Const('organization.sign_in_policy'),
  second_factor,
  by_operator: Type.Boolean({ description: "Whether the server's operator requires it in any case." }),
})
export type SignInPolicy = Static<typeof SignInPolicy>

const path = '/v1/organization/sign_in_policy'

export const signInPolicy = ours('The original has it on its web site only.', {
  retrieve: get(path, {
    summary: 'What is asked of everybody who signs in',
    permission: 'api.management.read',
    usesSignIn: true,
    reply: SignInPolicy,
  }),
  update: post(path, {
    summary: 'Change what is asked of everybody who signs in. Sessions that began with less do not count meanwhile',
    permission: 'api.management.write',
    usesSignIn: true,
    audit: 'organization.updated',
    grants: { nothing: 'how people show who they are is another, not what they may do' },
    unheard: true,
    body: Body({ second_factor }),
    reply: SignInPolicy,
  }),
})
