import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
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

/** Starts Gatehouse as its users do, and says how long it took until it was ready, in milliseconds. */
export async function startGatehouse(env: Record<string, string>): Promise<Running & { readyAfterMs: number }> {
  const port = await freePort()
  const settings = {
    GATEHOUSE_PORT: String(port),
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_LOG_LEVEL: 'error',
    ...env,
  }
  const { GATEHOUSE_UPSTREAM_URL: _url, GATEHOUSE_UPSTREAM_KEY: _key, ...inherited } = process.env
  const begun = performance.now()
  const child = spawn(process.execPath, [here('../src/main.ts'), 'serve'], {
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

/** Processor time that a process has used, in milliseconds; null where the system does not say it in this way. */
export async function processorMs(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null)
  if (stat === null) return null
  // Behind the name in brackets, which may hold spaces; counted in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
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
