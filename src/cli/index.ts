import { ConfigError, readConfig, settingFlags } from '../config/settings.ts'
import { ApiError } from '../contract/error.ts'
import { isDatabaseError } from '../db/errors.ts'
import { LaterSchema } from '../db/migrate.ts'
import { DatabaseRefusal, said } from '../db/refusal.ts'
import { backupCommand, restoreCommand } from './backup.ts'
import {
  type Command,
  CommandRefusal,
  type On,
  readArguments,
  runOnDatabase,
  runOnWhole,
  UsageError,
  type WholeCommand,
} from './command.ts'
import { copyCommand } from './copy.ts'
import { inviteAccept, inviteLink } from './invites.ts'
import { adminKeyCreate, projectKeyCreate } from './keys.ts'
import { migrateCommand } from './migrate.ts'
import { orgCreate, userCreate } from './organization.ts'
import { commandOutput, type Output, servingOutput } from './output.ts'
import { passwordLink } from './password-link.ts'
import { resetSecondFactorCommand } from './reset-second-factor.ts'
import { seed } from './seed.ts'

const commands: Record<string, Command | WholeCommand> = {
  migrate: migrateCommand,
  'org create': orgCreate,
  'user create': userCreate,
  'user password-link': passwordLink,
  'user reset-second-factor': resetSecondFactorCommand,
  'admin-key create': adminKeyCreate,
  'project-key create': projectKeyCreate,
  'invite link': inviteLink,
  'invite accept': inviteAccept,
  backup: backupCommand,
  restore: restoreCommand,
  copy: copyCommand,
  seed,
}

/**
 * The command line.
 * @param args what stands behind the program's name
 * @param on what a command of the database works on
 * @returns the exit code: 0 done, 1 refused or failed, 2 not understood
 */
export async function run(
  args: readonly string[],
  env: Record<string, string | undefined>,
  output: Output = args[0] === 'serve' ? servingOutput() : commandOutput(),
  on: On = {},
) {
  try {
    return await dispatch(args, env, output, on)
  } catch (error) {
    output.note(explain(error))
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1
  }
}

async function dispatch(
  args: readonly string[],
  env: Record<string, string | undefined>,
  output: Output,
  on: On,
): Promise<number> {
  const [first = 'help', second = ''] = args
  if (first === 'serve') {
    // Loaded for this command only: the others need no server.
    const { serve } = await import('./serve.ts')
    const { flags } = readArguments(args.slice(1), {
      usage: 'serve [--only admin,gateway,check,docs,console] [settings]',
      flags: ['only'],
    })
    return serve(readConfig(env, flags), output)
  }
  if (['help', '--help', '-h'].includes(first)) {
    output.line(help())
    return 0
  }
  const name = Object.hasOwn(commands, first) ? first : `${first} ${second}`
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new UsageError(`there is no command '${args.slice(0, 2).join(' ')}'\n\n${help()}`)
  const rest = args.slice(name.split(' ').length)
  const { json, result } =
    'run' in command
      ? await runOnDatabase(command, rest, env, on)
      : await runOnWhole(command, rest, env, (text) => output.note(text))
  if (json) output.json(result.json)
  else output.line(result.text)
  return 0
}

function explain(error: unknown): string {
  if (error instanceof UsageError || error instanceof CommandRefusal) return `gatehouse: ${error.message}`
  if (error instanceof ConfigError) return error.message
  const inWords = [ApiError, LaterSchema, DatabaseRefusal].some((kind) => error instanceof kind)
  if (inWords && error instanceof Error) return `gatehouse: ${error.message}`
  if (!(error instanceof Error)) return `gatehouse: ${error}`
  // What the system refused (a port in use, a file that cannot be opened, a database that is not there) is no bug of ours.
  const { syscall } = error as NodeJS.ErrnoException
  const refused = syscall !== undefined || isDatabaseError(error)
  return `gatehouse: ${refused ? said(error) : (error.stack ?? error.message)}`
}

function help(): string {
  const all = [
    { usage: 'serve [--only admin,gateway,check,docs,console]', about: 'Serves until it is stopped.' },
    ...Object.values(commands),
  ]
  const settings = Object.keys(settingFlags).map((flag) => `--${flag}`)
  return `gatehouse <command> [--json] [--org ID] [settings]

${all.map(({ usage, about }) => `  gatehouse ${usage}\n      ${about}`).join('\n')}

With --json, a command prints its result as one JSON value. The commands work on the database itself, also beside a
running server. Settings, each also an environment variable (--port is GATEHOUSE_PORT):
  ${settings.join(' ')}`
}
