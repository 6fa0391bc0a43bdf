import type OpenAI from 'openai'

type Admin = OpenAI['admin']
type Method = (...args: unknown[]) => unknown

/** An operation of the official client, by its path below `client.admin`. */
export type Operation = { name: string; method: Method; resource: object }

/** Every operation that the official client has below `client.admin`, found by looking at what the client is made of. */
export function operationsOf(admin: Admin): Operation[] {
  return walk(admin, [])
}

function walk(resource: object, path: string[]): Operation[] {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(resource))
    .filter((name) => name !== 'constructor')
    .map((name) => ({ name: [...path, name].join('.'), method: member(resource, name) as Method, resource }))
  const below = Object.keys(resource).flatMap((name) => {
    const value = member(resource, name)
    return isResource(name, value) ? walk(value, [...path, name]) : []
  })
  return [...own, ...below]
}

/** Calls an operation with made-up arguments: as many as it declares besides optional ones. */
export async function callBlindly({ method, resource }: Operation): Promise<unknown> {
  const [, list = ''] = /\(([^)]*)\)/.exec(method.toString()) ?? []
  const needed = list.split(',').map((name) => name.trim())
  const count = needed.filter((name) => name !== '' && name !== 'options' && !name.includes('=')).length
  return await method.apply(resource, Array(count).fill(anything))
}

/** Stands for an id where one is asked for, and for parameters that hold ids where those are. */
const anything = new Proxy(
  { toString: () => 'x' },
  { get: (target, name) => Reflect.get(target, name) ?? (/_id$/.test(String(name)) ? 'x' : undefined) },
)

/** The same client, which notes the name of every operation that is called. */
export function recording(admin: Admin, called: Set<string>): Admin {
  return watch(admin, [], called) as Admin
}

function watch(resource: object, path: string[], called: Set<string>): object {
  return new Proxy(resource, {
    get(target, name) {
      const value = member(target, name)
      if (typeof name !== 'string') return value
      if (isResource(name, value)) return watch(value, [...path, name], called)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        called.add([...path, name].join('.'))
        return value.apply(target, args)
      }
    },
  })
}

const member = (target: object, name: string | symbol): unknown => Reflect.get(target, name)
const isResource = (name: string, value: unknown): value is object =>
  !name.startsWith('_') && typeof value === 'object' && value !== null
