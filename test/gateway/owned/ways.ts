import type { OpenAI } from 'openai'
import type { Declaration } from '../../../src/gateway/routes/declaration.ts'
import { type IdName, idKinds } from '../../../src/gateway/routes/ids.ts'
import { type RouteName, routes } from '../../../src/gateway/routes/table.ts'
import { isKeptElsewhere, type Kind, kindOf, kindTests, type Way } from './kinds.ts'

/*
 * The routes that are about a kind, by the table of routes.
 */

const declared = Object.entries(routes) as [RouteName, Declaration][]

/** The ids that stand in a path beside what it is about. */
type Beside = (name: IdName) => string | Promise<string>

/** What a client makes of each kind as it is wanted, where its test does not say what stands there. */
function madeBy(client: OpenAI, said: Partial<Record<string, string>>): Beside {
  const made = new Map<Kind, Promise<string>>()
  return (name) => {
    const kind = kindOf(name)
    if (said[name] !== undefined || kind === null) return said[name] ?? NOTHING
    const before = made.get(kind) ?? kindTests[kind].make(client)
    made.set(kind, before)
    return before
  }
}

/** What stands beside something in the paths of whoever owns it. */
export async function besideOwn(kind: Kind, id: string, client: OpenAI): Promise<Beside> {
  return madeBy(client, (await kindTests[kind].beside?.(id, client)) ?? {})
}

/** The same for who does not: things of its own. */
export const besideStrange = (client: OpenAI): Beside => madeBy(client, {})

const NOTHING = 'x_1'

const namesIn = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name as IdName)

/** What a body has to say where an empty one is judged before what it is about. */
const said: Partial<Record<RouteName, object>> = { 'webhooks.test': { event_type: 'batch.completed' } }

async function wayOf([what, { method, path, body }]: [RouteName, Declaration], idOf: Beside): Promise<Way> {
  let named: string = path
  for (const name of namesIn(path)) named = named.replace(`{${name}}`, await idOf(name))
  return {
    what,
    method,
    path: named,
    ...(body.kind === 'object' && { body: said[what] ?? {} }),
    ...(body.kind === 'upload' && { form: { [body.file]: null } }),
  }
}

/** Every route that is about one of a kind by its path. @param beside what else a path names: nothing that there is, if left out */
export async function waysTo(kind: Kind, id: string, beside: Beside = () => NOTHING): Promise<Way[]> {
  const ways: Way[] = []
  for (const one of declared)
    if (namesIn(one[1].path).some((name) => kindOf(name) === kind))
      ways.push(await wayOf(one, (name) => (kindOf(name) === kind ? id : beside(name))))
  return ways
}

/** Lists of what the gate keeps itself. */
const ownLists: Partial<Record<Kind, string>> = {
  batch: routes['batches.list'].path,
  webhook_endpoint: routes['webhooks.list'].path,
}

/** Every list of a kind. */
export const listsOf = (kind: Kind): string[] =>
  declared
    .filter(([, { lists, path, method }]) => lists?.kind === kind || (ownLists[kind] === path && method === 'GET'))
    .map(([, { path }]) => path)

/** How a list is called that is gone on with behind something. */
export const BEHIND = 'a list behind it'

/** Every list of a kind, gone on with behind one. */
export const behind = (kind: Kind, id: string): Way[] =>
  listsOf(kind).map((path) => ({ what: BEHIND, method: 'GET', path: `${path}?after=${id}` }))

/** Every route that lists a kind, or makes one; in nothing that there is. */
export async function waysWithout(kind: Kind): Promise<Way[]> {
  const makes = declared.filter(([, { brings, path, method }]) => {
    return brings.some((one) => one.kind === kind) || (ownLists[kind] === path && method === 'POST')
  })
  const lists = listsOf(kind).map((path): Way => ({ what: path, method: 'GET', path }))
  return [...lists, ...(await Promise.all(makes.map((one) => wayOf(one, () => NOTHING))))]
}

/** Whether a way ends what it is about. */
export function isEnd({ what, method }: Way, kind: Kind): boolean {
  if (!isKeptElsewhere(kind)) return method === 'DELETE'
  const { [what]: route }: Partial<Record<string, Declaration>> = routes
  const ends = route?.ends ?? null
  return ends !== null && idKinds[ends].owned === kind
}
