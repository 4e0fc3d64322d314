// The limits of SIP over the network, and its names: the parameters of the sip module, which is where they are set (src/modules/sip.ts).

import { choice, integer, type ParameterValues, strings } from '../core/parameters.ts'

/** `example.com`, `example.com:5060`, `[::1]:5060`. */
export const ALIAS = /^(\[[^\]\s]+\]|[^:\s]+)(?::(\d{1,5}))?$/

/** By the names of modparam. */
export const SIP_PARAMETERS = {
  max_message_size: integer({
    default: 65_535,
    min: 256,
    max: 16_777_216,
    doc: 'Bytes of the largest message taken. A larger one is answered with 513; over TCP its connection is closed.',
  }),
  max_headers: integer({
    default: 256,
    min: 8,
    max: 100_000,
    doc: 'Header lines of a message. One with more is answered with 400.',
  }),
  tcp_max_connections: integer({
    default: 2048,
    min: 1,
    max: 1_000_000,
    doc: 'TCP connections of all listeners together. One more is closed at once.',
  }),
  tcp_idle_timeout: integer({
    default: 120_000,
    doc: 'Milliseconds without a byte either way until a TCP connection is closed; twice that while a request waits for its answer. 0: never.',
  }),
  tcp_send_buffer_limit: integer({
    default: 1_048_576,
    min: 1,
    doc: 'Bytes that may wait for a TCP peer that does not read before it is closed.',
  }),
  unknown_methods: choice({
    values: ['reject', 'route'],
    default: 'reject',
    doc: 'What happens to a request whose method is not known: 405 with Allow, or the request route runs.',
  }),
  alias: strings({
    expected: 'an array of "HOST" or "HOST:PORT"',
    check: (text) => ALIAS.test(text),
    doc: 'Names and addresses that are ours (is_myself) beside those that are listened on; without a port, whatever the port.',
  }),
}

/** Their values. */
export type SipLimits = ParameterValues<typeof SIP_PARAMETERS>
