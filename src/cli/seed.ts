import type { UsageKind } from '../core/usage.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import type { Db, Row } from '../db/tables.ts'
import { recordUsage } from '../db/usage.ts'
import { type Command, type Flags, need, theOrganization, UsageError } from './command.ts'

const DAY = 86_400
/** About as many requests are made up in all, so that many keys over many days are not a night's work. */
const REQUESTS = 500_000
const MOST_A_DAY = 12
/** Keys whose day is written in one transaction: a server beside has its turns. */
const TOGETHER = 500

export const seed: Command = {
  usage: 'seed --days N [--keys N]',
  about: 'Fills the usage reports with made-up numbers up to now, the same ones each time; again adds them again.',
  flags: ['days', 'keys'],
  async run(context) {
    const { db, now, flags } = context
    const organization = await theOrganization(context)
    const days = countFlag(flags, 'days', 3660)
    const keys = await keysOf(db, organization, flags.keys === undefined ? 12 : countFlag(flags, 'keys', 100_000))
    const today = Math.floor(now / DAY)
    const aDay = Math.max(1, Math.min(MOST_A_DAY, Math.floor(REQUESTS / (keys.length * days))))
    let entries = 0
    for (let day = today - days + 1; day <= today; day++) {
      for (let first = 0; first < keys.length; first += TOGETHER) {
        const some = keys.slice(first, first + TOGETHER)
        const used = some.flatMap((key, i) => dayOf(key, first + i, day, aDay, now))
        await recordUsage(db, used)
        entries += used.length
      }
    }
    const start_time = (today - days + 1) * DAY
    return {
      json: { object: 'seed', organization_id: organization.id, keys: keys.length, days, entries, start_time },
      text: `Usage and costs of ${keys.length} keys over ${days} days. They are made up and stay. start_time=${start_time}`,
    }
  },
}

type Key = Pick<UsageEntry, 'organization_id'> & Required<Pick<UsageEntry, 'api_key_id' | 'project_id' | 'user_id'>>

/**
 * Keys of the organization's first projects, and as many as are missing made up in them: they are in no list of keys, like keys
 * that were deleted since.
 */
async function keysOf(db: Db, organization: Row<'organization'>, count: number): Promise<Key[]> {
  const of = { organization_id: organization.id }
  const projects = await idsOf(db, organization, 'project')
  const real = await db
    .selectFrom('project_api_key')
    .select(['id', 'project_id', 'user_id', 'service_account_id'])
    .where('organization_id', '=', organization.id)
    .where('project_id', 'in', projects)
    .orderBy('project_id')
    .orderBy('id')
    .limit(count)
    .execute()
  const keys = real.map(({ id, project_id, user_id, service_account_id }) => {
    return { ...of, api_key_id: id, project_id, user_id: user_id ?? service_account_id ?? '' }
  })
  if (keys.length === count) return keys
  const users = await idsOf(db, organization, 'organization_user')
  for (let i = keys.length; i < count; i++) {
    const api_key_id = `key_seed${String(i).padStart(20, '0')}`
    keys.push({ ...of, api_key_id, project_id: at(projects, i), user_id: at(users, i) })
  }
  return keys
}

async function idsOf(db: Db, organization: Row<'organization'>, table: 'project' | 'organization_user') {
  const rows = db.selectFrom(table).select('id').where('organization_id', '=', organization.id)
  return (await rows.orderBy('id').limit(1000).execute()).map(({ id }) => id)
}

const at = <T>(list: readonly [T, ...T[]] | readonly T[], i: number): T => list[i % list.length] as T

/** Nano-dollars a token, and the model's share of all requests. */
const models = [
  { model: 'demo-small', input: 150, cached: 75, output: 600 },
  { model: 'demo-small', input: 150, cached: 75, output: 600 },
  { model: 'demo-large', input: 2500, cached: 1250, output: 10_000 },
]

/** What is used besides completions; every fourth key uses one of these, once a day. `price` is nano-dollars a unit. */
const others: {
  kind: UsageKind
  item: string
  unit: string
  price: number
  most: number
  more: Partial<UsageEntry>
}[] = [
  { kind: 'embeddings', item: 'demo-embedding, input_tokens', unit: 'tokens', price: 20, most: 9000, more: {} },
  {
    kind: 'images',
    item: 'demo-image, images',
    unit: 'images',
    price: 40_000_000,
    most: 4,
    more: { size: '1024x1024', source: 'image.generation' },
  },
  { kind: 'audio_speeches', item: 'demo-speech, characters', unit: 'characters', price: 15_000, most: 900, more: {} },
  {
    kind: 'audio_transcriptions',
    item: 'demo-listen, seconds',
    unit: 'duration_seconds',
    price: 100_000,
    most: 600,
    more: {},
  },
  { kind: 'moderations', item: 'demo-moderation, input_tokens', unit: 'tokens', price: 0, most: 500, more: {} },
  {
    kind: 'web_search_calls',
    item: 'demo-large, web_search',
    unit: '',
    price: 10_000_000,
    most: 3,
    more: { context_level: 'medium' },
  },
  {
    kind: 'file_search_calls',
    item: 'file_search',
    unit: '',
    price: 2_500_000,
    most: 5,
    more: { vector_store_id: 'vs_demo' },
  },
  { kind: 'code_interpreter_sessions', item: 'code_interpreter', unit: '', price: 30_000_000, most: 2, more: {} },
  { kind: 'vector_stores', item: 'vector_stores', unit: '', price: 0, most: 1_000_000, more: {} },
]

/** What one key uses on one day, as far as it has passed: by chance, but by the same chance every time. */
function dayOf(key: Key, index: number, day: number, requests: number, now: number): UsageEntry[] {
  const chance = chanceFrom(index * 100_003 + day)
  const sometime = () => ({ ...key, at: day * DAY + chance(DAY) })
  const entries: UsageEntry[] = []
  for (let i = 0; i < requests; i++) entries.push(...completion(sometime(), chance))
  if (index % 4 === 0) entries.push(...other(sometime(), index / 4, chance))
  return entries.filter(({ at }) => at <= now)
}

type Made = Key & { at: number }

function completion(made: Made, chance: (below: number) => number): UsageEntry[] {
  const { model, ...price } = at(models, chance(models.length))
  const input_tokens = 200 + chance(4000)
  const input_cached_tokens = chance(2) * chance(input_tokens)
  const output_tokens = 20 + chance(1000)
  const used = { input_tokens, input_cached_tokens, output_tokens, num_model_requests: 1 }
  const cost = (item: string, units: number, each: number) =>
    costOf(made, `${model}, ${item}`, 'tokens', units, units * each)
  return [
    { ...made, kind: 'completions', model, service_tier: 'default', ...used },
    ...cost('input_tokens', input_tokens - input_cached_tokens, price.input),
    ...cost('cached_input_tokens', input_cached_tokens, price.cached),
    ...cost('output_tokens', output_tokens, price.output),
  ]
}

function other(made: Made, which: number, chance: (below: number) => number): UsageEntry[] {
  const { kind, item, unit, price, most, more } = at(others, which)
  const units = 1 + chance(most)
  const [model, part] = item.split(', ')
  const counted = unit === 'tokens' ? { input_tokens: units } : { units }
  const used = { ...counted, num_model_requests: 1, ...(part !== undefined && { model: model ?? '' }) }
  return [{ ...made, kind, ...used, ...more }, ...costOf(made, item, unit, units, units * price)]
}

function costOf(
  made: Made,
  line_item: string,
  quantity_unit: string,
  units: number,
  amount_nano: number,
): UsageEntry[] {
  return amount_nano === 0 ? [] : [{ ...made, kind: 'costs', line_item, quantity_unit, units, amount_nano }]
}

/** Whole numbers from 0 to below a bound, the same sequence for the same start (mulberry32). */
function chanceFrom(start: number): (below: number) => number {
  let state = start >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

function countFlag(flags: Flags, name: string, most: number): number {
  const written = need(flags, name)
  const count = /^\d{1,9}$/.test(written) ? Number(written) : 0
  if (count >= 1 && count <= most) return count
  throw new UsageError(`--${name}: '${written}' is not a whole number from 1 to ${most}`)
}
