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
  'organization.projects.create': 'nobody has a key of a new project yet',
  'organization.projects.update': 'the name is for reports; residency and external keys are not to be had here',
  'organization.invites.create': 'who is invited is nobody yet; accepting is not an operation of the API',
  'organization.invites.delete': 'who was invited is nobody yet',
  'organization.groups.create': 'a new group has no members and is in no project',
  'organization.groups.update': 'the name is for people; the id stays',
  'organization.roles.create': 'nobody holds a new role',
  'organization.projects.roles.create': 'nobody holds a new role',
  'organization.certificates.create': 'a new certificate binds nobody until it is activated',
  'organization.certificates.update': 'the name is for people; the certificate itself cannot be changed',
  'organization.certificates.delete': 'only what is active nowhere can be deleted',
}
