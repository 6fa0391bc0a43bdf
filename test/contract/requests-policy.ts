import { makeCertificate } from '../support/certificates.ts'
import type { Organization } from './organizations.ts'
import { type Maker, nothing, project, sends } from './parents.ts'

/** One authority does for all: it can be uploaded again. */
let authority: Promise<string> | undefined
const newCertificate = async () => {
  authority ??= makeCertificate('authority').then(({ pem }) => pem)
  return { name: 'certificate', certificate: await authority }
}
const certificate = async ({ admin }: Organization) => ({
  params: { certificate_id: (await admin.certificates.create(await newCertificate())).id },
})
const idle = async (organization: Organization) => ({
  certificate_ids: [(await certificate(organization)).params.certificate_id],
})
const activeOnes: Maker = async (organization) => {
  // There is room for few active ones.
  for await (const { id, active } of organization.admin.certificates.list()) {
    if (active) await organization.admin.certificates.deactivate({ certificate_ids: [id] })
  }
  const body = await idle(organization)
  await organization.admin.certificates.activate(body)
  return { params: {}, body }
}
const activeInProject: Maker = async (organization) => {
  const { params } = await project(organization)
  const body = await idle(organization)
  await organization.admin.projects.certificates.activate(params.project_id, body)
  return { params, body }
}

const models = { mode: 'deny_list' as const, model_ids: ['echo'] }
const restricted: Maker = async (organization) => {
  const request = await project(organization)
  await organization.admin.projects.modelPermissions.update(request.params.project_id, models)
  return request
}

const limit = { threshold_amount: 100, currency: 'USD', interval: 'month' } as const
const limited: Maker = async ({ admin }) => {
  await admin.spendLimit.update(limit)
  return { params: {} }
}
const limitedProject: Maker = async (organization) => {
  const request = await project(organization)
  await organization.admin.projects.spendLimit.update(request.params.project_id, limit)
  return request
}
const channel = { type: 'email' as const, recipients: ['a@example.com'], subject_prefix: 'Spent' }
const alert = { ...limit, notification_channel: channel }
const spendAlert: Maker = async ({ admin }) => ({ params: { alert_id: (await admin.spendAlerts.create(alert)).id } })
const projectSpendAlert: Maker = async (organization) => {
  const { params } = await project(organization)
  const { id } = await organization.admin.projects.spendAlerts.create(params.project_id, alert)
  return { params: { ...params, alert_id: id } }
}

const rateLimit: Maker = async (organization) => {
  const { params } = await project(organization)
  return { params: { ...params, rate_limit_id: 'rl-echo' } }
}
const report: Maker = async () => ({ params: {}, query: { start_time: '1700000000', end_time: '1700086400' } })

/** What organizations and projects rule, and what is reported of them. */
export const policyRequests: Record<string, Maker> = {
  'rateLimits.list': project,
  'rateLimits.update': sends(rateLimit, { max_requests_per_1_minute: 1000 }),
  'certificates.list': certificate,
  'certificates.create': sends(nothing, newCertificate),
  'certificates.activate': sends(activeOnes, idle),
  'certificates.deactivate': activeOnes,
  'certificates.retrieve': certificate,
  'certificates.update': sends(certificate, { name: 'renamed' }),
  'certificates.delete': certificate,
  'projectCertificates.list': project,
  'projectCertificates.activate': sends(project, idle),
  'projectCertificates.deactivate': activeInProject,
  'modelPermissions.retrieve': restricted,
  'modelPermissions.update': sends(project, models),
  'modelPermissions.delete': restricted,
  'hostedToolPermissions.retrieve': project,
  'hostedToolPermissions.update': sends(project, { mcp: { enabled: true }, web_search: { enabled: false } }),
  'dataRetention.retrieve': nothing,
  'dataRetention.update': sends(nothing, { retention_type: 'zero_data_retention' }),
  'projectDataRetention.retrieve': project,
  'projectDataRetention.update': sends(project, { retention_type: 'organization_default' }),
  'serviceTierSettings.retrieve': project,
  'serviceTierSettings.update': sends(project, { default: 'standard', enabled_tiers: ['flex'] }),
  'spendLimit.retrieve': limited,
  'spendLimit.update': sends(nothing, limit),
  'spendLimit.delete': limited,
  'projectSpendLimit.retrieve': limitedProject,
  'projectSpendLimit.update': sends(project, limit),
  'projectSpendLimit.delete': limitedProject,
  'spendAlerts.list': spendAlert,
  'spendAlerts.create': sends(nothing, alert),
  'spendAlerts.retrieve': spendAlert,
  'spendAlerts.update': sends(spendAlert, alert),
  'spendAlerts.delete': spendAlert,
  'projectSpendAlerts.list': projectSpendAlert,
  'projectSpendAlerts.create': sends(project, alert),
  'projectSpendAlerts.retrieve': projectSpendAlert,
  'projectSpendAlerts.update': sends(projectSpendAlert, alert),
  'projectSpendAlerts.delete': projectSpendAlert,
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
