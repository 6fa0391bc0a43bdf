import type { KnownModels } from '../admin/handlers.ts'
import { ownedIn, seenBy } from '../core/model-projects.ts'
import { projectsAmong } from '../db/projects.ts'
import type { AdminApp } from './app.ts'

/**
 * The models as a caller may know of them: below a project those that it may use, else those that some project of the organization may.
 * @param projectId of the path; whether it is the organization's, whoever handles the request finds out
 */
export async function knownModels(
  { db, models }: Pick<AdminApp, 'db' | 'models'>,
  organizationId: string | null,
  projectId: string | undefined,
): Promise<KnownModels> {
  const all = await models()
  if (projectId !== undefined) return { all, seen: seenBy(all, [projectId]) }
  const named = new Set(ownedIn(all).flatMap(({ projects }) => [...(projects ?? [])]))
  const own = organizationId === null ? [] : await projectsAmong(db, organizationId, [...named])
  return { all, seen: seenBy(all, own) }
}
