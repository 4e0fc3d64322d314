// Event routes that Kamailio's modules have and that never happen here, so that a script with one of them is not taken for mistyped.

/** By name; those that end in a colon begin the names of several. */
const NEVER: ReadonlyMap<string, string> = new Map([
  ['tm:local-request', 'evapid sends no requests of its own'],
  ['tm:local-response', 'evapid sends no requests of its own'],
  ['tm:branch-failure:', 'evapid forwards no request, so that no branch can fail'],
  ['sl:local-response', 'replies that evapid makes by itself run no route'],
  ['sl:filtered-ack', 'ACKs of replies without a transaction run no route'],
  ['core:pre-routing', 'nothing runs before the request route'],
  ['core:msg-received', 'nothing runs before the request route'],
  ['core:receive-parse-error', 'what is no SIP is dropped and counted'],
  ['network:msg', 'nothing runs before the request route'],
  ['tcp:closed', 'closed TCP connections run no route'],
  ['tcp:timeout', 'closed TCP connections run no route'],
  ['tcp:reset', 'closed TCP connections run no route'],
  ['dialog:', 'evapid follows no dialogs'],
  ['usrloc:', 'evapid keeps no registrations'],
  ['nathelper:', 'evapid keeps no registrations'],
  ['dispatcher:', 'evapid forwards no request'],
  ['keepalive:', 'evapid probes nobody'],
  ['presence:', 'evapid keeps no subscriptions'],
  ['uac:', 'evapid sends no requests of its own'],
  ['xhttp:request', 'requests over HTTP run no route of a script'],
  ['websocket:', 'evapid speaks no SIP over WebSocket'],
  ['tls:', 'evapid speaks no TLS with SIP'],
  ['topos:', 'evapid forwards no request'],
  ['topoh:', 'evapid forwards no request'],
  ['siptrace:', 'evapid traces nothing'],
  ['sipcapture:', 'evapid captures nothing'],
  ['rtpengine:', 'evapid does not touch media'],
  ['rtpproxy:', 'evapid does not touch media'],
  ['msrp:frame-in', 'evapid speaks no MSRP'],
  ['mqtt:', 'evapid speaks no MQTT'],
  ['kazoo:', 'evapid is not connected to a broker'],
  ['dmq:', 'evapid has no peers'],
  ['erlang:', 'evapid is no Erlang node'],
  ['secsipid:', 'evapid checks no identities'],
  ['stirshaken:', 'evapid checks no identities'],
  ['nosip:msg', 'what is no SIP is dropped and counted'],
  ['timer:', 'the module timer is not here; rtimer is'],
  ['rtp_media_server:', 'evapid does not touch media'],
  ['mohqueue:', 'evapid does not touch media'],
  ['call_obj:', 'evapid follows no dialogs'],
  ['microhttpd:request', 'requests over HTTP run no route of a script'],
  ['nghttp2:request', 'requests over HTTP run no route of a script'],
  ['sipdump:msg', 'evapid dumps nothing'],
  ['pike:', 'limits are parameters of evapi and sip'],
  ['ims_', 'evapid speaks no Diameter'],
])

/** Why an event of Kamailio's never happens here; undefined for one that is none of Kamailio's. */
export function whyNever(event: string): string | undefined {
  const exact = NEVER.get(event)
  if (exact !== undefined) return exact
  for (const [name, why] of NEVER) {
    if (/[:_]$/.test(name) && event.startsWith(name)) return why
  }
  return undefined
}
