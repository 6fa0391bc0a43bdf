import type OpenAI from 'openai'
import type { contract } from '../../src/contract/index.ts'
import type { Of, Route } from '../../src/contract/route.ts'
import type { Client } from '../support/client.ts'
import type { TestApp } from '../support/harness.ts'

/** Where requests are made: an organization on a server, with the owner's key. */
export type Place = {
  app: TestApp
  id: string
  defaultProjectId: string
  /** The official client. */
  admin: OpenAI['admin']['organization']
  /** Any operation of the contract, those of ours alone too. */
  call: Client
  /** The project that requests are below: a new one, or one that the test at hand knows. */
  project: () => Promise<string>
  /** A project that nobody else uses: for what cannot be done twice. */
  newProject: () => Promise<string>
}

/** A request that succeeds: what is in its path (and perhaps more), its query and its body. */
type Request<R extends Route> = {
  params: R extends { params: infer P } ? Of<P> : object
  query?: Record<string, string>
} & (R extends { body: infer B } ? { body: Of<B> } : object)

/** For every operation of the contract, what makes all that a request needs to be there, and the request. */
export type Requests = {
  [T in keyof typeof contract]: {
    [K in keyof (typeof contract)[T]]: (typeof contract)[T][K] extends infer R extends Route
      ? (at: Place) => Promise<Request<R>>
      : never
  }
}
