import { isIP } from 'node:net'

type Env = Readonly<Record<string, string | undefined>>

const HOST = '_SERVICE_HOST'
/** What follows a service's name: a port by its name, and each by its number, protocol and address, as Docker's links did. */
const FORMS =
  /^(?:_SERVICE_HOST|_SERVICE_PORT(?:_[A-Z0-9_]+)?|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/

/**
 * The variables that Kubernetes put into the environment for services whose names begin like our settings: for a Service
 * `gatehouse`, which is what most will call it, every pod gets `GATEHOUSE_SERVICE_HOST`, `GATEHOUSE_PORT=tcp://10.0.0.1:8080` and
 * their like, which nobody set and which configure nothing. A service is known by the address in its `..._SERVICE_HOST`;
 * without one beside them, the same names are a person's.
 */
export function serviceVariables(env: Env): ReadonlySet<string> {
  const services = Object.keys(env)
    .filter((name) => name.startsWith('GATEHOUSE_') && name.endsWith(HOST) && isIP(env[name] ?? '') !== 0)
    .map((name) => name.slice(0, -HOST.length))
  const ofService = (name: string) =>
    services.some((service) => name.startsWith(service) && FORMS.test(name.slice(service.length)))
  return new Set(Object.keys(env).filter((name) => ofService(name) && !isPort(name, env[name])))
}

/** The one name that is a setting too: a number in it is a port that somebody chose. */
const isPort = (name: string, value = '') => name === 'GATEHOUSE_PORT' && !/^(?:tcp|udp|sctp):\/\//.test(value)
