import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { smtpServer } from '../../src/config/smtp.ts'

export type ReceivedMail = {
  from: string
  to: string[]
  headers: Map<string, string>
  text: string
  login: string | null
}

/** A small mail server: it takes what it is sent, or says what the test makes it say. */
export type TestSmtp = AsyncDisposable & {
  url: string
  mails: ReceivedMail[]
  /** Connections that were made. */
  connections: number
  /** Asked at each command for an answer in place of the usual one. */
  answer: (command: string) => string | null
  /** Resolves when so many mails have arrived. */
  received: (count: number) => Promise<void>
}

export async function startSmtp(login = ''): Promise<TestSmtp> {
  const sockets = new Set<Socket>()
  const waiting: { count: number; resolve: () => void }[] = []
  const told = () => {
    for (const one of waiting) if (smtp.mails.length >= one.count) one.resolve()
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    smtp.connections++
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    talk(socket, smtp, told)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const smtp: TestSmtp = {
    url: `smtp://${login}127.0.0.1:${port}`,
    mails: [],
    connections: 0,
    answer: () => null,
    received: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve })
        told()
      }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return smtp
}

/** The server that a URL names, as the program takes it. */
export const serverOf = (smtp: TestSmtp, query = '') => smtpServer(smtp.url + query)

function talk(socket: Socket, smtp: TestSmtp, told: () => void) {
  let left = ''
  let data: string[] | null = null
  let mail: ReceivedMail = blank()
  const say = (line: string) => socket.write(`${line}\r\n`)
  say('220 test.example ESMTP')
  socket.on('data', (chunk) => {
    left += chunk.toString()
    const lines = left.split('\r\n')
    left = lines.pop() ?? ''
    for (const line of lines) {
      if (data === null) {
        const command = line.toUpperCase().split(/[ :]/)[0] ?? ''
        const answer = smtp.answer(command)
        if (answer !== null) say(answer)
        else if (command === 'EHLO') say('250-test.example\r\n250 AUTH PLAIN')
        else if (command === 'AUTH') {
          mail.login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString()
          say('235 ok')
        } else if (command === 'MAIL' || command === 'RCPT') {
          const address = /<(.*)>/.exec(line)?.[1] ?? ''
          if (command === 'MAIL') mail.from = address
          else mail.to.push(address)
          say('250 ok')
        } else if (command === 'DATA') {
          data = []
          say('354 go on')
        } else if (command === 'QUIT') {
          say('221 bye')
          socket.end()
        } else say('250 ok')
      } else if (line === '.') {
        smtp.mails.push({ ...mail, ...parse(data.join('\n')) })
        mail = { ...blank(), login: mail.login }
        data = null
        say('250 ok')
        told()
      } else data.push(line.replace(/^\.\./, '.'))
    }
  })
}

const blank = (): ReceivedMail => ({ from: '', to: [], headers: new Map(), text: '', login: null })

function parse(message: string): Pick<ReceivedMail, 'headers' | 'text'> {
  const [head = '', ...rest] = message.split('\n\n')
  const lines = head.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':')
    return [line.slice(0, at).toLowerCase(), words(line.slice(at + 1).trim())]
  })
  return { headers: new Map(headers), text: body(rest.join('\n\n'), new Map(headers).get('content-transfer-encoding')) }
}

/** Encoded words, as RFC 2047 has them. */
const words = (text: string) =>
  text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, how: string, coded: string) =>
      how.toUpperCase() === 'B' ? Buffer.from(coded, 'base64').toString() : quoted(coded.replaceAll('_', ' ')),
    )

function body(text: string, coding: string | undefined): string {
  if (coding === 'base64') return Buffer.from(text, 'base64').toString()
  return coding === 'quoted-printable' ? quoted(text.replaceAll(/=\n/g, '')) : text
}

const quoted = (text: string) =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString()
