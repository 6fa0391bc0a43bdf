import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** Where a Redis, a Sentinel or a node of a Cluster listens. */
export type RedisNode = Readonly<{ host: string; port: number }>

/** The Redis that `GATEHOUSE_REDIS_URL` names. */
export type RedisUrl = Readonly<{
  /** One, or some of a Cluster's. */
  nodes: readonly RedisNode[]
  isCluster: boolean
  tls: boolean
  /** Of an ACL user; a password alone is that of Redis' own `default`. */
  username: string | null
  password: string | null
  database: number
}>

/** What the configuration file says of it. */
export type RedisFile = Readonly<{
  /** What the names of all keys and of the channel begin with. */
  prefix: string
  /** Who is asked for the address of the master; none: the URL has it. */
  sentinels: readonly RedisNode[]
  master: string | null
  /** Certificates that are trusted in place of the well-known ones, as PEM. */
  ca: string | null
  /** What takes its place while it is away: this process's own counters, nobody (calls are 503), or nobody (calls go on uncounted). */
  down: 'local' | 'deny' | 'allow'
  /** Of each limit, and of the money that is left, that this process's own counters give then: above 0, at most 1. */
  localShare: number
}>

export type RedisConfig = RedisUrl & RedisFile

export const NO_REDIS_FILE: RedisFile = {
  prefix: 'gatehouse',
  sentinels: [],
  master: null,
  ca: null,
  down: 'local',
  localShare: 1,
}

const FORM =
  "'redis://user:password@host:port/database' or 'rediss://…'; several with commas between them are a Cluster"

/**
 * Reads the URL of a Redis, or those of some nodes of a Cluster.
 * @throws Error that says what is wrong without repeating anything of the URL: it may hold a password
 */
export function redisUrl(text: string): RedisUrl {
  const urls = text.split(',').map((part) => one(part.trim()))
  const [first] = urls
  if (first === undefined) throw new Error(`not of the form ${FORM}`)
  const { node: _, ...rest } = first
  const isCluster = urls.length > 1
  for (const { node: _, ...other } of urls) {
    if (JSON.stringify(other) !== JSON.stringify(rest))
      throw new Error('the nodes of a Cluster have one user, one password and one kind of connection')
  }
  if (isCluster && rest.database !== 0) throw new Error('a Cluster has no database but 0')
  return { nodes: urls.map(({ node }) => node), isCluster, ...rest }
}

function one(text: string) {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
    throw new Error(`not of the form ${FORM}`)
  if (url.search || url.hash) throw new Error(`it takes no parameters; the form is ${FORM}`)
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)
  if (database === null) throw new Error(`its path is no number of a database; the form is ${FORM}`)
  const tls = url.protocol === 'rediss:'
  try {
    return {
      node: nodeOf(url),
      tls,
      username: url.username === '' ? null : decodeURIComponent(url.username),
      password: url.password === '' ? null : decodeURIComponent(url.password),
      database: Number(database[1] || 0),
    }
  } catch {
    throw new Error("its user or its password holds a '%' that is not written as %25")
  }
}

const nodeOf = (url: URL): RedisNode => ({
  host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
  port: url.port === '' ? 6379 : Number(url.port),
})

export type WrittenRedis = {
  prefix?: string
  sentinels?: string[]
  master?: string
  ca?: string
  down?: RedisFile['down']
  local_share?: number
}

/** What the file may say, as JSON schema. */
export const redisSchema = {
  prefix: { type: 'string', pattern: '^[A-Za-z0-9._:-]{1,64}$' },
  sentinels: { type: 'array', items: { type: 'string' }, minItems: 1 },
  master: { type: 'string', minLength: 1 },
  ca: { type: 'string', minLength: 1 },
  down: { enum: ['local', 'deny', 'allow'] },
  local_share: { type: 'number', minimum: 0.001, maximum: 1 },
}

/** @param wrong is told of every mistake */
export function toRedisFile(written: WrittenRedis | undefined, wrong: (message: string) => void): RedisFile {
  if (written === undefined) return NO_REDIS_FILE
  const { prefix = NO_REDIS_FILE.prefix, sentinels = [], master = null, down = NO_REDIS_FILE.down } = written
  if (written.local_share !== undefined && down !== 'local')
    wrong("redis.local_share says something only where redis.down is 'local'")
  if (sentinels.length > 0 && master === null) wrong('redis.sentinels need redis.master, the name they know it by')
  if (sentinels.length === 0 && master !== null) wrong('redis.master needs redis.sentinels')
  return {
    ...{ prefix, master, down },
    sentinels: sentinels.map((text) => sentinelOf(text, wrong)),
    ca: caOf(written.ca, wrong),
    localShare: written.local_share ?? NO_REDIS_FILE.localShare,
  }
}

function sentinelOf(text: string, wrong: (message: string) => void): RedisNode {
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : null
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  if (url === null || url.host !== text || (!isIP(host) && !/^[A-Za-z0-9_.-]+$/.test(host))) {
    wrong(`redis.sentinels: '${text}' is not of the form host:port`)
  }
  return { host, port: url?.port ? Number(url.port) : 26_379 }
}

function caOf(path: string | undefined, wrong: (message: string) => void): string | null {
  if (path === undefined) return null
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    wrong(`redis.ca: '${path}' holds no PEM certificate`)
  } catch (error) {
    wrong(`redis.ca: '${path}' cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  return null
}

/** Both together; null where there is no Redis. */
export function toRedis(url: RedisUrl | null, file: RedisFile, mistakes: string[]): RedisConfig | null {
  if (url === null) {
    if (file !== NO_REDIS_FILE)
      mistakes.push('GATEHOUSE_CONFIG: redis says something only where GATEHOUSE_REDIS_URL is set')
    return null
  }
  if (file.sentinels.length > 0 && url.isCluster) mistakes.push('GATEHOUSE_REDIS_URL: a Cluster has no Sentinels')
  if (file.ca !== null && !url.tls)
    mistakes.push("GATEHOUSE_REDIS_URL: redis.ca of the configuration file needs 'rediss://'")
  return { ...url, ...file }
}
