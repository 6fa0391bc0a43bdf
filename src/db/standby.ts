/** Runs a statement on one connection. */
type Run = (text: string) => Promise<{ rows: { standby?: boolean }[] }>

/**
 * A PostgreSQL that only follows another answers all that is read, and perhaps what was true a while ago: after a fail-over, a server that
 * went on asking it would serve keys that were revoked since. Its connection is ended, since behind the same name there may be another server
 * by then.
 * @throws Error where it is one, and what the database says
 */
export async function askIfStandby(run: Run): Promise<void> {
  const { rows } = await run('select pg_is_in_recovery() as standby')
  if (rows[0]?.standby !== true) return
  // The answer to this is the end of the connection.
  await run('select pg_terminate_backend(pg_backend_pid())').catch(() => {})
  throw new Error('PostgreSQL is a standby here: it follows another, which is to be asked')
}
