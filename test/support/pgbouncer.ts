import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from '../process/gatehouse.ts'
import { freePort } from './ports.ts'
import { systemUser } from './system-user.ts'

const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
const program = places.map((place) => join(place, 'pgbouncer')).find((path) => existsSync(path))

/** Why tests with it are skipped; false: they are not. */
export const withoutPgbouncer = program === undefined ? "'pgbouncer' is not installed" : false

/**
 * Starts Debian's pgbouncer in front of a PostgreSQL, as most run it: in transaction mode, with few connections for many clients.
 * @param url of a database behind it
 * @param settings lines for its configuration
 */
export async function startPgbouncer(url: string, ...settings: string[]): Promise<AsyncDisposable & { url: string }> {
  const { hostname, port: behind, username, password, pathname } = new URL(url)
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-pgbouncer-'))
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(users, `"${username}" "${password}"\n`)
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${behind}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = md5
auth_file = ${users}
pool_mode = transaction
default_pool_size = 3
${settings.join('\n')}
`,
  )
  // It refuses to run as root.
  const user = systemUser()
  for (const path of user ? [folder, users, file] : []) await chown(path, user?.uid ?? 0, user?.gid ?? 0)
  await chmod(folder, 0o755)
  const child = spawn(program ?? '', [file], { stdio: ['ignore', 'pipe', 'pipe'], ...user })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    await until(() => said.includes('process up') || child.exitCode !== null, 'pgbouncer listens or has ended')
    if (child.exitCode !== null) throw new Error(`pgbouncer does not start:\n${said}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', kill)
      await stop()
    },
  }
}
