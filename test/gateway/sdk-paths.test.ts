import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ApiError } from '../../src/contract/error.ts'
import { routeOf } from '../../src/gateway/routes/match.ts'
import { reasonsWhyNot } from '../../src/gateway/routes/not-offered.ts'

/** Every call that the resources of the official client make, as their code writes it: a method and a path. */
function calls(): [method: string, path: string][] {
  const folder = join(import.meta.dirname, '../../node_modules/openai/resources')
  const call =
    /this\._client\s*\.(get|post|put|patch|delete|getAPIList)\(\s*(?:\(0, path_\d+\.path\)|path\d*)?\s*(`[^`]*`|'[^']*')((?:(?!this\._client)[\s\S])*?method: 'post')?/g
  return globSync('**/*.js', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(call)].map(
      ([, verb = '', written = '', posts]): [string, string] => [
        verb === 'getAPIList' ? (posts ? 'POST' : 'GET') : verb.toUpperCase(),
        `/v1${written.slice(1, -1).replace(/\$\{[^}]*\}/g, 'x1')}`,
      ],
    ),
  )
}

test('every call of the official client is governed here, or is refused with the reason why', () => {
  const known = new Set(Object.values(reasonsWhyNot))
  const models = calls().filter(([, path]) => !/^\/v1\/(organization|projects)\//.test(path))
  assert.ok(models.length > 150, 'the client is read in the way it is written')
  const governed = new Set<string>()
  const reasons = new Set<string>()
  for (const [method, path] of models) {
    try {
      governed.add(routeOf(method, path).name)
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error))
      assert.equal(error.code, 'not_offered', `${method} ${path}: ${error.message}`)
      const [, why = ''] = /\(not offered by this server: (.*)\)$/.exec(error.message) ?? []
      assert.ok(known.has(why), `${method} ${path}: ${error.message}`)
      reasons.add(why)
    }
  }
  // All of the gate's own but `embeddings.create`, which the client writes in another way.
  assert.equal(governed.size, 77, [...governed].join(' '))
  // What the client does not have any more, and other servers' do.
  const others = ['edits', 'engines', 'fine-tunes', 'graders', 'messages/batches', 'prompts']
  for (const [begins, why] of Object.entries(reasonsWhyNot))
    assert.ok(reasons.has(why) || others.includes(begins), `${begins} is governed, or no path of the client`)
})

test('each reason stands among the decisions', () => {
  const decisions = readFileSync(join(import.meta.dirname, '../../docs/decisions.md'), 'utf8')
  for (const [begins, why] of Object.entries(reasonsWhyNot)) {
    const row = decisions
      .split('\n')
      .find((line) => line.startsWith('| Not offered') && line.includes(`\`/v1/${begins}\``))
    assert.ok(row?.includes(why), `/v1/${begins}: ${why}`)
  }
})
