import { methodNotAllowed } from '../../contract/error.ts'
import { type IdKind, type IdName, idKinds } from './ids.ts'
import { notFound, notOfferedHere, operationsNotOffered } from './not-offered.ts'
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

for (const name of Object.keys(routes) as RouteName[]) {
  const declared = routes[name]
  const upstreamPath = declared.path.slice('/v1'.length)
  placeOf(declared.path).methods.set(declared.method, { ...declared, name, upstreamPath, ids: NO_IDS, stream: false })
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
 * another path, and no other path is governed. A path without ids costs no new object.
 * @param url path and query as received
 * @throws ApiError 404 for what is not governed, 405 for another method, 400 for a query that says a thing twice
 */
export function routeOf(method: string, url: string): GatewayRoute {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (!path.startsWith(ROOT)) throw notFound(method, path)
  let place = root
  let ids = NO_IDS
  for (let from = ROOT.length; from <= path.length; ) {
    const slash = path.indexOf('/', from)
    const end = slash < 0 ? path.length : slash
    const literal: Place | undefined = place.steps.get(path.slice(from, end))
    if (literal !== undefined) {
      place = literal
      from = end + 1
      continue
    }
    if (place.id === null) throw notFound(method, path)
    const { name, kind, place: behind }: NonNullable<Place['id']> = place.id
    const until = kind.takesRest ? path.length : end
    const id = kind.read(path.slice(from, until))
    if (id === null) throw notFound(method, path)
    ids = { ...ids, [name]: id }
    place = behind
    from = until + 1
  }
  return asked(among(place, method, path), ids, path, mark < 0 ? '' : url.slice(mark + 1))
}

function among({ methods }: Place, method: string, path: string): GatewayRoute {
  const route = methods.get(method)
  if (route) return route
  if (methods.size === 0) throw notFound(method, path)
  if (route === null) throw notOfferedHere(method, path)
  const allowed = [...methods].flatMap(([name, offered]) => (offered === null ? [] : name))
  throw methodNotAllowed({ method, url: path }, allowed)
}

function asked(route: GatewayRoute, ids: GatewayRoute['ids'], path: string, query: string): GatewayRoute {
  const hears = query === '' || !takesQuery(route) ? null : kept(route.query, query)
  if (ids === NO_IDS && (hears === null || hears.query === '')) return route
  return {
    ...route,
    ids,
    upstreamPath: path.slice('/v1'.length) + (hears?.query ?? ''),
    stream: hears?.stream ?? false,
  }
}

function takesQuery({ query }: GatewayRoute): boolean {
  for (const _ in query) return true
  return false
}
