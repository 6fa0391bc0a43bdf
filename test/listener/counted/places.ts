/** Where in a request a stranger's text can stand: the request with so much of the text there, as it goes over the wire. */
export type Place = (text: string) => string

const head = (first: string, ...lines: string[]) => [first, ...lines, '', ''].join('\r\n')
const get = (path: string, ...lines: string[]) => head(`GET ${path} HTTP/1.1`, 'Host: gate', ...lines)
const asking = (path: string, type: string, body: string, ...lines: string[]) =>
  head(`POST ${path} HTTP/1.1`, 'Host: gate', `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...lines) +
  body

/** As it can stand in a request line, as long as it is; cut off behind a whole sign, or it would be refused for its end. */
const inPath = (text: string) =>
  text
    .replace(/[^!-~]|#/g, (sign) => encodeURIComponent(sign))
    .slice(0, text.length)
    .replace(/%[0-9A-F]?$/i, '')
/** As it can stand in a header: nothing of it is a line's end. */
const inHeader = (text: string) => text.replace(/[^\t -\u00ff]/g, '')

const ADMIN = '/v1/organization/projects'
const GATE = '/v1/models'
const RESPONSE = '/v1/responses/resp_1'
const CHAT = '/v1/chat/completions'
const ACCEPT = '/v1/organization/invites/accept'
const SIGN_IN = '/v1/organization/sign_in'
const pages = ['/', '/healthz', '/readyz', '/metrics', '/invite', '/openapi.json']

const at =
  (url: (text: string) => string): Place =>
  (text) =>
    get(url(inPath(text)))
const header =
  (path: string, name: string, before = '', ...lines: string[]): Place =>
  (text) =>
    get(path, `${name}: ${before}${inHeader(text)}`, ...lines)

const readAtBoth = [
  'Authorization',
  'OpenAI-Organization',
  'X-Forwarded-For',
  'X-Forwarded-Client-Cert',
  'Cookie',
  'Origin',
  'Content-Type',
]
/** Headers that something here reads, or could. */
const headers = [
  ...readAtBoth,
  'OpenAI-Project',
  'Content-Encoding',
  'Accept',
  'User-Agent',
  'Connection',
  'Upgrade',
  'X-Unknown',
]
const checked = [
  'X-Original-URI',
  'X-Original-URL',
  'X-Original-Method',
  'X-Forwarded-Uri',
  'X-Forwarded-Method',
].concat(
  'X-Gatehouse-Model',
  'X-Forwarded-Host',
  'X-Forwarded-For',
  'X-Forwarded-Client-Cert',
  'Authorization',
  'Content-Type',
)

const besides: Readonly<Record<string, Place>> = {
  'the path of no door': at((text) => `/${text}`),
  "the gate's path": at((text) => `/v1/${text}`),
  'a model in a path': at((text) => `/v1/models/${text}`),
  'an id in a path': at((text) => `/v1/responses/${text}`),
  "the Administration API's path": at((text) => `/v1/organization/${text}`),
  'an id in its path': at((text) => `${ADMIN}/${text}`),
  'the path behind the check door': at((text) => `/check/${text}`),
  'a whole URL': at((text) => `http://${text}/healthz`),
  'a whole URL that goes on': at((text) => `http://gate/${text}`),
  "the gate's query": at((text) => `${RESPONSE}?${text}`),
  "the gate's query without a parameter": at((text) => `${GATE}?${text}`),
  "the Administration API's query": at((text) => `${ADMIN}?${text}`),
  'the query of the check door': at((text) => `/check?${text}`),
  ...Object.fromEntries(pages.map((page) => [`the query of ${page}`, at((text) => `${page}?${text}`)])),
  ...Object.fromEntries(
    ['/metrics', '/openapi.json'].map((page): [string, Place] => [
      `the query of ${page}, asked for its head`,
      (text) => head(`HEAD ${page}?${inPath(text)} HTTP/1.1`, 'Host: gate'),
    ]),
  ),
  'a method': (text) => head(`${text.replace(/[^A-Z]/gi, 'X').slice(0, 20)} / HTTP/1.1`, 'Host: gate'),
  'the body of a call': (text) => asking(CHAT, 'application/json', `{"model":"${inPath(text)}"}`),
  'the body of a form': (text) => asking('/v1/images/edits', 'multipart/form-data; boundary=x', inPath(text)),
  'the type of a form': (text) => asking('/v1/images/edits', `multipart/form-data; boundary=${inHeader(text)}`, 'x'),
  'the body of a change': (text) => asking(ADMIN, 'application/json', `{"name":"${inPath(text)}"}`),
  'the body of what is nowhere': (text) => asking('/nowhere', 'application/json', inPath(text)),
  'the token of an invite': (text) => asking(ACCEPT, 'application/json', JSON.stringify({ token: text, name: 'x' })),
  'the name of who accepts it': (text) =>
    asking(ACCEPT, 'application/json', JSON.stringify({ token: 'x', name: text })),
  'the address of who signs in': (text) =>
    asking(SIGN_IN, 'application/json', JSON.stringify({ email: text, password: '' })),
  'the password of who signs in': (text) =>
    asking(SIGN_IN, 'application/json', JSON.stringify({ email: '', password: text })),
  'the token of a link that sets a password': (text) =>
    asking(`${SIGN_IN}/password_link`, 'application/json', JSON.stringify({ token: text, password: 'x'.repeat(12) })),
  'where somebody goes who signs in by a provider': at((text) => `/sign-in/oidc?next=/${text}`),
  'what somebody comes back with from a provider': (text) =>
    get(`/sign-in/oidc/callback?${inPath(text)}`, `Cookie: gatehouse-sign-in=${'0'.repeat(64)}.Lw`),
  'what accepts no invite': (text) => asking(ACCEPT, 'application/json', inPath(text)),
  'fields that accept no invite': (text) =>
    asking(ACCEPT, 'application/json', JSON.stringify({ [text]: text.split('&') })),
}

const inHeaders: Readonly<Record<string, Place>> = {
  'the host': (text) => head(`GET ${GATE} HTTP/1.1`, `Host: ${inHeader(text)}`),
  ...Object.fromEntries(headers.map((name) => [`${name} at the gate`, header(GATE, name)])),
  ...Object.fromEntries(readAtBoth.map((name) => [`${name} at the Administration API`, header(ADMIN, name)])),
  'what stands behind Bearer at the gate': header(GATE, 'Authorization', 'Bearer '),
  'what stands behind Bearer at the Administration API': header(ADMIN, 'Authorization', 'Bearer '),
  'a key of a service account': header(GATE, 'Authorization', 'Bearer sk-svcacct-'),
  'a key of an administrator': header(ADMIN, 'Authorization', 'Bearer sk-admin-'),
  ...Object.fromEntries(checked.map((name) => [`${name} at the check door`, header('/check', name)])),
  'the request that is asked about': header('/check', 'X-Original-URI', '/v1/models/', 'X-Original-Method: GET'),
  "a session's cookie": header(ADMIN, 'Cookie', 'gatehouse-session=', 'X-Gatehouse-Console: 1'),
  'the cookie of who signs in by a provider': header('/sign-in/oidc/callback', 'Cookie', 'gatehouse-sign-in='),
  'the origin of a session': header(ADMIN, 'Origin', 'http://', 'X-Gatehouse-Console: 1'),
  'names of headers': (text) => get(GATE, ...manyNames(text)),
  'a preflight': (text) =>
    head(
      'OPTIONS /v1/models HTTP/1.1',
      'Host: gate',
      'Origin: https://page',
      'Access-Control-Request-Method: GET',
      `Access-Control-Request-Headers: ${inHeader(text)}`,
    ),
  'the origin of a preflight': (text) =>
    head(
      'OPTIONS /v1/models HTTP/1.1',
      'Host: gate',
      `Origin: ${inHeader(text)}`,
      'Access-Control-Request-Method: GET',
    ),
  'an upgrade': header('/v1/realtime', 'Upgrade', 'websocket,', 'Connection: upgrade'),
  'what is expected': header(GATE, 'Expect'),
}

/** Every place; none of these requests brings a key that is known. */
export const places = { besides, headers: inHeaders }

/** As many headers as Node takes, their names out of the text. */
function manyNames(text: string): string[] {
  const letters = text.replace(/[^A-Za-z0-9]/g, 'x')
  return Array.from({ length: 50 }, (_, i) => `x${i}-${letters.slice(0, Math.max(1, letters.length / 50 - 8))}: 1`)
}
