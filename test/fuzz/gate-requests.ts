import type { Declaration, FormShape, JsonShape } from '../../src/gateway/routes/declaration.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { fieldsOf } from '../gateway/declared.ts'
import type { Chance } from '../support/seeded.ts'
import { encoded, inPath, strangeHeaders } from './admin-requests.ts'
import type { Request } from './request.ts'
import { type Making, spoilt, textOf } from './values.ts'
import { keyFor, type World } from './world.ts'

const all = Object.entries(routes) as [string, Declaration][]
/** Paths of the gate that no route is declared for, and those of the other doors. */
const elsewhere = [
  '/v1/files',
  '/v1/threads/x',
  '/v1/nowhere',
  '/v1//models',
  '/check',
  '/check/v1/models',
  '/',
  '/healthz',
].concat(
  '/tokenize/',
  '//rerank',
  '/v1/tokenize/x',
  '/invocations',
  '/slots',
  '/v1/load_lora_adapter',
  '/api/chat',
  '/readyz',
  '/metrics',
  '/openapi.json',
  '/invite',
  '/nowhere',
  '//',
  '/v1',
  '/v1/models/',
  '/%2e%2e/v1/models',
)

/** A request of some route of the gate, or of none: as it is declared, or with something in it that nobody could mean. */
export function gateRequest(world: World, number: number, chance: Chance, hostile: readonly unknown[]): Request {
  const making: Making = { chance, hostile, ids: [...world.ids.values()].flat() }
  const key = keyFor(world, 'gate', chance)
  const [name, route] = chance.pick(all)
  const isElsewhere = chance.next() < 0.08
  if (!isElsewhere && chance.next() < 0.12) return namingRequest(world, number, chance)
  const { type, body } = bodyOf(route, making)
  const ids: Record<string, string> = { response_id: `resp_${chance.between(1, 50)}`, model: 'm1' }
  let strange: string | null = null
  const idOf = (kind: string) => {
    const known = world.owned.ids.get(kind)
    if (known === undefined || chance.next() < 0.1) return ids[kind] ?? 'id_1'
    if (chance.next() < 0.6) return chance.pick(known.mine)
    strange = chance.pick(known.strange)
    return strange
  }
  const path = chance
    .pick([route.path, ...route.aliases])
    .replace(/\{(\w+)\}/g, (_, kind: string) =>
      inPath(chance.next() < 0.85 ? idOf(kind) : textOf(chance.pick(hostile)), chance),
    )
  return {
    number,
    from: isElsewhere ? 'no route' : name,
    by: key.by,
    method: chance.next() < 0.97 ? route.method : chance.pick(['GET', 'POST', 'DELETE', 'HEAD', 'PUT', 'OPTIONS']),
    path: (isElsewhere ? chance.pick(elsewhere) : path) + queryOf(route, making),
    headers: {
      ...(key.authorization !== null && { authorization: key.authorization }),
      ...key.session,
      ...(body !== null && { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
      ...strangeHeaders(world, chance),
      ...(isElsewhere && checked(making)),
    },
    body,
    strange: isElsewhere ? null : strange,
  }
}

/** A request whose body names something of a project, of another one or of nobody. */
function namingRequest(world: World, number: number, chance: Chance): Request {
  const key = keyFor(world, 'gate', chance)
  const { way, strange } = chance.pick(world.owned.ways)
  const body = JSON.stringify(way.body)
  return {
    ...{ number, from: way.what, by: key.by, method: way.method, path: way.path, body, strange },
    headers: {
      ...(key.authorization !== null && { authorization: key.authorization }),
      ...key.session,
      ...{ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
    },
  }
}

/** What a proxy tells the check door of the request that it asks about. */
function checked({ chance, hostile }: Making): Record<string, string> {
  const [, route] = chance.pick(all)
  const url =
    chance.next() < 0.7
      ? chance.pick([route.path, ...route.aliases])
      : encoded(textOf(chance.pick(hostile)).slice(0, 500))
  return {
    'x-original-method': chance.next() < 0.8 ? route.method : 'X',
    'x-original-uri': url,
    'x-gatehouse-model': 'm1',
  }
}

function queryOf(route: Declaration, { chance, hostile }: Making): string {
  if (chance.next() < 0.8) return ''
  const names = [...Object.keys(route.query), 'stream', 'include[]', 'x']
  return `?${chance.pick(names)}=${encoded(textOf(chance.pick(hostile))).slice(0, 1000)}`
}

function bodyOf({ body, ...route }: Declaration, making: Making): { type: string; body: string | Buffer | null } {
  const { chance, hostile } = making
  if (body.kind === 'none')
    return { type: 'text/plain', body: chance.next() < 0.05 ? textOf(chance.pick(hostile)) : null }
  if (body.kind === 'form') return formOf(body, making)
  if (body.kind === 'upload') return formOf(body, making, ['name="purpose"\r\n\r\nuser_data'], body.file)
  const fields = changed(fieldsOf({ body, ...route } as Declaration), body, making)
  const json = JSON.stringify(fields) ?? ''
  const type =
    chance.next() < 0.96 ? 'application/json' : chance.pick(['text/plain', 'multipart/form-data; boundary=x'])
  return { type, body: chance.next() < 0.07 ? spoilt(json, making) : json }
}

/** Values that routes look into, in shapes that they may have. */
const nested: readonly unknown[] = [
  [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
      ],
    },
  ],
  [
    {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { model: { type: 'string' } } } },
    },
  ],
  [{ type: 'image_generation', model: 'm2' }, { type: 'web_search' }, { type: 'mcp', server_url: 'http://x' }],
  [
    { type: 'item_reference', id: 'resp_1' },
    { role: 'user', content: 'a' },
    { type: 'computer_call', id: 'x' },
  ],
  [[1, 2, 3], [4], []],
  [1, 2, 3],
  { type: 'json_schema', json_schema: { name: 'x', schema: { $ref: '#' } } },
  { include_usage: true },
  'm2',
  'auto',
  'flex',
]

function changed(right: Record<string, unknown>, { fields }: Pick<JsonShape, 'fields'>, { chance, hostile }: Making) {
  // One model server has what projects own, another takes everything.
  const made: Record<string, unknown> = { ...right, ...('model' in right && { model: chance.pick(['m1', 'm2']) }) }
  const names = [...fields]
  for (let times = chance.between(0, 3); times > 0; times--) {
    const name = chance.next() < 0.9 ? chance.pick(names) : textOf(chance.pick(hostile)).slice(0, 100)
    made[name] = chance.next() < 0.5 ? chance.pick(nested) : chance.pick(hostile)
  }
  return made
}

/** A form: its parts as they are declared, with strange names and values, and now and then a frame that is none. */
function formOf(
  { fields }: Pick<FormShape, 'fields'>,
  { chance, hostile }: Making,
  texts = ['name="model"\r\n\r\nm1', 'name="prompt"\r\n\r\nhello'],
  file = 'file',
): { type: string; body: Buffer } {
  const parts: string[] = [...texts, `name="${file}"; filename="a.wav"\r\n\r\nxxxx`]
  for (let times = chance.between(0, 3); times > 0; times--) {
    const own = fields.size > 0 && chance.next() < 0.8
    const name = own ? chance.pick([...fields]) : textOf(chance.pick(hostile)).slice(0, 100)
    parts.push(`name="${name}"\r\n\r\n${textOf(chance.pick(hostile)).slice(0, 3000)}`)
  }
  if (chance.next() < 0.1)
    parts.push(chance.pick(['\r\n\r\n', 'name=x', 'name="image"; filename="a"\r\ncontent-type: x/y\r\n\r\n', '']))
  const frame = chance.next() < 0.93 ? '--fuzz' : chance.pick(['--fuz', '', '--fuzz--'])
  const text = `${parts.map((part) => `${frame}\r\ncontent-disposition: form-data; ${part}\r\n`).join('')}--fuzz--\r\n`
  return { type: `multipart/form-data; boundary=${chance.next() < 0.96 ? 'fuzz' : ''}`, body: Buffer.from(text) }
}
