import type { TObject, TString } from 'typebox'
import type { Asked } from '../core/asked.ts'
import type { AuditType } from '../core/audit.ts'
import { nounOf } from './error.ts'
import { type Static, type TSchema, Type } from './json-schema.ts'
import { Id, List, paging, Query } from './schema.ts'

export type Mutation = 'POST' | 'DELETE'
type Path = `/${string}`

/** What is true of an endpoint besides its method and path. */
type Facts = {
  summary: string
  /** What the caller must hold; `null` where the request carries its own proof instead of a key. */
  permission: Asked | null
  query?: TSchema
  body?: TSchema
  reply: TSchema
  /** What an id in the path names, where the parameter's own name does not say it. */
  ids?: Record<string, string>
  /** Only roles of the organization count, although the path is a project's: what an organization rules for its projects. */
  level?: 'organization'
  /** Its reply can be large: it is made and sent in parts, no faster than the client reads, off the loop where that can be. */
  inParts?: true
  /** It asks which models there are. */
  usesModels?: true
  /**
   * It asks who may sign in and how. A change of this kind that asks nobody who they are takes its time before its transaction.
   */
  usesSignIn?: true
  /** It asks how much of limits is used now. */
  usesLevels?: true
  /** It asks where webhooks may go, and has them delivered from then on. */
  usesWebhooks?: true
  /** It changes which client certificates open this API; one that would shut out the caller's own connection is refused. */
  bindsCallers?: true
  /** A read below an archived project that fails, as the description says it does. Changes there always fail. */
  refusesArchived?: true
  /** Why this operation is here although neither the published description nor the official SDK has it. */
  extension?: string
}
type ListFacts = Omit<Facts, 'query' | 'body' | 'reply'>
type MutationFacts = Facts & {
  audit: AuditType
  grants: Grants
  /** It changes nothing that is remembered of anybody, so that nothing of that is dropped: people may make it often. */
  unheard?: true
}

/**
 * Whether a change hands out or takes what people or keys may do. `rights`: it does, and its handler says what, so that it
 * can be compared with what the caller holds. Otherwise why it does neither.
 */
export type Grants = 'rights' | { nothing: string }

export type Route = Facts & { path: Path; params?: TSchema } & (
    | { method: 'GET' }
    | { method: Mutation; audit: AuditType; grants: Grants; unheard?: true }
  )

/** The parameters in a path, by name. */
type Names<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never
type ParamsIn<P extends string> = [Names<P>] extends [never] ? unknown : { params: TObject<Record<Names<P>, TString>> }
type Declared<M, P extends Path, F> = { method: M; path: P } & ParamsIn<P> & F
/** Nothing but these fields: a misspelt one would otherwise pass for one that was left out. */
type Only<Fields, F> = F & Record<Exclude<keyof F, keyof Fields>, never>

/** Declares a read. */
export const get = <P extends Path, const F extends Facts>(path: P, facts: Only<Facts, F>) =>
  declared<'GET', P, F>('GET', path, facts)

/** Declares the usual list of things: oldest first, a cursor, twenty on a page unless asked otherwise, a hundred at most. */
export const list = <P extends Path, T extends TSchema, const F extends ListFacts>(
  path: P,
  item: T,
  facts: Only<ListFacts, F>,
) => get(path, { ...facts, query: Query(paging()), reply: List(item) })

/** Declares a change. Without an audit event, or without a word on what it hands out, it does not type-check. */
export const post = <P extends Path, const F extends MutationFacts>(path: P, facts: Only<MutationFacts, F>) =>
  declared<'POST', P, F>('POST', path, facts)

/** Declares a deletion, which is a change too. */
export const del = <P extends Path, const F extends MutationFacts>(path: P, facts: Only<MutationFacts, F>) =>
  declared<'DELETE', P, F>('DELETE', path, facts)

function declared<M, P extends Path, F extends Facts>(method: M, path: P, facts: F) {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
  const params = names.map((name) => [name, Id(facts.ids?.[name] ?? `The ${nounOf(name)}.`)])
  const inPath = names.length > 0 && { params: Type.Object(Object.fromEntries(params)) }
  return { method, path, ...inPath, ...facts } as Declared<M, P, F>
}

/** A resource of ours alone. @param extension why it is here although nobody else has it */
export const ours = <T extends Record<string, Route>>(extension: string, routes: T): T =>
  Object.fromEntries(Object.entries(routes).map(([verb, route]) => [verb, { ...route, extension }])) as T

export type Of<S> = S extends TSchema ? Static<S> : undefined
