import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tables } from '../../src/db/tables.ts'

const source = readFileSync(join(import.meta.dirname, '../../src/db/tables.ts'), 'utf8')
const [, entries = ''] = /export interface Tables \{\n([^}]+)\}/.exec(source) ?? []

/** Every table that the program knows: the names in the type of all tables, which are gone at run time. */
export const knownTables = [...entries.matchAll(/^ {2}(\w+): \w+$/gm)].map(([, name = '']) => name).sort()

type OfNoOrganization = { [T in keyof Tables as 'organization_id' extends keyof Tables[T] ? never : T]: true }

/** The tables without an `organization_id`: a new one has to stand here too. */
const ofNoOrganization: OfNoOrganization = { organization: true, usage_writer: true, meta: true }

/** The tables that hold an organization's things. */
export const tablesOfOrganizations = knownTables.filter((name) => !(name in ofNoOrganization))
