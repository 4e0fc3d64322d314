// The examples of the EVAPI module's own guide, as they stand there, each in the route that it is for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config.ts'
import { Bus } from '../support/bus.ts'
import { texts } from '../support/frames.ts'
import { compileText, messagesOf } from './script-bus.ts'

const GUIDE = String.raw`
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "evapi.so"
listen=udp:127.0.0.1:0

modparam("evapi", "workers", 2)
modparam("evapi", "bind_addr", "127.0.0.1:0")
modparam("evapi", "netstring_format", 1)

request_route {
  if (method == "OPTIONS") {
    evapi_relay("{ \"event\": \"test\",\n \"data\": { \"fU\": \"$fU\" }\n}");
    exit;
  }
  evapi_async_relay("{ \"event\": \"suspend\",\n \"data\":"
    " { \"index\": \"$T(id_index)\", \"label\": \"$T(id_label)\" }\n}");
}

event_route[evapi:connection-new] {
  if($evapi(srcaddr)!="127.0.0.1") {
    evapi_close();
    exit;
  }
}

event_route[evapi:connection-closed] {
  xlog("connection closed by $evapi(srcaddr):$evapi(srcport)\n");
}

event_route[evapi:message-received] {
  xlog("received [$evapi(msg)] from $evapi(srcaddr):$evapi(srcport)\n");
}
`

test("the guide's examples run as they are written", async () => {
  const { compiled, diagnostics } = compileText(GUIDE)
  assert.deepEqual(messagesOf(diagnostics), [])
  assert.deepEqual(compiled.plans, ['evapi:connection-new'])
  const routes = compiled.routes as NonNullable<Config['routes']>
  await using bus = await Bus.start({ routes, listen: 'udp:127.0.0.1:0' })
  const client = await bus.join()
  const phone = await bus.phone()

  phone.send('OPTIONS')
  await client.until('the event', () => client.received.includes('alice'))
  assert.deepEqual(texts(client.received), ['{ "event": "test",\n "data": { "fU": "alice" }\n}'])

  phone.send('MESSAGE')
  await client.until('the suspended request', () => client.received.includes('suspend'))
  const [, suspended = ''] = texts(client.received)
  assert.match(suspended, /^\{ "event": "suspend",\n "data": \{ "index": "\d+", "label": "\d+" \}\n\}$/)

  await client.send('hello')
  const line = await bus.logbook.line(/received \[/)
  assert.match(line.msg, new RegExp(`received \\[hello\\] from 127\\.0\\.0\\.1:${client.port}`))
  client.close()
  await bus.logbook.line(/connection closed by 127\.0\.0\.1/)
})
