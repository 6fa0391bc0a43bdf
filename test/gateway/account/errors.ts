/** What the account refuses, in the original's shape. */
export class Refusal extends Error {
  readonly status: number
  readonly error: { message: string; type: string; param: string | null; code: string | null }

  constructor(status: number, message: string, param: string | null = null, code: string | null = null) {
    super(message)
    this.status = status
    const type = status >= 500 ? 'server_error' : 'invalid_request_error'
    this.error = { message, type, param, code }
  }
}

export const invalid = (message: string, param: string | null = null, code: string | null = null) =>
  new Refusal(400, message, param, code)

/** The original's words for a thing that it does not have; they differ by kind. */
export const missing = {
  file: (id: string) => new Refusal(404, `No such File object: ${id}`, 'id'),
  upload: (id: string) => new Refusal(404, `No such Upload object: ${id}`, 'id'),
  part: (id: string) => new Refusal(404, `No such Part object: ${id}`, 'part_ids'),
  batch: (id: string) => new Refusal(404, `No batch found with id '${id}'.`),
  vectorStore: (id: string) => new Refusal(404, `Vector store with id '${id}' not found.`),
  vectorStoreFile: (id: string, store = '') =>
    new Refusal(404, `No file found with id '${id}' in vector store '${store}'.`),
  vectorStoreFileBatch: (id: string) => new Refusal(404, `File batch with id '${id}' not found.`),
  conversation: (id: string) => new Refusal(404, `Conversation with id '${id}' not found.`),
  item: (id: string) => new Refusal(404, `Item with id '${id}' not found.`),
  container: (id: string) => new Refusal(404, `Container with id '${id}' not found.`),
  containerFile: (id: string) => new Refusal(404, `Container file with id '${id}' not found.`),
  chat: (id: string) => new Refusal(404, `Chat completion with id '${id}' not found.`),
  response: (id: string) => new Refusal(404, `Response with id '${id}' not found.`),
  model: (id: string) =>
    new Refusal(404, `The model '${id}' does not exist or you do not have access to it.`, 'model', 'model_not_found'),
}
