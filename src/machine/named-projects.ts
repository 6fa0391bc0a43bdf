import type { Config } from '../config/settings.ts'
import { EVERY_PROJECT, ownedIn } from '../core/model-projects.ts'
import { projectsAnywhere } from '../db/projects.ts'
import type { Machine } from './open.ts'
import type { Tools } from './tools.ts'

/**
 * Says at a start which projects the configuration names that are none here, or are archived: what is theirs nobody can use. It is no
 * mistake that stops a start, since one file may be for several installs.
 */
export async function tellOfNoProjects(
  { models, mcpHosts }: Pick<Config, 'models' | 'mcpHosts'>,
  { log }: Pick<Tools, 'log'>,
  { db }: Pick<Machine, 'db'>,
): Promise<void> {
  const named = new Set(ownedIn(models).flatMap(({ projects }) => [...(projects ?? [])]))
  for (const project of mcpHosts.keys()) if (project !== EVERY_PROJECT) named.add(project)
  if (named.size === 0) return
  const found = new Map((await projectsAnywhere(db, [...named])).map(({ id, archived_at }) => [id, archived_at]))
  const missing = [...named].filter((id) => !found.has(id))
  const archived = [...named].filter((id) => typeof found.get(id) === 'number')
  if (missing.length > 0) log.warn({ projects: missing }, 'the configuration names what is no project here')
  if (archived.length > 0) log.warn({ projects: archived }, 'the configuration names projects that are archived')
}
