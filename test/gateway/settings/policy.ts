import { hostedTools } from '../../../src/core/policy.ts'
import { chat, respond, row, sent, type World } from './row.ts'

const twoModels = {
  request: 'a chat with m1, one with m2, and the list of models',
  see: async (w: World) => {
    const { data } = await w.app.client(w.key).models.list()
    const listed = data.map(({ id }) => id).filter((id) => id === 'm1' || id === 'm2')
    return [await chat(w), await chat(w, { model: 'm2' }), listed.join(' ')]
  },
}
const NOT_ALLOWED = '403 model_not_found'

const models = [
  row({
    setting: 'only one model is allowed',
    shows: ['project.model_mode', 'project.model_ids'],
    by: ['modelPermissions.update', 'modelPermissions.delete'],
    ...twoModels,
    without: ['200', '200', 'm1 m2'],
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m1'] }),
    with: ['200', NOT_ALLOWED, 'm1'],
    unset: ({ admin, projectId }) => admin.projects.modelPermissions.delete(projectId),
  }),
  row({
    setting: 'one model is denied',
    by: ['modelPermissions.update', 'modelPermissions.delete'],
    ...twoModels,
    without: ['200', '200', 'm1 m2'],
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['m1'] }),
    with: [NOT_ALLOWED, '200', 'm2'],
    unset: ({ admin, projectId }) => admin.projects.modelPermissions.delete(projectId),
  }),
  row({
    setting: 'a list of denied models becomes one of allowed models',
    by: ['modelPermissions.update'],
    ...twoModels,
    given: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['m2'] }),
    without: ['200', NOT_ALLOWED, 'm1'],
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m2'] }),
    with: [NOT_ALLOWED, '200', 'm2'],
    unset: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['m2'] }),
  }),
]

/** Each as a request brings it; only the type is judged, so the rest may be left out. */
const types = { ...Object.fromEntries(hostedTools.map((tool) => [tool, tool])), web_search: 'web_search_preview' }

const tools = hostedTools.map((tool) =>
  row({
    setting: `the hosted tool ${tool} is disabled`,
    shows: [`project.${tool}_disabled_at`],
    by: ['hostedToolPermissions.update'],
    request: 'a response with the tool, one that chooses it, and one without tools',
    see: async (w) => [
      await respond(w, { tools: [{ type: Reflect.get(types, tool) } as never] }),
      await respond(w, { tool_choice: { type: Reflect.get(types, tool) } as never }),
      await respond(w),
    ],
    without: ['200', '200', '200'],
    set: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { [tool]: { enabled: false } }),
    with: ['403 hosted_tool_not_allowed', '403 hosted_tool_not_allowed', '200'],
    unset: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { [tool]: { enabled: true } }),
  }),
)

const searches = row({
  setting: 'the hosted tool web_search is disabled, for chats',
  by: ['hostedToolPermissions.update'],
  request: 'a chat with web_search_options, and one with a model that searches by itself',
  see: async (w) => [await chat(w, { web_search_options: {} }), await chat(w, { model: 'searcher' })],
  without: ['200', '200'],
  set: ({ admin, projectId }) =>
    admin.projects.hostedToolPermissions.update(projectId, { web_search: { enabled: false } }),
  with: ['403 hosted_tool_not_allowed', '403 hosted_tool_not_allowed'],
  unset: ({ admin, projectId }) =>
    admin.projects.hostedToolPermissions.update(projectId, { web_search: { enabled: true } }),
})

const unheardOf = row({
  setting: 'any hosted tool is disabled',
  by: ['hostedToolPermissions.update'],
  request: 'a response with a tool that nobody knows, and one with a function',
  see: async (w) => [
    await respond(w, { tools: [{ type: 'brand_new' } as never] }),
    await respond(w, { tools: [{ type: 'function', name: 'look_up', parameters: {}, strict: false }] }),
  ],
  without: ['200', '200'],
  set: ({ admin, projectId }) => admin.projects.hostedToolPermissions.update(projectId, { mcp: { enabled: false } }),
  with: ['403 hosted_tool_not_allowed', '200'],
  unset: ({ admin, projectId }) => admin.projects.hostedToolPermissions.update(projectId, { mcp: { enabled: true } }),
})

/** What the model server gets as `store` with a response that does not say it, and with a chat that wants it. */
const stores = {
  request: "the model server's `store`, with a response and with a chat that wants to be stored",
  see: async (w: World) => {
    const seen = [await respond(w), `store ${sent(w).store}`]
    return [...seen, await chat(w, { store: true }), `store ${sent(w).store}`]
  },
}
const asAsked = ['200', 'store undefined', '200', 'store true']
const never = ['200', 'store false', '200', 'store false']

const retention = [
  row({
    setting: "a project's data retention is zero",
    shows: ['project.data_retention'],
    by: ['projectDataRetention.update'],
    ...stores,
    without: asAsked,
    set: ({ admin, projectId }) =>
      admin.projects.dataRetention.update(projectId, { retention_type: 'zero_data_retention' }),
    with: never,
    unset: ({ admin, projectId }) =>
      admin.projects.dataRetention.update(projectId, { retention_type: 'organization_default' }),
  }),
  row({
    setting: "the organization's data retention is zero",
    shows: ['organization.data_retention'],
    alone: true,
    by: ['dataRetention.update'],
    ...stores,
    without: asAsked,
    set: ({ admin }) => admin.dataRetention.update({ retention_type: 'enhanced_zero_data_retention' }),
    with: never,
    unset: ({ admin }) => admin.dataRetention.update({ retention_type: 'modified_abuse_monitoring' }),
  }),
  row({
    setting: "a project's own data retention stands against the organization's zero",
    alone: true,
    by: ['projectDataRetention.update'],
    ...stores,
    given: ({ admin }) => admin.dataRetention.update({ retention_type: 'zero_data_retention' }),
    without: never,
    set: ({ admin, projectId }) => admin.projects.dataRetention.update(projectId, { retention_type: 'none' }),
    with: asAsked,
    unset: ({ admin, projectId }) =>
      admin.projects.dataRetention.update(projectId, { retention_type: 'organization_default' }),
  }),
]

const TIER_NOT_ALLOWED =
  '400 Invalid service_tier argument: The requested service tier is not allowed for this project.'

const tiers = [
  row({
    setting: "a project's default service tier is fast",
    shows: ['project.default_service_tier'],
    by: ['serviceTierSettings.update'],
    request: "the model server's `service_tier`, with a chat that leaves it open and with one that says it",
    given: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { default: 'standard' }),
    see: async (w) => {
      const seen = [await chat(w), `tier ${sent(w).service_tier}`]
      return [...seen, await chat(w, { service_tier: 'flex' }), `tier ${sent(w).service_tier}`]
    },
    without: ['200', 'tier default', '200', 'tier flex'],
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { default: 'fast' }),
    with: ['200', 'tier priority', '200', 'tier flex'],
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { default: 'standard' }),
  }),
  row({
    setting: 'only the service tier fast is enabled besides the standard one',
    shows: ['project.enabled_service_tiers'],
    by: ['serviceTierSettings.update'],
    request: 'a chat with each tier',
    see: async (w) => [
      await chat(w, { service_tier: 'flex' }),
      await chat(w, { service_tier: 'priority' }),
      await chat(w, { service_tier: 'default' }),
      await chat(w),
    ],
    without: ['200', '200', '200', '200'],
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: ['fast'] }),
    with: [TIER_NOT_ALLOWED, '200', '200', '200'],
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: 'all' }),
  }),
  row({
    setting: "the project's own default service tier is not enabled",
    by: ['serviceTierSettings.update'],
    request: 'a chat that leaves the tier open, and one that says another',
    given: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { default: 'fast' }),
    see: async (w) => [await chat(w), await chat(w, { service_tier: 'default' })],
    without: ['200', '200'],
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: [] }),
    with: [TIER_NOT_ALLOWED, '200'],
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: 'all' }),
  }),
]

/** What a project's requests may be: models, tools, what is stored, and how fast. */
export const policySettings = [...models, ...tools, searches, unheardOf, ...retention, ...tiers]
