// Listen addresses as a configuration writes them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatListen, parseListen } from '../../src/sip/transport.ts'

test('every form of listen address is understood', () => {
  const right = [
    ['udp:127.0.0.1:5060', 'udp', '127.0.0.1', 5060],
    ['tcp:[::1]:5070', 'tcp', '::1', 5070],
    ['udp:[2001:db8::1]', 'udp', '2001:db8::1', 5060],
    ['UDP:sip.example.org', 'udp', 'sip.example.org', 5060],
    ['tcp:0.0.0.0:0', 'tcp', '0.0.0.0', 0],
  ] as const
  for (const [text, protocol, host, port] of right) {
    assert.deepEqual(parseListen(text, 'listen[0]'), { protocol, host, port }, text)
  }
})

test('a mistake says where it is and what is wrong', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['127.0.0.1:5060', /does not begin with udp: or tcp:/],
    ['', /does not begin with udp: or tcp:/],
    ['tls:127.0.0.1:5061', /tls is not supported/],
    ['udp:::1:5060', /needs brackets/],
    ['udp:::1', /needs brackets/],
    ['udp:[127.0.0.1]:5060', /127\.0\.0\.1 is no IPv6 address/],
    ['udp:127.0.0.1:65536', /there is no port 65536/],
    ['udp:127.0.0.1:', /is not valid/],
    ['udp:127.0.0.1:sip', /is not valid/],
    ['udp:5060', /names no host/],
    ['udp:', /is not valid/],
    ['udp:a b:1', /is not valid/],
    [`udp:${'x'.repeat(1000)} `, /^.{0,120}$/],
  ]
  for (const [text, problem] of wrong) {
    const parsed = parseListen(text, 'listen[3]')
    assert.ok('problem' in parsed, text)
    assert.equal(parsed.path, 'listen[3]')
    assert.match(parsed.problem, problem)
    assert.match(parsed.expected ?? '', /udp:IPV4:PORT/)
  }
})

test('a listener is written as a configuration would write it', () => {
  const bound = (protocol: 'udp' | 'tcp', address: string) => formatListen({ protocol, address, port: 5060 })
  assert.equal(bound('udp', '127.0.0.1'), 'udp:127.0.0.1:5060')
  assert.equal(bound('tcp', '::1'), 'tcp:[::1]:5060')
})
