import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Money, openMoney, reserve, rulesOf } from '../../../test/gateway/money.ts'
import { databases } from '../../../test/support/databases.ts'
import { ApiError } from '../../contract/error.ts'
import { type CatalogueModel, plainModel } from '../../core/catalogue.ts'
import { NO_CAPS } from '../caps.ts'
import { NO_WORST } from '../use.ts'
import { FREE } from './money.ts'

const MINUTE = 60_000
const november = Date.UTC(2026, 10, 15)
const MOST = Number.MAX_SAFE_INTEGER

/** A model of which a token costs a nano-dollar, so that amounts are tokens. */
const priced = { ...plainModel('m1'), price: { input: 1_000_000, cachedInput: 1_000_000, output: 1_000_000 } }
const unpriced = plainModel('m0')
const asks = (tokens: number, model: CatalogueModel = priced) => ({
  model,
  worst: { ...NO_WORST, tokens, inputTokens: tokens, boundTokens: tokens },
  caps: { ...NO_CAPS, inputTokens: tokens },
})

const refusal = (code: string) => (error: unknown) => error instanceof ApiError && error.code === code
const PROJECT = refusal('project_spend_limit_exceeded')
const ORGANIZATION = refusal('organization_spend_limit_exceeded')

/** Of an amount in cents. */
const nano = (cents: number) => cents * 10_000_000

/** A call that costs this much, reserved, settled, metered and written. */
async function spendNow(money: Money, rules: ReturnType<typeof rulesOf>, amount: number, at = money.now) {
  reserve(money.spend, rules, asks(amount), at).settle(amount)
  await money.write(rules, amount, at)
}

for (const database of databases) {
  test(`${database}: what is reserved never exceeds a limit, and what was spent is what was settled, exactly`, async () => {
    await using money = await openMoney(database, november)
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), project: fc.nat(1), tokens: fc.nat(nano(4)) }),
      fc.record({ kind: fc.constant('settle' as const), which: fc.nat(20), share: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ kind: fc.constant('write' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const organization = await money.organization()
        const projects = await Promise.all([money.project(organization), money.project(organization)])
        const rules = projects.map((project, i) => rulesOf(organization, project, i === 0 ? 10 : null, 15))
        for (const one of rules) await money.spend.load(one)
        const limit = [nano(10), Number.POSITIVE_INFINITY]
        /** What should be true, in plain numbers. */
        const spent = [0, 0]
        const held: { project: number; tokens: number; settle: (nano: number) => void }[] = []
        const unwritten: { project: number; amount: number }[] = []
        const used = (project: number) =>
          (spent[project] ?? 0) +
          held.filter((one) => one.project === project).reduce((sum, { tokens }) => sum + tokens, 0)
        const fits = (project: number, tokens: number) => {
          const [own, most] = [spent[project] ?? 0, limit[project] ?? 0]
          const whole = (spent[0] ?? 0) + (spent[1] ?? 0)
          const isFree = own < most && whole < nano(15)
          return isFree && used(project) + tokens <= most && used(0) + used(1) + tokens <= nano(15)
        }
        const write = async () => {
          for (const { project, amount } of unwritten.splice(0)) {
            await money.write(rules[project] ?? assert.fail(), amount, money.now)
          }
        }
        for (const one of steps) {
          if (one.kind === 'reserve') {
            const { project, tokens } = one
            const attempt = () => reserve(money.spend, rules[project] ?? assert.fail(), asks(tokens), money.now)
            if (fits(project, tokens)) {
              const reservation = attempt()
              held.push({ project, tokens, settle: (amount) => reservation.settle(amount) })
            } else assert.throws(attempt, (error) => PROJECT(error) || ORGANIZATION(error))
          } else if (one.kind === 'settle' && held.length > 0) {
            const [settled] = held.splice(one.which % held.length, 1)
            if (!settled) continue
            const amount = Math.floor((settled.tokens * one.share) / 100)
            settled.settle(amount)
            spent[settled.project] = (spent[settled.project] ?? 0) + amount
            unwritten.push({ project: settled.project, amount })
          } else if (one.kind === 'write') await write()
          assert.ok(used(0) <= nano(10) && used(0) + used(1) <= nano(15))
        }
        await write()
        assert.deepEqual(
          await money.totals(organization, ['', ...projects]),
          [(spent[0] ?? 0) + (spent[1] ?? 0), ...spent].map(BigInt),
        )
      }),
      { numRuns: database === 'sqlite' ? 60 : 15 },
    )
  })

  test(`${database}: a restart and a second node find what was spent, beyond 2^53 nano-dollars exactly`, async () => {
    await using money = await openMoney(database, november)
    const organization = await money.organization()
    const project = await money.project(organization)
    for (let i = 0; i < 3; i++) await money.write(rulesOf(organization, project, null, null), MOST, november)
    const spent = 3n * BigInt(MOST)
    const cents = Number(spent / 10_000_000n) + 1
    const left = Number(BigInt(cents) * 10_000_000n - spent)
    const rules = rulesOf(organization, project, cents, null)
    await money.spend.load(rules)
    assert.throws(() => reserve(money.spend, rules, asks(left + 1), november), PROJECT)
    reserve(money.spend, rules, asks(left), november).settle(left)
    assert.throws(() => reserve(money.spend, rules, asks(0), november), PROJECT)

    const other = money.node()
    await other.load(rules)
    reserve(other, rules, asks(left), november).settle(0)
    await money.write(rules, left, november)
    await other.load(rules)
    assert.throws(() => reserve(other, rules, asks(1), november), PROJECT)
  })

  test(`${database}: a total that is read while costs are written counts them once`, async () => {
    await using money = await openMoney(database, november)
    const organization = await money.organization()
    const project = await money.project(organization)
    const rules = rulesOf(organization, project, 10, null)
    const { spend } = money
    await spend.load(rules)
    reserve(spend, rules, asks(nano(4)), november).settle(nano(4))
    const entries = [money.entry(rules, nano(4), november)]
    spend.flushing()
    const early = spend.load(rules)
    await money.record(entries)
    await spend.load(rules)
    spend.flushed(entries)
    await early
    // Four of ten cents are spent: six more fit, and not a bit beyond.
    const six = reserve(spend, rules, asks(nano(6)), november)
    assert.throws(() => reserve(spend, rules, asks(1), november), PROJECT)
    six.settle(0)
    await spend.load(rules)
    reserve(spend, rules, asks(nano(6)), november).settle(0)
  })

  test(`${database}: the month follows from the time: a call settles in its own, and the next begins with nothing`, async () => {
    const end = Date.UTC(2026, 11, 1)
    await using money = await openMoney(database, end - MINUTE)
    const organization = await money.organization()
    const project = await money.project(organization)
    const rules = rulesOf(organization, project, 10, null)
    const { spend } = money
    await spend.load(rules)
    const late = reserve(spend, rules, asks(nano(10)), end - 1)
    assert.throws(() => reserve(spend, rules, asks(1), end - 1), PROJECT)

    const first = reserve(spend, rules, asks(nano(10)), end)
    assert.throws(() => reserve(spend, rules, asks(1), end), PROJECT)
    assert.throws(() => reserve(spend, rules, asks(1), end - 1), PROJECT)
    late.settle(nano(10))
    first.settle(nano(3))
    await money.write(rules, nano(10), end - 1)
    await money.write(rules, nano(3), end)
    money.now = end + MINUTE
    await spend.load(rules)
    assert.throws(() => reserve(spend, rules, asks(nano(7) + 1), money.now), PROJECT)
    reserve(spend, rules, asks(nano(7)), money.now).settle(0)
    assert.deepEqual(await money.totals(organization, [project], '2026-11'), [BigInt(nano(10))])
    assert.deepEqual(await money.totals(organization, [project], '2026-12'), [BigInt(nano(3))])
  })
}

test('a refusal names who is over which limit until when, does not invite to try again, and holds nothing', async () => {
  await using money = await openMoney('sqlite', november)
  const organization = await money.organization()
  const project = await money.project(organization)
  const rules = rulesOf(organization, project, 1250, 2000)
  const other = rulesOf(organization, await money.project(organization), null, 2000)
  await money.spend.load(rules)
  await money.spend.load(other)
  const told = (some: typeof rules, tokens: number) => {
    try {
      reserve(money.spend, some, asks(tokens), november)
    } catch (error) {
      assert.ok(error instanceof ApiError)
      assert.deepEqual([error.status, error.headers], [429, { 'x-should-retry': 'false' }])
      return error.envelope.error
    }
    return assert.fail('it was let through')
  }
  await spendNow(money, rules, nano(1249))
  assert.deepEqual(told(rules, nano(2)), {
    message: `You exceeded the spend limit of project ${project}: $12.50 for 2026-11, which ends at 2026-12-01T00:00:00Z. This request can cost up to $0.02, more than is left beside the requests that are running.`,
    type: 'insufficient_quota',
    param: null,
    code: 'project_spend_limit_exceeded',
  })
  await spendNow(money, rules, nano(1))
  assert.equal(
    told(rules, 0).message,
    `You exceeded the spend limit of project ${project}: $12.50 for 2026-11, which ends at 2026-12-01T00:00:00Z.`,
  )
  await spendNow(money, other, nano(750))
  assert.deepEqual(told(other, nano(1)), {
    message: `You exceeded the spend limit of organization ${organization}: $20.00 for 2026-11, which ends at 2026-12-01T00:00:00Z.`,
    type: 'insufficient_quota',
    param: null,
    code: 'organization_spend_limit_exceeded',
  })
  // A higher limit counts from the next request on, and none lets everything through.
  reserve(
    money.spend,
    { ...other, spendLimits: { project: null, organization: 2001 } },
    asks(nano(1)),
    november,
  ).settle(0)
  reserve(money.spend, { ...rules, spendLimits: { project: null, organization: null } }, asks(MOST), november).settle(0)
})

test('a model without a price is refused where a limit would be blind to it, and costs nothing elsewhere', async () => {
  await using money = await openMoney('sqlite', november)
  const organization = await money.organization()
  const project = await money.project(organization)
  for (const [own, whole, name] of [
    [1, null, `project ${project}`],
    [null, 1, `organization ${organization}`],
  ] as const) {
    const rules = rulesOf(organization, project, own, whole)
    await money.spend.load(rules)
    assert.throws(
      () => reserve(money.spend, rules, asks(1, unpriced), november),
      (error: ApiError) => {
        assert.deepEqual([error.status, error.code, error.param], [400, 'model_price_unknown', 'model'])
        assert.equal(
          error.message,
          `The model 'm0' has no price configured on this server, and ${name} has a spend limit: what it costs could not be counted.`,
        )
        return true
      },
    )
  }
  const unlimited = rulesOf(organization, project, null, null)
  for (let i = 0; i < 3; i++) assert.equal(money.spend.toReserve(unlimited, asks(1, unpriced), november), FREE)
  assert.equal(money.lines.filter((line) => line.includes('"m0"')).length, 1)
  const limited = rulesOf(organization, project, 1, 1)
  assert.equal(money.spend.toReserve(limited, { ...asks(1), model: null }, november), FREE)
})

test('a reservation settles once, however often it is told to', async () => {
  await using money = await openMoney('sqlite', november)
  const organization = await money.organization()
  const rules = rulesOf(organization, await money.project(organization), 10, null)
  await money.spend.load(rules)
  const reservation = reserve(money.spend, rules, asks(nano(10)), november)
  reservation.settle(nano(4))
  reservation.settle(nano(4))
  reservation.settle(0)
  assert.throws(() => reserve(money.spend, rules, asks(nano(6) + 1), november), PROJECT)
  reserve(money.spend, rules, asks(nano(6)), november).settle(0)
})

test('a call that costs more than was reserved is counted whole, and the next one is refused', async () => {
  await using money = await openMoney('sqlite', november)
  const organization = await money.organization()
  const rules = rulesOf(organization, await money.project(organization), 10, null)
  await money.spend.load(rules)
  reserve(money.spend, rules, asks(1), november).settle(nano(30))
  assert.throws(() => reserve(money.spend, rules, asks(0), november), PROJECT)
})

test('of a project whose total nobody has read no call is let through', async () => {
  await using money = await openMoney('sqlite', november)
  const rules = rulesOf('org-x', 'proj_x', null, null)
  assert.throws(() => reserve(money.spend, rules, asks(1), november), refusal('service_unavailable'))
  await money.stopDatabase()
  await assert.rejects(money.spend.load(rules))
  assert.throws(() => reserve(money.spend, rules, asks(1), november), refusal('service_unavailable'))
})

test('accounts that nobody asks for are forgotten, but not while they hold money', async (t) => {
  await using money = await openMoney('sqlite', november)
  let ahead = 0
  const real = performance.now.bind(performance)
  t.mock.method(performance, 'now', () => real() + ahead)
  const organization = await money.organization()
  const load = (project: string) => money.spend.load(rulesOf(organization, project, 10, null))
  for (let i = 0; i < 50; i++) await load(`proj_${i}`)
  const held = rulesOf(organization, 'proj_7', 10, null)
  const reservation = reserve(money.spend, held, asks(nano(10)), november)
  assert.equal(money.spend.size(), 51)
  ahead = 601_000
  for (let i = 0; i < 30; i++) await load('proj_new')
  assert.equal(money.spend.size(), 3)
  assert.throws(() => reserve(money.spend, held, asks(1), november), PROJECT)
  reservation.settle(0)
  ahead *= 2
  for (let i = 0; i < 5; i++) await load('proj_new')
  assert.equal(money.spend.size(), 2)
})
