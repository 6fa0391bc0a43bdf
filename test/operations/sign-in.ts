import { newUser } from '../contract/organizations.ts'
import { beginPasskey, withPasskey } from '../support/passkeys.ts'
import { beginFactor, withFactor } from '../support/second-factor.ts'
import { linkFor, newPassword, signInNew } from '../support/signing-in.ts'
import { SoftPasskey } from '../support/soft-passkey.ts'
import { nothing, sends } from './parents.ts'
import type { Place, Requests } from './place.ts'

/** Somebody new, with a password. */
async function withPassword(at: Place) {
  const { id, email } = await newUser(at.app, at)
  return { email, ...(await signInNew(at.app, at.id, id)) }
}
const credentials = async (at: Place) => {
  const { email, password } = await withPassword(at)
  return { email, password, organization_id: at.id }
}
const link = async (at: Place) => {
  const { id } = await newUser(at.app, at)
  return { token: await linkFor(at.app, at.id, id), password: newPassword() }
}

/** Somebody new with a second factor, and what they show. */
const withCode = async (at: Place) => {
  const { claim, authenticator } = await withFactor(at.app, at.id, await newUser(at.app, at))
  return { ...claim, code: authenticator.code() }
}
const setUp = async (at: Place) => {
  const claim = await credentials(at)
  return { ...claim, code: (await beginFactor(at.app, claim)).code() }
}

/** Somebody new with a passkey, and what they show. */
const withKey = async (at: Place) => withPasskey(at.app, at.id, await newUser(at.app, at))
const made = async (at: Place) => {
  const claim = await credentials(at)
  return { ...claim, name: 'Laptop', made: new SoftPasskey().made(await beginPasskey(at.app, claim)) }
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
  secondFactor: {
    retrieve: nothing,
    begin: sends(nothing, credentials),
    confirm: sends(nothing, setUp),
    renewCodes: sends(nothing, withCode),
    remove: sends(nothing, withCode),
    reset: async (at) => ({ params: { user_id: (await withFactor(at.app, at.id, await newUser(at.app, at))).id } }),
  },
  passkeys: {
    list: nothing,
    update: async (at) => {
      const { id, passkeyId } = await withKey(at)
      return { params: { user_id: id, passkey_id: passkeyId }, body: { name: 'Phone' } }
    },
    ask: sends(nothing, async (at) => (await withKey(at)).claim),
    askByLink: sends(nothing, async (at) => ({ token: await linkFor(at.app, at.id, (await withKey(at)).id) })),
    begin: sends(nothing, credentials),
    confirm: sends(nothing, made),
    remove: sends(nothing, async (at) => {
      const { claim, passkeyId, show } = await withKey(at)
      return { ...claim, ...(await show()), passkey_id: passkeyId }
    }),
  },
  // Who has no second factor goes on signing in: other tests do.
  signInPolicy: { retrieve: nothing, update: sends(nothing, { second_factor: 'optional' }) },
} satisfies Partial<Requests>

export const signInDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

  The password, or the link, is the proof, whatever key comes with it.
+ +  +  +  +  +  +  +  +  +  +  +  signIn.retrieve signIn.create signIn.useLink signIn.changePassword
                                   secondFactor.begin secondFactor.confirm secondFactor.renewCodes secondFactor.remove
                                   passkeys.ask passkeys.askByLink passkeys.begin passkeys.confirm passkeys.remove

  What is one's own asks for no role. An owner reaches the sessions of others, and takes away a second factor of theirs.
+ +  +  +  +  +  +  +  +  +  s  s  sessions.list secondFactor.retrieve passkeys.list
+ +  +  +  +  +  +  +  +  s  s  s  sessions.signOut
+ o  o  o  o  o  o  o  o  s  s  s  sessions.delete passkeys.update
+ -  -  -  -  -  -  -  o  s  s  s  secondFactor.reset

  What is asked of everybody is an owner's to say.
+ -  -  -  -  -  -  -  +  +  s  s  signInPolicy.retrieve
+ -  -  -  -  -  -  -  +  s  s  s  signInPolicy.update
`

const claimed = ['email', 'password', 'organization_id']
const shown = [...claimed, 'code', 'passkey']
const signedIn = 'who is signed in administers; a model is asked with a key'
export const signInChangesNoRequest = {
  'signIn.create': { fields: [...shown], why: signedIn },
  'signIn.useLink': {
    fields: ['token', 'password', 'code', 'passkey'],
    why: signedIn,
  },
  'signIn.changePassword': { fields: [...shown, 'new_password'], why: signedIn },
  'secondFactor.begin': { fields: [...shown], why: signedIn },
  'secondFactor.confirm': { fields: [...claimed, 'code'], why: signedIn },
  'secondFactor.renewCodes': { fields: [...shown], why: signedIn },
  'secondFactor.remove': { fields: [...shown], why: signedIn },
  'secondFactor.reset': { fields: [], why: signedIn },
  'passkeys.update': { fields: ['name'], why: signedIn },
  'passkeys.ask': { fields: [...claimed], why: signedIn },
  'passkeys.askByLink': { fields: ['token'], why: signedIn },
  'passkeys.begin': { fields: [...shown], why: signedIn },
  'passkeys.confirm': {
    fields: [...claimed, 'name', 'made'],
    why: signedIn,
  },
  'passkeys.remove': { fields: [...shown, 'passkey_id'], why: signedIn },
  'signInPolicy.update': { fields: ['second_factor'], why: signedIn },
  'sessions.delete': { fields: [], why: signedIn },
  'sessions.signOut': { fields: ['everywhere'], why: signedIn },
}
