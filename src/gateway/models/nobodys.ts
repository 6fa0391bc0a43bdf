import type { Log } from '../../core/log.ts'
import { ownedIn } from '../../core/model-projects.ts'
import type { ModelCatalogue } from './model-catalogue.ts'

/** Names that a line of the log tells. */
const TOLD = 20

/** Logs which fine-tuned models are listed that the configuration gives to nobody, once model servers were asked: an operator may have meant to. */
export async function tellNobodys(catalogue: Pick<ModelCatalogue, 'models'>, log: Pick<Log, 'warn'>): Promise<void> {
  const nobodys = ownedIn(await catalogue.models()).filter(({ projects }) => projects?.size === 0)
  if (nobodys.length === 0) return
  const models = nobodys.slice(0, TOLD).map(({ id }) => id)
  log.warn(
    { models, count: nobodys.length },
    'model servers list fine-tuned models that nobody may use: `projects` of a model in the configuration says whose it is',
  )
}
