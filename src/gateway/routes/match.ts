import { methodNotAllowed, noWebSocket } from '../../contract/error.ts'
import type { Offer } from '../../core/offer.ts'
import { type IdKind, type IdName, idKinds } from './ids.ts'
import { noSuchRoute, notOfferedHere, offeredByNone, operationsNotOffered } from './not-offered.ts'
import { kept } from './query.ts'
import { type GatewayRoute, type RouteName, routes } from './table.ts'

/** A place in the tree of paths: where its steps lead, and what is there; null for an operation that is not offered. */
type Place = {
  steps: Map<string, Place>
  id: { name: IdName; kind: IdKind; place: Place } | null
  methods: Map<string, GatewayRoute | null>
}

const newPlace = (): Place => ({ steps: new Map(), id: null, methods: new Map() })

const ROOT = '/v1/'
const root = newPlace()
const NO_IDS: GatewayRoute['ids'] = {}

/** Where paths lead that have no id in them: most calls go to these, and one look costs less than one for each step. */
const fixed = new Map<string, Found>()

for (const name of Object.keys(routes) as RouteName[]) {
  const declared = routes[name]
  const upstreamPath = declared.path.slice('/v1'.length)
  const place = placeOf(declared.path)
  if (!declared.path.includes('{')) fixed.set(declared.path, { place, ids: NO_IDS })
  for (const alias of declared.aliases) fixed.set(alias, { place, ids: NO_IDS })
  place.methods.set(declared.method, { ...declared, name, upstreamPath, ids: NO_IDS, stream: false })
}
for (const { method, path } of operationsNotOffered) placeOf(path).methods.set(method, null)

function placeOf(path: string): Place {
  let place = root
  for (const step of path.slice(ROOT.length).split('/'))
    place = step.startsWith('{') ? below(place, step) : next(place, step)
  return place
}

function next({ steps }: Place, step: string): Place {
  const known = steps.get(step) ?? newPlace()
  steps.set(step, known)
  return known
}

function below(place: Place, step: string): Place {
  const name = step.slice(1, -1) as IdName
  if (!Object.hasOwn(idKinds, name)) throw new Error(`no kind of id is called '${name}'`)
  place.id ??= { name, kind: idKinds[name], place: newPlace() }
  if (place.id.name !== name) throw new Error(`two kinds of ids stand in one place: ${place.id.name} and ${name}`)
  return place.id.place
}

/**
 * The governed route of a request. Method and path are judged as they were received: an encoded, doubled or dotted path is
 * another path, and no other path is governed. A path without ids costs no new object. The query is not read here: that is for
 * callers who are known.
 * @param url path and query as received
 * @param offers what upstreams keep: what none does is not there; null: all that there is
 * @param webSocket whether it would rather go on over a WebSocket, of which no route has one
 * @throws ApiError 404 for what is not governed, 405 for another method, 426 where that was only to open a WebSocket
 */
export function routeOf(method: string, url: string, offers: Offering | null = null, webSocket = false): GatewayRoute {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const found = fixed.get(path) ?? (path.startsWith(ROOT) ? follow(root, path, ROOT.length, NO_IDS) : null)
  if (found === null) throw noSuchRoute(method, path)
  const route = among(found.place, method, path, offers, webSocket)
  return found.ids === NO_IDS ? route : { ...route, ids: found.ids, upstreamPath: path.slice('/v1'.length) }
}

type Found = { place: Place; ids: GatewayRoute['ids'] }

/** Where a path leads from here: by its next step as it is written, or else as an id. Null where that is nowhere. */
function follow(place: Place, path: string, from: number, ids: GatewayRoute['ids']): Found | null {
  if (from > path.length) return place.methods.size > 0 ? { place, ids } : null
  const slash = path.indexOf('/', from)
  const end = slash < 0 ? path.length : slash
  const literal = place.steps.get(path.slice(from, end))
  const found = literal === undefined ? null : follow(literal, path, end + 1, ids)
  if (found !== null || place.id === null) return found
  const { name, kind, place: behind } = place.id
  const until = kind.takesRest ? path.length : end
  const id = kind.read(path.slice(from, until))
  return id === null ? null : follow(behind, path, until + 1, { ...ids, [name]: id })
}

/**
 * The same route with what it takes of the query.
 * @param url path and query as received
 * @throws ApiError 400 for a query that says a thing twice, or too much
 */
export function withQuery(route: GatewayRoute, url: string): GatewayRoute {
  const mark = url.indexOf('?')
  if (mark < 0 || mark === url.length - 1 || !takesQuery(route)) return route
  const { query, stream } = kept(route.query, url.slice(mark + 1))
  return query === '' ? route : { ...route, upstreamPath: route.upstreamPath + query, stream }
}

/** The words of what upstreams keep. */
type Offering = { has: (offer: Offer) => boolean }

function among(
  { methods }: Place,
  method: string,
  path: string,
  offers: Offering | null,
  webSocket: boolean,
): GatewayRoute {
  // Most calls: what any model server may have, by its own method.
  const usual = methods.get(method)
  if (usual?.offered === null) return usual
  const isHere = (one: GatewayRoute | null | undefined) =>
    one?.offered != null && offers?.has(one.offered) === false ? null : one
  // What is read can be asked for without its body: the same call, whose answer Node sends without it.
  const asked = method === 'HEAD' ? methods.get('GET') : usual
  const route = isHere(method === 'HEAD' && asked && !hasHead(asked) ? undefined : asked)
  if (route) return route
  const allowed = [...methods].flatMap(([name, offered]) =>
    isHere(offered) === null ? [] : name === 'GET' && hasHead(offered) ? ['GET', 'HEAD'] : name,
  )
  if (webSocket && allowed.length > 0) throw noWebSocket(path)
  if (route === null || allowed.length === 0)
    throw asked === null ? notOfferedHere(method, path) : offeredByNone(method, path)
  throw methodNotAllowed({ method, url: path }, allowed)
}

/** Without a body it would cost as much: a model server sends all of what is long, and is asked about all that a list shows. */
const hasHead = (route: GatewayRoute | null) => route === null || !(route.isLong || route.lists !== null)

function takesQuery({ query }: GatewayRoute): boolean {
  for (const _ in query) return true
  return false
}
