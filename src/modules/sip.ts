// The sip module: parameters of the SIP side, ours. The transports and what arrives over them are src/sip's.

import { defineModule } from '../core/module.ts'
import { choice, integer, type ParameterValues } from '../core/parameters.ts'

const parameters = {
  max_message_size: integer({
    default: 65_535,
    min: 1,
    max: 16_777_216,
    doc: 'Bytes of the largest message taken, head and body. A UDP datagram has at most 65,535.',
  }),
  max_headers: integer({ default: 256, min: 1, max: 100_000, doc: 'Header lines of a message.' }),
  unknown_methods: choice({
    values: ['reject', 'route'],
    default: 'reject',
    doc: 'Requests with a method that no RFC knows: 405, or to the request route like any other.',
  }),
  tcp_max_connections: integer({
    default: 2_048,
    min: 1,
    max: 1_000_000,
    doc: 'TCP connections at a time; one more is closed at once.',
  }),
  tcp_idle_timeout: integer({
    default: 120_000,
    min: 1,
    doc: 'Milliseconds a TCP connection may be silent in both directions.',
  }),
  tcp_send_buffer_limit: integer({
    default: 1_048_576,
    min: 1,
    doc: 'Bytes that may wait for a TCP peer that does not read; above it the connection is closed.',
  }),
}

/** The values of the sip parameters. */
export type SipParameters = ParameterValues<typeof parameters>

export const sip = defineModule({ name: 'sip', parameters })
