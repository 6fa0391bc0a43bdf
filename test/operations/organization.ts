import { contract } from '../../src/contract/index.ts'
import { newEmail } from '../contract/organizations.ts'
import { makeCertificate } from '../support/certificates.ts'
import { command } from '../support/command.ts'
import { adminKey, invite, nothing, ownKey, sends, user } from './parents.ts'
import type { Place, Requests } from './place.ts'

const acceptance = async (at: Place) => {
  const { token } = await command(at.app, 'invite', 'link', (await invite(at)).params.invite_id, '--org', at.id)
  return { token, name: 'Newcomer' }
}

/** One authority does for all: it can be uploaded again. */
let authority: Promise<string> | undefined
const newCertificate = async () => {
  authority ??= makeCertificate('authority').then(({ pem }) => pem)
  return { name: 'certificate', certificate: await authority }
}
const certificate = async ({ admin }: Place) => ({
  params: { certificate_id: (await admin.certificates.create(await newCertificate())).id },
})
export const idleCertificates = async (at: Place) => ({
  certificate_ids: [(await certificate(at)).params.certificate_id],
})
const activeCertificates = async (at: Place) => {
  // There is room for few active ones.
  for await (const { id, active } of at.admin.certificates.list()) {
    if (active) await at.admin.certificates.deactivate({ certificate_ids: [id] })
  }
  const body = await idleCertificates(at)
  await at.admin.certificates.activate(body)
  return { params: {}, body }
}

export const limit = { threshold_amount: 100, currency: 'USD' as const, interval: 'month' as const }
const limited = async ({ admin }: Place) => {
  await admin.spendLimit.update(limit)
  return { params: {} }
}
/** An alert that whoever manages a project may set too: it goes to somebody in the organization. */
export async function alert({ admin }: Place) {
  const [owner] = (await admin.users.list({ limit: 1 })).data
  const channel = { type: 'email' as const, recipients: [owner?.email ?? ''], subject_prefix: 'Spent' }
  return { ...limit, notification_channel: channel }
}
/** There is room for few. */
const roomForAlerts = async ({ admin }: Place) => {
  const { data } = await admin.spendAlerts.list({ limit: 100 })
  if (data.length > 10) for (const { id } of data.slice(0, -2)) await admin.spendAlerts.delete(id)
  return { params: {} }
}
const spendAlert = async (at: Place) => {
  await roomForAlerts(at)
  return { params: { alert_id: (await at.admin.spendAlerts.create(await alert(at))).id } }
}

export const report = async () => ({ params: {}, query: { start_time: '1700000000', end_time: '1700086400' } })

const estimate = async () => ({ params: {}, query: { model: 'echo', input_tokens: '1000' } })

const ofProjects = async (at: Place) => {
  await ownKey(at)
  return { params: {}, query: { kind: 'project' } }
}

/** It wants to hear of what none of these requests has happen: nothing is told to it while it is looked at. */
const webhook = { name: 'hook', url: 'https://hooks.example.com/x', event_types: ['spend_limit.reached' as const] }
/** An organization has twenty at most. */
const roomForWebhooks = async ({ call }: Place) => {
  const { list, delete: remove } = contract.webhookEndpoints
  const { data } = await call(list, { query: { limit: 100 } })
  if (data.length > 10) for (const { id } of data) await call(remove, { params: { webhook_endpoint_id: id } })
  return { params: {} }
}
const webhookEndpoint = async (at: Place) => {
  await roomForWebhooks(at)
  const { id } = await at.call(contract.webhookEndpoints.create, { body: webhook })
  return { params: { webhook_endpoint_id: id } }
}

/** The organization, its people and its keys, what it rules for itself, and what is reported of it. */
export const organizationRequests = {
  me: { retrieve: nothing, projects: nothing },
  // When the caller's own admin key was used last changes with every request.
  apiKeys: { list: ofProjects },
  myApiKeys: { list: ofProjects, update: sends(ownKey, { disabled: true }), delete: ownKey },
  adminApiKeys: {
    list: nothing,
    create: sends(nothing, { name: 'key', expires_in_seconds: 3600 }),
    retrieve: adminKey,
    update: sends(adminKey, { disabled: true }),
    delete: adminKey,
  },
  users: {
    list: nothing,
    retrieve: user,
    update: sends(user, { role: 'owner' as const, technical_level: 'expert', developer_persona: null }),
    delete: user,
  },
  invites: {
    list: nothing,
    create: sends(nothing, async ({ defaultProjectId: id }) => ({
      email: newEmail(),
      role: 'reader' as const,
      projects: [{ id, role: 'member' as const }],
    })),
    retrieve: invite,
    delete: invite,
    accept: sends(nothing, acceptance),
  },
  links: { invite, password: user },
  certificates: {
    list: certificate,
    create: sends(nothing, newCertificate),
    activate: sends(activeCertificates, idleCertificates),
    deactivate: activeCertificates,
    retrieve: certificate,
    update: sends(certificate, { name: 'renamed' }),
    delete: certificate,
  },
  dataRetention: { retrieve: nothing, update: sends(nothing, { retention_type: 'zero_data_retention' as const }) },
  spendLimit: { retrieve: limited, update: sends(nothing, limit), delete: limited },
  spendAlerts: {
    list: spendAlert,
    create: sends(roomForAlerts, alert),
    retrieve: spendAlert,
    update: sends(spendAlert, alert),
    delete: spendAlert,
  },
  webhookEndpoints: {
    list: nothing,
    create: sends(roomForWebhooks, webhook),
    retrieve: webhookEndpoint,
    update: sends(webhookEndpoint, { name: 'renamed', event_types: ['spend_alert.reached' as const] }),
    delete: webhookEndpoint,
    rotateSecret: sends(webhookEndpoint, { keep_old_secret_active_for_24_hours: true }),
    test: sends(webhookEndpoint, { event_type: 'audit_log.created' as const }),
    deliveries: webhookEndpoint,
  },
  auditLogs: { list: nothing },
  attention: { retrieve: nothing },
  usage: {
    completions: report,
    decisions: report,
    embeddings: report,
    moderations: report,
    images: report,
    audioSpeeches: report,
    audioTranscriptions: report,
    vectorStores: report,
    codeInterpreterSessions: report,
    fileSearchCalls: report,
    webSearchCalls: report,
    costs: report,
  },
  costEstimate: { retrieve: estimate },
  usageSummary: { retrieve: report },
  costsSummary: { retrieve: report },
} satisfies Partial<Requests>

export const organizationDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

  What the organization's owners see and change.
+ -  -  -  -  -  -  -  +  +  s  s  adminApiKeys.list apiKeys.list users.list invites.list certificates.list
                                   auditLogs.list spendAlerts.list spendLimit.retrieve dataRetention.retrieve
                                   webhookEndpoints.list
                                   spendUse.organization limitUse.organization
+ -  -  -  -  -  -  -  o  +  s  s  adminApiKeys.retrieve users.retrieve invites.retrieve certificates.retrieve
                                   spendAlerts.retrieve webhookEndpoints.retrieve webhookEndpoints.deliveries
+ -  -  -  -  -  -  -  +  s  s  s  adminApiKeys.create invites.create certificates.create
                                   certificates.activate certificates.deactivate spendAlerts.create
                                   webhookEndpoints.create
                                   spendLimit.update spendLimit.delete dataRetention.update
+ -  -  -  -  -  -  -  o  s  s  s  adminApiKeys.update adminApiKeys.delete users.update users.delete invites.delete
                                   links.invite links.password certificates.update
                                   certificates.delete spendAlerts.update spendAlerts.delete
                                   webhookEndpoints.update webhookEndpoints.delete webhookEndpoints.rotateSecret
                                   webhookEndpoints.test

  What is one's own: whoever one is.
+ +  +  +  +  +  +  +  +  +  s  s  me.retrieve me.projects myApiKeys.list attention.retrieve
+ o  o  o  o  o  o  o  o  s  s  s  myApiKeys.update myApiKeys.delete

  Usage and costs.
+ -  -  -  -  +  -  -  +  s  +  s  usage.completions usage.decisions usage.embeddings usage.moderations usage.images
                                   usage.audioSpeeches usage.audioTranscriptions usage.vectorStores
                                   usage.codeInterpreterSessions usage.fileSearchCalls usage.webSearchCalls usage.costs
                                   usageSummary.retrieve costsSummary.retrieve

  What a call costs: whoever may see which models there are.
+ +  +  +  +  +  +  -  +  +  s  s  costEstimate.retrieve

  The token is the proof, whatever key comes with it.
+ +  +  +  +  +  +  +  +  +  +  +  invites.accept
`

export const organizationChangesNoRequest = {
  'invites.create': {
    fields: ['email', 'role', 'projects'],
    why: 'who is invited is nobody yet; accepting is not an operation of the API',
  },
  'invites.delete': { fields: [], why: 'who was invited is nobody yet' },
  'links.invite': { fields: [], why: 'who was invited is nobody yet' },
  'links.password': { fields: [], why: 'who is signed in administers; a model is asked with a key' },
  'invites.accept': {
    fields: ['token', 'name', 'password'],
    why: 'a new user of the organization has no key; keys and memberships are rows of their own',
  },
  ...Object.fromEntries(
    ['create', 'update'].map((verb) => [
      `webhookEndpoints.${verb}`,
      { fields: ['name', 'url', 'event_types'], why: 'a webhook tells of what happens' },
    ]),
  ),
  'webhookEndpoints.delete': { fields: [], why: 'the same' },
  'webhookEndpoints.rotateSecret': { fields: ['keep_old_secret_active_for_24_hours'], why: 'the same' },
  'webhookEndpoints.test': { fields: ['event_type'], why: 'the same' },
  'certificates.create': {
    fields: ['certificate', 'name'],
    why: 'a new certificate binds nobody until it is activated',
  },
  'certificates.update': { fields: ['name'], why: 'the name is for people; the certificate itself cannot be changed' },
  'certificates.delete': { fields: [], why: 'only what is active nowhere can be deleted' },
}
