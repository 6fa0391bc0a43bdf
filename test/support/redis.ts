import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_REDIS_FILE, type RedisConfig, redisUrl } from '../../src/config/redis.ts'
import { freePort } from './ports.ts'

/** The version of the Redis that is installed here; null where there is none. */
export const redisVersion: string | null = (() => {
  try {
    const text = execFileSync('redis-server', ['--version'], { encoding: 'utf8' })
    return /v=(\S+)/.exec(text)?.[1] ?? null
  } catch {
    return null
  }
})()

/** Why tests that need a Redis do not run here; false where they do. */
export const withoutRedis: string | false = redisVersion === null && 'redis-server is not installed'

/** A Redis of a test's own. */
export type OwnRedis = AsyncDisposable & {
  port: number
  url: string
  config: RedisConfig
  /** Ends it as a crash does. */
  kill: () => Promise<void>
  /** Starts it again on the same port, with the same arguments and what is left in its folder. */
  start: () => Promise<void>
  /** One command of its own client, as text. */
  cli: (...command: string[]) => string
}

/** Starts one that keeps nothing on disk. @param args of its command line, after those */
export async function startRedis(...args: string[]): Promise<OwnRedis> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'))
  const kept = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn('redis-server', [...kept, ...args], { stdio: 'ignore' })
    await listening(port)
  }
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start()
  const url = `redis://127.0.0.1:${port}`
  return {
    ...{ port, url, kill, start },
    config: { ...redisUrl(url), ...NO_REDIS_FILE },
    cli: (...command) => execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).trim(),
    async [Symbol.asyncDispose]() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until somebody listens on a port. */
export async function listening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      sleep(1000, false),
    ])
    socket.destroy()
    if (isThere) return
    await sleep(20)
  }
}
