import OpenAI from 'openai'
import { newOrganization } from '../../contract/organizations.ts'
import { tlsFetch, tlsFiles } from '../../listener/tls.ts'
import { makeCertificate, makeClient } from '../../support/certificates.ts'
import type { DatabaseKind } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startGate } from '../gate.ts'
import { json } from '../upstream.ts'
import type { Stage } from './row.ts'

/** One cent for each token of an answer, so that sums are whole. */
const price_per_million = { input: 0, output: 10_000 }
const models = {
  m1: { dimensions: ['images', 'audio', 'requests_per_day'] },
  m2: {},
  priced: { price_per_million },
  searcher: { searches: true },
}

/** An answer that every route understands: five tokens there and five back, or two images. */
const reply = {
  ...{ id: 'answer', object: 'fake', model: 'm1', choices: [], output: [], data: [{}, {}], text: '' },
  usage: { prompt_tokens: 5, completion_tokens: 5, input_tokens: 5, output_tokens: 5, total_tokens: 10 },
}

export type OpenStage = Stage & AsyncDisposable

/** A whole Gatehouse with a price list, in front of a model server that answers. */
export async function openStage(database: DatabaseKind, { tls }: { tls: boolean }): Promise<OpenStage> {
  await using stack = new AsyncDisposableStack()
  const files = stack.use(await tlsFiles())
  const { path } = stack.use(await modelsFile(models))
  const env = { ...(tls && files.env), GATEHOUSE_CONFIG: path }
  const { app, upstream } = stack.use(await startGate({ database, env, ...(tls && { fetch: tlsFetch(files.ca) }) }))
  upstream.answer(json(reply))
  const organization = await newOrganization(app)
  const authority = await makeCertificate('authority')
  const fetch = tlsFetch(files.ca, await makeClient(authority))
  const certified = (apiKey: string) => new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0, fetch })
  const rest = stack.move()
  const made = { app, upstream, organization, authority: authority.pem, certified }
  return { ...made, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
