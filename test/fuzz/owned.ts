import OpenAI, { toFile } from 'openai'
import type { OwnedKind } from '../../src/core/owned.ts'
import { idKinds } from '../../src/gateway/routes/ids.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import type { Account } from '../gateway/account/account.ts'
import { kindTests, offeredKinds, type Way } from '../gateway/owned/kinds.ts'
import type { TestApp } from '../support/harness.ts'
import type { Answer, Request } from './request.ts'

/** Whose something is that a request can name: of the project whose keys ask, of two others, or of nobody here. */
export type Ids = { mine: string[]; strange: readonly string[] }

/** What projects own behind the gate of a world. */
export type OwnedWorld = {
  /** By how ids are called in paths. */
  ids: ReadonlyMap<string, Ids>
  /** Bodies that name one, with the id that is another's, or null. */
  ways: readonly { way: Way; strange: string | null }[]
  /** Everything that is not of the project that asks. */
  strange: readonly string[]
  /** What has become of that which is not, in words: nobody here may change it. */
  changed: () => string[]
}

/** What is over within an hour, by the model server's clock: of no use where the server's own is ahead of it. */
const BRIEF: ReadonlySet<OwnedKind> = new Set(['upload', 'part', 'container', 'container_file'])

/** A batch, which is the gate's own object: whoever has it there is no word of. */
async function batchOf(client: OpenAI): Promise<string> {
  const endpoint = '/v1/chat/completions'
  const body = { model: 'm1', messages: [{ role: 'user', content: 'x' }] }
  const line = JSON.stringify({ custom_id: 'a', method: 'POST', url: endpoint, body })
  const { id } = await client.files.create({ file: await toFile(Buffer.from(line), 'a.jsonl'), purpose: 'batch' })
  return (await client.batches.create({ input_file_id: id, endpoint, completion_window: '24h' })).id
}

/** A webhook endpoint, which the gate's own machine keeps; nobody is called by such a name. */
const webhookOf = async (client: OpenAI): Promise<string> =>
  (await client.webhooks.create({ name: 'x', url: 'https://hooks.invalid/', event_types: ['batch.completed'] })).id

/** Most that is remembered of what was made of a kind. */
const MOST_MINE = 60

/**
 * Makes things of every kind in three projects, and in the account itself.
 * @param mine the key of the project whose things requests may name
 * @param others keys of two other projects
 * @param isAhead whether the server's clock was set forward
 */
export async function newOwned(
  app: TestApp,
  account: Account,
  mine: string,
  others: string[],
  isAhead: boolean,
): Promise<OwnedWorld> {
  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0 })
  const [own, ...strangers] = [mine, ...others].map(clientOf)
  if (own === undefined) throw new Error('no key')
  const ids = new Map<string, Ids>()
  const ways: { way: Way; strange: string | null }[] = []
  for (const kind of offeredKinds) {
    const test = kindTests[kind]
    if (isAhead && BRIEF.has(kind)) continue
    const made = await test.make(own)
    const strange = [...(await Promise.all(strangers.map(test.make))), test.nobodys(account)]
    for (const name of namesOf(kind)) ids.set(name, { mine: [made], strange })
    for (const [id, whose] of [[made, null] as const, ...strange.map((one) => [one, one] as const)])
      for (const way of await test.named(id, own)) if (way.body !== undefined) ways.push({ way, strange: whose })
  }
  ids.set('batch_id', { mine: [await batchOf(own)], strange: await Promise.all(strangers.map(batchOf)) })
  const hooks = await Promise.all(strangers.map(webhookOf))
  ids.set('webhook_endpoint_id', { mine: [await webhookOf(own)], strange: hooks })
  const strange = [...new Set([...ids.values()].flatMap((one) => one.strange))]
  const before = kept(account, strange)
  const changed = () => {
    const after = kept(account, strange)
    return [...before].flatMap(([id, text]) =>
      after.get(id) === text ? [] : [`${id} of another is ${after.get(id) ?? 'gone'}`],
    )
  }
  return { ids, ways, strange, changed }
}

const namesOf = (kind: OwnedKind) =>
  Object.entries(idKinds).flatMap(([name, { owned }]) => (owned === kind ? [name] : []))

/** What the account has of these, as text; without when they were looked at last. */
function kept(account: Account, ids: readonly string[]): Map<string, string> {
  const { files, uploads, batches, vectorStores, containers, conversations, chats } = account
  const all = [files, uploads, batches, vectorStores, containers, conversations, chats]
  const found = new Map<string, string>()
  for (const id of ids) {
    const one = all.find((collection) => collection.has(id))?.get(id)
    if (one === undefined) continue
    const { last_active_at: _, ...rest } = one as { id: string; last_active_at?: unknown }
    found.set(id, JSON.stringify(rest))
  }
  return found
}

/** Remembers what a call has made, for others to name. */
export function learnOwned({ ids }: OwnedWorld, { from }: Request, text: string): void {
  const { [from]: route }: Partial<Record<string, { brings: readonly { kind: OwnedKind; at: string }[] }>> = routes
  const learn = (names: readonly string[], id: unknown) => {
    for (const name of names) {
      const known = ids.get(name)?.mine ?? []
      if (typeof id === 'string' && known.length < MOST_MINE) known.push(id)
    }
  }
  for (const { kind, at } of route?.brings ?? [])
    learn(
      namesOf(kind),
      at.split('.').reduce((value: unknown, name) => Object(value)[name], parsed(text)),
    )
  const own = OWN[from]
  if (own !== undefined) learn([own], Object(parsed(text)).id)
}

/** What the gate keeps without a model server, by the route that makes it: how its ids are called in paths. */
const OWN: Partial<Record<string, string>> = {
  'batches.create': 'batch_id',
  'webhooks.create': 'webhook_endpoint_id',
} satisfies Partial<Record<keyof typeof routes, string>>

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** What an answer does that is never to be, with what is another's; null where it does nothing of it. */
export function strangeFlaw({ strange }: OwnedWorld, request: Request, { status, text }: Answer): string | null {
  const { method, path, body } = request
  if (request.strange && status < 400 && method !== 'OPTIONS') return `${status} for what is another's`
  // Who says an id may be told it.
  const said = `${path} ${body?.toString() ?? ''}`
  const shown = strange.find((id) => text.includes(id) && !said.includes(id))
  return shown === undefined ? null : `shows ${shown}, which is another's`
}
