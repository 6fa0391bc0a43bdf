import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, methodNotAllowed, unknownUrl } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { type Handle, refuse } from '../listener/listener.ts'
import { Files, type Sent } from './files.ts'
import { assetHeaders, pageHeaders } from './headers.ts'
import { isPage } from './pages.ts'

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/**
 * The console: one page for all of its paths, and the files that it loads.
 * @param folder of the build, with a slash at its end
 * @param otherwise answers what is neither
 */
export function createConsole(folder: URL, newId: NewId, otherwise: Handle): Handle {
  const files = new Files(folder)
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const isAsset = path.startsWith('/assets/')
    if (!isAsset && !isPage(path)) return otherwise(request, response)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refuse(response, newId, methodNotAllowed(request, ['GET', 'HEAD']))
    }
    const name = isAsset ? path.slice(1) : 'index.html'
    files.find(name, request.headers['accept-encoding']).then(
      (found) => (found ? send(request, response, newId, name, found) : refuse(response, newId, unknownUrl(request))),
      (cause) =>
        refuse(response, newId, new ApiError('internal', 'The server could not read its own files.', { cause })),
    )
  }
}

function send(request: IncomingMessage, response: ServerResponse, newId: NewId, name: string, { body, coding }: Sent) {
  const ending = name.slice(name.lastIndexOf('.') + 1)
  response.writeHead(200, {
    ...(ending === 'html' ? pageHeaders : assetHeaders),
    'content-type': types[ending] ?? 'application/octet-stream',
    'content-length': body.length,
    ...(coding !== 'identity' && { 'content-encoding': coding }),
    vary: 'accept-encoding',
    'x-request-id': newId('request'),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
