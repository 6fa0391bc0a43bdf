import { makeCertificate } from '../support/certificates.ts'
import type { Place } from './people.ts'
import type { Make } from './requests.ts'

const nothing: Make = async () => ({})
const of =
  (make: (at: Place) => Promise<Record<string, string>>, body?: object): Make =>
  async (at) => ({ params: await make(at), ...(body && { body }) })

const key = async ({ admin }: Place) => ({ key_id: (await admin.adminAPIKeys.create({ name: 'k' })).id })
const user = async ({ newUser }: Place) => ({ user_id: await newUser() })
let invited = 0
const invitation = () => ({ email: `invited${++invited}@example.com`, role: 'reader' as const })
const invite = async ({ admin }: Place) => ({ invite_id: (await admin.invites.create(invitation())).id })

export const group = async ({ admin }: Place) => ({ group_id: (await admin.groups.create({ name: 'g' })).id })
const groupUser = async (at: Place) => {
  const made = { ...(await group(at)), ...(await user(at)) }
  await at.admin.groups.users.create(made.group_id, { user_id: made.user_id })
  return made
}
const groupRole = async (at: Place) => {
  const made = { ...(await group(at)), role_id: 'role-api-organization-reader' }
  await at.admin.groups.roles.create(made.group_id, { role_id: made.role_id })
  return made
}
let roles = 0
export const newRole = () => ({ role_name: `Role ${++roles}`, permissions: [] })
const role = async ({ admin }: Place) => ({ role_id: (await admin.roles.create(newRole())).id })
const userRole = async (at: Place) => ({ ...(await user(at)), role_id: 'role-api-organization-reader' })

/** One authority does for all: it can be uploaded again. */
let authority: Promise<string> | undefined
const newCertificate = async () => {
  authority ??= makeCertificate('authority').then(({ pem }) => pem)
  return { name: 'c', certificate: await authority }
}
export const certificate = async ({ admin }: Place) => ({
  certificate_id: (await admin.certificates.create(await newCertificate())).id,
})
const idleCertificates: Make = async (at) => ({ body: { certificate_ids: [(await certificate(at)).certificate_id] } })
const activeCertificates: Make = async (at) => {
  const { certificate_id } = await certificate(at)
  await at.admin.certificates.activate({ certificate_ids: [certificate_id] })
  return { body: { certificate_ids: [certificate_id] } }
}

export const limit = { threshold_amount: 100, currency: 'USD', interval: 'month' } as const
export const alert = { ...limit, notification_channel: { type: 'email' as const, recipients: ['a@example.com'] } }
const spendAlert = async ({ admin }: Place) => ({ alert_id: (await admin.spendAlerts.create(alert)).id })
const limited: Make = async ({ admin }) => {
  await admin.spendLimit.update(limit)
  return {}
}
const report: Make = async () => ({ query: `start_time=${Math.floor(Date.now() / 1000) - 3600}` })

export const organizationRequests: Record<string, Make> = {
  'adminApiKeys.list': nothing,
  'adminApiKeys.create': async () => ({ body: { name: 'k' } }),
  'adminApiKeys.retrieve': of(key),
  'adminApiKeys.delete': of(key),
  'users.list': nothing,
  'users.retrieve': of(user),
  'users.update': of(user, { role: 'owner' }),
  'users.delete': of(user),
  'invites.list': nothing,
  'invites.create': async () => ({ body: invitation() }),
  'invites.retrieve': of(invite),
  'invites.delete': of(invite),
  'invites.accept': async (at) => {
    const { token } = await at.run('invite', 'link', (await invite(at)).invite_id)
    return { body: { token, name: 'Invited' } }
  },
  'certificates.list': nothing,
  'certificates.create': async () => ({ body: await newCertificate() }),
  'certificates.activate': idleCertificates,
  'certificates.deactivate': activeCertificates,
  'certificates.retrieve': of(certificate),
  'certificates.update': of(certificate, { name: 'renamed' }),
  'certificates.delete': of(certificate),
  'groups.list': nothing,
  'groups.create': async () => ({ body: { name: 'g' } }),
  'groups.retrieve': of(group),
  'groups.update': of(group, { name: 'renamed' }),
  'groups.delete': of(group),
  'groupUsers.list': of(group),
  'groupUsers.create': async (at) => ({ params: await group(at), body: await user(at) }),
  'groupUsers.retrieve': of(groupUser),
  'groupUsers.delete': of(groupUser),
  'groupRoles.list': of(group),
  'groupRoles.create': async (at) => ({ params: await group(at), body: await role(at) }),
  'groupRoles.retrieve': of(groupRole),
  'groupRoles.delete': of(groupRole),
  'roles.list': nothing,
  'roles.create': async () => ({ body: newRole() }),
  'roles.retrieve': of(role),
  'roles.update': of(role, { description: 'changed' }),
  'roles.delete': of(role),
  'userRoles.list': of(user),
  'userRoles.create': async (at) => ({ params: await user(at), body: await role(at) }),
  'userRoles.retrieve': of(userRole),
  'userRoles.delete': of(userRole),
  'dataRetention.retrieve': nothing,
  'dataRetention.update': async () => ({ body: { retention_type: 'zero_data_retention' } }),
  'spendLimit.retrieve': limited,
  'spendLimit.update': async () => ({ body: limit }),
  'spendLimit.delete': limited,
  'spendAlerts.list': nothing,
  'spendAlerts.create': async () => ({ body: alert }),
  'spendAlerts.retrieve': of(spendAlert),
  'spendAlerts.update': of(spendAlert, alert),
  'spendAlerts.delete': of(spendAlert),
  'auditLogs.list': nothing,
  'usage.completions': report,
  'usage.decisions': report,
  'usage.embeddings': report,
  'usage.moderations': report,
  'usage.images': report,
  'usage.audioSpeeches': report,
  'usage.audioTranscriptions': report,
  'usage.vectorStores': report,
  'usage.codeInterpreterSessions': report,
  'usage.fileSearchCalls': report,
  'usage.webSearchCalls': report,
  'usage.costs': report,
}
