/** One counter: its help text and label names. */
export const counters = {
  gatehouse_requests_total: { help: 'Requests answered, by door and status.', labels: ['door', 'status'] },
  gatehouse_authentication_failures_total: { help: 'Requests answered 401, by door.', labels: ['door'] },
  gatehouse_connections_cut_total: {
    help: 'Connections cut: for too many requests that waited for their turn (waiting), for an answer that nobody read (unread), or for a request that did not come in time (slow).',
    labels: ['reason'],
  },
  gatehouse_upstream_failures_total: {
    help: 'Calls and lists of models that a model server did not serve, by its name in the configuration and the reason.',
    labels: ['upstream', 'reason'],
  },
  gatehouse_gateway_refusals_total: {
    help: 'Calls that the gateway answered with an error of its own, by the reason.',
    labels: ['reason'],
  },
  gatehouse_counters_failures_total: {
    help: 'Times that the counters of limits and money failed, by what was asked of them: take, or settle.',
    labels: ['operation'],
  },
  gatehouse_upstream_excess_tokens_total: {
    help: 'Tokens that a model server reported beyond the most that its calls can have used, which nobody is charged for, or beyond what their limits can owe, which those alone are spared; by its name in the configuration.',
    labels: ['upstream'],
  },
  gatehouse_settled_over_reserved_total: {
    help: 'Nano-dollars that calls did cost beyond what was set aside for them.',
    labels: [],
  },
  gatehouse_dependency_changes_total: {
    help: 'Times that something which the server needs was found away, or there again: the database, its schema, the channel of changes, Redis.',
    labels: ['dependency', 'to'],
  },
  gatehouse_threads_ended_total: {
    help: 'Threads that serve and ended unasked, by the reason: an error, memory, or ended by another.',
    labels: ['reason'],
  },
  gatehouse_sql_statements_total: { help: 'SQL statements run.', labels: [] },
  gatehouse_usage_entries_dropped_total: { help: 'Entries of usage and costs that were lost.', labels: [] },
  gatehouse_log_lines_dropped_total: {
    help: 'Lines of the log that were dropped because nobody read them in time.',
    labels: [],
  },
  gatehouse_spend_alerts_total: { help: 'Spend alerts raised, by level: project or organization.', labels: ['level'] },
  gatehouse_webhooks_total: {
    help: 'Attempts to deliver webhooks, by outcome: delivered, failed, or given up after three days.',
    labels: ['outcome'],
  },
  gatehouse_mails_total: { help: 'Mails, by outcome: sent, or failed for good.', labels: ['outcome'] },
} as const
export type CounterName = keyof typeof counters

/** What is read when it is asked for: its help text. */
export const gauges = {
  gatehouse_dependency_up:
    'Whether something that the server needs is there: the database, a schema that this version can work on, the channel of changes, Redis, a list of models.',
  gatehouse_threads: 'Threads that serve, where there are several.',
  gatehouse_requests_in_flight: 'Requests being answered.',
  gatehouse_body_bytes: 'Bytes of request bodies that are held, in memory and in files.',
  gatehouse_calls_settling: 'Calls that have their answer and whose use is still counted.',
  gatehouse_tokens_estimated:
    'Texts since the start whose tokens were estimated because they could not be counted in time.',
  gatehouse_usage_buffered: 'Rows of usage and costs that are not in the database yet.',
} as const
export type GaugeName = keyof typeof gauges

/** What the program counts. Labels name no key, project or model. */
export interface Metrics {
  /**
   * @param read what the gauge stands at now, asked at every scrape
   * @param labels where it has several: always the same names
   */
  gauge(name: GaugeName, read: () => number, labels?: Record<string, string>): void
  count(name: CounterName, labels?: Record<string, string>, by?: number): void
}
