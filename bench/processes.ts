import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Load, Measured } from './load.ts'

export const ADMIN_KEY = 'sk-admin-for_the_benchmark_only_0123456789abcdef'

export type Running = AsyncDisposable & { url: string; pid: number }

const here = (file: string) => join(import.meta.dirname, file)

/** Starts a program of this folder that prints its address when it listens. */
export async function startProgram(file: string, ...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [here(file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return running(child, line.toString().trim())
}

/** The checkout that this benchmark belongs to. */
export const OWN_CHECKOUT = join(import.meta.dirname, '..')

/**
 * Starts Gatehouse as its users do, and says how long it took until it was ready, in milliseconds.
 * @param checkout whose code is started; of another one nothing is known but its command line and its settings
 */
export async function startGatehouse(
  env: Record<string, string>,
  checkout = OWN_CHECKOUT,
): Promise<Running & { readyAfterMs: number }> {
  const port = await freePort()
  const settings = {
    GATEHOUSE_PORT: String(port),
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_LOG_LEVEL: 'error',
    ...env,
  }
  const { GATEHOUSE_UPSTREAM_URL: _url, GATEHOUSE_UPSTREAM_KEY: _key, ...inherited } = process.env
  const begun = performance.now()
  const child = spawn(process.execPath, [join(checkout, 'src/main.ts'), 'serve'], {
    env: { ...inherited, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()))
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error(`Gatehouse did not start:\n${said.join('')}`)
    await sleep(2)
  }
  return { ...running(child, `http://127.0.0.1:${port}`), readyAfterMs: performance.now() - begun }
}

/** Applies a load from a process of its own. */
export async function applyLoad(load: Load): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [here('load.ts'), JSON.stringify(load)])
  return JSON.parse(stdout)
}

/** Resident memory of a process, in MB. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null)
  if (status !== null) return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout) / 1024
}

/**
 * Processor time that a process has used in all its threads, in milliseconds; null where the system does not say it in this way.
 * The scheduler's own account is read, in nanoseconds: the hundredths of a second of /proc/<pid>/stat are a tenth of a short round.
 */
export async function processorMs(pid: number): Promise<number | null> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const accounts = threads.map((thread) =>
    readFile(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').catch(() => null),
  )
  const spent = (await Promise.all(accounts)).filter((account) => account !== null)
  return spent.length === 0 ? null : spent.reduce((sum, account) => sum + Number.parseInt(account, 10), 0) / 1e6
}

function running(child: ChildProcess, url: string): Running {
  const stop = async () => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const impatient = setTimeout(() => child.kill('SIGKILL'), 5000)
    await exited
    clearTimeout(impatient)
  }
  return { url, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop }
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('error', () => resolve(false))
    socket.once('data', (bytes) => {
      resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200'))
      socket.destroy()
    })
    socket.write('GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n')
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
