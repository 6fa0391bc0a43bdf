import { isFineTuned, NO_PROJECT } from '../core/fine-tuned.ts'
import { beginningOf } from '../core/id.ts'
import { EVERY_PROJECT } from '../core/model-projects.ts'

type Said = { id: string; upstreamName: string; written: readonly string[] | undefined }

/**
 * The projects that a model belongs to, as the configuration writes them: by their ids, or `*` for all.
 * @param wrong told of what is no project's id, and of a fine-tuned model of which nothing is said: nobody could use what is configured
 * @returns null: it is everybody's
 */
export function toProjects(
  { id, upstreamName, written }: Said,
  wrong: (message: string) => void,
): ReadonlySet<string> | null {
  if (written === undefined) {
    if (!isFineTuned(id) && !isFineTuned(upstreamName)) return null
    wrong(
      `models.${id} is a fine-tuned model, and \`projects\` is missing: it names those that may use it, or '${EVERY_PROJECT}' for all`,
    )
    return NO_PROJECT
  }
  for (const project of written)
    if (project !== EVERY_PROJECT && !project.startsWith(beginningOf('project')))
      wrong(`models.${id}.projects names '${project}', which is neither the id of a project nor '${EVERY_PROJECT}'`)
  return written.includes(EVERY_PROJECT) ? null : new Set(written)
}
