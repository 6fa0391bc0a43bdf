import type { IncomingMessage } from 'node:http'
import type { Origin } from '../core/audit.ts'
import type { AdminApp } from './app.ts'

/** Where a request comes from, as far as that is believed. */
export const originOf = (
  { address }: Pick<AdminApp, 'address'>,
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
): Origin => ({
  ip: address(socket.remoteAddress, headers['x-forwarded-for'] as string | undefined),
  userAgent: headers['user-agent']?.slice(0, 512) ?? null,
})
