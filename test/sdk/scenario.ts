import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI, { type ClientOptions } from 'openai'
import { newOrganization, type Organization } from '../contract/organizations.ts'
import type { DatabaseKind } from '../support/databases.ts'
import type { TestApp } from '../support/harness.ts'
import { recording } from './reflection.ts'

/** What a scenario has to work with: an organization of its own on a server that others use too. */
export type World = {
  app: TestApp
  database: DatabaseKind
  organization: Organization
  /** The official client with the owner's admin key. */
  admin: OpenAI['admin']['organization']
}

/** Drives one operation of the official client and asserts what it does. */
export type Scenario = (world: World) => Promise<void>

/** A world, and the names of the operations that are called in it. */
export async function newWorld(app: TestApp, database: DatabaseKind, fetch?: ClientOptions['fetch']) {
  const organization = await newOrganization(app)
  const client = new OpenAI({
    baseURL: `${app.url}/v1`,
    apiKey: 'unused',
    adminAPIKey: organization.key,
    organization: organization.id,
    project: null,
    maxRetries: 0,
    ...(fetch && { fetch }),
  })
  const called = new Set<string>()
  const world: World = { app, database, organization, admin: recording(client.admin, called).organization }
  return { world, called }
}

/** What a refusal looks like to a user of the official client. */
export const refusal = (status: number, code: string | null, param: string | null = null) => ({ status, code, param })

/** All that a list holds, page after page. Tests make no long lists, so one that goes on and on is broken. */
export async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of list) {
    if (found.push(item) > 200) throw new Error('the list does not end')
  }
  return found
}

/** An id of the same kind that names nothing. */
export const unknownLike = (id: string) => id.slice(0, -24) + '0'.repeat(24)

/** Whether a key opens the gate: the error code of its refusal, or null. */
export async function opens(app: TestApp, key: string): Promise<string | null> {
  try {
    await app.client(key).models.list()
    return null
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error.code ?? error.message
    throw error
  }
}

/** Asks again and again until there is an answer; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    await sleep(50)
  }
}
