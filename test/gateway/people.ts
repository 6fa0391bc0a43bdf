import { run } from '../../src/cli/index.ts'
import type { TestApp } from '../support/harness.ts'
import { OrganizationFilter } from '../support/organization-filter.ts'

/** Runs the command line on a server's database, as an operator beside it would; answers with its JSON. */
export async function cli<T>(app: TestApp, ...args: string[]): Promise<T> {
  const [notes, values]: [string[], unknown[]] = [[], []]
  const output = {
    line: () => {},
    json: (value: unknown) => values.push(value),
    note: (text: string) => notes.push(text),
  }
  const code = await run([...args, '--json'], { GATEHOUSE_DATABASE_URL: app.databaseUrl }, output, [
    new OrganizationFilter(),
  ])
  if (code !== 0) throw new Error(`gatehouse ${args.join(' ')}: ${notes.join('\n')}`)
  return values[0] as T
}

let counter = 0

/** Another user of the organization, who is in no project yet. */
export async function makeUser(app: TestApp, role: 'owner' | 'reader' = 'reader'): Promise<string> {
  const email = `somebody-${counter++}@example.com`
  return (await cli<{ id: string }>(app, 'user', 'create', '--email', email, '--name', 'Somebody', '--role', role)).id
}

/** A user's own key in a project, which only the command line can make. */
export async function makeUserKey(app: TestApp, projectId: string, userId: string) {
  const args = ['--project', projectId, '--user', userId, '--name', 'own']
  return cli<{ id: string; value: string }>(app, 'project-key', 'create', ...args)
}
