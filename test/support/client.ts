import type { TSchema } from '../../src/contract/json-schema.ts'
import type { Of, Route } from '../../src/contract/route.ts'
import type { TestApp } from './harness.ts'

/** What a route takes, by its declaration: what it does not declare cannot be given, and a query need not be whole. */
export type Input<R extends Route> = {
  [K in 'params' | 'body' as R[K] extends TSchema ? K : never]: Of<R[K]>
} & { query?: Partial<Of<R['query']>> }

/** Calls any operation of the contract, ours alone or not. What is refused rejects, as with the official client. */
export type Client = <R extends Route>(route: R, input: Input<R>) => Promise<Of<R['reply']>>

type Values = Record<string, unknown>

/** @param key null where the request carries its own proof */
export function clientOf({ send }: Pick<TestApp, 'send'>, key: string | null): Client {
  return async (route, input) => {
    const { params = {}, query = {}, body } = input as { params?: Values; query?: Values; body?: Values }
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
    const asked = Object.entries(query).flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one) => [`${name}[]`, String(one)]) : [[name, String(value)]],
    )
    const search = new URLSearchParams(asked).toString()
    const reply = await send(route.method, path + (search && `?${search}`), { key, ...(body && { body }) })
    if (reply.status === 200) return reply.body
    const { message = reply.text, ...error } = reply.body.error ?? {}
    throw Object.assign(new Error(message), { status: reply.status, ...error })
  }
}
