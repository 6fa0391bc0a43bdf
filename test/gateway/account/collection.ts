import { randomBytes } from 'node:crypto'
import { invalid, type Refusal } from './errors.ts'
import type { Handler, Routes } from './server.ts'

/** How a list of a kind answers. */
export type ListRules<T> = {
  /** Elements at most, and without a `limit`: 100 and 20 if left out. */
  most?: number
  usual?: number
  /** `desc` if left out: the newest first. */
  order?: 'asc' | 'desc'
  /** Whether the query asks for this one. */
  asks?: (query: URLSearchParams, one: T) => boolean
}

export type Page<T> = {
  object: 'list'
  data: T[]
  first_id: string | null
  last_id: string | null
  has_more: boolean
}

/** What the account has of a kind, in the order in which it was made, and beside each what is not shown of it. */
export class Collection<T extends { id: string }, Beside = undefined> {
  readonly #all = new Map<string, { one: T; beside: Beside }>()
  readonly #missing: (id: string) => Refusal

  constructor(missing: (id: string) => Refusal) {
    this.#missing = missing
  }

  get size(): number {
    return this.#all.size
  }

  add(one: T, ...[beside]: Beside extends undefined ? [] : [Beside]): T {
    this.#all.set(one.id, { one, beside: beside as Beside })
    return one
  }

  has(id: string): boolean {
    return this.#all.has(id)
  }

  /** @throws Refusal, the kind's 404 */
  get(id: string): T {
    return this.#found(id).one
  }

  /** @throws Refusal, the kind's 404 */
  beside(id: string): Beside {
    return this.#found(id).beside
  }

  /** @throws Refusal, the kind's 404 */
  delete(id: string): T {
    const { one } = this.#found(id)
    this.#all.delete(id)
    return one
  }

  values(): T[] {
    return Array.from(this.#all.values(), ({ one }) => one)
  }

  /** @throws Refusal of a limit, an order or a cursor that is none */
  list(query: URLSearchParams, rules: ListRules<T> = {}): Page<T> {
    const limit = limitOf(query, rules)
    const order = query.get('order') ?? rules.order ?? 'desc'
    if (order !== 'asc' && order !== 'desc') throw invalid(`Invalid value: '${order}'.`, 'order', 'invalid_value')
    const all = order === 'asc' ? this.values() : this.values().reverse()
    const asked = between(all, query).filter((one) => rules.asks?.(query, one) ?? true)
    // `before` without `after` asks for those that stand right before it.
    const backwards = query.has('before') && !query.has('after')
    const data = backwards ? asked.slice(-limit) : asked.slice(0, limit)
    const [first_id = null, last_id = null] = [data[0]?.id, data.at(-1)?.id]
    return { object: 'list', data, first_id, last_id, has_more: asked.length > data.length }
  }

  #found(id: string) {
    const found = this.#all.get(id)
    if (!found) throw this.#missing(id)
    return found
  }
}

function limitOf(query: URLSearchParams, { most = 100, usual = 20 }: { most?: number; usual?: number }): number {
  const text = query.get('limit')
  if (text === null) return usual
  const limit = /^\d+$/.test(text) ? Number(text) : 0
  const expected = (sign: string, bound: number) => `Expected a value ${sign} ${bound}, but got ${text} instead.`
  if (limit < 1)
    throw invalid(
      `Invalid 'limit': integer below minimum value. ${expected('>=', 1)}`,
      'limit',
      'integer_below_min_value',
    )
  if (limit > most)
    throw invalid(
      `Invalid 'limit': integer above maximum value. ${expected('<=', most)}`,
      'limit',
      'integer_above_max_value',
    )
  return limit
}

function between<T extends { id: string }>(all: T[], query: URLSearchParams): T[] {
  const at = (name: 'after' | 'before', otherwise: number) => {
    const id = query.get(name)
    if (id === null) return otherwise
    const index = all.findIndex((one) => one.id === id)
    if (index < 0) throw invalid(`Invalid '${name}': no object with id '${id}'.`, name, 'invalid_value')
    return index
  }
  return all.slice(at('after', -1) + 1, at('before', all.length))
}

type Kind<T extends { id: string }> = {
  /** The collection, by the ids of what contains it. */
  of: (...parents: string[]) => Pick<Collection<T, unknown>, 'get' | 'delete' | 'list'>
  list?: ListRules<T>
  /** What the answer to a deletion calls itself, or that answer. */
  deleted?: string | ((one: T, ...ids: string[]) => unknown)
  /** The fields that can be changed. */
  change?: readonly (keyof T & string)[]
}

/** The routes that a kind has as most kinds have them, as far as they are told. */
export function routesOf<T extends { id: string }>(path: string, { of, list, deleted, change }: Kind<T>): Routes {
  const parts = (ids: readonly string[]) => [ids.slice(0, -1), ids.at(-1) ?? ''] as const
  const read: Handler = ({ ids }) => {
    const [parents, id] = parts(ids)
    return of(...parents).get(id)
  }
  const remove: Handler = ({ ids }) => {
    const [parents, id] = parts(ids)
    const one = of(...parents).delete(id)
    return typeof deleted === 'function' ? deleted(one, ...ids) : { id, object: deleted, deleted: true }
  }
  const update: Handler = async ({ ids, json }) => {
    const [parents, id] = parts(ids)
    const [one, body] = [of(...parents).get(id), await json()]
    for (const name of change ?? []) if (name in body) Object.assign(one, { [name]: body[name] })
    return one
  }
  return {
    [`GET ${path}/{id}`]: read,
    ...(list && { [`GET ${path}`]: ({ ids, query }) => of(...ids).list(query, list) }),
    ...(deleted && { [`DELETE ${path}/{id}`]: remove }),
    ...(change && { [`POST ${path}/{id}`]: update }),
  }
}

export const newId = (prefix: string, bytes = 16) => `${prefix}${randomBytes(bytes).toString('hex')}`
/** Seconds since 1970, as the API has them. */
export const now = () => Math.floor(Date.now() / 1000)
