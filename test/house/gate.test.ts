import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { routes } from '../../src/gateway/routes/table.ts'
import { rules } from '../../src/gateway/rules/index.ts'

const root = join(import.meta.dirname, '../..')
const files = globSync('src/gateway/**/*.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !file.endsWith('.test.ts'))

/** The program of a file, without what its comments say. */
const code = (file: string) => readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

/** Where a file names a route by its name or its path: facts of it would stand there. */
function routesNamedIn(text: string): string[] {
  const paths = Object.values(routes).map(({ path }) => path)
  const named = [...Object.keys(routes), ...paths, ...paths.map((path) => path.slice('/v1'.length))]
  return named.filter((name) => [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => text.includes(quoted)))
}

/** What of a project's rules a file reads. */
function rulesReadIn(text: string): string[] {
  return Object.keys(rules).filter((field) => new RegExp(`\\b(rules|project)\\??\\.${field}\\b`).test(text))
}

test('what is true of a route stands in its declaration: no other file of the gate names one, the built-in model server apart', () => {
  const others = files.filter((file) => !/^src\/gateway\/(routes|echo)\//.test(file))
  assert.deepEqual(
    others.flatMap((file) => routesNamedIn(code(file)).map((name) => `${file}: ${name}`)),
    [],
  )
})

/** The two that read a rule's value: what the windows of its limits are, and which models are shown. They enforce by the rule's own words. */
const readers = ['src/gateway/limits/windows.ts: limits', 'src/gateway/models/answer.ts: models']

test('what a project rules is enforced by its rule: no other file of the gate reads it', () => {
  const others = files.filter((file) => !file.startsWith('src/gateway/rules/'))
  assert.deepEqual(
    others.flatMap((file) => rulesReadIn(code(file)).map((field) => `${file}: ${field}`)).sort(),
    readers,
  )
})

test('both are noticed however they are written', () => {
  assert.deepEqual(routesNamedIn("if (name === 'responses.create') return"), ['responses.create'])
  assert.deepEqual(routesNamedIn('fetch("/v1/embeddings")'), ['/v1/embeddings'])
  assert.deepEqual(rulesReadIn('if (call.grant.rules.tier.preset) return'), ['tier'])
  assert.deepEqual(rulesReadIn('const { tier } = x'), [])
})
