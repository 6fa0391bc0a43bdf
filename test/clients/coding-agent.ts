import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Place, Scenarios } from './scenario.ts'

/** What the agent ended with: its exit code, null where a signal ended it, and all that it wrote. */
export type Ended = { code: number | null; stdout: string; stderr: string }

/** A folder that the agent works in, and a home of its own beside that: nothing of the user who runs the tests reaches it. */
export type Desk = AsyncDisposable & { work: string; home: string }

/** What it is asked for, and the tools that it may use for that. */
export type Task = {
  /** The agent knows of a model of `anthropic` what it can do; of one of `gatehouse`, its name. Both are called at one place. */
  provider: 'gatehouse' | 'anthropic'
  model: string
  tools: readonly ('read' | 'bash')[]
  prompt: string
}

const newFolder = () => mkdtemp(join(tmpdir(), 'gatehouse-desk-'))

/**
 * @param files what is in the folder that it works in, by their names
 * @param within the folder that holds all of it, and is removed with it; a new one where none is given
 */
export async function layDesk(files: Readonly<Record<string, string>>, within?: string): Promise<Desk> {
  const whole = within ?? (await newFolder())
  const [work, home] = [join(whole, 'work'), join(whole, 'home')]
  await mkdir(work, { recursive: true })
  await mkdir(home)
  for (const [name, content] of Object.entries(files)) await writeFile(join(work, name), content)
  return { work, home, [Symbol.asyncDispose]: () => rm(whole, { recursive: true, force: true }) }
}

type Provider = { baseUrl: string; api: string; apiKey: string; models: { id: string }[] }

/** What the documents tell a user to write down of this server. */
async function toldInDocs(): Promise<Provider> {
  const text = await readFile(join(import.meta.dirname, '../../docs/clients.md'), 'utf8')
  const [, block] = /^```json models\.json\n(.*?)^```/ms.exec(text) ?? []
  if (block === undefined) throw new Error('docs/clients.md has no block models.json')
  return JSON.parse(block).providers.gatehouse
}

/** Has the agent do something, as a script would: it is asked once, works until it has an answer, prints that and ends. */
export async function runAgent({ url, key }: Place, { work, home }: Desk, task: Task): Promise<Ended> {
  const { provider, model, tools, prompt } = task
  const told = await toldInDocs()
  const baseUrl = new URL(told.baseUrl)
  baseUrl.host = new URL(url).host
  const at = { ...told, baseUrl: baseUrl.href.replace(/\/$/, '') }
  const gatehouse = { ...at, models: told.models.map((one) => ({ ...one, id: model })) }
  const providers = { gatehouse, anthropic: { baseUrl: at.baseUrl, apiKey: at.apiKey } }
  await writeFile(join(home, 'models.json'), JSON.stringify({ providers }))
  const cli = join(import.meta.dirname, 'node_modules/.bin/pi')
  const options = ['--print', '--no-session', '--no-context-files', '--tools', tools.join(',')]
  const child = spawn(process.execPath, [cli, ...options, '--provider', provider, '--model', model, prompt], {
    cwd: work,
    env: {
      ...{ PATH: process.env.PATH, HOME: home, PI_CODING_AGENT_DIR: home, GATEHOUSE_KEY: key },
      // It calls nobody but its model: no list of newer models, no newer version, no count of its users.
      ...{ PI_OFFLINE: '1', PI_SKIP_VERSION_CHECK: '1', PI_TELEMETRY: '0' },
    },
    // What it finds on its standard input is a part of what it is asked.
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr }
}

/** Where all scenarios are done, one after the other: the agent tells its model where it is, and that has to be the same. */
let folder: string | undefined

const does = (task: Omit<Task, 'prompt'>) => async (place: Place) => {
  folder ??= await newFolder()
  await using desk = await layDesk({ 'note.txt': 'The heron stands still.\n' }, folder)
  const ended = await runAgent(place, desk, { ...task, prompt: 'What does the note say?' })
  if (ended.code !== 0) throw new Error(`it failed: ${ended.stderr}`)
  return ended
}

export const codingAgent: Scenarios = {
  'a file that it reads': does({ provider: 'gatehouse', model: 'gpt-4o-mini', tools: ['read'] }),
  'a command that it runs': does({ provider: 'gatehouse', model: 'gpt-4o-mini', tools: ['bash'] }),
  'a file that it reads after a thought': does({
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    tools: ['read'],
  }),
}
