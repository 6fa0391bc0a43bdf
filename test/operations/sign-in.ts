import { newUser } from '../contract/organizations.ts'
import { linkFor, newPassword, signInByLink } from '../support/signing-in.ts'
import { nothing, sends } from './parents.ts'
import type { Place, Requests } from './place.ts'

/** Somebody new, with a password. */
async function withPassword(at: Place) {
  const { id, email } = await newUser(at.app, at)
  return { email, ...(await signInByLink(at.app, at.id, id)) }
}
const credentials = async (at: Place) => {
  const { email, password } = await withPassword(at)
  return { email, password, organization_id: at.id }
}
const link = async (at: Place) => {
  const { id } = await newUser(at.app, at)
  return { token: await linkFor(at.app, at.id, id), password: newPassword() }
}

/** How people sign in and out. */
export const signInRequests = {
  signIn: {
    retrieve: nothing,
    create: sends(nothing, credentials),
    useLink: sends(nothing, link),
    changePassword: sends(nothing, async (at) => ({ ...(await credentials(at)), new_password: newPassword() })),
  },
  sessions: {
    list: nothing,
    delete: async (at) => ({ params: { session_id: (await withPassword(at)).session.id } }),
    signOut: sends(nothing, { everywhere: true }),
  },
} satisfies Partial<Requests>

export const signInDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

  The password, or the link, is the proof, whatever key comes with it.
+ +  +  +  +  +  +  +  +  +  +  +  signIn.retrieve signIn.create signIn.useLink signIn.changePassword

  What is one's own asks for no role. An owner reaches the sessions of others.
+ +  +  +  +  +  +  +  +  +  s  s  sessions.list
+ +  +  +  +  +  +  +  +  s  s  s  sessions.signOut
+ o  o  o  o  o  o  o  o  s  s  s  sessions.delete
`

const signedIn = 'who is signed in administers; a model is asked with a key'
export const signInChangesNoRequest = {
  'signIn.create': { fields: ['email', 'password', 'organization_id'], why: signedIn },
  'signIn.useLink': { fields: ['token', 'password'], why: signedIn },
  'signIn.changePassword': { fields: ['email', 'password', 'organization_id', 'new_password'], why: signedIn },
  'sessions.delete': { fields: [], why: signedIn },
  'sessions.signOut': { fields: ['everywhere'], why: signedIn },
}
