import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tables } from '../../src/db/tables.ts'

const source = readFileSync(join(import.meta.dirname, '../../src/db/tables.ts'), 'utf8')

/** Every table that the program knows: the names in the type of all tables, which are gone at run time. */
export const knownTables = namesIn(source).sort()

/** The names in the one interface of all tables. @throws at anything in it that is neither a name with its type nor a comment */
export function namesIn(source: string): string[] {
  const [body = '', ...more] = [...source.matchAll(/interface Tables\b(.*?)^\}/gms)].map(([, found = '']) => found)
  const [opening, ...entries] = body
    .replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
    .split('\n')
    .map((line) => line.trim())
  if (opening !== '{' || more.length > 0) throw new Error('the type of all tables is not one interface')
  return entries
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, name] = /^(\w+): \w+(?:<[\w', |]+>)?$/.exec(entry) ?? []
      if (name === undefined) throw new Error(`no name of a table can be read from: ${entry}`)
      return name
    })
}

type OfNoOrganization = { [T in keyof Tables as 'organization_id' extends keyof Tables[T] ? never : T]: true }

/** The tables without an `organization_id`: a new one has to stand here too. */
const ofNoOrganization: OfNoOrganization = {
  organization: true,
  sign_in_attempt: true,
  usage_writer: true,
  lease: true,
  meta: true,
}

/** The tables that hold an organization's things. */
export const tablesOfOrganizations = knownTables.filter((name) => !(name in ofNoOrganization))

/** Those that hold what the server keeps of calls, when it comes to it; the others hold what is set. */
export const keptOfCalls = [
  'usage_rollup',
  'spend_total',
  'spend_of_writer',
  'spend_alert_sent',
  'owned',
  'limit_level',
  'limit_refusal',
  'batch',
  // When the next delivery is due stands beside what is set.
  'webhook_endpoint',
  'webhook_delivery',
  'webhook_told',
  'batch_held',
  'background_response',
]
