import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type OpenAI from 'openai'
import type { Dimension } from '../../../src/core/catalogue.ts'
import { hostedTools } from '../../../src/core/policy.ts'
import type { Source } from '../../../src/gateway/rules/stored.ts'
import { newOrganization } from '../../contract/organizations.ts'
import { makeCertificate, makeClient } from '../../support/certificates.ts'
import type { TestApp } from '../../support/harness.ts'

/*
 * What each rule of a project does to a line of a batch, whoever runs it, and to a message of the Anthropic route. Whether each is
 * in it that there is, `test/gateway/settings.test.ts` asks by what rules read.
 */

/** Who asks, and what is set for them: an organization of a row's own, with a project and a key. */
export type LineWorld = {
  admin: OpenAI['admin']['organization']
  projectId: string
  keyId: string
  key: string
  /** Ids of certificates that are uploaded and bind nobody. */
  certificate_ids: string[]
}

/** What becomes of something: that it is sent, with what of the settings' own fields; or the code of its refusal, or the status of one without. */
type Fate = string

/** What is asked, and what becomes of it. */
type Seen = {
  /** The fields of the body, besides a model and what is said to it. */
  body?: object
  /** Sent, with nothing in it, if left out. */
  without?: Fate
  with: Fate
}

export type LineRow = {
  setting: string
  /** What is stored that it shows the enforcement of. */
  shows: readonly Source[]
  /** The limit that it shows, where it is one's. */
  limit?: Dimension
  /** A line of a batch; of the endpoint for chats if left out. */
  line: Seen & { endpoint?: string }
  /** Where the gate runs the batch itself, and another thing becomes of it then. */
  run?: Fate
  message: Seen
  /** What a proxy says of the client, without which and with which it is seen; what it says makes no difference without the setting. */
  shown?: Record<string, string>
  set: (world: LineWorld) => Promise<unknown>
  /** How it is taken back; a sentence says why it cannot be. */
  unset: ((world: LineWorld) => Promise<unknown>) | string
}

const RESPONSES = '/v1/responses'
const IMAGES = '/v1/images/generations'
const usd = { currency: 'USD', interval: 'month' } as const
/** Tokens that may be enqueued, where it is not a row's own. */
const ENQUEUED = 1000
const MODEL = 'm1'

/** What models of a server are told of, on which these rows run: an answer costs a cent for each token. */
export const lineModels = (more: object = {}) => ({
  [MODEL]: {
    max_output_tokens: 20,
    dimensions: ['images', 'requests_per_day'],
    price_per_million: { input: 0, output: 10_000 },
    organization_limits: { batch_1_day_max_input_tokens: ENQUEUED },
    ...more,
  },
  free: { max_output_tokens: 20, ...more },
})

/** What such a server is told besides. */
export const lineEnv = { GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' }

const authority = await makeCertificate('authority')
const client = await makeClient(authority)

const refused = (code: string) => ({ line: { with: code }, message: { with: code } })

const scopes =
  (...scopes: string[]) =>
  ({ admin, projectId: project_id, keyId }: LineWorld) =>
    admin.projects.apiKeys.update(keyId, { project_id, scopes })
const limit =
  (limits: Partial<OpenAI.Admin.Organization.Projects.RateLimitUpdateRateLimitParams>) =>
  ({ admin, projectId: project_id }: LineWorld) =>
    admin.projects.rateLimits.updateRateLimit(`rl-${MODEL}`, { project_id, ...limits })
const spendLimit =
  (cents: number) =>
  ({ admin, projectId }: LineWorld) =>
    admin.projects.spendLimit.update(projectId, { threshold_amount: cents, ...usd })
const noSpendLimit = ({ admin, projectId }: LineWorld) => admin.projects.spendLimit.delete(projectId)

const callers: readonly LineRow[] = [
  {
    setting: 'its project is archived',
    shows: ['archivedAt'],
    ...refused('not_authorized_invalid_project'),
    set: ({ admin, projectId }) => admin.projects.archive(projectId),
    unset: 'an archived project cannot be brought back, in the original neither',
  },
  {
    setting: 'a certificate is active for its project',
    shows: ['authorities'],
    ...refused('client_certificate_required'),
    shown: { 'x-forwarded-client-cert': encodeURIComponent(client.cert) },
    set: ({ admin, projectId, certificate_ids }) =>
      admin.projects.certificates.activate(projectId, { certificate_ids }),
    unset: ({ admin, projectId, certificate_ids }) =>
      admin.projects.certificates.deactivate(projectId, { certificate_ids }),
  },
  {
    setting: 'a certificate is active for its organization',
    shows: ['authorities'],
    ...refused('client_certificate_required'),
    shown: { 'x-forwarded-client-cert': encodeURIComponent(client.cert) },
    set: ({ admin, certificate_ids }) => admin.certificates.activate({ certificate_ids }),
    unset: ({ admin, certificate_ids }) => admin.certificates.deactivate({ certificate_ids }),
  },
  {
    setting: 'its key may make batches, and ask no model',
    shows: [],
    line: { with: 'insufficient_permissions' },
    message: { with: '403' },
    set: scopes('api.files.write', 'api.batch.write', 'api.batch.read'),
    unset: scopes(),
  },
  {
    setting: 'its key may ask models, and make no batch',
    shows: [],
    line: { with: '401' },
    message: { with: 'sent' },
    set: scopes('api.files.write', 'api.model.request', 'api.batch.read'),
    unset: scopes(),
  },
  {
    setting: 'its key is deleted',
    shows: [],
    ...refused('invalid_api_key'),
    set: ({ admin, projectId: project_id, keyId }) => admin.projects.apiKeys.delete(keyId, { project_id }),
    unset: 'nobody has the key any more: only its hash was stored',
  },
]

/** A hosted tool, as an API says it. */
const byApi: Partial<Record<(typeof hostedTools)[number], { original?: object; anthropic?: object }>> = {
  code_interpreter: { anthropic: { type: 'code_execution_20250825', name: 'code_execution' } },
  web_search: { anthropic: { type: 'web_search_20250305', name: 'web_search' } },
}

const tools = hostedTools.map(
  (tool): LineRow => ({
    setting: `the hosted tool ${tool} is disabled, that it asks for`,
    shows: [`project.${tool}_disabled_at`],
    line: {
      endpoint: RESPONSES,
      body: { tools: [byApi[tool]?.original ?? { type: tool }] },
      without: 'sent store=false',
      with: 'hosted_tool_not_allowed',
    },
    message: { body: { tools: [byApi[tool]?.anthropic ?? { type: tool }] }, with: 'hosted_tool_not_allowed' },
    set: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { [tool]: { enabled: false } }),
    unset: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { [tool]: { enabled: true } }),
  }),
)

/** Nothing of a line is kept, whatever is set: what it is answered stands in its batch's results. */
const nothingStored = {
  line: { endpoint: RESPONSES, body: { store: true }, without: 'sent store=false', with: 'sent store=false' },
  message: { body: { store: true }, without: 'sent store=true', with: 'sent store=false' },
}

const policies: readonly LineRow[] = [
  {
    setting: 'its model is denied',
    shows: ['project.model_mode', 'project.model_ids'],
    ...refused('model_not_found'),
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: [MODEL] }),
    unset: ({ admin, projectId }) => admin.projects.modelPermissions.delete(projectId),
  },
  {
    setting: 'another model alone is allowed',
    shows: [],
    ...refused('model_not_found'),
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['free'] }),
    unset: ({ admin, projectId }) => admin.projects.modelPermissions.delete(projectId),
  },
  ...tools,
  {
    setting: "its project's default service tier is the standard one",
    shows: ['project.default_service_tier'],
    line: { with: 'sent service_tier=default' },
    message: { with: 'sent service_tier=standard_only' },
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { default: 'standard' }),
    unset: 'a default that was set can be another one, and not unset',
  },
  {
    setting: 'a service tier that it asks for is not enabled',
    shows: ['project.enabled_service_tiers'],
    line: {
      body: { service_tier: 'flex' },
      without: 'sent service_tier=flex',
      with: 'service_tier_not_allowed',
    },
    message: { body: { speed: 'fast' }, with: '400' },
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: [] }),
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: 'all' }),
  },
  {
    setting: "its project's data retention is zero",
    shows: ['project.data_retention'],
    ...nothingStored,
    set: ({ admin, projectId }) =>
      admin.projects.dataRetention.update(projectId, { retention_type: 'zero_data_retention' }),
    unset: ({ admin, projectId }) =>
      admin.projects.dataRetention.update(projectId, { retention_type: 'organization_default' }),
  },
  {
    setting: "its organization's data retention is zero",
    shows: ['organization.data_retention'],
    ...nothingStored,
    set: ({ admin }) => admin.dataRetention.update({ retention_type: 'enhanced_zero_data_retention' }),
    unset: ({ admin }) => admin.dataRetention.update({ retention_type: 'modified_abuse_monitoring' }),
  },
]

const amounts: readonly LineRow[] = [
  {
    setting: 'nothing may be enqueued',
    shows: ['limits'],
    limit: 'batch_1_day_max_input_tokens',
    line: { with: 'token_limit_exceeded' },
    message: { with: 'sent' },
    set: limit({ batch_1_day_max_input_tokens: 0 }),
    unset: limit({ batch_1_day_max_input_tokens: ENQUEUED }),
  },
  {
    setting: 'less may be enqueued than it has',
    shows: [],
    line: { body: { messages: [{ role: 'user', content: 'x'.repeat(800) }] }, with: 'token_limit_exceeded' },
    message: { with: 'sent' },
    set: limit({ batch_1_day_max_input_tokens: 199 }),
    unset: limit({ batch_1_day_max_input_tokens: ENQUEUED }),
  },
  ...(['max_requests_per_1_minute', 'max_tokens_per_1_minute', 'max_requests_per_1_day'] as const).map(
    (dimension): LineRow => ({
      setting: `${dimension} is 0, which bounds no batch of an upstream's: that has a pool of its own`,
      shows: ['limits'],
      limit: dimension,
      line: { with: 'sent' },
      run: 'rate_limit_exceeded',
      message: { with: 'rate_limit_exceeded' },
      set: limit({ [dimension]: 0 }),
      unset: limit({ [dimension]: 1_000_000 }),
    }),
  ),
  {
    setting: 'max_images_per_1_minute is less than it makes, which bounds no batch of an upstream and no message',
    shows: [],
    limit: 'max_images_per_1_minute',
    line: { endpoint: IMAGES, body: { n: 2 }, with: 'sent' },
    run: 'rate_limit_exceeded',
    message: { with: 'sent' },
    set: limit({ max_images_per_1_minute: 1 }),
    unset: limit({ max_images_per_1_minute: 2 }),
  },
  {
    setting: 'its project may not spend what it can cost',
    shows: ['project.spend_limit_cents'],
    ...refused('project_spend_limit_exceeded'),
    set: spendLimit(9),
    unset: spendLimit(100_000),
  },
  {
    setting: 'its organization may not spend what it can cost',
    shows: ['organization.spend_limit_cents'],
    ...refused('organization_spend_limit_exceeded'),
    set: ({ admin }) => admin.spendLimit.update({ threshold_amount: 9, ...usd }),
    unset: ({ admin }) => admin.spendLimit.delete(),
  },
  {
    setting: 'a spend limit holds, and its model has no price',
    shows: [],
    line: { body: { model: 'free' }, with: 'model_price_unknown' },
    message: { body: { model: 'free' }, with: 'model_price_unknown' },
    set: spendLimit(100_000),
    unset: noSpendLimit,
  },
]

export const lineRows: readonly LineRow[] = [...callers, ...policies, ...amounts]

/** What of a body that was sent a setting may have written. */
export function sentAs(body: Record<string, unknown>): Fate {
  const written = (['service_tier', 'store'] as const).filter((name) => body[name] !== undefined)
  return ['sent', ...written.map((name) => `${name}=${body[name]}`)].join(' ')
}

type Expected = (row: LineRow) => Pick<Seen, 'with' | 'without'>
/** What becomes of what a row asks for, of a client of which a proxy says this. */
type See = (world: LineWorld, row: LineRow, shown: Record<string, string>) => Promise<Fate>

/** Sees what each row says, sets it, sees it again, and takes it back: all side by side, each in an organization of its own. */
export async function driveLines(t: TestContext, app: TestApp, expected: Expected, see: See): Promise<void> {
  await Promise.all(
    lineRows.map((row) =>
      t.test(row.setting, async () => {
        const { shown, set, unset } = row
        const { with: then, without: before = 'sent' } = expected(row)
        const world = await newWorld(app)
        const looks = async (first: Fate, when: string) => {
          assert.equal(await see(world, row, {}), first, when)
          if (shown !== undefined) assert.equal(await see(world, row, shown), before, `${when}, shown`)
        }
        await looks(before, 'before it is set')
        await set(world)
        await looks(then, 'when it is set')
        if (typeof unset === 'string') return
        await unset(world)
        await looks(before, 'when it is unset')
      }),
    ),
  )
}

async function newWorld(app: TestApp): Promise<LineWorld> {
  const { admin } = await newOrganization(app)
  const { id: projectId } = await admin.projects.create({ name: 'governed' })
  const { api_key } = await admin.projects.serviceAccounts.create(projectId, { name: 'bot' })
  const { id } = await admin.certificates.create({ certificate: authority.pem, name: 'authority' })
  return { admin, projectId, keyId: api_key?.id ?? '', key: api_key?.value ?? '', certificate_ids: [id] }
}
