import { command } from '../support/command.ts'
import type { TestApp } from '../support/harness.ts'

let counter = 0

/** Another user of the organization, who is in no project yet. */
export async function makeUser(app: TestApp, role: 'owner' | 'reader' = 'reader'): Promise<string> {
  const email = `somebody-${counter++}@example.com`
  return (await command<{ id: string }>(app, 'user', 'create', '--email', email, '--name', 'Somebody', '--role', role))
    .id
}

/** A user's own key in a project, which only the command line can make. */
export async function makeUserKey(app: TestApp, projectId: string, userId: string) {
  const args = ['--project', projectId, '--user', userId, '--name', 'own']
  return command<{ id: string; value: string }>(app, 'project-key', 'create', ...args)
}
