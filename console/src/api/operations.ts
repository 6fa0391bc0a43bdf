import type { Static, TSchema } from 'typebox'
import type { contract } from '../../../src/contract/index.ts'

/*
 * The client's types are the contract's. An operation is written as its method and path, which is all of it that is in the bundle.
 */

type Resource = (typeof contract)[keyof typeof contract]
type Verbs<R> = R extends unknown ? R[keyof R] : never
type Declared = Extract<Verbs<Resource>, { method: string; path: string }>
type Named<R> = R extends { method: infer M extends string; path: infer P extends string } ? `${M} ${P}` : never

/** `GET /v1/organization/projects`: every operation of the Administration API. */
export type Operation = Named<Declared>
type RouteOf<O extends Operation, R = Declared> = R extends unknown ? (O extends Named<R> ? R : never) : never

/** The reads. */
export type Read = Extract<Operation, `GET ${string}`>

type In<S> = S extends TSchema ? Static<S> : never
type PathNames<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never

type Params<O extends Operation> = [PathNames<O>] extends [never] ? unknown : { params: Record<PathNames<O>, string> }
type Query<O extends Operation> =
  RouteOf<O> extends { query: infer Q } ? { query?: { [K in keyof In<Q>]?: In<Q>[K] | undefined } } : unknown
type Body<O extends Operation> = RouteOf<O> extends { body: infer B } ? { body: In<B> } : unknown

/** What an operation is asked with: the ids in its path, its query (what has a default can be left out) and its body. */
export type Input<O extends Operation> = Params<O> & Query<O> & Body<O>
/** What it answers. */
export type Reply<O extends Operation> = RouteOf<O> extends { reply: infer S } ? In<S> : never
/** The things on a page of a list. */
export type Item<O extends Read> = Reply<O> extends { data: (infer T)[] } ? T : never
