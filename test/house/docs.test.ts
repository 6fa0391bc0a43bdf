import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).map((file) => file.replaceAll('\\', '/'))

/** What stands in back-ticks: inline, and the words of fenced blocks. */
function quoted(markdown: string): string[] {
  const fenced = [...markdown.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, text = '']) => text.split(/\s+/))
  const inline = [...markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text)
  return [...fenced, ...inline.flatMap((text) => text.split(/\s+/))]
}

/** The paths of this repository among them. A line number or punctuation at the end is not part of a path. */
function pathsIn(markdown: string): string[] {
  return quoted(markdown)
    .map((word) => word.replace(/^["'(]+|[)"',;:.]+$/g, '').replace(/^\.\//, ''))
    .map((word) => word.replace(/:\d+$/, ''))
    .filter((word) => /^(src|test|docs|bench|\.ci)\//.test(word))
}

/** The files that links lead to, as seen from the root. */
function linksIn(document: string, markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => posix.join(posix.dirname(document), target))
}

/** Whether a path is there. `*`, `…` and `<name>` stand for anything, of which there must be one. */
function isThere(path: string): boolean {
  const pattern = path.replace(/<[^>]+>|\{[^}]+\}|…|\.\.\./g, '*')
  return pattern.includes('*') ? globSync(pattern, { cwd: root }).length > 0 : existsSync(join(root, pattern))
}

const scriptsIn = (markdown: string) =>
  [
    ...quoted(markdown)
      .join(' ')
      .matchAll(/npm run ([\w:-]+)/g),
  ].map(([, name = '']) => name)

for (const document of documents) {
  test(`${document} names no file and no npm script that is not there`, () => {
    const markdown = readFileSync(join(root, document), 'utf8')
    const named = new Set([...pathsIn(markdown), ...linksIn(document, markdown)])
    assert.deepEqual(
      [...named].filter((path) => !isThere(path)),
      [],
    )
    assert.deepEqual(
      scriptsIn(markdown).filter((name) => !(name in scripts)),
      [],
    )
  })
}

test('a path is found in a document however it is quoted', () => {
  const markdown = [
    'See `src/main.ts`, `./docs/gone.md:12` and [the other](docs/other.md#part "title"), not https://example.com/src/x.',
    '```sh',
    'node src/gone.ts && npm run nothing',
    '```',
    'Each `src/admin/<resource>.ts` has `npm run check`; `GET /v1/models` is no path.',
  ].join('\n')
  assert.deepEqual(pathsIn(markdown), ['src/gone.ts', 'src/main.ts', 'docs/gone.md', 'src/admin/<resource>.ts'])
  assert.deepEqual(linksIn('README.md', markdown), ['docs/other.md'])
  assert.deepEqual(linksIn('docs/x.md', '[up](../README.md)'), ['README.md'])
  assert.deepEqual(scriptsIn(markdown), ['nothing', 'check'])
  assert.deepEqual(['src/admin/<resource>.ts', 'src/gone.ts', 'src/main.ts', 'docs/gone.md'].map(isThere), [
    true,
    false,
    true,
    false,
  ])
})
