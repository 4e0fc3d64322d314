// The one table of what becomes a metric: each number of `server.stats()` is in it, or named as left out. The names are Prometheus's way: base units, `_total`
// behind what only grows, and a label where several numbers are the same thing for different reasons. What is not in stats() is in metrics.ts.

import type { MetricFamily, Sample, Snapshot } from './metric-family.ts'

/** The name of a number in stats(); of two, the first less the second. */
type Source = string | readonly [all: string, less: string]

type Sources = Source | { readonly label: string; readonly by: Readonly<Record<string, Source>> }

interface Row {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly from: Sources
}

function counter(help: string, from: Sources): Row {
  return { type: 'counter', help, from }
}

function gauge(help: string, from: Sources): Row {
  return { type: 'gauge', help, from }
}

function by(label: string, sources: Readonly<Record<string, Source>>): Sources {
  return { label, by: sources }
}

/** By the name of the metric. */
const ROWS: Readonly<Record<string, Row>> = {
  // Clients
  evapid_clients: gauge(
    'Clients that are connected, those on their way out included. tcp: on the EVAPI socket, also where that is a Unix socket.',
    by('kind', { tcp: ['clients', 'foreign_clients'], websocket: 'foreign_clients' }),
  ),
  evapid_clients_accepted_total: counter(
    'Clients that have come and were let in.',
    by('kind', { tcp: ['accepted', 'foreign_accepted'], websocket: 'foreign_accepted' }),
  ),
  evapid_clients_rejected_total: counter(
    'Connections that were closed at once. max_clients: there were enough; allow: their address may not come; max_clients_per_address: it had enough; system: no descriptor or memory for them.',
    by('reason', {
      max_clients: 'rejected',
      allow: 'clients_not_allowed',
      max_clients_per_address: 'clients_over_address_limit',
      system: 'accept_failures',
    }),
  ),
  evapid_clients_closed_total: counter(
    'Clients that have gone. peer: it closed; reset: its connection broke; route: a route closed it; bad_frame: it sent no netstring; slow: too much waited for it; shutdown: the server closed.',
    by('reason', {
      peer: 'closed_peer',
      reset: 'closed_reset',
      route: 'closed_route',
      bad_frame: 'closed_bad_frame',
      slow: 'closed_slow',
      shutdown: 'closed_shutdown',
    }),
  ),
  evapid_addresses: gauge('Addresses that are remembered, for what an address may do.', 'addresses'),
  evapid_clients_rate_limited: gauge(
    'Clients that are not read for a while because their address sent more than rate_limit.',
    'rate_limited_clients',
  ),
  evapid_rate_limited_total: counter(
    'Times that reading from a client stopped because of rate_limit.',
    'rate_limited',
  ),
  evapid_groups: gauge('Tags that clients have.', 'groups'),
  evapid_lingering_sockets: gauge(
    'Sockets of clients that have been closed, kept until the kernel has got the last bytes across.',
    'lingering_sockets',
  ),

  // Messages
  evapid_messages_received_total: counter('Messages that clients have sent.', 'messages_received'),
  evapid_received_bytes_total: counter('Bytes that clients have sent, frames and all.', 'bytes_received'),
  evapid_messages_relayed_total: counter(
    'Relays, multicasts and unicasts that were taken, each counted once, however many clients it goes to.',
    'messages_relayed',
  ),
  evapid_deliveries_total: counter(
    'Messages addressed to clients: a relay to ten clients is ten, those that are dropped for one of them included.',
    'deliveries',
  ),
  evapid_sent_bytes_total: counter('Bytes that clients have taken, frames and all.', 'bytes_sent'),
  evapid_messages_dropped_total: counter(
    'Messages that were not sent. slow_client: to one client, under slow_client=drop; context_mlimit: to nobody, because context_mlimit of them waited.',
    by('reason', { slow_client: 'messages_dropped', context_mlimit: 'relays_refused' }),
  ),
  evapid_bad_frames_total: counter('Times that a client sent what is no netstring.', 'bad_frames'),

  // Those who do not take what they are sent
  evapid_clients_slow: gauge('Clients for which more waits, or for longer, than may.', 'slow_now'),
  evapid_clients_became_slow_total: counter('Times that a client became slow.', 'slow_clients'),
  evapid_clients_waiting: gauge(
    'Clients on the EVAPI socket that have not taken all that was sent to them.',
    'waiting_clients',
  ),
  evapid_waiting_bytes: gauge('Bytes that wait for clients, all together.', 'bytes_waiting'),
  evapid_abandoned_bytes_total: counter(
    'Bytes that still waited for a client when it went, and were thrown away.',
    'bytes_abandoned',
  ),
  evapid_reads_paused_total: counter(
    'Times that clients were not read because of a slow one, under slow_client=block.',
    'reads_paused',
  ),
  evapid_drain_timeouts_total: counter(
    'Clients that had not taken what waited for them drain_timeout after they were closed.',
    'drain_timeouts',
  ),

  // The work behind it
  evapid_turns_total: counter('Turns of the loop in which there was something to do.', 'turns'),
  evapid_flushes_total: counter('Times that what was relayed was sent.', 'flushes'),
  evapid_ring_sends_total: counter('Sends to a client that shared a system call with others.', 'ring_sends'),
  evapid_copied_bytes_total: counter(
    'Bytes that were copied on the way from a socket to a socket, where nearly none need to be.',
    'bytes_copied',
  ),
  evapid_chunk_bytes: gauge(
    'Memory that messages are received into and sent from. in_use: somebody holds bytes in it; pooled: kept for what comes.',
    by('state', { in_use: ['chunk_bytes', 'chunk_bytes_kept'], pooled: 'chunk_bytes_kept' }),
  ),
  evapid_chunk_allocations_total: counter(
    'Times that the system was asked for such memory.',
    'chunk_allocations',
  ),

  // Routes
  evapid_routes_running: gauge('Routes that have returned a promise which is not settled.', 'routes_running'),
  evapid_route_failures_total: counter('Routes that threw or rejected.', 'route_failures'),
  evapid_stray_failures_total: counter(
    'Failures that belong to no route, as in a timer that one has left behind.',
    'stray_failures',
  ),

  // Transactions
  evapid_transactions: gauge(
    'Transactions. working: a route has them; suspended: they wait to be continued; finished: answered, and kept for what comes again.',
    by('state', {
      working: ['tm_transactions', 'tm_suspended'],
      suspended: 'tm_suspended',
      finished: 'tm_finished',
    }),
  ),
  evapid_finished_transactions_bytes: gauge('What finished transactions cost, roughly.', 'tm_finished_bytes'),
  evapid_transactions_created_total: counter('Transactions that were made.', 'tm_created'),
  evapid_transactions_ended_total: counter(
    'Transactions that have ended, by the class of their final reply; released: without one.',
    by('outcome', {
      '2xx': 'tm_replied_2xx',
      '3xx': 'tm_replied_3xx',
      '4xx': 'tm_replied_4xx',
      '5xx': 'tm_replied_5xx',
      '6xx': 'tm_replied_6xx',
      released: 'tm_released',
    }),
  ),
  evapid_transaction_timeouts_total: counter(
    'Times that fr_timer or fr_inv_timer ran out; what the request was answered with then is among the outcomes.',
    'tm_timeouts',
  ),
  evapid_transactions_cancelled_total: counter('Requests that were cancelled.', 'tm_cancelled'),
  evapid_transactions_rejected_total: counter(
    'Requests that were answered with 503 because there were max_transactions.',
    'tm_rejected',
  ),
  evapid_transactions_forgotten_early_total: counter(
    'Finished transactions that were forgotten early because of finished_memory.',
    'tm_forgotten_early',
  ),
  evapid_retransmissions_total: counter(
    'request: requests that came again and were absorbed; reply: replies that were sent again.',
    by('kind', { request: 'tm_retransmissions_absorbed', reply: 'tm_replies_retransmitted' }),
  ),
  evapid_acks_total: counter(
    'ACKs that ran no route. transaction: of a reply of a transaction; stateless: of one without; stray: of no reply that was sent.',
    by('kind', { transaction: 'tm_acks_absorbed', stateless: 'sl_acks_absorbed', stray: 'tm_stray_acks' }),
  ),
  evapid_invites_unacknowledged_total: counter('INVITEs whose ACK never came.', 'tm_unacknowledged'),
  evapid_stateless_replies_total: counter('Replies without a transaction.', 'sl_replies'),

  // SIP over the network
  evapid_sip_messages_total: counter(
    'SIP messages that came in. request: well-formed; refused: bad and answered; dropped: bad beyond an answer; reply: replies, which nobody waits for; keepalive.',
    by('outcome', {
      request: 'sip_requests',
      refused: 'sip_requests_refused',
      dropped: 'sip_messages_dropped',
      reply: 'sip_replies_ignored',
      keepalive: 'sip_keepalives',
    }),
  ),
  evapid_sip_tcp_connections: gauge('SIP connections over TCP.', 'sip_tcp_connections'),
  evapid_sip_tcp_connections_accepted_total: counter(
    'SIP connections over TCP that were let in.',
    'sip_tcp_connections_accepted',
  ),
  evapid_sip_tcp_connections_rejected_total: counter(
    'SIP connections over tcp_max_connections.',
    'sip_tcp_connections_rejected',
  ),
  evapid_sip_tcp_connections_closed_total: counter(
    'SIP connections that were closed here. idle: tcp_idle_timeout; slow: tcp_send_buffer_limit; broken: what came could not be cut into messages.',
    by('reason', {
      idle: 'sip_tcp_idle_closed',
      slow: 'sip_tcp_slow_closed',
      broken: 'sip_tcp_streams_broken',
    }),
  ),
  evapid_datagram_sockets: gauge('UDP sockets.', 'datagram_sockets'),
  evapid_datagrams_received_total: counter('Datagrams that came over UDP.', 'datagrams_received'),
  evapid_datagram_received_bytes_total: counter('Bytes in them.', 'datagram_bytes_received'),
  evapid_datagrams_sent_total: counter('Datagrams that were sent.', 'datagrams_sent'),
  evapid_datagram_sent_bytes_total: counter('Bytes in them.', 'datagram_bytes_sent'),
  evapid_datagrams_dropped_total: counter(
    'Datagrams that did not make it. full: the kernel had no room for them, as we did not read in time; truncated: too large to be handed over; unsent: the kernel refused them, or too many waited.',
    by('reason', { full: 'datagrams_lost', truncated: 'datagrams_truncated', unsent: 'datagrams_dropped' }),
  ),
  evapid_datagram_receive_errors_total: counter(
    'Times that a UDP socket could not be read.',
    'datagram_receive_errors',
  ),

  // HTTP
  evapid_http_requests_total: counter('Requests over HTTP.', 'gateway_requests'),
  evapid_http_request_errors_total: counter(
    'Those that were answered with an error. refused: 4xx, failed: 5xx.',
    by('kind', { refused: 'gateway_requests_refused', failed: 'gateway_requests_failed' }),
  ),
  evapid_http_requests_pending: gauge('Those that are not answered yet.', 'gateway_requests_pending'),
  evapid_http_requests_refused_total: counter(
    'Requests that were refused before anything was done for them. busy: over max_requests; token: a wrong one; origin: a page of a site that is not listed; host: a name that is not ours; allow: their address may not come; rate_limit: it sent too much.',
    by('reason', {
      busy: 'gateway_requests_busy',
      token: 'gateway_refused_tokens',
      origin: 'gateway_refused_origins',
      host: 'gateway_refused_hosts',
      allow: 'requests_not_allowed',
      rate_limit: 'requests_rate_limited',
    }),
  ),
  evapid_event_streams: gauge('Streams of events over HTTP (/events).', 'gateway_event_streams'),
  evapid_event_streams_lost_behind_total: counter(
    'Streams of events that were ended because they did not take what waited for them.',
    'gateway_event_streams_lost_behind',
  ),
  evapid_certificate_expires_seconds: gauge(
    'When the certificate of HTTP ends, in seconds since 1970; 0: there is none.',
    'gateway_certificate_expires_seconds',
  ),
  evapid_websocket_published_total: counter(
    'Messages that were handed to uWebSockets.js for all WebSockets or those of a group, once for all of them.',
    'gateway_websocket_published',
  ),
  evapid_websocket_refusals_total: counter(
    'WebSockets that were closed or refused. too_large: a message over max_message_size; queue_full: websocket_queue_limit; not_allowed: a message of one that may only read.',
    by('reason', {
      too_large: 'gateway_websocket_too_large',
      queue_full: 'gateway_websocket_queue_full',
      not_allowed: 'gateway_websocket_not_allowed',
    }),
  ),

  // Modules
  evapid_htable_items: gauge('Items in all hash tables.', 'htable_items'),
  evapid_htable_expired_total: counter('Items whose time was over.', 'htable_expired'),
  evapid_htable_refused_total: counter('Keys that found their table full.', 'htable_refused'),

  // Configuration
  evapid_reloads_total: counter(
    'Reloads. A failure has changed nothing.',
    by('result', { success: 'reloads', failure: 'reload_failures' }),
  ),
  evapid_configuration_age_seconds: gauge(
    'How long the configuration has been in effect.',
    'configuration_age_seconds',
  ),
}

/** What is in stats() and becomes no metric of the table, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  plans_run: 'the sum of the next three',
  plans_run_connection_new: 'evapid_route_runs_total, beside the runs in JavaScript',
  plans_run_message_received: 'evapid_route_runs_total',
  plans_run_connection_closed: 'evapid_route_runs_total',
  gateway_websocket_clients: 'evapid_clients{kind="websocket"}',
  slow_closed: 'evapid_clients_closed_total says the same, when they have gone',
}

/** The metrics of the table. What is not there, as SIP where none is taken, has no samples. */
export const STAT_METRICS: readonly MetricFamily[] = Object.entries(ROWS).map(
  ([name, { type, help, from }]) => ({
    name,
    type,
    help,
    labels: isLabelled(from) ? [from.label] : [],
    read: readerOf(from),
  }),
)

/** The names in stats() that the table reads. */
export const STATS_READ: ReadonlySet<string> = new Set(
  Object.values(ROWS).flatMap(({ from }) => (isLabelled(from) ? Object.values(from.by).flat() : from)),
)

function isLabelled(from: Sources): from is Extract<Sources, { label: string }> {
  return typeof from === 'object' && 'label' in from
}

function readerOf(from: Sources): MetricFamily['read'] {
  const sources = isLabelled(from)
    ? Object.entries(from.by).map(([value, source]) => ({ source, labels: { [from.label]: value } }))
    : [{ source: from, labels: {} }]
  return ({ stats }) =>
    sources.flatMap(({ source, labels }): Sample[] => {
      const value = numberFrom(source, stats)
      return value === undefined ? [] : [{ value, labels }]
    })
}

function numberFrom(source: Source, stats: Snapshot['stats']): number | undefined {
  if (typeof source === 'string') return stats[source]
  const [all, less] = source
  const sum = stats[all]
  return sum === undefined ? undefined : sum - (stats[less] ?? 0)
}
