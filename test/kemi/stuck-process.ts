// A bus with a KEMI script that can be sent into an endless loop. Prints its ports, of the bus and of SIP; ends when it is killed.
import { createServer } from '../../src/index.ts'
import { load } from './stage.ts'

const { routes } = load(`
  function ksr_request_route() {
    KSR.tm.t_newtran()
    for (;;) ;
  }
  function ksr_evapi_event(evname) {
    if (evname !== 'evapi:message-received') return
    var message = KSR.pv.get('$evapi(msg)')
    if (message === 'loop') try { for (;;) message += '' } catch (error) { KSR.evapi.relay('caught') } finally { KSR.evapi.relay('finally') }
    KSR.evapi.relay(message)
  }`)
const config = {
  evapi: { bindAddr: '127.0.0.1:0' },
  app_jsdt: { watchdog: 200 },
  listen: 'udp:127.0.0.1:0',
  log: { level: 'info' },
  routes: routes ?? {},
} as const
const server = createServer(config)
const [bound] = await server.listen()
console.log(bound && 'port' in bound ? bound.port : '', server.sipAddresses[0]?.port)
