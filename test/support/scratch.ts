import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '../..')
const copied = ['src', 'test', 'bench', 'package.json', 'tsconfig.json', 'biome.json', '.gitignore']

/** The names of tests, and of the suites that they stand in, as they passed or failed. */
export type Tested = { passed: string[]; failed: string[]; output: string }

/**
 * A copy of the source tree, to be changed as somebody would change it who follows a recipe, and thrown away. Every edit
 * gives back what undoes it, so that `using` takes one step of a recipe out for the length of a block.
 */
export class Scratch implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-scratch-'))
  /** What edited files held at first; null where there was none. */
  readonly #first = new Map<string, string | null>()

  constructor() {
    for (const name of copied) cpSync(join(root, name), join(this.folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'))
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8')
  }

  write(file: string, content: string): Disposable {
    const path = join(this.folder, file)
    const before = existsSync(path) ? this.read(file) : null
    if (!this.#first.has(file)) this.#first.set(file, before)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return { [Symbol.dispose]: () => (before === null ? rmSync(path) : writeFileSync(path, before)) }
  }

  /** Puts something in the place of a text that stands in the file exactly once. */
  replace(file: string, from: string, to: string): Disposable {
    const parts = this.read(file).split(from)
    assert.equal(parts.length, 2, `${file} has this ${parts.length - 1} times instead of once: ${from}`)
    return this.write(file, parts.join(to))
  }

  /** Adds lines below a line, which is given by its end or whole. */
  insert(file: string, below: string, added: string): Disposable {
    return this.replace(file, `${below}\n`, `${below}\n${added.trimEnd()}\n`)
  }

  /** Formats what was changed, and fails where the linter objects. */
  async format(): Promise<void> {
    const changed = this.changes().map(({ file }) => file)
    const options = ['check', '--write', '--error-on-warnings']
    const { code, output } = await this.#run('@biomejs/biome/bin/biome', [...options, ...changed])
    assert.equal(code, 0, output)
  }

  /**
   * What `tsc` objects to, line by line: in the whole tree, which takes many seconds, or in some files and all that they import,
   * which takes a fraction of one where that is little.
   */
  async objections(...files: string[]): Promise<string[]> {
    const project = 'tsconfig.asked.json'
    const only = files.length > 0 && { files, include: [] }
    writeFileSync(join(this.folder, project), JSON.stringify({ extends: './tsconfig.json', ...only }))
    // One thread: two cost more and, beside other tests, are no faster.
    const options = ['--project', project, '--singleThreaded', '--pretty', 'false']
    // Next to nothing of what the compiler holds can be collected before it ends, and looking for it costs a fifth.
    const { code, output } = await this.#run('typescript/bin/tsc', options, { GOGC: 'off' })
    const lines = output.split('\n').filter((line) => line !== '')
    assert.equal(code === 0, lines.length === 0, output)
    return lines
  }

  /**
   * Runs test files, and fails where no test ran. @param pattern what counts, as a regular expression of the names of suite and
   * test: `^sqlite: .* users\.`
   */
  async test(files: readonly string[], pattern?: string): Promise<Tested> {
    // All in one process, which then loads the program once.
    const options = '--test --test-isolation=none --test-reporter=tap --test-timeout=120000'.split(' ')
    if (pattern !== undefined) options.push(`--test-name-pattern=${pattern}`)
    const { output } = await this.#node([...options, ...files])
    const names = (kind: string) =>
      [...output.matchAll(new RegExp(`^ *${kind} \\d+ - (.+?)(?: # .*)?$`, 'gm'))].map(([, name = '']) => name)
    const [passed, failed] = [names('ok'), names('not ok')]
    assert.notEqual(passed.length + failed.length, 0, output)
    return { passed, failed, output }
  }

  /** The files that differ from what they were, with the lines that were added or changed, blank ones too. */
  changes(): { file: string; lines: number }[] {
    return [...this.#first].flatMap(([file, before]) => {
      const now = existsSync(join(this.folder, file)) ? this.read(file) : null
      return now === before ? [] : [{ file, lines: linesAdded(before ?? '', now ?? '') }]
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #run(command: string, args: string[], env = {}): Promise<{ code: number; output: string }> {
    return this.#node([join(root, 'node_modules', command), ...args], env)
  }

  async #node(args: string[], more: Record<string, string> = {}): Promise<{ code: number; output: string }> {
    // With this a test runner would report to the one that runs this very test.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
    const env = { ...inherited, ...more }
    const child = spawn(process.execPath, args, { cwd: this.folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { code, output: out + err }
  }
}

/** How many lines of the new text the old one has not, each counted as often as it stands there. */
function linesAdded(before: string, now: string): number {
  const left = new Map<string, number>()
  for (const line of before.split('\n')) left.set(line, (left.get(line) ?? 0) + 1)
  let added = 0
  for (const line of now.trimEnd().split('\n')) {
    const count = left.get(line) ?? 0
    if (count > 0) left.set(line, count - 1)
    else added++
  }
  return added
}
