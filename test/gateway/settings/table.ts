import { certificateSettings } from './certificates.ts'
import { groupSettings } from './groups.ts'
import { keySettings } from './keys.ts'
import { limitSettings } from './limits.ts'
import { moneySettings } from './money.ts'
import { policySettings } from './policy.ts'
import { roleSettings, userSettings } from './users.ts'

/** Every setting of the Administration API, and a request that is another one with it. */
export const settings = [
  ...keySettings,
  ...userSettings,
  ...roleSettings,
  ...groupSettings,
  ...limitSettings,
  ...policySettings,
  ...moneySettings,
  ...certificateSettings,
]

/** Operations that change something, but no request to a model; each with the reason. */
export const changeNoRequest: Readonly<Record<string, string>> = {
  'projects.create': 'nobody has a key of a new project yet',
  'projects.update': 'the name is for reports; residency and external keys are not to be had here',
  'invites.create': 'who is invited is nobody yet; accepting is not an operation of the API',
  'invites.delete': 'who was invited is nobody yet',
  'invites.accept': 'a new user of the organization has no key; keys and memberships are rows of their own',
  'groups.create': 'a new group has no members and is in no project',
  'groups.update': 'the name is for people; the id stays',
  'roles.create': 'nobody holds a new role',
  'projectRoles.create': 'nobody holds a new role',
  'certificates.create': 'a new certificate binds nobody until it is activated',
  'certificates.update': 'the name is for people; the certificate itself cannot be changed',
  'certificates.delete': 'only what is active nowhere can be deleted',
}
