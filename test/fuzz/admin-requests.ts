import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { asSchema, type Schema } from '../contract/variations.ts'
import type { Chance } from '../support/seeded.ts'
import type { Request } from './request.ts'
import { type Making, spoilt, textOf, valueFor } from './values.ts'
import { keyFor, type World } from './world.ts'

/** A request of some operation of the contract: valid, nearly valid or hostile, field by field. */
export function adminRequest(world: World, number: number, chance: Chance, hostile: readonly unknown[]): Request {
  const endpoint = chance.pick(endpoints)
  const { route, name } = endpoint
  const making: Making = { chance, hostile, ids: [...world.ids.values()].flat() }
  const valid = world.valid.get(name)
  const isPlace = chance.next() < 0.5
  const path = route.path.replace(/:(\w+)/g, (_, param: string) => {
    if (isPlace) return encoded(valid?.params[param] ?? '')
    const known = [valid?.params[param] ?? '', ...(world.ids.get(param) ?? [])]
    const luck = chance.next()
    const id = luck < 0.75 ? chance.pick(known) : luck < 0.9 ? chance.pick(making.ids) : textOf(chance.pick(hostile))
    return inPath(id, chance)
  })
  const key = keyFor(world, 'admin', chance)
  const body = bodyOf(endpoint, making, valid?.body)
  return {
    number,
    from: name,
    by: key.by,
    method:
      chance.next() < 0.97 ? route.method : chance.pick(['GET', 'POST', 'DELETE', 'PATCH', 'HEAD', 'PUT', 'OPTIONS']),
    path: path + queryOf(asSchema(route.query), making, valid?.query),
    headers: {
      ...(key.authorization !== null && { authorization: key.authorization }),
      ...key.session,
      ...(body !== null && { 'content-type': typeFor(chance), 'content-length': String(Buffer.byteLength(body)) }),
      ...strangeHeaders(world, chance),
    },
    body,
  }
}

const typeFor = (chance: Chance) =>
  chance.next() < 0.95
    ? 'application/json'
    : chance.pick(['text/plain', 'application/json; charset=utf-16', 'x', 'multipart/form-data'])

/** A text as a part of a path, well encoded most of the time. What no request line can hold is encoded always. */
export function inPath(text: string, chance: Chance): string {
  if (chance.next() < 0.9) return encoded(text.slice(0, 2000))
  return text.slice(0, 2000).replace(/[^!-~]/g, (sign) => encoded(sign))
}

export const encoded = (text: string) => encodeURIComponent(text.toWellFormed())

function queryOf(schema: Schema, making: Making, valid: Record<string, string> = {}): string {
  const { chance, hostile } = making
  const pairs: string[] = []
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (name in valid && chance.next() < 0.7) pairs.push(`${name}=${encoded(valid[name] ?? '')}`)
    else if (chance.next() < 0.25) {
      for (const value of [valueFor(property, making)].flat().slice(0, 300)) {
        pairs.push(`${name}${property.items ? '[]' : ''}=${encoded(textOf(value)).slice(0, 1000)}`)
      }
    }
  }
  if (chance.next() < 0.1) pairs.push(`${encoded(textOf(chance.pick(hostile))).slice(0, 500)}=1`)
  if (chance.next() < 0.03)
    pairs.push(chance.pick(['%zz', '=', '&&', 'a[b][c]=1', '__proto__[x]=1', '%00=%00', 'limit=1&limit=2']))
  return pairs.length > 0 ? `?${pairs.join('&').slice(0, 8000)}` : ''
}

function bodyOf(
  { route }: Endpoint,
  making: Making,
  valid: Record<string, unknown> | undefined,
): string | Buffer | null {
  const { chance, hostile } = making
  if (route.body === undefined) return chance.next() < 0.05 ? textOf(chance.pick(hostile)) : null
  const schema = asSchema(route.body)
  let body: unknown = valid ?? {}
  const luck = chance.next()
  if (luck < 0.35) body = changed(schema, body as Record<string, unknown>, making)
  else if (luck < 0.75) body = valueFor(schema, making)
  const json = JSON.stringify(body) ?? ''
  return chance.next() < 0.05 ? spoilt(json, making) : json
}

/** A valid body with one or two of its fields made anew. */
function changed(schema: Schema, body: Record<string, unknown>, making: Making): Record<string, unknown> {
  const names = Object.keys(schema.properties ?? {})
  if (names.length === 0) return { surprise: making.chance.pick(making.hostile) }
  const made = { ...body }
  for (let times = making.chance.between(1, 2); times > 0; times--) {
    const name = making.chance.pick(names)
    made[name] = valueFor(schema.properties?.[name] ?? {}, making)
  }
  return made
}

/** Headers that say something else than the request does. Node sends bytes of Latin-1 in them and nothing below a space. */
export function strangeHeaders(world: World, chance: Chance): Record<string, string> {
  if (chance.next() < 0.9) return {}
  return chance.pick<Record<string, string>>([
    { 'openai-organization': chance.pick(world.organizations) },
    { 'openai-project': chance.pick([...(world.ids.get('project_id') ?? []), 'none']) },
    { 'x-forwarded-for': '1.2.3.4, ::1, x' },
    { 'x-forwarded-client-cert': 'Cert="x";Hash=00' },
    { 'content-encoding': chance.pick(['gzip', 'br', 'x', 'identity']) },
    { accept: 'text/html', 'accept-encoding': 'x;q=5', 'accept-language': '\u00ff' },
    { origin: 'https://page.example', 'access-control-request-method': 'POST' },
    { cookie: `session=${'x'.repeat(300)}` },
    { expect: '100-continue' },
    { upgrade: 'websocket', connection: 'upgrade' },
    { 'user-agent': '\u00e9\u00ff'.repeat(200) },
    { 'x-request-id': 'x', 'x-http-method-override': 'DELETE' },
  ])
}
