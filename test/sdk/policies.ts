import assert from 'node:assert/strict'
import { newOrganization } from '../contract/organizations.ts'
import { refusal, type Scenario, type World } from './scenario.ts'

const noProject = refusal(404, 'not_found', 'project_id')
const newProject = async ({ admin }: World) => (await admin.projects.create({ name: 'governed' })).id
const on = { enabled: true }
const off = { enabled: false }
const allTools = { code_interpreter: on, file_search: on, image_generation: on, mcp: on, web_search: on }
const tiers = (value: 'standard' | 'fast', enabled_tiers: 'all' | string[]) => ({
  object: 'project.service_tier_settings',
  default: value,
  enabled_tiers,
})
const models = { mode: 'allow_list', model_ids: ['echo'] } as const

export const policyScenarios: Record<string, Scenario> = {
  'organization.projects.modelPermissions.retrieve': async (world) => {
    const { modelPermissions } = world.admin.projects
    const project = await newProject(world)
    await assert.rejects(modelPermissions.retrieve(project), noProject)
    const set = await modelPermissions.update(project, { ...models, model_ids: ['echo'] })
    assert.deepEqual(await modelPermissions.retrieve(project), set)
    const stranger = await newOrganization(world.app)
    await assert.rejects(stranger.admin.projects.modelPermissions.retrieve(project), noProject)
  },

  'organization.projects.modelPermissions.update': async (world) => {
    const { modelPermissions } = world.admin.projects
    const project = await newProject(world)
    const allowed = await modelPermissions.update(project, { ...models, model_ids: ['echo'] })
    assert.deepEqual(allowed, { object: 'project.model_permissions', ...models })
    const denied = await modelPermissions.update(project, { mode: 'deny_list', model_ids: [] })
    assert.deepEqual([denied.mode, denied.model_ids], ['deny_list', []])
    const unknown = modelPermissions.update(project, { mode: 'allow_list', model_ids: ['echo', 'nobody'] })
    await assert.rejects(unknown, refusal(400, 'invalid_value', 'model_ids[1]'))
    const twice = modelPermissions.update(project, { mode: 'allow_list', model_ids: ['echo', 'echo'] })
    await assert.rejects(twice, refusal(400, 'invalid_value', 'model_ids[1]'))
    assert.deepEqual(await modelPermissions.retrieve(project), denied)
  },

  'organization.projects.modelPermissions.delete': async (world) => {
    const { modelPermissions } = world.admin.projects
    const project = await newProject(world)
    await assert.rejects(modelPermissions.delete(project), noProject)
    await modelPermissions.update(project, { mode: 'deny_list', model_ids: ['echo'] })
    const deleted = { object: 'project.model_permissions.deleted', deleted: true }
    assert.deepEqual(await modelPermissions.delete(project), deleted)
    await assert.rejects(modelPermissions.retrieve(project), noProject)
    await assert.rejects(modelPermissions.delete(project), noProject)
  },

  'organization.projects.hostedToolPermissions.retrieve': async (world) => {
    const { hostedToolPermissions } = world.admin.projects
    const project = await newProject(world)
    assert.deepEqual(await hostedToolPermissions.retrieve(project), allTools)
    const stranger = await newOrganization(world.app)
    await assert.rejects(stranger.admin.projects.hostedToolPermissions.retrieve(project), noProject)
  },

  'organization.projects.hostedToolPermissions.update': async (world) => {
    const { hostedToolPermissions } = world.admin.projects
    const project = await newProject(world)
    await hostedToolPermissions.update(project, { mcp: off, web_search: off })
    const changed = { ...allTools, mcp: off }
    assert.deepEqual(await hostedToolPermissions.update(project, { mcp: null, web_search: on }), changed)
    const wrong = hostedToolPermissions.update(project, { mcp: { enabled: 'no' } } as never)
    await assert.rejects(wrong, refusal(400, 'invalid_type', 'mcp.enabled'))
    assert.deepEqual(await hostedToolPermissions.retrieve(project), changed)
  },

  'organization.projects.serviceTierSettings.retrieve': async (world) => {
    const { serviceTierSettings } = world.admin.projects
    const project = await newProject(world)
    assert.deepEqual(await serviceTierSettings.retrieve(project), tiers('standard', 'all'))
    const stranger = await newOrganization(world.app)
    await assert.rejects(stranger.admin.projects.serviceTierSettings.retrieve(project), noProject)
  },

  'organization.projects.serviceTierSettings.update': async (world) => {
    const { serviceTierSettings } = world.admin.projects
    const project = await newProject(world)
    const narrowed = await serviceTierSettings.update(project, { enabled_tiers: ['fast', 'flex'] })
    assert.deepEqual(narrowed, tiers('standard', ['fast', 'flex']))
    await serviceTierSettings.update(project, { default: 'fast' })
    const wrong = serviceTierSettings.update(project, { enabled_tiers: ['standard'] } as never)
    await assert.rejects(wrong, refusal(400, 'invalid_value', 'enabled_tiers[0]'))
    const nothing = serviceTierSettings.update(project, {})
    await assert.rejects(nothing, refusal(400, 'missing_required_parameter', 'default'))
    assert.deepEqual(await serviceTierSettings.retrieve(project), tiers('fast', ['fast', 'flex']))
  },

  'organization.dataRetention.retrieve': async ({ admin }) => {
    const { object, type } = await admin.dataRetention.retrieve()
    assert.deepEqual([object, type], ['organization.data_retention', 'modified_abuse_monitoring'])
  },

  'organization.dataRetention.update': async ({ app, admin }) => {
    const changed = { object: 'organization.data_retention', type: 'zero_data_retention' }
    assert.deepEqual(await admin.dataRetention.update({ retention_type: 'zero_data_retention' }), changed)
    const wrong = admin.dataRetention.update({ retention_type: 'none' } as never)
    await assert.rejects(wrong, refusal(400, 'invalid_value', 'retention_type'))
    assert.deepEqual(await admin.dataRetention.retrieve(), changed)
    const stranger = await newOrganization(app)
    assert.notEqual((await stranger.admin.dataRetention.retrieve()).type, 'zero_data_retention')
  },

  'organization.projects.dataRetention.retrieve': async (world) => {
    const { dataRetention } = world.admin.projects
    const project = await newProject(world)
    const byDefault = { object: 'project.data_retention', type: 'organization_default' }
    assert.deepEqual(await dataRetention.retrieve(project), byDefault)
    const stranger = await newOrganization(world.app)
    await assert.rejects(stranger.admin.projects.dataRetention.retrieve(project), noProject)
  },

  'organization.projects.dataRetention.update': async (world) => {
    const { dataRetention } = world.admin.projects
    const [project, other] = [await newProject(world), await newProject(world)]
    const changed = { object: 'project.data_retention', type: 'none' }
    assert.deepEqual(await dataRetention.update(project, { retention_type: 'none' }), changed)
    const wrong = dataRetention.update(project, { retention_type: 'forever' } as never)
    await assert.rejects(wrong, refusal(400, 'invalid_value', 'retention_type'))
    assert.deepEqual(await dataRetention.retrieve(project), changed)
    assert.equal((await dataRetention.retrieve(other)).type, 'organization_default')
  },
}
