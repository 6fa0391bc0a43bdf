import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { BucketObjects, type Kept, partsOf } from './objects.ts'

/*
 * A server of S3's that has one bucket, as far as the gate asks for it: put, also where nothing is and in parts, get, also a stretch, head, list, remove. Its answers
 * are those of the reference (API version 2006-03-01); it can be told to fail as real ones do.
 */

export const BUCKET = 'kept'
export const KEY_ID = 'AKIATESTTESTTESTTEST'
export const SECRET = 'secret/of+the/bucket/0123456789abcdefghi'

/** What is asked of it; `name` is that of the operation. */
export type Asked = { name: string; key: string; query: URLSearchParams }
type Call = Asked & { body: Buffer }
/**
 * What becomes of a call instead of an answer: an error; nothing at all; an answer whose body breaks off in the middle; it is done and its connection is cut;
 * or it is done, which the test hears, and whoever has asked never does.
 */
export type Fault =
  | { status: number; code: string; more?: string }
  | { isDone: () => void }
  | ('silent' | 'cut' | 'unheard')

type Reply = { status: number; headers?: Record<string, string | number>; body?: Buffer | string }

export type TestBucket = Awaited<ReturnType<typeof startBucket>>

/** @param isHeedless it takes no notice of conditions, as older servers do not */
export async function startBucket({ page = 1000, isHeedless = false } = {}) {
  const objects = await BucketObjects.open()
  const asked: Asked[] = []
  let fault: (asked: Asked) => Fault | undefined = () => undefined
  const bucket = { objects, page, isHeedless }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const call = await read(request)
    const { body: _, ...noted } = call
    asked.push(noted)
    const failing = fault(call)
    if (failing === 'silent') return
    if (typeof failing === 'object' && 'status' in failing)
      return send(response, failed(failing.status, failing.code, failing.more))
    const reply = refusal(request, call) ?? (await answer(bucket, request, call))
    if (typeof failing === 'object') return failing.isDone()
    if (failing === 'unheard') return void response.destroy()
    if (failing === 'cut' && Buffer.isBuffer(reply.body)) {
      response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length })
      response.write(reply.body.subarray(0, reply.body.length / 2), () => response.destroy())
      return
    }
    send(response, reply)
  }
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  return {
    objects,
    asked,
    place: `s3://${BUCKET}/gate`,
    /** What the AWS SDK finds it by. */
    env: {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      ...{ AWS_REGION: 'eu-test-1', AWS_ACCESS_KEY_ID: KEY_ID, AWS_SECRET_ACCESS_KEY: SECRET },
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    /** Says of each call from now on what goes wrong with it. */
    fail(next: typeof fault): void {
      fault = next
    },
    heal(): void {
      fault = () => undefined
    },
    /** Nobody listens any more, until it is back. */
    leave: close,
    comeBack: () => listen(port),
    async [Symbol.asyncDispose]() {
      await close().catch(() => {})
      await objects[Symbol.asyncDispose]()
    },
  }
}

async function read(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://bucket')
  const [, , ...rest] = url.pathname.split('/')
  const key = rest.map(decodeURIComponent).join('/')
  const body = await buffer(request).catch(() => Buffer.alloc(0))
  return { name: nameOf(request.method ?? '', key, url.searchParams), key, query: url.searchParams, body }
}

function nameOf(method: string, key: string, query: URLSearchParams): string {
  if (key === '') return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2'
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject'
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  return method === 'HEAD' ? 'HeadObject' : 'GetObject'
}

/** What is wrong with a call, whatever it asks for. */
function refusal({ url, headers }: IncomingMessage, { body }: Call): Reply | null {
  const [, keyId] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(headers.authorization ?? '') ?? []
  if (keyId !== KEY_ID) return failed(403, 'InvalidAccessKeyId', `<AWSAccessKeyId>${keyId}</AWSAccessKeyId>`)
  if (!url?.startsWith(`/${BUCKET}/`) && !url?.startsWith(`/${BUCKET}?`)) return failed(404, 'NoSuchBucket')
  const sum = headers['x-amz-checksum-crc32']
  const got = Buffer.alloc(4)
  got.writeUInt32BE(crc32(body))
  return sum !== undefined && sum !== got.toString('base64') ? failed(400, 'BadDigest') : null
}

type Bucket = { objects: BucketObjects; page: number; isHeedless: boolean }

async function answer(bucket: Bucket, request: IncomingMessage, { name, key, query, body }: Call): Promise<Reply> {
  const { objects, isHeedless } = bucket
  const isTaken = () => !isHeedless && request.headers['if-none-match'] === '*' && objects.all.has(key)
  const id = query.get('uploadId') ?? ''
  const upload = objects.uploads.get(id)
  const kept = objects.all.get(key)
  switch (name) {
    case 'PutObject':
      if (isTaken()) return failed(412, 'PreconditionFailed')
      return { status: 200, headers: { etag: (await objects.put(key, body)).etag } }
    case 'GetObject':
      return kept ? await stretch(objects, kept, request.headers.range) : failed(404, 'NoSuchKey')
    case 'HeadObject':
      return kept ? { status: 200, headers: headOf(kept) } : { status: 404 }
    case 'DeleteObject':
      objects.remove(key)
      return { status: 204 }
    case 'CreateMultipartUpload':
      return xml('InitiateMultipartUploadResult', `<UploadId>${objects.begin(key)}</UploadId>`)
    case 'UploadPart':
      if (!upload) return failed(404, 'NoSuchUpload')
      return {
        status: 200,
        headers: { etag: (await objects.putPart(upload, Number(query.get('partNumber')), body)).etag },
      }
    case 'CompleteMultipartUpload': {
      if (!upload) return failed(404, 'NoSuchUpload')
      if (isTaken()) return failed(412, 'PreconditionFailed')
      // A part that is not the last has 5 MiB at least.
      if (
        partsOf(upload)
          .slice(0, -1)
          .some(({ bytes }) => bytes < 5 * 1024 ** 2)
      )
        return failed(400, 'EntityTooSmall')
      return xml('CompleteMultipartUploadResult', `<ETag>${objects.complete(id, upload).etag}</ETag>`)
    }
    case 'AbortMultipartUpload':
      return objects.uploads.delete(id) ? { status: 204 } : failed(404, 'NoSuchUpload')
    case 'ListMultipartUploads':
      return listUploads(objects, query)
    default:
      return list(bucket, query)
  }
}

const headOf = ({ bytes, at, etag }: Kept) => ({
  ...{ etag, 'content-length': bytes, 'accept-ranges': 'bytes' },
  'last-modified': new Date(at).toUTCString(),
})

async function stretch(objects: BucketObjects, kept: Kept, range: string | undefined): Promise<Reply> {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? 'bytes=0-') ?? []
  const [start, end] = [Number(from), Math.min(to === '' ? kept.bytes : Number(to) + 1, kept.bytes)]
  if (range !== undefined && start >= kept.bytes) return failed(416, 'InvalidRange')
  const body = await objects.read(kept, start, end)
  const head = { ...headOf(kept), 'content-length': body.length }
  if (range === undefined) return { status: 200, headers: head, body }
  return { status: 206, headers: { ...head, 'content-range': `bytes ${start}-${end - 1}/${kept.bytes}` }, body }
}

function list({ objects, page }: Bucket, query: URLSearchParams): Reply {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter')]
  const after = query.get('continuation-token') ?? ''
  const [contents, folders] = [[] as string[], new Set<string>()]
  let last: string | null = null
  for (const key of objects.keys(prefix)) {
    const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length)
    const shown = end < 0 ? key : key.slice(0, end + 1)
    if (shown <= after || folders.has(shown)) continue
    if (contents.length + folders.size === page) {
      const token = `<NextContinuationToken>${last}</NextContinuationToken>`
      return listed(objects, contents, folders, `<IsTruncated>true</IsTruncated>${token}`)
    }
    last = shown
    if (end < 0) contents.push(key)
    else folders.add(shown)
  }
  return listed(objects, contents, folders, '<IsTruncated>false</IsTruncated>')
}

function listed(objects: BucketObjects, contents: string[], folders: Set<string>, more: string): Reply {
  const shown = contents.map((key) => {
    const { bytes = 0, at = 0 } = objects.all.get(key) ?? {}
    const when = new Date(at).toISOString()
    return `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>${when}</LastModified><Size>${bytes}</Size></Contents>`
  })
  const below = [...folders].map(
    (key) => `<CommonPrefixes><Prefix>${encodeURIComponent(key)}</Prefix></CommonPrefixes>`,
  )
  return xml('ListBucketResult', `<EncodingType>url</EncodingType>${more}${shown.join('')}${below.join('')}`)
}

function listUploads({ uploads }: BucketObjects, query: URLSearchParams): Reply {
  const shown = [...uploads]
    .filter(([, { key }]) => key.startsWith(query.get('prefix') ?? ''))
    .map(([id, { key, at }]) => {
      const when = new Date(at).toISOString()
      return `<Upload><Key>${encodeURIComponent(key)}</Key><UploadId>${id}</UploadId><Initiated>${when}</Initiated></Upload>`
    })
  return xml('ListMultipartUploadsResult', `<IsTruncated>false</IsTruncated>${shown.join('')}`)
}

function xml(root: string, within: string, status = 200): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${within}</${root}>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

function failed(status: number, code: string, more = ''): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as the test says</Message>${more}</Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

function send(response: ServerResponse, { status, headers = {}, body }: Reply): void {
  response.writeHead(status, headers)
  response.end(body)
}
