import type { ApiError } from '../contract/error.ts'
import { answerBatches } from './batches/answer.ts'
import type { Call } from './call.ts'
import type { Gate } from './gate.ts'
import { answerModels } from './models/answer.ts'
import type { Declaration } from './routes/declaration.ts'
import { answerWebhooks } from './webhooks/answer.ts'

type By = Exclude<Declaration['answeredBy'], 'model_server'>

/** Answers what no model server is asked about. @throws ApiError */
export function answerOwn(gate: Gate, call: Call, by: By): Promise<ApiError | null> {
  if (by === 'catalogue') return answerModels(gate.catalogue, call)
  if ('batches' in by) return answerBatches(gate, call, by.batches)
  return answerWebhooks(gate, call, by.webhooks)
}
