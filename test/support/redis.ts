import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** Three masters of a Cluster, with all slots between them. */
export async function startRedisCluster(): Promise<AsyncDisposable & { config: RedisConfig; masters: OwnRedis[] }> {
  await using stack = new AsyncDisposableStack()
  const masters: OwnRedis[] = []
  for (let i = 0; i < 3; i++) {
    const args = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '2000']
    masters.push(stack.use(await startRedis(...args)))
  }
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  const isWhole = ({ cli }: OwnRedis) => cli('cluster', 'info').includes('cluster_state:ok')
  while (!masters.every(isWhole)) await sleep(50)
  const rest = stack.move()
  const config = { ...redisUrl(masters.map(({ url }) => url).join(',')), ...NO_REDIS_FILE }
  return { config, masters, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A master and its replica, and a Sentinel that makes the one the master when the other is gone. */
export async function startSentinel(): Promise<
  AsyncDisposable & { config: RedisConfig; master: OwnRedis; replica: OwnRedis }
> {
  await using stack = new AsyncDisposableStack()
  const master = stack.use(await startRedis())
  const replica = stack.use(await startRedis('--replicaof', '127.0.0.1', String(master.port)))
  while (!replica.cli('info', 'replication').includes('master_link_status:up')) await sleep(20)
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sentinel-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`],
    ...['sentinel down-after-milliseconds mymaster 500', 'sentinel failover-timeout mymaster 2000'],
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' })
  stack.defer(async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  await listening(port)
  const knows = () =>
    execFileSync('redis-cli', ['-p', String(port), 'sentinel', 'replicas', 'mymaster'], { encoding: 'utf8' })
  while (!knows().includes(String(replica.port))) await sleep(100)
  const config = { ...master.config, sentinels: [{ host: '127.0.0.1', port }], master: 'mymaster' }
  const rest = stack.move()
  return { config, master, replica, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
