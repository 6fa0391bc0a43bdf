import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Dimension, UNLIMITED } from '../../src/core/catalogue.ts'
import type { Declaration } from '../../src/gateway/routes/declaration.ts'
import {
  ask,
  codeOf,
  type DimensionName,
  everywhere,
  limitedIn,
  openStage,
  type Place,
  type Stage,
} from './declared.ts'

type World = { admin: ReturnType<Stage['gate']['app']['admin']>['organization']; place: Place }

/** A setting that changes the next call of a route, whichever that is, and changes it back. */
type Rule = {
  setting: string
  /** Whether it is about calls of a route, by what that declares; those that it is not about go on as before. */
  about: (route: Declaration) => boolean
  /** What the request says besides. */
  fields?: Record<string, unknown>
  set: (world: World) => Promise<unknown>
  unset: (world: World) => Promise<unknown>
  without?: string
  /** Two where the Anthropic API has another status for it. */
  with: string | readonly [original: string, anthropic: string]
}

const isJson = ({ body }: Declaration) => body.kind === 'json'
const always = () => true
/** Which month's money, and what a tenth of a dollar is. */
const small = { threshold_amount: 10, currency: 'USD', interval: 'month' } as const

const limit = (dimension: DimensionName, period: 'minute' | 'day' = 'minute'): Rule => {
  const field = `max_${dimension}_per_1_${period}` as Dimension
  const set = ({ admin, place }: World, value: number) =>
    admin.projects.rateLimits.updateRateLimit('rl-m1', { project_id: place.projectId, [field]: value })
  return {
    setting: `${field} is 0`,
    about: (route) => limitedIn(route).includes(dimension),
    set: (w) => set(w, 0),
    unset: (w) => set(w, UNLIMITED),
    with: '429 rate_limit_exceeded',
  }
}

const rules: Rule[] = [
  {
    setting: 'the key has no scope for it',
    about: always,
    set: ({ admin, place: { projectId: project_id, keyId } }) =>
      admin.projects.apiKeys.update(keyId, { project_id, scopes: ['api.model.read'] }),
    unset: ({ admin, place: { projectId: project_id, keyId } }) =>
      admin.projects.apiKeys.update(keyId, { project_id, scopes: [] }),
    with: ['401 null', '403 null'],
  },
  {
    setting: 'its model is denied to the project',
    about: always,
    set: ({ admin, place }) =>
      admin.projects.modelPermissions.update(place.projectId, { mode: 'deny_list', model_ids: ['m1'] }),
    unset: ({ admin, place }) => admin.projects.modelPermissions.delete(place.projectId),
    with: '403 model_not_found',
  },
  limit('requests'),
  limit('requests', 'day'),
  limit('tokens'),
  limit('images'),
  limit('audio_megabytes'),
  {
    setting: 'less money is left than it can cost',
    about: ({ report }) => report.kind !== 'none',
    set: ({ admin, place }) => admin.projects.spendLimit.update(place.projectId, small),
    unset: ({ admin, place }) => admin.projects.spendLimit.delete(place.projectId),
    with: '429 project_spend_limit_exceeded',
  },
  {
    setting: 'a hosted tool is disabled',
    about: isJson,
    fields: { tools: [{ type: 'web_search' }] },
    set: ({ admin, place }) =>
      admin.projects.hostedToolPermissions.update(place.projectId, { web_search: { enabled: false } }),
    unset: ({ admin, place }) =>
      admin.projects.hostedToolPermissions.update(place.projectId, { web_search: { enabled: true } }),
    with: '403 hosted_tool_not_allowed',
  },
  {
    setting: 'nothing may be stored',
    about: isJson,
    fields: { store: true },
    set: ({ admin, place }) =>
      admin.projects.dataRetention.update(place.projectId, { retention_type: 'zero_data_retention' }),
    unset: ({ admin, place }) =>
      admin.projects.dataRetention.update(place.projectId, { retention_type: 'organization_default' }),
    without: '200, sent to be stored: true',
    with: '200, sent to be stored: false',
  },
  {
    setting: 'its service tier is not enabled',
    about: isJson,
    fields: { service_tier: 'flex' },
    set: ({ admin, place }) => admin.projects.serviceTierSettings.update(place.projectId, { enabled_tiers: [] }),
    unset: ({ admin, place }) => admin.projects.serviceTierSettings.update(place.projectId, { enabled_tiers: 'all' }),
    with: '400 null',
  },
]

/*
 * Who adds a route writes nothing here: every setting that can rule out a call, or change it, does so for each route.
 */
describe('the next call of a route is another one when', () => {
  let stage: Stage
  before(async () => {
    stage = await openStage()
  })
  after(() => stage[Symbol.asyncDispose]())

  for (const [name, route] of everywhere) {
    if (route.body.kind === 'none') continue
    for (const { setting, about, fields = {}, set, unset, without = '200', ...rule } of rules) {
      const isAbout = about(route)
      if (!isAbout && route.body.kind === 'form') continue
      test(`${setting}: ${name}${isAbout ? '' : ', which goes on'}`, async () => {
        const { gate } = stage
        const { calls } = gate.upstream
        const world = { admin: gate.app.admin().organization, place: await stage.place() }
        const see = async () => {
          const before = calls.length
          const reply = await ask(gate, route, world.place, { fields })
          const { status } = reply
          assert.equal(
            calls.length - before,
            status === 200 ? 1 : 0,
            'what is refused, the model server never hears of',
          )
          if (status !== 200) return `${status} ${codeOf(reply)}`
          return fields.store === undefined
            ? '200'
            : `200, sent to be stored: ${JSON.parse(`${calls.at(-1)?.body}`).store}`
        }
        assert.equal(await see(), without, 'before it is set')
        await set(world)
        const refused = typeof rule.with === 'string' ? rule.with : rule.with[route.api === 'anthropic' ? 1 : 0]
        assert.equal(await see(), isAbout ? refused : without, 'the next call after it is set')
        await unset(world)
        assert.equal(await see(), without, 'the next call after it is unset')
      })
    }
  }
})
