import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_REDIS_FILE, type RedisConfig, redisUrl } from '../../src/config/redis.ts'
import { type Announcing, openRedisChanges, type RedisChangesParts } from '../../src/redis/changes.ts'
import { openRedis, type Redis, type RedisOptions } from '../../src/redis/connection.ts'
import { freePort } from './ports.ts'
import { until } from './until.ts'

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

/** How all that belongs to a Redis is spoken to. */
export type RedisSpeech = {
  scheme: 'redis' | 'rediss'
  /** What a server's own settings say of it. */
  listen: (port: number) => Record<string, string>
  /** Arguments of its own client. */
  cli: readonly string[]
  /** Who signed the servers' certificates, as PEM. */
  ca: string | null
}

const PLAIN: RedisSpeech = { scheme: 'redis', listen: (port) => ({ port: String(port) }), cli: [], ca: null }

/** How far above its port that one is on which the nodes of a Cluster speak with each other. */
const BUS = 10_000

/** Starts one that keeps nothing on disk. @param args of its command line, after those */
export const startRedis = (...args: string[]): Promise<OwnRedis> => startRedisThatSpeaks(PLAIN, ...args)

/** The same that is spoken to in such a way. */
export async function startRedisThatSpeaks(speech: RedisSpeech, ...args: string[]): Promise<OwnRedis> {
  const port = await freePort(BUS)
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'))
  const listen = Object.entries(speech.listen(port)).flatMap(([name, value]) => [`--${name}`, value])
  const kept = [...listen, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
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
  const url = `${speech.scheme}://127.0.0.1:${port}`
  return {
    ...{ port, url, kill, start },
    config: { ...redisUrl(url), ...NO_REDIS_FILE, ca: speech.ca },
    cli: (...command) => cliOf(speech, '-p', String(port), ...command).trim(),
    async [Symbol.asyncDispose]() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const cliOf = ({ cli }: RedisSpeech, ...command: string[]) =>
  execFileSync('redis-cli', [...cli, ...command], { encoding: 'utf8' })

/** Opens one connection, and waits for it: a start would go on without, on a machine that is busy. */
export async function connectedRedis(options: RedisOptions): Promise<Redis> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await openRedis(options))
  await until(() => redis.connections > 0, 'a connection to Redis')
  stack.move()
  return redis
}

/** The same of what tells and hears of changes. */
export async function connectedChanges(parts: Omit<RedisChangesParts, 'dependency'>): Promise<Announcing> {
  await using stack = new AsyncDisposableStack()
  let isThere = false
  const dependency = {
    is(now: boolean) {
      isThere ||= now
      return now
    },
  }
  const changes = stack.use(await openRedisChanges({ ...parts, dependency }))
  await until(() => isThere, 'a connection on which changes are heard of')
  stack.move()
  return changes
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
export async function startRedisCluster(
  speech = PLAIN,
): Promise<AsyncDisposable & { config: RedisConfig; masters: OwnRedis[] }> {
  await using stack = new AsyncDisposableStack()
  const masters: OwnRedis[] = []
  for (let i = 0; i < 3; i++) {
    const args = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no', '--cluster-node-timeout', '2000']
    masters.push(stack.use(await startRedisThatSpeaks(speech, ...args)))
  }
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`)
  cliOf(speech, '--cluster', 'create', ...addresses, '--cluster-yes')
  const isWhole = ({ cli }: OwnRedis) => cli('cluster', 'info').includes('cluster_state:ok')
  while (!masters.every(isWhole)) await sleep(50)
  const rest = stack.move()
  const config = { ...redisUrl(masters.map(({ url }) => url).join(',')), ...NO_REDIS_FILE, ca: speech.ca }
  return { config, masters, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A master and its replica, and a Sentinel that makes the one the master when the other is gone. */
export async function startSentinel(
  speech = PLAIN,
): Promise<AsyncDisposable & { config: RedisConfig; master: OwnRedis; replica: OwnRedis }> {
  await using stack = new AsyncDisposableStack()
  const master = stack.use(await startRedisThatSpeaks(speech))
  const replica = stack.use(await startRedisThatSpeaks(speech, '--replicaof', '127.0.0.1', String(master.port)))
  while (!replica.cli('info', 'replication').includes('master_link_status:up')) await sleep(20)
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sentinel-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [
    ...Object.entries(speech.listen(port)).map(([name, value]) => `${name} ${value}`),
    ...['bind 127.0.0.1', `dir ${folder}`, `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`],
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
  const knows = () => cliOf(speech, '-p', String(port), 'sentinel', 'replicas', 'mymaster')
  while (!knows().includes(String(replica.port))) await sleep(100)
  const config = { ...master.config, sentinels: [{ host: '127.0.0.1', port }], master: 'mymaster' }
  const rest = stack.move()
  return { config, master, replica, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
