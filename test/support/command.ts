import assert from 'node:assert/strict'
import { run } from '../../src/cli/index.ts'
import type { TestApp } from './harness.ts'
import { OrganizationFilter } from './organization-filter.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects of a result
export type Printed = any

/**
 * Runs a command of the command line on a server's database, beside the server, as its operator would. It is on a connection that is
 * open: opening one, and looking for migrations, is most of what a command takes.
 * @returns its JSON
 */
export async function command<T = Printed>(app: Pick<TestApp, 'databaseUrl' | 'db'>, ...args: string[]): Promise<T> {
  let printed: unknown
  const notes: string[] = []
  const output = {
    line: (text: string) => void notes.push(text),
    note: (text: string) => void notes.push(text),
    json: (value: unknown) => {
      printed = value
    },
  }
  const on = { db: app.db.withPlugin(new OrganizationFilter()) }
  const code = await run([...args, '--json'], { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output, on)
  assert.equal(code, 0, `gatehouse ${args.join(' ')}: ${notes.join('\n')}`)
  return printed as T
}
