import { parseArgs } from 'node:util'
import { type Config, readConfig, settingFlags } from '../config/settings.ts'
import { idSource, type NewId } from '../core/id.ts'
import type { Seeing } from '../db/open.ts'
import { openMigrated } from '../db/open-migrated.ts'
import type { Db, Row } from '../db/tables.ts'

/** A way of calling a command that cannot be understood: told to the person with how it is called, exit code 2. */
export class UsageError extends Error {}

/** What is asked for is understood, and the state of the database does not allow it: exit code 1. */
export class CommandRefusal extends Error {}

/** What a command works with: its own connection to the database, beside a running server's. */
export type Context = {
  db: Db
  /** The names of the migrations that this run applied, in order. */
  applied: readonly string[]
  newId: NewId
  /** Unix seconds. */
  now: number
  config: Config
  flags: Flags
  words: readonly string[]
}
export type Flags = Record<string, string | undefined>

/** How a command is called, and what it does. */
type Described = {
  usage: string
  about: string
  /** Flags besides the settings, `--org` and `--json`. */
  flags: readonly string[]
  /** Words it takes behind its name. */
  words?: number
}
/** The API's object, or what stands for it, and what a person is told. */
export type Told = { json: unknown; text: string }

/** A command of the database. */
export type Command = Described & { run: (context: Context) => Promise<Told> }

/** A command that works on whole databases, which it opens itself. `note` is for what it says on its way. */
export type WholeCommand = Described & {
  runOnWhole: (context: Pick<Context, 'config' | 'flags' | 'words'> & { note: (text: string) => void }) => Promise<Told>
}

/** Splits a command's arguments. @throws UsageError */
export function readArguments(args: readonly string[], command: Pick<Described, 'usage' | 'flags' | 'words'>) {
  const own = Object.fromEntries(command.flags.map((name) => [name, { type: 'string' as const }]))
  const options = { ...settingFlags, org: { type: 'string' as const }, ...own, json: { type: 'boolean' as const } }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    if (positionals.length !== (command.words ?? 0))
      throw new Error(`expected ${command.words ?? 0} arguments, got ${positionals.length}`)
    const { json = false, ...flags } = values as Flags & { json?: boolean }
    return { json, flags: flags as Flags, words: positionals }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nusage: gatehouse ${command.usage}`)
  }
}

/** What commands work on besides the database that the settings name. */
export type On = Pick<Seeing, 'plugins'> & {
  /** A database that somebody has opened, with this version's schema, and closes: the settings' is not opened then. */
  db?: Db
}

/** Runs a command on the database, which is brought to this version's schema first. */
export async function runOnDatabase(
  command: Command,
  args: readonly string[],
  env: Record<string, string | undefined>,
  { db, plugins }: On,
) {
  const { json, flags, words } = readArguments(args, command)
  const config = readConfig(env, flags)
  const run = async (opened: Pick<Context, 'db' | 'applied'>) => {
    const context = { ...opened, newId: idSource(Date.now), now: Math.floor(Date.now() / 1000), config, flags, words }
    return { json, result: await command.run(context) }
  }
  if (db) return run({ db, applied: [] })
  if (config.databaseUrl === 'sqlite::memory:')
    throw new UsageError("a database in memory is its server's alone: there is none to work on")
  await using opened = await openMigrated(config.databaseUrl, {
    database: config.database,
    connections: 1,
    serving: false,
    ...(plugins && { plugins }),
  })
  return await run(opened)
}

/** Runs a command that opens what it works on itself. */
export async function runOnWhole(
  command: WholeCommand,
  args: readonly string[],
  env: Record<string, string | undefined>,
  note: (text: string) => void,
) {
  const { json, flags, words } = readArguments(args, command)
  return { json, result: await command.runOnWhole({ config: readConfig(env, flags), flags, words, note }) }
}

/** A flag that must be given. @throws UsageError */
export function need(flags: Flags, name: string): string {
  const value = flags[name]?.trim()
  if (value) return value
  throw new UsageError(`--${name} is missing`)
}

/** The organization that a command is about: the one that `--org` names, or the only one there is. */
export async function theOrganization({ db, flags }: Context): Promise<Row<'organization'>> {
  const all = db.selectFrom('organization').selectAll().orderBy('id')
  if (flags.org !== undefined) {
    const found = await all.where('id', '=', flags.org).executeTakeFirst()
    if (found) return found
    throw new CommandRefusal(`there is no organization '${flags.org}'`)
  }
  const [only, ...others] = await all.limit(11).execute()
  if (!only)
    throw new CommandRefusal(
      'the database has no organization yet: `gatehouse serve` or `gatehouse org create` makes one',
    )
  if (others.length === 0) return only
  const names = [only, ...others].map(({ id, name }) => `  ${id}  ${name}`)
  throw new UsageError(`the database holds several organizations; choose one with --org:\n${names.join('\n')}`)
}
