import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { admitted, atOnce, FarCounters, guard, inMemory } from '../../../test/gateway/counting.ts'
import { ApiError } from '../../contract/error.ts'
import { type Catalogue, type CatalogueModel, type Dimension, type Limits, plainModel } from '../../core/catalogue.ts'
import { type LimitRules, windowsOf } from '../limits/windows.ts'
import { type Admission, type Cost, takeAll } from './take.ts'

const model = (id: string, organizationLimits: Limits = {}, sharedPool: string | null = null): CatalogueModel => {
  const dimensions = new Set([...plainModel(id).dimensions, ...(Object.keys(organizationLimits) as Dimension[])])
  return { ...plainModel(id), dimensions, organizationLimits, sharedPool }
}

const rulesOf = (limits: Record<string, Limits> = {}, projectId = 'proj_x'): LimitRules => ({
  organizationId: 'org-x',
  projectId,
  limits: new Map(Object.entries(limits)),
})

const NOTHING: Cost = { requests: 1, tokens: 0, images: 0, audioMegabytes: 0 }

/** A gate's limits for some models, on a clock that the test moves. */
function setUp(...models: CatalogueModel[]) {
  const time = { ms: 5000.25 }
  const { guarded } = guard(inMemory({ clock: () => time.ms }).counters)
  const catalogue: Catalogue = new Map(models.map((one) => [one.id, one]))
  const call = (rules: LimitRules, id: string | null, cost: Partial<Cost> = {}): Admission => {
    const asked = id === null ? null : (catalogue.get(id) ?? plainModel(id))
    const charge = { model: windowsOf(rules, catalogue, asked), within: [], cost: { ...NOTHING, ...cost }, money: null }
    return admitted(atOnce(takeAll(guarded, charge)))
  }
  const refused = (rules: LimitRules, id: string | null, cost: Partial<Cost> = {}): ApiError => {
    try {
      call(rules, id, cost)
    } catch (error) {
      return error instanceof ApiError ? error : assert.fail(String(error))
    }
    return assert.fail('let in')
  }
  return { time, catalogue, call, refused }
}

type Refused = { limits: Limits; used: Partial<Cost>; asked: Partial<Cost>; pool?: string; type: string; says: string }

const IN = 'in organization org-x on'
const oneRequest = (limit: Dimension, per: string, again: string): Refused => ({
  limits: { [limit]: 1 },
  used: {},
  asked: {},
  type: 'requests',
  says: `Rate limit reached for m ${IN} requests per ${per}: Limit 1, Used 1, Requested 1. Please try again in ${again}.`,
})

const refusals: Record<string, Refused> = {
  'tokens a minute': {
    limits: { max_tokens_per_1_minute: 30_000 },
    used: { tokens: 29_196 },
    asked: { tokens: 2065 },
    type: 'tokens',
    says: `Rate limit reached for m ${IN} tokens per min (TPM): Limit 30000, Used 29196, Requested 2065. Please try again in 2.522s.`,
  },
  'requests a minute': oneRequest('max_requests_per_1_minute', 'min (RPM)', '1m0s'),
  'requests a day': oneRequest('max_requests_per_1_day', 'day (RPD)', '24h0m0s'),
  'images a minute, in a pool': {
    limits: { max_images_per_1_minute: 5 },
    used: { images: 5 },
    asked: { images: 1 },
    pool: 'pool-a',
    type: 'input-images',
    says: `Rate limit reached for m (for limit pool-a) ${IN} input-images per min: Limit 5, Used 5, Requested 1. Please try again in 12s.`,
  },
  'megabytes of audio a minute': {
    limits: { max_audio_megabytes_per_1_minute: 10 },
    used: { audioMegabytes: 8.2 },
    asked: { audioMegabytes: 2.5 },
    type: 'audio',
    says: `Rate limit reached for m ${IN} audio megabytes per min: Limit 10, Used 9, Requested 3. Please try again in 12s.`,
  },
}

for (const [what, { limits, used, asked, pool, type, says }] of Object.entries(refusals)) {
  test(`${what}: a full limit of the organization is told in the original's words`, () => {
    const { call, refused } = setUp(model('m', limits, pool))
    call(rulesOf(), 'm', used)
    const { status, envelope } = refused(rulesOf(), 'm', asked)
    assert.equal(status, 429)
    assert.deepEqual(envelope.error, { message: says, type, param: null, code: 'rate_limit_exceeded' })
  })
}

test("a full limit of the project is told as the project's", () => {
  const { call, refused } = setUp(model('m', { max_tokens_per_1_minute: 1_000_000 }))
  const rules = rulesOf({ m: { max_tokens_per_1_minute: 25_000 } })
  call(rules, 'm', { tokens: 23_255 })
  assert.equal(
    refused(rules, 'm', { tokens: 5872 }).message,
    'Rate limit reached for project proj_x organization org-x on tokens per min (TPM): Limit 25000, Used 23255, Requested 5872. Please try again in 9.904s.',
  )
})

test('what alone is more than a limit is told so, and that trying again is no use', () => {
  const { refused } = setUp(model('m', { max_tokens_per_1_minute: 10 }), model('n', { max_requests_per_1_minute: 0 }))
  const tokens = refused(rulesOf(), 'm', { tokens: 100 })
  assert.equal(
    tokens.message,
    'Request too large for m in organization org-x on tokens per min (TPM): Limit 10, Requested 100. The input or output tokens must be reduced in order to run successfully.',
  )
  const requests = refused(rulesOf(), 'n')
  assert.equal(
    requests.message,
    'Request too large for n in organization org-x on requests per min (RPM): Limit 0, Requested 1.',
  )
  for (const { type, headers } of [tokens, requests]) {
    assert.ok(type === 'tokens' || type === 'requests')
    assert.equal(headers['x-should-retry'], 'false')
    assert.deepEqual([headers['retry-after'], headers['retry-after-ms']], [undefined, undefined])
  }
  const own = refused(rulesOf({ m: { max_tokens_per_1_minute: 5 }, n: {} }), 'm', { tokens: 7 })
  assert.equal(
    own.message,
    'Request too large for project proj_x organization org-x on tokens per min (TPM): Limit 5, Requested 7. The input or output tokens must be reduced in order to run successfully.',
  )
})

test('where several limits refuse, the one that can never let it in is told, else the one that takes longest', () => {
  const { time, call, refused } = setUp(model('m', { max_requests_per_1_minute: 2, max_tokens_per_1_minute: 100 }))
  const rules = rulesOf({ m: { max_requests_per_1_minute: 1 } })
  call(rules, 'm', { tokens: 100 })
  assert.match(refused(rules, 'm', { tokens: 200 }).message, /^Request too large for m .*\(TPM\)/)
  assert.match(refused(rules, 'm', { tokens: 50 }).message, /^Rate limit reached for project proj_x .*\(RPM\)/)
  time.ms += 50_000
  assert.match(refused(rules, 'm', { tokens: 100 }).message, /^Rate limit reached for project .*Used 1, .* in 1m0s\.$/)
})

test('a refusal says when to come back, to the millisecond and in whole seconds; who does is let in', () => {
  const { time, call, refused } = setUp(model('m', { max_tokens_per_1_minute: 25_000 }))
  call(rulesOf(), 'm', { tokens: 23_255 })
  const { headers } = refused(rulesOf(), 'm', { tokens: 5872 })
  assert.deepEqual([headers['retry-after'], headers['retry-after-ms']], ['10', '9905'])
  time.ms += 9904
  refused(rulesOf(), 'm', { tokens: 5872 })
  time.ms += 1
  call(rulesOf(), 'm', { tokens: 5872 })
})

test('every reply says what is left of requests and tokens, refusals too; unlimited is 2147483647', () => {
  const { call, refused } = setUp(model('m', { max_tokens_per_1_minute: 10_000 }), model('free'))
  const all = { limit: '2147483647', remaining: '2147483647', reset: '0s' }
  const trio = (headers: Readonly<Record<string, string>>, what: string) => {
    const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map(
      (name) => headers[`x-ratelimit-${name}-${what}`],
    )
    return { limit, remaining, reset }
  }
  const { headers } = call(rulesOf(), 'm', { tokens: 27 })
  assert.deepEqual(trio(headers, 'tokens'), { limit: '10000', remaining: '9973', reset: '162ms' })
  assert.deepEqual(trio(headers, 'requests'), all)
  assert.equal(Object.keys(headers).length, 6)
  const free = call(rulesOf(), 'free', { tokens: 1e9 }).headers
  assert.deepEqual([trio(free, 'tokens'), trio(free, 'requests')], [all, all])
  const own = call(rulesOf({ free: { max_tokens_per_1_minute: 60_000 } }), 'free', { tokens: 3000 }).headers
  assert.deepEqual(trio(own, 'project-tokens'), { limit: '60000', remaining: '57000', reset: '3s' })
  assert.deepEqual(trio(own, 'tokens'), all)
  const late = refused(rulesOf(), 'm', { tokens: 10_000 }).headers
  assert.deepEqual(trio(late, 'tokens'), { limit: '10000', remaining: '9973', reset: '162ms' })
})

test('of the limits of requests, the one with the fewest left is shown, whoever set it and for whatever time', () => {
  const limits = { max_requests_per_1_minute: 500, max_requests_per_1_day: 10_000 }
  const { call } = setUp(model('m', limits))
  const shown = (own: Limits) => {
    const { headers } = call(rulesOf({ m: own }), 'm')
    return [headers['x-ratelimit-limit-requests'], headers['x-ratelimit-reset-requests']]
  }
  assert.deepEqual(shown({}), ['500', '120ms'])
  assert.deepEqual(shown({ max_requests_per_1_day: 100 }), ['100', '14m24s'])
  assert.equal(shown({ max_requests_per_1_minute: 60 })[0], '60')
})

test('a limit of the organization is one for all its projects, a limit of a project its own', () => {
  const { call, refused } = setUp(model('m', { max_requests_per_1_minute: 3 }))
  const own = { m: { max_requests_per_1_minute: 2 } }
  const [one, other] = [rulesOf(own, 'proj_1'), rulesOf(own, 'proj_2')]
  call(one, 'm')
  call(one, 'm')
  assert.match(refused(one, 'm').message, /project proj_1 /)
  call(other, 'm')
  assert.match(refused(other, 'm').message, /for m in organization/)
})

test('models of a pool share its lowest maximum; fine-tuned models of a base share a limit', () => {
  const { call, refused } = setUp(
    model('a', { max_requests_per_1_minute: 5 }, 'p'),
    model('b', { max_requests_per_1_minute: 2 }, 'p'),
    model('ft:base:1', { max_requests_per_1_minute: 2 }),
    model('ft:base:2', { max_requests_per_1_minute: 9 }),
  )
  call(rulesOf(), 'a')
  call(rulesOf(), 'b')
  assert.match(refused(rulesOf(), 'a').message, /^Rate limit reached for a \(for limit p\) in .*: Limit 2, Used 2,/)
  call(rulesOf(), 'ft:base:1')
  call(rulesOf(), 'ft:base:2')
  assert.match(refused(rulesOf(), 'ft:base:2').message, /^Rate limit reached for ft:base:2 in .*: Limit 2, Used 2,/)
})

test("the default row governs calls without a model and models that have no row, all together; others' rows do not", () => {
  const { call, refused } = setUp(model('m'))
  const rules = rulesOf({ '*default': { max_requests_per_1_minute: 2 } })
  call(rules, null)
  call(rules, 'nobody')
  assert.match(refused(rules, 'anybody').message, /^Rate limit reached for project proj_x /)
  for (let i = 0; i < 10; i++) call(rules, 'm')
})

test('what a call costs nothing of is not refused, also when more than the limit was used', () => {
  const { call, refused } = setUp(model('m', { max_tokens_per_1_minute: 10, max_images_per_1_minute: 0 }))
  call(rulesOf(), 'm', { tokens: 10 }).settle({ tokens: 25 }, 0)
  assert.equal(call(rulesOf(), 'm').headers['x-ratelimit-remaining-tokens'], '0')
  assert.match(refused(rulesOf(), 'm', { tokens: 1 }).message, /Limit 10, Used 25, Requested 1\./)
})

test('a failed call gives back all but its request; a refused one took nothing', () => {
  const { call, refused } = setUp(model('m', { max_requests_per_1_minute: 3, max_tokens_per_1_minute: 100 }))
  call(rulesOf(), 'm', { tokens: 90 }).settle({ tokens: 0, images: 0, audioMegabytes: 0 }, 0)
  for (let i = 0; i < 10; i++) refused(rulesOf(), 'm', { tokens: 101 })
  const { headers } = call(rulesOf(), 'm', { tokens: 100 })
  assert.equal(headers['x-ratelimit-remaining-requests'], '1')
  assert.equal(headers['x-ratelimit-remaining-tokens'], '0')
})

test('limits that are changed hold for the next call, and what was used stays used', () => {
  const { call, refused } = setUp(model('m'))
  for (let i = 0; i < 5; i++) call(rulesOf({ m: { max_requests_per_1_minute: 100 } }), 'm')
  assert.match(refused(rulesOf({ m: { max_requests_per_1_minute: 5 } }), 'm').message, /Limit 5, Used 5,/)
  call(rulesOf(), 'm')
})

test('windows are worked out once as long as nothing changes, and made-up models are not remembered', () => {
  const { catalogue } = setUp(model('m', { max_requests_per_1_minute: 1 }))
  const rules = rulesOf()
  const known = catalogue.get('m') ?? null
  assert.equal(windowsOf(rules, catalogue, known), windowsOf(rules, catalogue, known))
  assert.notEqual(windowsOf(rules, catalogue, known), windowsOf(rules, new Map(catalogue), known))
  const made = plainModel('made-up')
  assert.notEqual(windowsOf(rules, catalogue, made), windowsOf(rules, catalogue, made))
})

test('a limiter that is asked over a network is waited for', async () => {
  const { catalogue } = setUp(model('m', { max_requests_per_1_minute: 1 }))
  const { guarded } = guard(new FarCounters(inMemory({ clock: () => 0 }).counters, () => sleep(1)))
  const windows = windowsOf(rulesOf(), catalogue, catalogue.get('m') ?? null)
  const charge = { model: windows, within: [], cost: NOTHING, money: null }
  const ask = async () => admitted(await takeAll(guarded, charge))
  assert.equal((await ask()).headers['x-ratelimit-remaining-requests'], '0')
  await assert.rejects(ask(), { status: 429 })
})

test('a cost that is no amount is a bug and reaches no counter', () => {
  const { call } = setUp(model('m', { max_tokens_per_1_minute: 10 }))
  for (const tokens of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    assert.throws(() => call(rulesOf(), 'm', { tokens }), { name: 'AssertionError' })
  }
  call(rulesOf(), 'm', { tokens: 10 })
})
